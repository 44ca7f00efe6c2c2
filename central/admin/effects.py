"""What the desk wants done by those who have a network, a disk and a process. Pure."""

from dataclasses import dataclass
from enum import Enum, auto

from central.admin.asking import Question
from central.admin.orders import Export, Order


class Topic(Enum):
    """What is asked again and again while it is on the screen."""

    STATS = auto()
    POINTS = auto()
    RUNNING = auto()
    SESSIONS = auto()
    DRIVERS = auto()
    EVENTS = auto()
    OLDER = auto()


@dataclass(frozen=True, slots=True)
class Completion:
    """Ids that would fit the word begun on this line."""

    line: str


#: For what an answer is.
Purpose = Topic | Completion | Order


@dataclass(frozen=True, slots=True)
class Ask:
    purpose: Purpose
    question: Question


@dataclass(frozen=True, slots=True)
class StartExport:
    export: Export
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Remember:
    """A line for the history of later days."""

    line: str


class Deed(Enum):
    #: Ask at once for what is on the screen: it shows something else now.
    REFRESH = auto()
    CANCEL_EXPORT = auto()
    LEAVE = auto()


Effect = Ask | StartExport | Remember | Deed
