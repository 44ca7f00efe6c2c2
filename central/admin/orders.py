"""What an operator can order at the console's command line, as values. Pure; how it is typed stands in grammar.py."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from common.messages import PointStatus
from common.messages.operating import CredentialRole, PointOrder

ALL = "*"
What = Literal["sessions", "events"]


class View(Enum):
    BOARD = auto()
    SESSIONS = auto()
    EVENTS = auto()
    ERRORS = auto()
    DRIVERS = auto()
    FIGURES = auto()


class Plain(Enum):
    """Commands that are told by their name alone."""

    ALL = auto()
    NEXT = auto()
    PREVIOUS = auto()
    CANCEL = auto()
    CLEAR = auto()
    HELP = auto()
    QUIT = auto()


@dataclass(frozen=True, slots=True)
class Stop:
    cp_id: str


@dataclass(frozen=True, slots=True)
class Resume:
    cp_id: str


@dataclass(frozen=True, slots=True)
class End:
    session_id: str


@dataclass(frozen=True, slots=True)
class SetPrice:
    cp_id: str
    price: float


@dataclass(frozen=True, slots=True)
class Sessions:
    """The view of sessions: all, or only those that run."""

    only_open: bool


@dataclass(frozen=True, slots=True)
class Search:
    text: str


@dataclass(frozen=True, slots=True)
class Filter:
    states: tuple[PointStatus, ...]


@dataclass(frozen=True, slots=True)
class Sort:
    key: PointOrder
    descending: bool


@dataclass(frozen=True, slots=True)
class Page:
    number: int


@dataclass(frozen=True, slots=True)
class Trace:
    id: str


@dataclass(frozen=True, slots=True)
class Export:
    what: What
    file: str


@dataclass(frozen=True, slots=True)
class Enroll:
    """The secret is made when it is asked of Central; no order has it."""

    role: CredentialRole
    id: str


@dataclass(frozen=True, slots=True)
class Rotate:
    role: CredentialRole
    id: str


@dataclass(frozen=True, slots=True)
class Revoke:
    role: CredentialRole
    id: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who is enrolled or was; of one role, or (None) of all."""

    role: CredentialRole | None


Access = Enroll | Rotate | Revoke | Credentials
Order = (
    Plain | View | Sessions | Stop | Resume | End | SetPrice | Search | Filter | Sort | Page | Trace | Export | Access
)
