"""What ev-up tells a person, line by line: to a stream, or to the operator's console while that has the screen."""

import os
from collections.abc import Callable
from typing import TextIO


class Voice:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        #: Set while something else owns the screen.
        self.elsewhere: Callable[[str], None] | None = None

    def __call__(self, line: str) -> None:
        if self.elsewhere:
            self.elsewhere(line)
            return
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except BrokenPipeError:
            # Whoever read us went away (`ev-up | head`); what we run is worth more than what we say.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
