"""The catalogue of words: both languages whole, and nothing left over."""

import importlib
import pkgutil
import re
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import common.words
from common.words import Language, Text, asked_language, language_of, retold, speak
from common.words.system import event, why

ROOT = Path(__file__).parents[3]
PROGRAMS = ("central", "charging_point", "common", "deploy", "driver")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def modules() -> list[str]:
    return [f"common.words.{found.name}" for found in pkgutil.iter_modules(common.words.__path__)]


def texts_in(value: object, name: str) -> Iterator[tuple[str, Text]]:
    if isinstance(value, Text):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_in(inner, f"{name}[{key}]")
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from texts_in(inner, f"{name}[{place}]")


def texts() -> Iterator[tuple[str, Text]]:
    for module in modules():
        for name, value in vars(importlib.import_module(module)).items():
            yield from texts_in(value, f"{module}.{name}")


def blanks(words: str) -> list[tuple[str, str]]:
    return sorted((name, form or "") for _, name, form, _ in string.Formatter().parse(words) if name is not None)


def test_every_text_has_both_languages() -> None:
    missing = [name for name, text in texts() if not text.en.strip() or not text.zh.strip()]
    # What is the same in both has no letter that could be translated but units and names.
    untranslated = [
        name
        for name, text in texts()
        if not CHINESE.search(text.zh)
        and re.search(r"[a-z]{3}", re.sub(r"\{.*?\}|Kafka", "", text.en))
        and text.en == text.zh
    ]
    assert (missing, untranslated) == ([], [])


def test_english_texts_have_no_chinese() -> None:
    assert [name for name, text in texts() if CHINESE.search(text.en)] == []


def test_both_languages_have_the_same_blanks() -> None:
    assert [name for name, text in texts() if blanks(text.en) != blanks(text.zh)] == []


def test_every_text_is_used() -> None:
    """A constant of the catalogue that no program names is left over."""
    sources = "\n".join(
        path.read_text(encoding="utf-8") for program in PROGRAMS for path in (ROOT / program).rglob("*.py")
    )
    counted = Counter(re.findall(r"\w+", sources))
    assert sorted(name for name in {n.split(".")[-1].split("[")[0] for n, _ in texts()} if counted[name] < 2) == []


def test_a_text_speaks_the_language_of_the_program() -> None:
    text = Text("{n} points", "{n} 个充电桩")
    assert text(n=3) == "3 points"
    speak(Language.CHINESE)
    assert (text(n=3), str(Text("Yes", "是"))) == ("3 个充电桩", "是")


@pytest.mark.parametrize(
    ("locale", "language"),
    [("zh_CN.UTF-8", "zh"), ("zh_TW", "zh"), ("C.UTF-8", "en"), ("de_DE.UTF-8", "en"), ("", "en")],
)
def test_the_locale_names_the_language(locale: str, language: str) -> None:
    assert language_of(locale) == language


@pytest.mark.parametrize(
    ("arguments", "environment", "written", "language"),
    [
        (["--lang", "zh"], {"EV_LANG": "en", "LC_ALL": "C"}, [], "zh"),
        (["cps", "--lang=en"], {"EV_LANG": "zh"}, ["zh"], "en"),
        ([], {"EV_LANG": "zh", "LC_ALL": "C"}, ["en"], "zh"),
        ([], {"LC_ALL": "C"}, ["zh"], "zh"),
        ([], {"LC_ALL": "zh_CN.UTF-8", "LANG": "C"}, [], "zh"),
        ([], {"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, [""], "zh"),
        ([], {"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, [], "en"),
        # "auto" asks for the locale, and so does what we do not speak: the settings refuse it, in a sentence.
        (["--lang", "auto"], {"EV_LANG": "en", "LANG": "zh_CN"}, [], "zh"),
        (["--lang", "fr"], {"EV_LANG": "zh"}, [], "en"),
        (["--lang"], {}, [], "en"),
    ],
)
def test_the_first_place_that_names_a_language_decides(
    arguments: list[str], environment: dict[str, str], written: list[str], language: str
) -> None:
    assert asked_language(arguments, environment, written) == language


@pytest.mark.usefixtures("in_chinese")
def test_words_of_others_are_told_by_the_text_that_fits_blanks_included() -> None:
    texts = (Text("{who} says: {what}.", "{who}说：{what}。"), Text("nothing", "没什么"))
    assert [retold(told, texts) for told in ("Ana says: nothing.", "Ana says: hello.", "Ana is silent.")] == [
        "Ana说：没什么。",
        "Ana说：hello。",
        "Ana is silent.",
    ]


def test_words_of_others_stay_as_they_are_in_english() -> None:
    assert retold("nothing", [Text("nothing", "没什么")]) == "nothing"


@pytest.mark.usefixtures("in_chinese")
def test_why_the_system_did_not_is_told_in_chinese() -> None:
    assert [
        why("Connection refused"),
        why("Something rare"),
        event("Cannot connect to 127.0.0.1:5000: Connection refused."),
        event("The link to 127.0.0.1:5000 ended."),
    ] == ["连接被拒绝", "Something rare", "无法连接 127.0.0.1:5000：连接被拒绝。", "与 127.0.0.1:5000 的连接已断开。"]
