"""Reading from Kafka: a consumer in a thread of its own, whole batches handed over through a bounded queue."""

import asyncio
import logging
import queue
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka import Message as RawRecord

from common.clock import SystemClock
from common.errors import TransportLost
from common.kafka.bus import Record, Standing
from common.kafka.cluster import Cluster, librdkafka_log
from common.kafka.places import Places
from common.net.limits import Sparing
from common.routes import Topic

log = logging.getLogger("ev.kafka")

#: Begins to read. Where that is again, as topics are new: those that are not; all of the others is news. Else None.
#: Raises KafkaException to be tried again.
Begin = Callable[[Consumer, Places, Collection[str] | None], None]

_QUEUED_BATCHES = 8
_BATCH = 1000
#: A reader that is behind takes several at once, of at most so many records and what one more has.
_MOST_TAKEN = 10_000
_RETRY_S = 0.5
#: How long the thread waits inside librdkafka before it looks whether it should stop.
_SERVE_S = 0.5
_GOODBYE_S = 3.0
#: How often it looks whether the topics are still the ones it began with: when something is odd, and anyway.
_LOOK_SOON_S = 1.0
_LOOK_LATE_S = 30.0
#: A command that is over at once need not pay for the first look.
_FIRST_LOOK_S = 3.0
_STANDING_S = 1.0


