"""Commands to points and the answers they wait for, wherever the point's link is: here or at another Central."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from central.credentials import Credentials
from central.links import Attached, Links
from common import tracing
from common.clock import Clock, stopwatch
from common.errors import ErrorCode, TransportLost
from common.kafka.bus import Publisher, outgoing, signed
from common.messages import (
    CommandResponse,
    ResumeCpCommand,
    StartChargingCommand,
    StopChargingCommand,
    StopCpCommand,
)
from common.metrics import catalogue as figures
from common.metrics.measures import Measures
from common.routes import Topic
from common.telemetry import about
from common.tracing import Span

log = logging.getLogger("ev.central.commands")

Command = StartChargingCommand | StopChargingCommand | StopCpCommand | ResumeCpCommand
#: Hears Engine's answer, or None when none came in time; and over which of our points' links it came, if over one of ours:
#: what it changes is stored only where that link still counts.
OnAnswer = Callable[[CommandResponse | None, Attached | None], Awaitable[None]]

ANSWER_WITHIN_S = 10.0
#: A command to another Central goes out again so often until it is answered: that one may not have heard it yet.
AGAIN_AFTER_S = 2.0


class At(Enum):
    HERE = auto()
    ELSEWHERE = auto()
    NOWHERE = auto()


@dataclass(frozen=True, slots=True)
class Where:
    """Where a point's link is, as the database says, and by which of its registrations: an older link here does not count."""

    at: At
    generation: int = 0

    @property
    def is_here(self) -> bool:
        return self.at is At.HERE


_MOST_WAITING = 50_000


@dataclass(slots=True)
class _Waiting:
    command: Command
    on_answer: OnAnswer
    deadline: float
    asked: float
    span: Span | None
    #: When it goes out over Kafka once more, if it went that way.
    again_at: float | None = None


class Commands:
    """Sends commands and matches the answers by `message_id`."""

    def __init__(
        self, links: Links, publisher: Publisher | None, clock: Clock, measures: Measures, credentials: Credentials
    ) -> None:
        self._links = links
        self._credentials = credentials
        self._measures = measures
        self._publisher = publisher
        self._clock = clock
        self._waiting: dict[str, _Waiting] = {}
        #: Commands that another Central sent through us: message_id -> (point, deadline, trace).
        self._relayed: dict[str, tuple[str, float, Span | None]] = {}
        #: Answers that are just being stored.
        self._concluding = 0
        self._one_ended = asyncio.Event()

    def send(self, command: Command, on_answer: OnAnswer, where: Where) -> ErrorCode | None:
        """Send, and later call `on_answer` once. A code says at once why the command cannot go out."""
        if len(self._waiting) >= _MOST_WAITING:
            return ErrorCode.OVERLOADED
        now = self._clock.now().mono
        span = tracing.ask(command)
        waiting = _Waiting(command, on_answer, now + ANSWER_WITHIN_S, stopwatch(), span)
        self._waiting[command.message_id] = waiting
        with tracing.within(span):
            # A link that another one took over may still look alive: the database decides which counts.
            if where.is_here and self._links.send(command.cp_id, command, where.generation):
                return None
            if where.at is At.ELSEWHERE and self._publish(command.cp_id, command):
                waiting.again_at = now + AGAIN_AFTER_S
                return None
        del self._waiting[command.message_id]
        tracing.end(span, "the point is not linked")
        return ErrorCode.CP_DISCONNECTED

    def _publish(self, cp_id: str, message: Command | CommandResponse) -> bool:
        if self._publisher is None:
            return False
        try:
            record = outgoing(Topic.CENTRAL_COMMANDS, cp_id, message)
            self._publisher.publish(signed(record, self._credentials.of_centrals))
        except TransportLost:
            return False
        return True

    def is_for_us(self, command: Command) -> bool:
        """Whether another Central's command is for a point that is linked here, and was not passed on yet."""
        is_known = command.message_id in self._waiting or command.message_id in self._relayed
        return not is_known and self._links.find(command.cp_id) is not None

    def relay(self, command: Command, generation: int) -> None:
        """Pass another Central's command on, over the link that counts."""
        if not self._links.send(command.cp_id, command, generation):
            return
        if len(self._relayed) < _MOST_WAITING:
            deadline = self._clock.now().mono + ANSWER_WITHIN_S
            self._relayed[command.message_id] = (command.cp_id, deadline, tracing.hold())

    def asked_of(self, message_id: str) -> str | None:
        """The point whose answer to this command is waited for; nobody else's counts."""
        if message_id in self._relayed:
            return self._relayed[message_id][0]
        waiting = self._waiting.get(message_id)
        return waiting.command.cp_id if waiting is not None else None

    def is_relayed(self, message_id: str) -> bool:
        return message_id in self._relayed

    async def answered(self, response: CommandResponse, by: Attached | None) -> bool:
        """Engine answered: tell who waits, here or at another Central; false when nobody does."""
        relayed = self._relayed.pop(response.message_id, None)
        if relayed is not None:
            with tracing.inside(relayed[2]):
                self._publish(relayed[0], response)
            return True
        waiting = self._waiting.pop(response.message_id, None)
        if waiting is None:
            return False
        self._measures.observe(figures.COMMAND_TIME, stopwatch() - waiting.asked, waiting.command.type)
        await self._conclude([waiting], response, by)
        return True

    async def _conclude(
        self, those: Sequence[_Waiting], response: CommandResponse | None, by: Attached | None = None
    ) -> None:
        self._concluding += len(those)
        try:
            await asyncio.gather(*(_tell(one, response, by) for one in those))
        finally:
            self._concluding -= len(those)
            self._one_ended.set()

    async def expire(self) -> None:
        """Tell those whose answer did not come in time; called now and then."""
        now = self._clock.now().mono
        for message_id in [m for m, (_, deadline, _) in self._relayed.items() if deadline <= now]:
            tracing.end(self._relayed.pop(message_id)[2], "the point did not answer in time")
        self._send_again(now)
        late = [(m, w) for m, w in self._waiting.items() if w.deadline <= now]
        for message_id, waiting in late:
            self._waiting.pop(message_id, None)
            self._measures.add(figures.COMMAND_TIMEOUTS)
            log.warning(
                "%s did not answer a command within %.0f s.",
                waiting.command.cp_id,
                ANSWER_WITHIN_S,
                extra=about(waiting.command),
            )
        if late:
            await self._conclude([waiting for _, waiting in late], None)

    def _send_again(self, now: float) -> None:
        """A Central that has just started may hold the point's link before it hears commands."""
        for waiting in self._waiting.values():
            if waiting.again_at is not None and waiting.again_at <= now < waiting.deadline:
                waiting.again_at = now + AGAIN_AFTER_S
                with tracing.within(waiting.span):
                    self._publish(waiting.command.cp_id, waiting.command)

    async def finished(self) -> None:
        """Returns once no command waits for its answer, and every answer is stored."""
        while self._waiting or self._concluding:
            self._one_ended.clear()
            await self._one_ended.wait()

    @property
    def waiting(self) -> int:
        return len(self._waiting)


async def _tell(waiting: _Waiting, response: CommandResponse | None, by: Attached | None) -> None:
    with tracing.resume(waiting.span, _failure(response)):
        await waiting.on_answer(response, by)


def _failure(response: CommandResponse | None) -> str | None:
    if response is None:
        return "the point did not answer in time"
    return None if response.succeeded else str(response.error)
