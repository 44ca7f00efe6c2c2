"""Commands to points and the answers they wait for, wherever the point's link is: here or at another Central."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from central.links import Links
from common import tracing
from common.clock import Clock, stopwatch
from common.errors import ErrorCode, TransportLost
from common.kafka.bus import Publisher, outgoing
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
#: Hears Engine's answer, or None when none came in time.
OnAnswer = Callable[[CommandResponse | None], Awaitable[None]]

ANSWER_WITHIN_S = 10.0
_MOST_WAITING = 50_000


@dataclass(slots=True)
class _Waiting:
    cp_id: str
    on_answer: OnAnswer
    deadline: float
    type: str
    asked: float
    span: Span | None


class Commands:
    """Sends commands and matches the answers by `message_id`."""

    def __init__(self, links: Links, publisher: Publisher | None, clock: Clock, measures: Measures) -> None:
        self._links = links
        self._measures = measures
        self._publisher = publisher
        self._clock = clock
        self._waiting: dict[str, _Waiting] = {}
        #: Commands that another Central sent through us: message_id -> (point, deadline, trace).
        self._relayed: dict[str, tuple[str, float, Span | None]] = {}

    def send(self, command: Command, on_answer: OnAnswer, *, elsewhere: bool = False) -> ErrorCode | None:
        """
        Send, and later call `on_answer` once. A code says at once why the command cannot go out.

        `elsewhere`: the database says that another Central holds the point's link.
        """
        if len(self._waiting) >= _MOST_WAITING:
            return ErrorCode.OVERLOADED
        deadline = self._clock.now().mono + ANSWER_WITHIN_S
        span = tracing.ask(command)
        self._waiting[command.message_id] = _Waiting(
            command.cp_id, on_answer, deadline, command.type, stopwatch(), span
        )
        with tracing.within(span):
            if self._links.send(command.cp_id, command) or (elsewhere and self._publish(command.cp_id, command)):
                return None
        del self._waiting[command.message_id]
        tracing.end(span, "the point is not linked")
        return ErrorCode.CP_DISCONNECTED

    def _publish(self, cp_id: str, message: Command | CommandResponse) -> bool:
        if self._publisher is None:
            return False
        try:
            self._publisher.publish(outgoing(Topic.CENTRAL_COMMANDS, cp_id, message))
        except TransportLost:
            return False
        return True

    def relay(self, command: Command) -> None:
        """Another Central's command: pass it on if the point is here and the command is not our own."""
        if command.message_id in self._waiting or not self._links.send(command.cp_id, command):
            return
        if len(self._relayed) < _MOST_WAITING:
            deadline = self._clock.now().mono + ANSWER_WITHIN_S
            self._relayed[command.message_id] = (command.cp_id, deadline, tracing.hold())

    async def answered(self, response: CommandResponse) -> bool:
        """Engine answered: tell who waits, here or at another Central; false when nobody does."""
        relayed = self._relayed.pop(response.message_id, None)
        if relayed is not None:
            with tracing.inside(relayed[2]):
                self._publish(relayed[0], response)
            return True
        waiting = self._waiting.pop(response.message_id, None)
        if waiting is None:
            return False
        self._measures.observe(figures.COMMAND_TIME, stopwatch() - waiting.asked, waiting.type)
        with tracing.resume(waiting.span, None if response.succeeded else str(response.error)):
            await waiting.on_answer(response)
        return True

    async def expire(self) -> None:
        """Tell those whose answer did not come in time; called now and then."""
        now = self._clock.now().mono
        for message_id in [m for m, (_, deadline, _) in self._relayed.items() if deadline <= now]:
            tracing.end(self._relayed.pop(message_id)[2], "the point did not answer in time")
        late = [(m, w) for m, w in self._waiting.items() if w.deadline <= now]
        for message_id, waiting in late:
            self._waiting.pop(message_id, None)
            self._measures.add(figures.COMMAND_TIMEOUTS)
            log.warning(
                "%s did not answer a command within %.0f s.",
                waiting.cp_id,
                ANSWER_WITHIN_S,
                extra=about(message_id=message_id, cp_id=waiting.cp_id),
            )
        if late:
            await asyncio.gather(*(_tell_late(waiting) for _, waiting in late))

    @property
    def waiting(self) -> int:
        return len(self._waiting)


async def _tell_late(waiting: _Waiting) -> None:
    with tracing.resume(waiting.span, "the point did not answer in time"):
        await waiting.on_answer(None)
