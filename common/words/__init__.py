"""
THE WORDS: every text that a person reads, in each language we speak, side by side.

One module a place where they are read; here stands only what a text is. A text cannot be made without both languages,
and tests/unit/common/test_words.py holds that their blanks agree, that none is left over, and that no console has words
of its own. What is said over the wire, stored in the database or written to a log stays as it was said: in English.
"""

from dataclasses import dataclass
from enum import StrEnum


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


def language_of(locale: str) -> Language:
    """The language for a locale's name such as zh_CN.UTF-8; English for what we do not speak."""
    return Language.CHINESE if locale.lower().startswith("zh") else Language.ENGLISH
