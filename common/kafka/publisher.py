"""Writing to Kafka: an idempotent producer, and the thread that serves its delivery reports."""

import asyncio
import logging
import threading
from collections import deque
from contextlib import suppress
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as RawRecord

from common.errors import TransportLost
from common.kafka.bus import OnDelivery, Outgoing
from common.kafka.cluster import Cluster, librdkafka_log

log = logging.getLogger("ev.kafka")

#: How long the thread waits inside librdkafka before it looks whether it should stop.
_SERVE_S = 0.5
_GOODBYE_S = 3.0


class KafkaPublisher:
    def __init__(self, cluster: Cluster, config: dict[str, Any]) -> None:
        self._cluster = cluster
        self._config = config
        self._loop = asyncio.get_running_loop()
        #: Whether the last record that was settled arrived, and whether it was said that it did not.
        self._takes = True
        self._complained = False
        self._stopping = False
        self._reports: deque[tuple[OnDelivery, bool]] = deque()
        self._reporting = False
        #: A record timed out: perhaps the broker is away, perhaps this producer cannot go on.
        self._is_stuck = False
        #: Nothing may be given to a producer that is being replaced.
        self._changing = threading.Lock()
        self._generation = cluster.generation
        self._producer = self._make()
        self._thread = threading.Thread(target=self._serve, name="kafka-producer", daemon=True)
        self._thread.start()

    def _make(self) -> Producer:
        return Producer({**self._config, "error_cb": self._cluster.hear()}, logger=librdkafka_log)

    @property
    def is_up(self) -> bool:
        return self._takes and self._cluster.is_up

    @property
    def queued(self) -> int:
        return len(self._producer)

    def publish(self, record: Outgoing, on_delivery: OnDelivery | None = None) -> None:
        def report(wrong: KafkaError | None, _: RawRecord) -> None:
            self._note(wrong)
            if on_delivery is not None:
                self._reports.append((on_delivery, wrong is None))
                self._wake_loop()

        try:
            with self._changing:
                self._producer.produce(
                    self._cluster.name(record.topic),
                    record.value,
                    record.key.encode(),
                    headers=[(name, value.encode()) for name, value in record.headers.items()],
                    on_delivery=report,
                )
        except (BufferError, KafkaException) as wrong:
            raise TransportLost(f"The queue to Kafka takes no more: {wrong}.") from None

    def _note(self, wrong: KafkaError | None) -> None:
        """What became of one record, in the producer's thread."""
        self._takes = wrong is None
        if wrong is None:
            if self._complained:
                self._complained = False
                log.info("Kafka at %s takes records again.", self._cluster.servers)
            self._cluster.note_up()
        elif wrong.code() == KafkaError._MSG_TIMED_OUT:  # noqa: SLF001 - the name is public
            self._is_stuck = True
            # When nobody answers at all, that is said already.
            if self._cluster.is_up and not self._complained:
                self._complained = True
                log.warning("Kafka at %s takes no records; trying on.", self._cluster.servers)

    def _serve(self) -> None:
        while not self._stopping:
            try:
                self._producer.poll(_SERVE_S)
            except KafkaException as wrong:
                # The client raises what is fatal instead of telling error_cb.
                log.warning("The Kafka producer starts anew: %s.", wrong.args[0].str())
                self._is_stuck = True
            if self._is_stuck or self._generation != self._cluster.generation:
                self._start_anew()

    def _start_anew(self) -> None:
        """
        An idempotent producer that lost its place cannot go on, but a new one can.

        A broker that came back empty does not know the producer any more. Some say so once and it is fatal; the embedded
        one says so to every attempt, and librdkafka tries on for ever; and one that knows of a later leader than there
        is sends nothing at all. What shows is that records time out, or that the topics are new.
        """
        self._is_stuck = False
        self._generation = self._cluster.generation
        with self._changing:
            lost, self._producer = self._producer, self._make()
        with suppress(KafkaException):
            # What it still held is reported as not delivered.
            lost.purge()
            lost.flush(_SERVE_S)
        self._is_stuck = False

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
