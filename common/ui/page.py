"""
A page of help in another language than English: the library's own formatter, told our words.

Its lines are filled by the columns that characters take on the screen, and may end between any two Chinese characters.
"""

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from typer import Context

# typer brings its own click, whose names are not public.
from typer._click.core import Command
from typer._click.formatting import HelpFormatter

from common.words.usage import COMMAND_PLACE, OPTIONS_PLACE, USAGE, described, headed

#: A Chinese character or mark stands for itself, everything else goes by words; some marks never begin a line, or end it.
_PIECES = re.compile(
    r"[\u2e80-\u9fff\uff00-\uffef\u3000-\u303f\u201c\u201d…]|\s+|[^\s\u2e80-\u9fff\uff00-\uffef\u3000-\u303f\u201c\u201d…]+"
)
_NEVER_FIRST, _NEVER_LAST = "，。；：、！？）”…", "（“"  # noqa: RUF001 - Chinese marks are meant
_NARROWEST = 10


class Page(HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        del prefix
        for place in (OPTIONS_PLACE, COMMAND_PLACE):
            args = args.replace(place.en, place())
        begin = f"{USAGE}{prog} "
        self._write_block(args, begin, self.width)

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':{self.current_indent}}{headed(heading)}\n")

    def write_text(self, text: str) -> None:
        indent = " " * self.current_indent
        for paragraph in text.split("\n\n"):
            self._write_block(described(" ".join(paragraph.split())), indent, self.width)

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        first = min(max(cell_len(term) for term, _ in rows), col_max) + col_spacing
        indent = " " * self.current_indent
        for term, meaning in rows:
            begin = f"{indent}{padded(term, first)}"
            if cell_len(term) > first - col_spacing:
                self.write(f"{indent}{term}\n")
                begin = indent + " " * first
            self._write_block(described(meaning), begin, self.width)

    def _write_block(self, text: str, begin: str, width: int) -> None:
        """Text after `begin`, its further lines below its first."""
        taken = cell_len(begin)
        for number, line in enumerate(filled(text, max(_NARROWEST, width - taken)) or [""]):
            self.write(f"{' ' * taken if number else begin}{line}".rstrip() + "\n")


class _Told(Context):
    """What a command runs in; its pages of help are ours."""

    formatter_class = Page


def tell_in_words(command: Command) -> None:
    """From now on the help of this command, and of those under it, is told in the language spoken."""
    command.context_class = _Told
    command.short_help = command.help  # the page cuts nothing off
    for under in getattr(command, "commands", {}).values():
        tell_in_words(under)


def padded(text: str, columns: int) -> str:
    return text + " " * max(0, columns - cell_len(text))


def filled(text: str, columns: int) -> list[str]:
    """Lines of at most so many columns; a word that is longer has a line for itself."""
    lines: list[str] = []
    line = ""
    for piece in _whole(_PIECES.findall(text)):
        if line.strip() and cell_len(line) + cell_len(piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def _whole(pieces: Sequence[str]) -> Iterator[str]:
    """What must not be parted: a mark stays with what stands before it."""
    held = ""
    for piece in pieces:
        if held and piece[0] not in _NEVER_FIRST and held[-1] not in _NEVER_LAST:
            yield held
            held = ""
        held += piece
    if held:
        yield held
