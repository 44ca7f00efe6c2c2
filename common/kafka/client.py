"""The real bus: makes the publishers and subscribers of one Kafka, on librdkafka. confluent_kafka stays in this package."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)

from common.errors import BadSetting
from common.kafka.cluster import LOOKUP_S, Cluster, librdkafka_log
from common.kafka.partition import partition_of
from common.kafka.places import Places
from common.kafka.publisher import KafkaPublisher
from common.kafka.subscriber import Begin, KafkaSubscriber
from common.routes import Topic
from common.settings import WithKafka
from common.words.kafka import WRONG_OPTIONS

_LONGEST_WAIT_MS = 1000


class KafkaBus:
    """
    The Bus of the brokers at `servers`, HOST:PORT[,HOST:PORT...].

    `prefix` stands before every topic and group; `options` are librdkafka's own and win over what is set here.
    """

    def __init__(
        self,
        servers: str,
        *,
        client_id: str,
        prefix: str = "",
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
            # A topic made by a client that writes would have the broker's default count of partitions.
            "allow.auto.create.topics": False,
            "topic.metadata.refresh.interval.ms": 60_000,
            "reconnect.backoff.ms": 100,
            "reconnect.backoff.max.ms": 5_000,
            "log.connection.close": False,
        }
        self._cluster = Cluster(servers, prefix, {**self._common, **self._options})

    @property
    def is_up(self) -> bool:
        """Whether the broker answered when it was last needed."""
        return self._cluster.is_up

    def check(self) -> None:
        """Have librdkafka read its options; raises BadSetting with its words."""
        quiet = {"error_cb": lambda _: None}
        try:
            Producer({**self._writing(), **quiet}, logger=librdkafka_log)
            Consumer({**self._reading("check"), **quiet}, logger=librdkafka_log).close()
        except KafkaException as wrong:
            raise BadSetting(WRONG_OPTIONS(why=wrong.args[0].str().rstrip("."))) from None
        except (TypeError, ValueError) as wrong:
            raise BadSetting(WRONG_OPTIONS(why=wrong)) from None

    def _writing(self) -> dict[str, Any]:
        return {
            **self._common,
            "enable.idempotence": True,
            "acks": "all",
            "partitioner": "murmur2",
            "linger.ms": 0,
            "message.timeout.ms": int(self._delivery_timeout_s * 1000),
            "queue.buffering.max.messages": 100_000,
            **self._options,
        }

    def _reading(self, group: str) -> dict[str, Any]:
        return {
            **self._common,
            "group.id": f"{self._cluster.prefix}{group}",
            "enable.auto.commit": False,
            # Also after the log ends before the committed offset: a record read twice is borne, a lost one is not.
            "auto.offset.reset": "earliest",
            # Whoever keeps partitions goes on reading while others move.
            "partition.assignment.strategy": "cooperative-sticky",
            "fetch.wait.max.ms": self._fetch_wait_ms,
            "fetch.error.backoff.ms": 100,
            "session.timeout.ms": 6_000,
            "heartbeat.interval.ms": 2_000,
            "queued.max.messages.kbytes": 16_384,
            **self._options,
        }

    def publisher(self) -> KafkaPublisher:
        return KafkaPublisher(self._cluster, self._writing())

    def group(self, topics: Sequence[Topic], group: str) -> KafkaSubscriber:
        names = [self._cluster.name(topic) for topic in topics]

        def join(consumer: Consumer, places: Places, stayed: Collection[str] | None) -> None:
            del stayed  # the group's offsets went with its topics, or are beyond their end
            consumer.subscribe(names, on_assign=places.assign, on_revoke=places.revoke, on_lost=places.lose)

        return KafkaSubscriber(self._cluster, self._reading(group), topics, join, commits=True)

    def alone(self, topics: Sequence[Topic], group: str) -> KafkaSubscriber:
        names = [self._cluster.name(topic) for topic in topics]

        def assign(consumer: Consumer, places: Places, stayed: Collection[str] | None) -> None:
            """
            Nobody deals, so nobody is waited for. What the group had done in topics that are new means nothing.

            Where it stands is asked here: librdkafka asks once, and a partition whose broker died just then is never read.
            """
            every = [TopicPartition(name, number) for name in names for number in _partitions(consumer, name)]
            known = names if stayed is None else stayed
            old = [one for one in every if one.topic in known]
            new = [_from_start(one) for one in every if one.topic not in known]
            chosen = [*(_committed(consumer, old) if old else ()), *new]
            consumer.assign(chosen)
            places.take(chosen)

        config = self._reading(group)
        return KafkaSubscriber(self._cluster, config, topics, assign, commits=True, takes_all=True)

    def everything(self, topic: Topic) -> KafkaSubscriber:
        # Read by every Central, written by few: on a broker without real long polling a longer wait is cheaper.
        patient = {"fetch.wait.max.ms": min(7 * self._fetch_wait_ms, _LONGEST_WAIT_MS), **self._options}
        config = {**self._reading("unused"), **patient}
        begin = self._from_now(topic, None)
        return KafkaSubscriber(self._cluster, config, [topic], begin, commits=False, takes_all=True)

    def one_key(self, topic: Topic, key: str) -> KafkaSubscriber:
        config = self._reading("unused")
        return KafkaSubscriber(self._cluster, config, [topic], self._from_now(topic, key), commits=False)

    def _from_now(self, topic: Topic, key: str | None) -> Begin:
        name = self._cluster.name(topic)

        def assign(consumer: Consumer, places: Places, stayed: Collection[str] | None) -> None:
            """Take all partitions, or the one of a key, at their present end; all of a topic that is new is news."""
            numbers = _partitions(consumer, name)
            if key is not None:
                numbers = [partition_of(key, len(numbers))]
            chosen = []
            for number in numbers:
                first, end = consumer.get_watermark_offsets(TopicPartition(name, number), timeout=LOOKUP_S)
                chosen.append(TopicPartition(name, number, end if stayed is None else first))
            consumer.assign(chosen)
            places.take(chosen)

        return assign

    async def create_topics(self, partitions: int, replication: int) -> None:
        await asyncio.to_thread(self._cluster.create_missing, list(Topic), partitions, replication)


def _partitions(consumer: Consumer, name: str) -> Sequence[int]:
    """Raises KafkaException where the broker does not tell of any."""
    found = consumer.list_topics(name, timeout=LOOKUP_S).topics[name]
    if found.error is not None or not found.partitions:
        raise KafkaException(found.error or KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
    return range(len(found.partitions))


def _from_start(place: TopicPartition) -> TopicPartition:
    return TopicPartition(place.topic, place.partition, OFFSET_BEGINNING)


def _committed(consumer: Consumer, places: Sequence[TopicPartition]) -> list[TopicPartition]:
    """Where the consumer's group stands; a partition in which it did nothing is read from its start. Raises KafkaException."""
    found = consumer.committed(list(places), timeout=LOOKUP_S)
    for one in found:
        if one.error is not None:
            raise KafkaException(one.error)
    return [one if one.offset >= 0 else _from_start(one) for one in found]


def open_bus(
    settings: WithKafka, *, client_id: str, fetch_wait_ms: int | None = None, delivery_timeout_s: float = 30.0
) -> KafkaBus:
    """The bus that a process was told to use; raises BadSetting. Nothing is connected yet."""
    options = settings.read_kafka_options()
    bus = KafkaBus(
        str(settings.kafka),
        client_id=client_id,
        prefix=settings.kafka_topic_prefix,
        fetch_wait_ms=fetch_wait_ms or settings.kafka_fetch_wait_ms,
        delivery_timeout_s=delivery_timeout_s,
        options=options,
    )
    if options:
        bus.check()
    return bus
