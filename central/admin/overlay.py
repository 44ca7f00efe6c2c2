"""A page over the screen that scrolls: help, a trace, who is enrolled, or a secret. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from central.admin.rows import Row


class Kind(Enum):
    HELP = auto()
    TRACE = auto()
    CREDENTIALS = auto()
    #: Shown once: it takes every key but the one that closes it.
    SECRET = auto()


@dataclass
class Overlay:
    kind: Kind
    #: Of a trace: whose, and its events, oldest first. Of credentials: of which role, and those.
    id: str = ""
    events: Sequence[Row] = ()
    #: Whose and which; nothing else keeps them.
    secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False)
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
            return self.kind is Kind.SECRET
        self.top = to
        self.fit(self.length, self.room)
        return True

    def fit(self, length: int, room: int) -> None:
        self.length, self.room = length, room
        self.top = max(0, min(self.top, length - room))
