"""
THE WORDS: every text that a person reads, in each language we speak, side by side.

One module a place where they are read; here stands only what a text is, and which language is spoken. A text cannot be made
without both languages. tests/unit/common/test_words.py holds that their blanks agree and that none is left over, and
tests/unit/test_no_words_of_their_own.py that no program has words of its own. What is said over the wire, stored in the database
or written to a log stays as it was said, in English (docs/decisions/0014-words.md).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from string import Formatter


class Language(StrEnum):
    ENGLISH = "en"
    CHINESE = "zh"  # Simplified


@dataclass(frozen=True, slots=True)
class Text:
    """One text. Called with the values of its blanks, as in str.format, it gives the words in the language spoken now."""

    en: str
    zh: str

    def __call__(self, **values: object) -> str:
        words = self.zh if _spoken is Language.CHINESE else self.en
        return words.format(**values) if values else words

    def __str__(self) -> str:
        return self()


_spoken = Language.ENGLISH


def speak(language: Language) -> None:
    """From now on; once, when a program starts."""
    global _spoken  # noqa: PLW0603 - a process speaks one language, as it has one locale
    _spoken = language


def spoken() -> Language:
    return _spoken


def joined(*sentences: object) -> str:
    """Sentences one after the other, as the language has them: Chinese puts no space between."""
    return ("" if _spoken is Language.CHINESE else " ").join(map(str, sentences))


#: The first of these that says anything decides, as everywhere.
LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def asked_language(arguments: Sequence[str], environment: Mapping[str, str], written: Iterable[str] = ()) -> Language:
    """
    That of `--lang` among the arguments, else of EV_LANG, else the one `written` in a file, else of the locale.

    The first place that says anything counts; "auto" there, or what we do not speak, means the locale.
    """
    told = [after for word, after in pairwise(arguments) if word == "--lang"]
    told += [word.removeprefix("--lang=") for word in arguments if word.startswith("--lang=")]
    asked = next((word for word in (*told, environment.get("EV_LANG", ""), *written) if word), "")
    if asked in tuple(Language):
        return Language(asked)
    return language_of(next((found for name in LOCALE_VARIABLES if (found := environment.get(name))), ""))


def language_of(locale: str) -> Language:
    """The language for a locale's name such as zh_CN.UTF-8; English for what we do not speak."""
    return Language.CHINESE if locale.lower().startswith("zh") else Language.ENGLISH


def retold(sentence: str, texts: Iterable[Text]) -> str:
    """
    What somebody else said in English, in the language spoken: by the first text whose English it fits, blanks included.

    For the words of libraries, of the operating system and of events that are logged too. What no text fits stays as it is.
    """
    if _spoken is Language.ENGLISH:
        return sentence
    known = tuple(texts)
    for text in known:
        if text.en == sentence:
            return text()
        found = _pattern(text.en).fullmatch(sentence) if "{" in text.en else None
        if found:
            return text(**{name: retold(value, known) for name, value in found.groupdict().items()})
    return sentence


@cache
def _pattern(words: str) -> re.Pattern[str]:
    parts = Formatter().parse(words)
    return re.compile(
        "".join(re.escape(said) + (f"(?P<{name}>.+?)" if name else "") for said, name, _, _ in parts), re.DOTALL
    )
