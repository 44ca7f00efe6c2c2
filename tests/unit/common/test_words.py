"""The catalogue of words: both languages whole, and nothing left over."""

import importlib
import pkgutil
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import common.words
from common.words import Language, Text, language_of, speak

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
    counted = {
        name: len(re.findall(rf"\b{name}\b", sources)) for name in {n.split(".")[-1].split("[")[0] for n, _ in texts()}
    }
    assert [name for name, count in counted.items() if count < 2] == []


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
