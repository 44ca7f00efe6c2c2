"""What a developer's command is asked: numbers that make sense, files that can be written; a mistake is one sentence."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Argparse without a page of usage before what is wrong."""

    def error(self, message: str) -> NoReturn:
        words = message.removeprefix("argument ").rstrip(".")
        self.exit(2, f"{self.prog}: {words}. Try {self.prog} --help.\n")


def whole(least: int = 0) -> Callable[[str], int]:
    """A whole number, `least` or more."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"must be a whole number, {least} or more (it is '{text}')")
        return value

    return number


def more_than_none(text: str) -> float:
    """So many seconds, minutes or hours: a finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0 (it is '{text}')")
    return value


def file_to_write(text: str) -> Path:
    """A file that can be written once there is something to write: said before a long run, not after it."""
    path = Path(text)
    is_new = not path.exists()
    try:
        path.open("a").close()
    except OSError as wrong:
        raise _unfit(path, wrong) from None
    if is_new:
        path.unlink()
    return path


def _unfit(path: Path, wrong: OSError) -> argparse.ArgumentTypeError:
    if path.is_dir():
        return argparse.ArgumentTypeError(f"{path} is a folder; name a file in it")
    return argparse.ArgumentTypeError(f"{path} cannot be written ({wrong.strerror}); name another file")
