"""
The real client: librdkafka in threads of its own, whole batches handed over through bounded queues.

This file alone imports confluent_kafka.
"""

import asyncio
import logging
import queue
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka import Message as RawRecord
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from common.errors import TransportLost
from common.kafka.bus import OnDelivery, Outgoing, Record
from common.kafka.partition import partition_of
from common.routes import Topic

log = logging.getLogger("ev.kafka")
#: librdkafka's own words: only for who debugs Kafka; what a user must know is said by this file.
_librdkafka = logging.getLogger("ev.kafka.librdkafka")

_QUEUED_BATCHES = 8
_BATCH = 1000
_LOOKUP_S = 5.0
_RETRY_S = 0.5
_LONGEST_WAIT_MS = 1000
#: How long a thread waits inside librdkafka before it looks whether it should stop.
_SERVE_S = 0.5
_GOODBYE_S = 3.0


class KafkaBus:
    """The Bus of a broker reached at HOST:PORT. `options` are librdkafka's own and win over what is set here."""

    def __init__(
        self,
        servers: str,
        *,
        client_id: str,
        fetch_wait_ms: int = 100,
        delivery_timeout_s: float = 30.0,
        options: Mapping[str, str] | None = None,
    ) -> None:
        self.servers = servers
        self._delivery_timeout_s = delivery_timeout_s
        self._fetch_wait_ms = fetch_wait_ms
        self._options = dict(options or {})
        self._common: dict[str, Any] = {
            "bootstrap.servers": servers,
            "client.id": client_id,
            "topic.metadata.refresh.interval.ms": 60_000,
            "reconnect.backoff.ms": 100,
            "reconnect.backoff.max.ms": 5_000,
            "log.connection.close": False,
        }

    def publisher(self) -> "KafkaPublisher":
        return KafkaPublisher(
            {
                **self._common,
                "enable.idempotence": True,
                "acks": "all",
                "partitioner": "murmur2",
                "linger.ms": 0,
                "message.timeout.ms": int(self._delivery_timeout_s * 1000),
                "queue.buffering.max.messages": 100_000,
                **self._options,
            }
        )

    def _reading(self, group: str) -> dict[str, Any]:
        return {
            **self._common,
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": self._fetch_wait_ms,
            "fetch.error.backoff.ms": 100,
            "session.timeout.ms": 6_000,
            "heartbeat.interval.ms": 2_000,
            "queued.max.messages.kbytes": 16_384,
            **self._options,
        }

    def group(self, topics: Sequence[Topic], group: str) -> "KafkaSubscriber":
        def join(consumer: Consumer, started: Callable[[], None]) -> None:
            consumer.subscribe([str(topic) for topic in topics], on_assign=lambda *_: started())

        return KafkaSubscriber(self._reading(group), join)

    def everything(self, topic: Topic) -> "KafkaSubscriber":
        # Read by every Central, written by few: on a broker without real long polling a longer wait is cheaper.
        patient = {"fetch.wait.max.ms": min(7 * self._fetch_wait_ms, _LONGEST_WAIT_MS), **self._options}
        return KafkaSubscriber({**self._reading("unused"), **patient}, _assign_from_now(topic, None), commits=False)

    def one_key(self, topic: Topic, key: str) -> "KafkaSubscriber":
        return KafkaSubscriber(self._reading("unused"), _assign_from_now(topic, key), commits=False)

    async def create_topics(self, partitions: int, replication: int) -> None:
        await asyncio.to_thread(self._create_topics, partitions, replication)

    def _create_topics(self, partitions: int, replication: int) -> None:
        admin = AdminClient({**self._common, **self._options}, logger=_librdkafka)
        wanted = [NewTopic(str(topic), partitions, replication) for topic in Topic]
        try:
            for done in admin.create_topics(wanted, operation_timeout=_LOOKUP_S, request_timeout=_LOOKUP_S).values():
                try:
                    done.result()
                except KafkaException as wrong:
                    if wrong.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                        raise
        except KafkaException as wrong:
            raise TransportLost(f"The Kafka broker at {self.servers} does not answer: {wrong.args[0].str()}.") from None


