"""The language of the programs here that have no settings: EV_LANG, else the locale. Standard library only."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from common.columns import filled
from common.words import asked_language, speak
from common.words.deploy import HEADING, parsed

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


def speak_as_asked(arguments: Sequence[str] = ()) -> None:
    """From now on; `--lang` among the arguments counts where a program hands it on."""
    speak(asked_language(arguments, os.environ))


class Formatter(argparse.HelpFormatter):
    """Fills lines by the columns that characters take."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return filled(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in filled(text, width - len(indent)))


class Parser(argparse.ArgumentParser):
    """Argparse in the language spoken: where it would ask gettext for its words, the catalogue has them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=Formatter, **options)

    def format_help(self) -> str:
        for action in self._actions:
            action.help = parsed(action.help) if action.help else action.help
        page = _begun(super().format_help())
        for group in self._action_groups:
            page = page.replace(f"\n{group.title}:\n", f"\n{HEADING(name=parsed(group.title or ''))}\n")
        return page

    def print_usage(self, file: "SupportsWrite[str] | None" = None) -> None:
        # Not where the usage is made: argparse counts the letters of its own word there.
        self._print_message(_begun(self.format_usage()), file or sys.stderr)

    def error(self, message: str) -> NoReturn:
        super().error(parsed(message))

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        super().exit(status, message and parsed(message))


def _begun(page: str) -> str:
    return page.replace("usage: ", parsed("usage: "), 1)