class KafkaSubscriber:
    """When its reader falls behind, fetching stops; nothing is buffered without bound."""

    def __init__(
        self,
        cluster: Cluster,
        config: dict[str, Any],
        topics: Sequence[Topic],
        begin: Begin,
        *,
        commits: bool,
        takes_all: bool = False,
    ) -> None:
        self._cluster = cluster
        self._config = config
        self._topics = topics
        self._named = {cluster.name(topic): topic for topic in topics}
        self._begin = begin
        #: It reads every partition there is, and nobody tells it of new ones.
        self._takes_all = takes_all
        self._loop = asyncio.get_running_loop()
        self._clock = SystemClock()
        self._hear = cluster.hear()
        self._batches: queue.Queue[list[Record]] = queue.Queue(_QUEUED_BATCHES)
        self._arrived = asyncio.Event()
        self._started = asyncio.Event()
        self._stopping = False
        self._sparing = Sparing()
        #: Something was odd with the topics: look soon.
        self._is_odd = False
        self._look_at = self._now() + _FIRST_LOOK_S
        self._standing_at = 0.0
        self._standing = Standing()
        self._places = Places(cluster, commits=commits, started=lambda: self._tell(self._started))
        self._places.on_lost = self._forget
        self._consumer = self._make()
        self._thread = threading.Thread(target=self._run, name="kafka-consumer", daemon=True)
        self._thread.start()

    def _make(self) -> Consumer:
        heard = {"error_cb": self._on_error, "on_commit": self._places.hear_commit}
        return Consumer({**self._config, **heard}, logger=librdkafka_log)

    def _now(self) -> float:
        return self._clock.now().mono

    # -- in the event loop

    async def started(self) -> None:
        await self._started.wait()

    async def batches(self) -> AsyncIterator[Sequence[Record]]:
        while True:
            self._arrived.clear()
            batch = self._places.hand_out(self._waiting)
            if batch:
                yield batch
            elif self._stopping:
                return
            else:
                await self._arrived.wait()

    def _waiting(self) -> list[Record]:
        """All that waits, as one: the further its reader is behind, the more one transaction takes."""
        found = list[Record]()
        with suppress(queue.Empty):
            while len(found) < _MOST_TAKEN:
                found += self._batches.get_nowait()
        return found

    def commit(self, records: Sequence[Record]) -> None:
        self._places.note_done(records)

    def standing(self) -> Standing:
        return self._standing

    async def close(self) -> None:
        self._stopping = True
        self._arrived.set()
        await asyncio.to_thread(self._thread.join, _GOODBYE_S)

    # -- in the consumer's thread

    def _on_error(self, wrong: KafkaError) -> None:
        self._is_odd = True
        self._hear(wrong)

    def _tell(self, event: asyncio.Event) -> None:
        # The loop may close at any moment: then nobody is left to hear it.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(event.set)

    def _run(self) -> None:
        stayed: Collection[str] | None = None
        while not self._stopping:
            generation = self._cluster.generation
            self._begin_reading(stayed)
            while not self._stopping and generation == self._cluster.generation:
                self._serve()
            self._places.commit(self._consumer)
            self._leave()
            self._places.forget()
            if not self._stopping:
                self._consumer, stayed = self._make(), self._cluster.stayed_since(generation)

    def _leave(self) -> None:
        """
        Say good-bye to the group, unless it was not joined yet.

        The embedded broker never deals partitions again in a group that a member left while it joined; one that only goes
        silent then is missed after `session.timeout.ms`, and others join.
        """
        if self._places.holds_any:
            self._consumer.close()
        else:
            del self._consumer  # ends it without a word

    def _begin_reading(self, stayed: Collection[str] | None) -> None:
        while not self._stopping:
            try:
                self._begin(self._consumer, self._places, stayed)
            except KafkaException as wrong:
                log.debug("Not reading yet: %s.", wrong)
                self._consumer.poll(_RETRY_S)
            else:
                return

    def _serve(self) -> None:
        batch = self._poll()
        if batch:
            self._cluster.note_up()
            self._places.note_read(batch)
            self._hand_over(batch)
        self._places.commit(self._consumer)
        self._look()
        if self._now() >= self._standing_at:
            self._standing_at = self._now() + _STANDING_S
            self._standing = self._places.standing(self._consumer)

    def _poll(self) -> list[Record]:
        first = self._consumer.poll(_SERVE_S)
        if first is None:
            return []
        raw = [first, *self._consumer.consume(_BATCH - 1, 0)]
        found, headers = list[Record](), self._headers
        where: tuple[str | None, int | None] = (None, None)
        topic, is_ours = self._topics[0], False
        for one in raw:
            if one.error() is not None:
                self._is_odd = True
                continue
            if where != (where := (one.topic(), one.partition())):  # they come in runs
                topic = self._named[where[0] or ""]
                # Its partition may have gone to somebody else since it was fetched.
                is_ours = self._places.holds(where[0] or "", where[1] or 0)
            if is_ours:
                key, value = _bytes(one.key()).decode(errors="replace"), _bytes(one.value())
                found.append(Record(topic, where[1] or 0, one.offset() or 0, key, value, RawHeaders(one, headers)))
        return found

    def _look(self) -> None:
        """See that the topics are still those that this consumer knows; it is made anew when they are not."""
        now = self._now()
        if self._is_odd:
            self._is_odd = False
            self._look_at = min(self._look_at, now + _LOOK_SOON_S)
        if now < self._look_at:
            return
        try:
            found = self._cluster.look(self._topics)
            if self._takes_all:
                self._places.grow(self._consumer, found)
        except (TransportLost, KafkaException):
            self._look_at = self._now() + _LOOK_SOON_S
        else:
            whole = all(topic_id is not None for topic_id in found.values())
            self._look_at = self._now() + (_LOOK_LATE_S if whole else _LOOK_SOON_S)

    def _hand_over(self, batch: list[Record]) -> None:
        """
        Wait until the reader has room. Nothing is polled meanwhile, so the client fetches ahead to its own bound and stops.

        Pausing the partitions instead was tried and left: a paused reader of the embedded broker did not always go on. A
        reader that is stuck for longer than `max.poll.interval.ms` leaves its group, and others get what it did not commit.
        """
        while not self._stopping:
            try:
                self._batches.put(batch, timeout=_SERVE_S)
                break
            except queue.Full:
                continue
        self._tell(self._arrived)

    def _forget(self, lost: set[tuple[str, int]]) -> None:
        """Records that wait for the reader, of partitions that went to somebody else, are read there."""
        kept: list[list[Record]] = []
        with suppress(queue.Empty):
            while True:
                batch = self._batches.get_nowait()
                kept.append([one for one in batch if (self._cluster.name(one.topic), one.partition) not in lost])
        for batch in kept:
            if batch:
                self._batches.put(batch)

    def _headers(self, raw: RawRecord) -> dict[str, str]:
        """Anybody may write a header whose name is no UTF-8: the record has no headers then, and is judged without."""
        try:
            # Only once: after it has failed, the client would give out a list with holes in it.
            pairs = cast("list[tuple[str, str | bytes | None]]", raw.headers() or [])
        except (SystemError, UnicodeDecodeError):  # the client's own way to fail, and the right one
            left_out = self._sparing.may_say("headers", self._now())
            if left_out is not None:
                sentence = "The headers of a record in %s cannot be read and are left out. (And of %d before.)"
                log.warning(sentence, raw.topic(), left_out)
            return {}
        return {name: _bytes(value).decode(errors="replace") for name, value in pairs}


class RawHeaders(Mapping[str, str]):
    """The headers of a record, read once and when somebody looks: most are never looked at."""

    __slots__ = ("_of", "_reader")

    def __init__(self, of: RawRecord, reader: Callable[[RawRecord], dict[str, str]]) -> None:
        self._of: RawRecord | dict[str, str] = of
        self._reader = reader

    def _read(self) -> dict[str, str]:
        if not isinstance(self._of, dict):
            self._of = self._reader(self._of)
        return self._of

    def __getitem__(self, name: str) -> str:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


def _bytes(value: str | bytes | None) -> bytes:
    # The client's words allow text too; it never gives any.
    return value if isinstance(value, bytes) else (value or "").encode()
