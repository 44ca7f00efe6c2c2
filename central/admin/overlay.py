"""A page over the screen that scrolls: help, or a trace. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from central.admin.rows import Row


class Kind(Enum):
    HELP = auto()
    TRACE = auto()


@dataclass
class Overlay:
    kind: Kind
    #: Of a trace: whose, and its events, oldest first.
    id: str = ""
    events: Sequence[Row] = ()
    top: int = 0
    #: Lines it has, and lines there is room for; set when it is drawn.
    length: int = 0
    room: int = 1

    def press(self, name: str) -> bool:
        """Whether the key moved it."""
        page = max(1, self.room - 1)
        to = {
            "up": self.top - 1,
            "down": self.top + 1,
            "page-up": self.top - page,
            "page-down": self.top + page,
            "home": 0,
            "end": self.length,
        }.get(name)
        if to is None:
            return False
        self.top = to
        self.fit(self.length, self.room)
        return True

    def fit(self, length: int, room: int) -> None:
        self.length, self.room = length, room
        self.top = max(0, min(self.top, length - room))