def _assign_from_now(topic: Topic, key: str | None) -> Callable[[Consumer, Callable[[], None]], None]:
    """Take all partitions, or the one of a key, at their present end. Raises KafkaException to be tried again."""

    def assign(consumer: Consumer, started: Callable[[], None]) -> None:
        found = consumer.list_topics(str(topic), timeout=_LOOKUP_S).topics[str(topic)]
        if found.error is not None or not found.partitions:
            raise KafkaException(found.error or KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
        count = len(found.partitions)
        numbers = range(count) if key is None else [partition_of(key, count)]
        places = []
        for number in numbers:
            _, end = consumer.get_watermark_offsets(TopicPartition(str(topic), number), timeout=_LOOKUP_S)
            places.append(TopicPartition(str(topic), number, end))
        consumer.assign(places)
        started()

    return assign


class KafkaPublisher:
    """An idempotent producer and the thread that serves its delivery reports."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config
        self._loop = asyncio.get_running_loop()
        self._up = True
        self._stopping = False
        self._reports: deque[tuple[OnDelivery, bool]] = deque()
        self._reporting = False
        #: A record timed out: perhaps the broker is away, perhaps this producer cannot go on.
        self._is_stuck = False
        #: Nothing may be given to a producer that is being replaced.
        self._changing = threading.Lock()
        self._producer = self._make()
        self._thread = threading.Thread(target=self._serve, name="kafka-producer", daemon=True)
        self._thread.start()

    def _make(self) -> Producer:
        return Producer({**self._config, "error_cb": self._on_error}, logger=_librdkafka)

    @property
    def is_up(self) -> bool:
        return self._up

    @property
    def queued(self) -> int:
        return len(self._producer)

    def publish(self, record: Outgoing, on_delivery: OnDelivery | None = None) -> None:
        def report(wrong: KafkaError | None, _: RawRecord) -> None:
            self._note(wrong is None)
            if wrong is not None and wrong.code() == KafkaError._MSG_TIMED_OUT:  # noqa: SLF001 - the name is public
                self._is_stuck = True
            if on_delivery is not None:
                self._reports.append((on_delivery, wrong is None))
                self._wake_loop()

        try:
            with self._changing:
                self._producer.produce(
                    str(record.topic),
                    record.value,
                    record.key.encode(),
                    headers=[(name, value.encode()) for name, value in record.headers.items()],
                    on_delivery=report,
                )
        except (BufferError, KafkaException) as wrong:
            raise TransportLost(f"The queue to Kafka takes no more: {wrong}.") from None

    def _serve(self) -> None:
        while not self._stopping:
            try:
                self._producer.poll(_SERVE_S)
            except KafkaException as wrong:
                # The client raises what is fatal instead of telling error_cb.
                log.warning("The Kafka producer starts anew: %s.", wrong.args[0].str())
                self._start_anew()
            if self._is_stuck:
                self._start_anew()

    def _start_anew(self) -> None:
        """
        An idempotent producer that lost its place cannot go on, but a new one can.

        A broker that came back empty does not know the producer any more. Some say so once and it is fatal; the embedded
        one says so to every attempt, and librdkafka tries on for ever: what shows is that records time out.
        """
        self._is_stuck = False
        self._note(up=False)
        with self._changing:
            lost, self._producer = self._producer, self._make()
        with suppress(KafkaException):
            # What it still held is reported as not delivered.
            lost.purge()
            lost.flush(_SERVE_S)

    def _on_error(self, wrong: KafkaError) -> None:
        if wrong.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 - librdkafka's public name has the underscore
            self._note(up=False)

    def _note(self, up: bool) -> None:
        if up is self._up:
            return
        self._up = up
        if up:
            log.info("Kafka at %s answers again.", self._config["bootstrap.servers"])
        else:
            log.warning("Kafka at %s does not answer; trying on.", self._config["bootstrap.servers"])

    def _wake_loop(self) -> None:
        if not self._reporting:
            self._reporting = True
            try:
                self._loop.call_soon_threadsafe(self._hand_over)
            except RuntimeError:  # the loop is closed: nobody is left to hear it
                self._reports.clear()

    def _hand_over(self) -> None:
        self._reporting = False
        while self._reports:
            on_delivery, delivered = self._reports.popleft()
            on_delivery(delivered)

    async def close(self) -> None:
        with suppress(KafkaException):
            await asyncio.to_thread(self._producer.flush, _GOODBYE_S)
        self._stopping = True
        await asyncio.to_thread(self._thread.join, _GOODBYE_S)
        self._hand_over()


class KafkaSubscriber:
    """A consumer in its own thread. When its reader falls behind, fetching stops; nothing is buffered without bound."""

    def __init__(
        self, config: dict[str, Any], begin: Callable[[Consumer, Callable[[], None]], None], *, commits: bool = True
    ) -> None:
        self._config = config
        self._commits = commits
        self._begin = begin
        self._loop = asyncio.get_running_loop()
        self._batches: queue.Queue[list[Record]] = queue.Queue(_QUEUED_BATCHES)
        self._arrived = asyncio.Event()
        self._started = asyncio.Event()
        self._stopping = False
        self._up = True
        #: Offsets to be committed by the consumer's own thread, by topic and partition.
        self._done: dict[tuple[str, int], int] = {}
        self._noting = threading.Lock()
        self._consumer = Consumer({**config, "error_cb": self._on_error}, logger=_librdkafka)
        self._thread = threading.Thread(target=self._run, name="kafka-consumer", daemon=True)
        self._thread.start()

    async def started(self) -> None:
        await self._started.wait()

    async def batches(self) -> AsyncIterator[Sequence[Record]]:
        while True:
            self._arrived.clear()
            try:
                yield self._batches.get_nowait()
            except queue.Empty:
                if self._stopping:
                    return
                await self._arrived.wait()

    def commit(self, records: Sequence[Record]) -> None:
        if not self._commits:  # nobody takes over from a reader without a group
            return
        # Only noted here: the client makes a second thread wait while the first is polling, and the event loop must not.
        with self._noting:
            for record in records:
                place = (str(record.topic), record.partition)
                self._done[place] = max(self._done.get(place, 0), record.offset + 1)

    def _commit_done(self) -> None:
        with self._noting:
            done, self._done = self._done, {}
        if not done:
            return
        try:
            self._consumer.commit(offsets=[TopicPartition(t, p, o) for (t, p), o in done.items()], asynchronous=True)
        except (KafkaException, RuntimeError) as wrong:
            # The records come again; every handler bears that.
            log.debug("Offsets were not committed: %s.", wrong)

    async def close(self) -> None:
        self._stopping = True
        self._arrived.set()
        await asyncio.to_thread(self._thread.join, _GOODBYE_S)

    def _on_error(self, wrong: KafkaError) -> None:
        log.debug("Kafka consumer: %s.", wrong.str())
        # Said once an outage; that it is over shows in the next record.
        if wrong.code() == KafkaError._ALL_BROKERS_DOWN and self._up:  # noqa: SLF001 - the public name has the underscore
            self._up = False
            log.warning("Nothing can be read from Kafka at %s; trying on.", self._config["bootstrap.servers"])

    def _tell(self, event: asyncio.Event) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(event.set)

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._begin(self._consumer, lambda: self._tell(self._started))
                break
            except KafkaException as wrong:
                log.debug("Not reading yet: %s.", wrong)
                self._consumer.poll(_RETRY_S)
        while not self._stopping:
            batch = self._poll()
            if batch:
                self._hand_over(batch)
            self._commit_done()
        self._commit_done()
        self._consumer.close()

    def _poll(self) -> list[Record]:
        first = self._consumer.poll(_SERVE_S)
        if first is None:
            return []
        if not self._up and first.error() is None:
            self._up = True
            log.info("Kafka at %s is read again.", self._config["bootstrap.servers"])
        raw = [first, *self._consumer.consume(_BATCH - 1, 0)]
        return [_record(one) for one in raw if one.error() is None]

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


def _record(raw: RawRecord) -> Record:
    pairs = cast("list[tuple[str, str | bytes | None]]", raw.headers() or [])
    headers = {name: _text(value) for name, value in pairs}
    value = raw.value()
    body = value.encode() if isinstance(value, str) else value or b""
    return Record(Topic(raw.topic() or ""), raw.partition() or 0, raw.offset() or 0, _text(raw.key()), body, headers)


def _text(value: str | bytes | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""
