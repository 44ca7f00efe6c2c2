"""A page of help in another language than English: typer's own formatter, told our words. How lines fill stands in common/columns.py."""

from collections.abc import Sequence

from typer import Context

# typer brings its own click, whose names are not public.
from typer._click.core import Command
from typer._click.formatting import HelpFormatter

from common.columns import filled, padded, width
from common.words.usage import COMMAND_PLACE, OPTIONS_PLACE, USAGE, described, headed

_NARROWEST = 10


class Page(HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        del prefix
        for place in (OPTIONS_PLACE, COMMAND_PLACE):
            args = args.replace(place.en, place())
        self._write_block(args, f"{USAGE}{prog} ")

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':{self.current_indent}}{headed(heading)}\n")

    def write_text(self, text: str) -> None:
        for paragraph in text.split("\n\n"):
            self._write_block(described(" ".join(paragraph.split())), " " * self.current_indent)

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        first = min(max(width(term) for term, _ in rows), col_max) + col_spacing
        indent = " " * self.current_indent
        for term, meaning in rows:
            begin = f"{indent}{padded(term, first)}"
            if width(term) > first - col_spacing:
                self.write(f"{indent}{term}\n")
                begin = indent + " " * first
            self._write_block(described(meaning), begin)

    def _write_block(self, text: str, begin: str) -> None:
        """Text after `begin`, its further lines below its first."""
        taken = width(begin)
        for number, line in enumerate(filled(text, max(_NARROWEST, self.width - taken)) or [""]):
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
