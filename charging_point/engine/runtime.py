"""What the core asks for, done: sockets, Kafka, the journal and the timer. No rule of charging is decided here."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from functools import partial

from charging_point.engine.effects import (
    Answer,
    Bind,
    Effect,
    Effects,
    NoteJournalWorks,
    Publish,
    Tell,
    ToMonitor,
    WriteJournal,
)
from charging_point.engine.handlers import Arrival, Handlers, wire
from charging_point.engine.journal import Journal
from charging_point.engine.ledger import SessionFinished, SessionStarted
from charging_point.engine.lines import Lines
from charging_point.engine.local_start import LocalStarts
from charging_point.engine.point import Point
from common import failpoints
from common.clock import Clock, stopwatch
from common.errors import BadMessage, ErrorCode, EvError, StoreUnavailable, TransportLost
from common.failpoints import Place
from common.ids import Ids
from common.kafka.bus import Publisher, outgoing, signed
from common.messages import (
    ChargeCompletion,
    ChargingData,
    ConnectionFailed,
    ConnectionLost,
    HealthCheckRequest,
    Message,
)
from common.metrics import catalogue as figures
from common.metrics.measures import Measures
from common.money import watt_hours
from common.net.link import Link
from common.net.tls import why_not_for
from common.routes import Topic
from common.telemetry import about
from common.tracing import Spans

log = logging.getLogger("ev.engine")

ACK_WITHIN_S = 3.0
#: A timer that fires a hair early must not spin.
_SHORTEST_SLEEP_S = 0.001


class KafkaState(Enum):
    """How Kafka stands, for a panel."""

    NONE = auto()
    UNTRIED = auto()
    TAKES = auto()
    AWAY = auto()


class Runtime:
    """One Engine at work. `serve` takes links, `obey` lines; `tick_forever` keeps the time."""

    def __init__(
        self,
        point: Point,
        journal: Journal,
        publisher: Publisher | None,
        *,
        clock: Clock,
        ids: Ids,
        measures: Measures | None = None,
        secret: str | None = None,
    ) -> None:
        """`secret`: the point's, to sign its records with where Central asks for that."""
        local_starts = LocalStarts(point, ids)
        self._point = point
        self._handlers, self._dispatcher = Handlers(point, local_starts), wire()
        self._lines = Lines(point, local_starts)
        self._journal = journal
        self._publisher = publisher
        self._secret = secret
        self._clock = clock
        self._ids = ids
        self._measures = measures or Measures()
        self._spans = Spans()
        self._monitor: Link | None = None
        self._monitor_heard_at: float | None = None
        self._has_delivered = False
        #: Told of whatever happens, for a panel.
        self.touch: Callable[[], None] = lambda: None
        #: Something happened: whoever waits for time or for an acknowledgement looks again.
        self._stirred = asyncio.Event()

    @property
    def monitor_heard_at(self) -> float | None:
        """When Monitor was last heard (monotonic), also one that has gone."""
        return self._monitor.heard_at if self._monitor else self._monitor_heard_at

    @property
    def kafka(self) -> KafkaState:
        if self._publisher is None:
            return KafkaState.NONE
        if not (self._publisher.is_up and self._point.kafka_is_up):
            return KafkaState.AWAY
        # Nobody knows whether a broker is there before it was sent something.
        return KafkaState.TAKES if self._has_delivered else KafkaState.UNTRIED

    def restart(self) -> None:
        """Settle what the journal left open; before anything else."""
        self._do(self._point.restart(self._clock.now()))

    async def serve(self, link: Link) -> None:
        """One connection, to its end."""
        async for message in link:
            log.debug("Received %s.", message.type, extra=about(message))
            self._measures.add(figures.ENGINE_RECEIVED, message.type)
            self._spans.began(message, link.traceparent)
            if self._is_strangers(message, link):
                continue
            try:
                self._do(self._dispatcher.dispatch(message, Arrival(self._handlers, self._clock.now())), link)
            except EvError as wrong:
                log.error("%s could not be handled: %s", message.type, wrong, extra=about(message))  # noqa: TRY400 - the sentence says all
                link.refuse(BadMessage(ErrorCode.INTERNAL_ERROR, str(wrong), message.message_id))
        if self._monitor is link:
            self._monitor, self._monitor_heard_at = None, link.heard_at
            self._hear(
                ConnectionLost(
                    message_id=self._ids(), peer=link.peer, description=f"The link to Monitor at {link.peer} ended."
                )
            )

    def _is_strangers(self, message: Message, link: Link) -> bool:
        """Whether it comes from a Monitor whose certificate is another point's: it is refused, and changes nothing."""
        cp_id = message.id if isinstance(message, HealthCheckRequest) else getattr(message, "cp_id", self._point.cp_id)
        stranger = None if cp_id is None else why_not_for(link.certified_for, cp_id)
        if stranger is not None:
            self._measures.add(figures.ENGINE_BAD_FRAMES, ErrorCode.AUTH_FAILED)
            log.warning("%s was not believed: %s", link.peer, stranger, extra=about(message))
            link.refuse(BadMessage(ErrorCode.AUTH_FAILED, stranger, message.message_id))
        return stranger is not None

    def obey(self, line: str) -> str:
        """A simulated event and its one line of answer."""
        try:
            told = self._do(self._lines.obey(line, self._clock.now()))
        except EvError as wrong:
            return f"error: {wrong}"
        return f"ok: {told.text}" if told.ok else f"error: {told.text}"

    async def tick_forever(self) -> None:
        while True:
            wait_s = self._point.seconds_left(self._clock.now())
            self._stirred.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if wait_s is None else max(wait_s, _SHORTEST_SLEEP_S)):
                    await self._stirred.wait()
            self.tick()

    def tick(self) -> None:
        self._look_at_kafka()
        self._do(self._point.tick(self._clock.now()), stirs=False)

    async def shut_down(self) -> None:
        """End a running charge, and give Central a moment to acknowledge its account."""
        self._do(self._point.shut_down(self._clock.now()))
        with suppress(TimeoutError):
            async with asyncio.timeout(ACK_WITHIN_S):
                while self._point.completions and self._monitor is not None:
                    self._stirred.clear()
                    await self._stirred.wait()
        if self._point.completions:
            log.warning("Not every account is acknowledged; the journal keeps them for the next start.")

    # ---- effects

    def _do(self, effects: Effects, source: Link | None = None, *, stirs: bool = True) -> Tell:
        """Do them in order. A journal that cannot be written replaces what stands behind the entry."""
        told = Tell(ok=False, text="nothing came of it")
        todo = deque(effects)
        while todo:
            effect = todo.popleft()
            match effect:
                case WriteJournal():
                    todo = self._write(effect, todo)
                case NoteJournalWorks():
                    log.info("The journal %s can be written again.", self._journal.path)
                    todo.extend(self._point.journal_works(self._clock.now()))
                case Bind():
                    self._bind(source)
                case Answer():
                    self._send(source, effect.message)
                case ToMonitor():
                    self._send(self._monitor, effect.message)
                case Publish():
                    self._publish(effect)
                case Tell():
                    told = effect
        if stirs:
            self._stirred.set()
        self.touch()
        return told

    def _write(self, write: WriteJournal, behind: deque[Effect]) -> deque[Effect]:
        """What is to be done next: what stands behind the entry, or what the core says when it was not written."""
        began = stopwatch()
        try:
            self._journal.append(write.entry)
        except StoreUnavailable as wrong:
            self._measures.add(figures.ENGINE_JOURNAL_ERRORS)
            log.error("%s", wrong)  # noqa: TRY400 - the sentence says all
            return deque(self._point.journal_failed(write.entry, list(behind), self._clock.now()))
        self._measures.observe(figures.ENGINE_JOURNAL, stopwatch() - began)
        self._count(write)
        _tell_story(write)
        return behind

    def _count(self, write: WriteJournal) -> None:
        match write.entry:
            case SessionFinished(completion=account):
                self._measures.add(figures.ENGINE_SESSIONS, account.reason or "unknown")
                self._measures.add(figures.ENGINE_ENERGY, by=watt_hours(account.energy_consumed_kwh))

    def _bind(self, link: Link | None) -> None:
        older, self._monitor = self._monitor, link
        if older is not None and older is not link:
            older.refuse(BadMessage(ErrorCode.SUPERSEDED, "Another Monitor speaks for this point now."))
            older.close_soon()

    def _send(self, link: Link | None, message: Message) -> None:
        """What cannot be sent is not lost: what matters is owed until acknowledged, and the rest is old by then."""
        if link is not None:
            with suppress(TransportLost), self._spans.carrying(message):
                link.send(message)
        self._spans.answered(message)

    # ---- Kafka

    def _publish(self, effect: Publish) -> None:
        if self._publisher is None:
            return
        message = effect.message
        topic = Topic.SESSION_DATA if isinstance(message, ChargingData) else Topic.SESSION_COMPLETE
        try:
            record = signed(outgoing(topic, message.cp_id, message), self._secret)
            self._publisher.publish(record, partial(self._delivered, message.type))
        except TransportLost as wrong:
            self._measures.add(figures.ENGINE_RECORDS, message.type, "undelivered")
            log.debug("Not published: %s", wrong, extra=about(message))

    def _delivered(self, kind: str, delivered: bool) -> None:
        self._measures.add(figures.ENGINE_RECORDS, kind, "delivered" if delivered else "undelivered")
        if delivered:
            if kind == ChargeCompletion.tag():
                failpoints.reached(Place.KAFKA_ACKED)
            self._has_delivered = True
            self._do(self._point.note_kafka(self._clock.now(), is_up=True), stirs=False)
        else:
            self._look_at_kafka()

    def _look_at_kafka(self) -> None:
        """Tell the core once that Kafka is away; that it is back only a delivery can show."""
        if self._publisher is not None and not self._publisher.is_up and self._point.kafka_is_up:
            self._hear(ConnectionFailed(message_id=self._ids(), peer="Kafka", description="Kafka does not answer."))

    def _hear(self, event: ConnectionLost | ConnectionFailed) -> None:
        now = self._clock.now()
        self._do(
            self._dispatcher.dispatch(event.model_copy(update={"timestamp": now.wall}), Arrival(self._handlers, now))
        )


def _tell_story(write: WriteJournal) -> None:
    match write.entry:
        case SessionStarted() as started:
            log.info("Session %s begins.", started.session_id, extra=about(started))
        case SessionFinished(completion=account):
            told = "Session %s ends after %s kWh: %s."
            log.info(told, account.session_id, account.energy_consumed_kwh, account.reason, extra=about(account))
