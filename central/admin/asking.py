"""What is asked of Central and what came of it, as values: a failure is one too. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from pydantic import JsonValue

from common.errors import ErrorCode
from common.messages.operating import Command


@dataclass(frozen=True, slots=True)
class Answer:
    """`sentence` is Central's own, or why there is none of Central."""

    ok: bool
    sentence: str
    data: Mapping[str, JsonValue] = field(default_factory=dict)
    error: ErrorCode | None = None
    #: When Central gave it, by its own clock.
    at: float = 0.0


class State(Enum):
    CONNECTING = auto()
    UP = auto()
    LOST = auto()
    #: Central is there and does not accept this operator.
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Standing:
    """How the link to Central stands. `next_try` is of the monotonic clock."""

    state: State = State.CONNECTING
    address: str = ""
    since: float = 0.0
    why: str = ""
    next_try: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    command: Command
    args: Mapping[str, JsonValue] = field(default_factory=dict)
