"""
How text fills the columns of a screen: a Chinese character takes two, and a line may end after any of them. No I/O.

Standard library only: what sets the project up uses it before anything is installed.
"""

import re
from collections.abc import Iterator, Sequence
from unicodedata import combining, east_asian_width

_CHINESE = r"\u2e80-\u9fff\uff00-\uffef\u201c\u201d…"
#: A Chinese character or mark stands for itself, everything else goes by words.
_PIECES = re.compile(rf"[{_CHINESE}]|\s+|[^\s{_CHINESE}]+")
#: Marks that never begin a line, or end it.
_NEVER_FIRST, _NEVER_LAST = "，。；：、！？）”…", "（“"  # noqa: RUF001 - Chinese marks are meant


def width(text: str) -> int:
    """Columns that a text takes."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def padded(text: str, columns: int) -> str:
    return text + " " * max(0, columns - width(text))


def filled(text: str, columns: int) -> list[str]:
    """Lines of at most so many columns; a word that is longer has a line for itself."""
    lines: list[str] = []
    line = ""
    for piece in _whole(_PIECES.findall(text)):
        if line.strip() and width(line) + width(piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def _whole(pieces: Sequence[str]) -> Iterator[str]:
    """What must not be parted: a mark stays with its neighbour."""
    held = ""
    for piece in pieces:
        if held and piece[0] not in _NEVER_FIRST and held[-1] not in _NEVER_LAST:
            yield held
            held = ""
        held += piece
    if held:
        yield held
