"""Records from Kafka, in batches: drivers' requests, Engines' telemetry, other Centrals' commands."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from central.admission import Admission
from central.context import Context, Source
from central.dead_letters import dead_letter
from central.handlers import Desk, Handlers
from central.handlers.claiming import Refused
from central.rationing import Rationing, TooOften, answer
from central.strands import Strands
from common import failpoints, tracing
from common.auth import SIGNATURE
from common.clock import stopwatch
from common.codec import decode
from common.errors import BadMessage, ErrorCode, StoreUnavailable, TransportLost
from common.failpoints import Place
from common.kafka.bus import Record, Subscriber
from common.messages import ChargeRequest, ChargingData, Message, StopChargingRequest
from common.metering import Metering, metering, read_metering
from common.metrics import catalogue as figures
from common.registry import over_kafka
from common.routes import Role, Topic
from common.telemetry import about
from common.tracing import Kind

log = logging.getLogger("ev.central.ingest")

_REQUESTS = (Topic.CHARGE_REQUESTS, Topic.STOP_REQUESTS, Topic.CPS_REQUESTS)
#: What Centrals share; commands between Centrals are read by every one of them.
SHARED = (*_REQUESTS, Topic.SESSION_COMPLETE, Topic.SESSION_DATA)
_RETRY_S = 1.0
#: So many are read before the loop looks at links again: a few milliseconds.
_AT_ONCE = 500
#: Of requests and accounts, so many wait for the database together: as many as a group of commits takes.
_MOST_AT_ONCE = 256
_UNSIGNED = {
    ErrorCode.NOT_AUTHENTICATED: "The record has no signature.",
    ErrorCode.AUTH_FAILED: "The record's signature is not its sender's.",
}
_UNKNOWN_SENDER = "The record's sender is not enrolled."
#: Which field a topic's records are keyed by; a record under another key lies about who it is.
_KEYED_BY = dict.fromkeys(_REQUESTS, "driver_id") | dict.fromkeys((Topic.SESSION_DATA, Topic.SESSION_COMPLETE), "cp_id")

#: A record's own place in Kafka.
At = tuple[Topic, int, int]


def groups(*, alone: bool) -> Mapping[str, tuple[Topic, ...]]:
    """
    What Centrals share, by the group in which they share it.

    Partitions are dealt evenly within a group, not within a topic: beside other topics all the telemetry could fall to one
    Central. So it has a group of its own, and requests do not wait behind it. Who is alone saves itself a reader.
    """
    if alone:
        return {"central": SHARED}
    rest = tuple(topic for topic in SHARED if topic is not Topic.SESSION_DATA)
    return {"central": rest, "central-telemetry": (Topic.SESSION_DATA,)}


@dataclass(slots=True)
class _Read:
    """What the records of a batch are."""

    readings: list[Metering] = field(default_factory=list)
    rest: list[tuple[Record, Message]] = field(default_factory=list)
    wrong: list[tuple[Record, BadMessage]] = field(default_factory=list)


class Ingest:
    def __init__(
        self, context: Context, desk: Desk, handlers: Handlers, rationing: Rationing, admission: Admission
    ) -> None:
        self._c = context
        self._rationing = rationing
        self._admission = admission
        #: When the batch at hand was taken up (monotonic).
        self._began = 0.0
        #: What was said to each request of the batch at hand: one that is tried again is not counted again, nor heard
        #: after its driver was told that it is not.
        self._rationed: dict[At, TooOften | None] = {}
        #: What of it the broker has among the dead letters: trying again while the database is away must not fill them.
        self._buried: set[At] = set()
        self._desk = desk
        self._handlers = handlers
        self._accepts = {topic: over_kafka(topic, Role.CENTRAL) for topic in (*SHARED, Topic.CENTRAL_COMMANDS)}

    async def run(self, subscriber: Subscriber) -> None:
        """Take batches until cancelled. Offsets are committed once what the records caused is stored."""
        async for batch in subscriber.batches():
            began = stopwatch()
            await self.take(batch)
            failpoints.reached(Place.BEFORE_OFFSETS)
            subscriber.commit(batch)
            self._c.measures.observe(figures.BATCH_SIZE, len(batch))
            self._c.measures.observe(figures.BATCH_TIME, stopwatch() - began)

    async def take(self, batch: Sequence[Record]) -> None:
        """Store what a batch caused, however often that must be tried."""
        level = logging.WARNING
        self._rationed.clear()
        self._buried.clear()
        while True:
            try:
                await self._take(batch)
            except (StoreUnavailable, TransportLost) as wrong:
                # Nothing behind these records may overtake them; whoever was handled already bears a repeat.
                self._c.measures.add(figures.BATCHES_WAITING)
                log.log(level, "A batch of %d records waits: %s", len(batch), wrong)
                level = logging.DEBUG  # once a batch is enough
                await asyncio.sleep(_RETRY_S)
            else:
                return

    async def _take(self, batch: Sequence[Record]) -> None:
        self._began, found = self._c.clock.now().mono, _Read()
        for start in range(0, len(batch), _AT_ONCE):
            if start:
                await asyncio.sleep(0)  # links are served between
            self._read(batch[start : start + _AT_ONCE], found)
        if found.wrong:  # all at once: many of them must not keep those behind them waiting for the broker each time
            await asyncio.gather(*(self._bury(record, bad) for record, bad in found.wrong))
        async with Strands(_MOST_AT_ONCE) as strands:
            # Requests and readings of a batch are nothing to each other; a session's account is behind its readings.
            await self._start(strands, (one for one in found.rest if one[0].topic in _REQUESTS))
            if found.readings:
                await self._desk.meters.take_readings(found.readings)
                self._c.measures.add(figures.MESSAGES, ChargingData.tag(), "kafka", "done", by=len(found.readings))
            await self._start(strands, (one for one in found.rest if one[0].topic not in _REQUESTS))

    async def _start(self, strands: Strands, some: Iterable[tuple[Record, Message]]) -> None:
        for record, message in some:
            # The key says whom it is about; drivers and points may be called alike, which costs nothing.
            await strands.start(record.key, partial(self._handle, record, message))

    def _read(self, some: Sequence[Record], found: _Read) -> None:
        is_signed, take, telemetry = self._c.credentials.required, found.readings.append, Topic.SESSION_DATA
        for record in some:
            try:
                if is_signed:
                    self._check_signature(record)
                if record.topic is telemetry:
                    quick = read_metering(record.value)
                    if quick is not None and quick[0] == record.key:  # else the codec says what is wrong
                        take(quick)
                        continue
                message = self._decode(record)
            except BadMessage as bad:
                found.wrong.append((record, bad.alone()))
                continue
            if isinstance(message, ChargingData):
                take(metering(message))
            else:
                found.rest.append((record, message))

    def _decode(self, record: Record) -> Message:
        message = decode(record.value, self._accepts[record.topic])
        name = _KEYED_BY.get(record.topic)
        if name is not None and getattr(message, name) != record.key:
            sentence = f"{name} in the record is not the key it came under."
            raise BadMessage(ErrorCode.NOT_ALLOWED, sentence, message.message_id)
        return message

    def _check_signature(self, record: Record) -> None:
        """With authentication on, nothing else is done for who does not sign what it says (protocol, section 9)."""
        credentials = self._c.credentials
        signature, code = record.headers.get(SIGNATURE), None
        if record.topic is Topic.CENTRAL_COMMANDS:
            code = None if credentials.is_of_a_central(record.value, signature) else ErrorCode.AUTH_FAILED
        else:
            role = "driver" if record.topic in _REQUESTS else "point"
            code = credentials.refusal(role, record.key, record.value, signature)
        if code is not None:
            self._c.measures.add(figures.AUTH_REFUSED)
            raise BadMessage(code, _UNSIGNED.get(code, _UNKNOWN_SENDER))

    async def _handle(self, record: Record, message: Message) -> None:
        role = Role.DRIVER if record.topic in _REQUESTS else Role.ENGINE
        try:
            if not_now := self._too_often(record, message) or self._too_much(message):
                await self._turn_away(message, record.key, not_now)
                return
            with tracing.inside(tracing.take(message, record.headers.get("traceparent"), Kind.CONSUMER)):
                await self._handlers.dispatch(message, Source(role, key=record.key))
        except BadMessage as bad:
            await self._bury(record, bad)
        except (StoreUnavailable, TransportLost):
            raise
        except Exception:
            log.exception("A %s record could not be handled.", message.type, extra=about(message))
            await self._bury(record, BadMessage(ErrorCode.INTERNAL_ERROR, "No handler could take it."))
        else:
            self._c.measures.add(figures.MESSAGES, message.type, "kafka", "done")

    def _too_often(self, record: Record, message: Message) -> TooOften | None:
        """Why its driver asks too often, if it does."""
        at = _place(record)
        if at not in self._rationed:
            self._rationed[at] = None
            try:
                self._rationing.check(message)
            except TooOften as bad:
                self._rationed[at] = bad
                self._c.measures.add(figures.MESSAGES, message.type, "kafka", bad.code)
        return self._rationed[at]

    def _too_much(self, message: Message) -> BadMessage | None:
        """Why a charge had better begin later; it has waited behind others of its batch already."""
        try:
            self._admission.check(message, self._c.clock.now().mono - self._began)
        except BadMessage as bad:
            self._c.measures.add(figures.MESSAGES, message.type, "kafka", bad.code)
            return bad
        return None

    async def _turn_away(self, message: Message, driver_id: str, bad: BadMessage) -> None:
        """Over Kafka only answers are heard, and an answer is final: what might charge or stop a car is told no for good."""
        if isinstance(bad, TooOften) and bad.is_hopeless:
            return
        source, no = Source(Role.DRIVER, key=driver_id), Refused(bad.code, bad.sentence, bad.retry_after_s)
        if isinstance(message, ChargeRequest):
            await self._desk.charging.turn_away(message, source, no)
        elif isinstance(message, StopChargingRequest):
            await self._desk.stopping.turn_away(message, source, no)
        else:
            self._c.answers.publish(driver_id, answer(message, bad, self._c.wall()))

    async def _bury(self, record: Record, bad: BadMessage) -> None:
        """To the dead letters, whole and once; the partition moves on once the broker has it."""
        if _place(record) in self._buried:
            return
        self._c.measures.add(figures.DEAD_LETTERS, record.topic, bad.code)
        log.warning(
            "A record of %s went to the dead letters: %s: %s",
            record.topic,
            bad.code,
            bad.sentence,
            extra=about(message_id=bad.message_id),
        )
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._c.publisher.publish(
            dead_letter(record, bad),
            lambda delivered: None if done.done() else done.set_result(delivered),
        )
        if not await done:
            raise TransportLost("Kafka did not take a dead letter.")
        self._buried.add(_place(record))


def _place(record: Record) -> At:
    return record.topic, record.partition, record.offset
