"""
Traces: in which stretch of which driver's story this program is. Here is what the programs use; otlp.py sends it away.

While tracing is off nothing is made: every function here returns None or one shared object. A stretch (a span) ends when the
last who holds it lets go, so that it outlives the handler that began it and lasts until its answer. Pure.
"""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar, Token
from enum import StrEnum
from types import TracebackType

from common.messages import (
    AvailableCpsRequest,
    ChargeRequest,
    ChargingHistoryRequest,
    LocalStartRequest,
    ManualCommand,
    Message,
    Response,
    ResumeCpCommand,
    StartChargingCommand,
    StopChargingCommand,
    StopChargingRequest,
    StopCpCommand,
)

#: What begins a story where its sender began none; telemetry and heartbeats tell none.
_WISHES = (
    ChargeRequest,
    StopChargingRequest,
    AvailableCpsRequest,
    ChargingHistoryRequest,
    LocalStartRequest,
    ManualCommand,
)
#: What belongs to a story that somebody began.
_COMMANDS = (StartChargingCommand, StopChargingCommand, StopCpCommand, ResumeCpCommand)
_MOST_KEPT = 1000


class Kind(StrEnum):
    """Which end of a conversation a stretch is; the words are OpenTelemetry's."""

    CLIENT = "CLIENT"
    SERVER = "SERVER"
    CONSUMER = "CONSUMER"


class Span:
    """One stretch. It keeps the one that it is part of open."""

    __slots__ = ("_end", "_failure", "_holders", "parent", "traceparent")

    def __init__(self, traceparent: str, end: Callable[[str | None], None], parent: "Span | None") -> None:
        self.traceparent = traceparent
        self.parent = parent.hold() if parent is not None else None
        self._end = end
        self._holders = 1
        self._failure: str | None = None

    def hold(self) -> "Span":
        self._holders += 1
        return self

    def release(self, failure: str | None = None) -> None:
        self._failure = self._failure or failure
        self._holders -= 1
        if self._holders == 0:
            self._end(self._failure)
            if self.parent is not None:
                self.parent.release()


#: Begins a stretch of a name and kind, in the story of a traceparent (or of a new one), about a message.
Begin = Callable[[Message, Kind, str | None, Span | None], Span]

_begin: Begin | None = None
_current: ContextVar[Span | None] = ContextVar("span", default=None)
_NOTHING: AbstractContextManager[None] = nullcontext()


def switch_on(begin: Begin) -> None:
    """Once, before anything is sent or received."""
    global _begin  # noqa: PLW0603 - whether a process is traced is decided once, for all of it
    _begin = begin


def switch_off() -> None:
    global _begin  # noqa: PLW0603 - as above
    _begin = None


def is_on() -> bool:
    return _begin is not None


def current() -> Span | None:
    return None if _begin is None else _current.get()


def traceparent() -> str | None:
    """What is to go with a message that is sent now."""
    span = current()
    return None if span is None else span.traceparent


def take(message: Message, came_with: str | None, kind: Kind) -> Span | None:
    """A message arrived: the stretch of dealing with it, if it tells a story."""
    if _begin is None or not isinstance(message, _WISHES + _COMMANDS):
        return None
    if came_with is None and isinstance(message, _COMMANDS):
        return None
    return _begin(message, kind, came_with, None)


def ask(message: Message) -> Span | None:
    """A message is about to be sent and its answer waited for: a stretch within the present one."""
    within_it = current()
    if _begin is None or within_it is None:
        return None
    return _begin(message, Kind.CLIENT, within_it.traceparent, within_it)


class _Inside:
    """The present stretch while a block runs; let go at its end."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: Span) -> None:
        self._span = span
        self._token: Token[Span | None] | None = None

    def __enter__(self) -> None:
        self._token = _current.set(self._span)

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._token is not None
        _current.reset(self._token)
        self._span.release(None if kind is None else f"{kind.__name__}: {wrong}")


def inside(span: Span | None) -> AbstractContextManager[None]:
    """Be in a stretch and let go of it at the end of the block."""
    return _NOTHING if span is None else _Inside(span)


def within(span: Span | None) -> AbstractContextManager[None]:
    """Be in a stretch that somebody else holds."""
    return _NOTHING if span is None else _Inside(span.hold())


def resume(span: Span | None, failure: str | None = None) -> AbstractContextManager[None]:
    """The answer is there, or will not come: end the stretch that waited, go on in the one that asked."""
    if span is None:
        return _NOTHING
    asker = span.parent
    went_on = within(asker)
    span.release(failure)
    return went_on


def hold() -> Span | None:
    """The present stretch, for who goes on with it later."""
    span = current()
    return None if span is None else span.hold()


def end(span: Span | None, failure: str | None = None) -> None:
    if span is not None:
        span.release(failure)


class Spans:
    """Stretches that end with an answer, by `message_id`: for programs whose cores know nothing of them. Bounded."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Span] = OrderedDict()

    def began(self, message: Message, came_with: str | None, kind: Kind = Kind.SERVER) -> None:
        """A message that asks arrived, or is about to leave; a repetition goes on with what there is."""
        if _begin is None or message.message_id in self._kept:
            return
        span = take(message, came_with, kind)
        if span is None:
            return
        self._kept[message.message_id] = span
        if len(self._kept) > _MOST_KEPT:
            _, oldest = self._kept.popitem(last=False)
            oldest.release("there was no answer")

    def carrying(self, message: Message) -> AbstractContextManager[None]:
        """For sending what belongs to a stretch."""
        return within(self._kept.get(message.message_id)) if self._kept else _NOTHING

    def answered(self, message: Message) -> None:
        """An answer was sent, or came: its stretch is over."""
        if self._kept and isinstance(message, Response):
            self.ended(message, None if message.succeeded else str(message.error or message.status))

    def ended(self, message: Message, failure: str | None) -> None:
        end(self._kept.pop(message.message_id, None), failure)
