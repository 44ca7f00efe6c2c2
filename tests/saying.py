"""What a command of the tests says on standard output, line by line, and how it ends: without a word where nobody reads it."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def end_with(main: Callable[[list[str]], int]) -> NoReturn:
    """Run it with what the process was told, and end with its status."""
    try:
        status = main(sys.argv[1:])
    except* BrokenPipeError:  # whoever reads has seen enough, and a task may have been the first to notice
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python says a last word there at its end
        status = 1
    sys.exit(status)
