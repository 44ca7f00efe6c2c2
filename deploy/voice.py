"""What ev-up tells a person, line by line: to a stream, or to the operator's console while that has the screen."""

import os
from collections.abc import Callable
from typing import TextIO


class Voice:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        #: Takes the line and its level while something else owns the screen.
        self.elsewhere: Callable[[str, str], None] | None = None

    def __call__(self, line: str) -> None:
        self._pass_on(line, "INFO")

    def complain(self, line: str) -> None:
        """Something went wrong; where levels are shown, this one stands out."""
        self._pass_on(line, "ERROR")

    def _pass_on(self, line: str, level: str) -> None:
        if self.elsewhere:
            self.elsewhere(line, level)
            return
        try:
            # It may quote the last words of a program.
            self._stream.write("".join(c if c.isprintable() else " " for c in line) + "\n")
            self._stream.flush()
        except BrokenPipeError:
            # Whoever read us went away (`ev-up | head`); what we run is worth more than what we say.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
