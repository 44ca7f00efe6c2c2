"""A bus inside one process, for tests. It keeps the contract of `bus.py`; `tests/contract` holds it to that."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

from common.errors import TransportLost
from common.kafka.bus import OnDelivery, Outgoing, Record, Standing
from common.kafka.partition import partition_of
from common.routes import Topic

_BATCH = 1000


class MemoryBroker:
    """The logs of all partitions and the committed offsets of all groups."""

    def __init__(self, partitions: int = 12) -> None:
        self.partitions = partitions
        self.logs: dict[tuple[Topic, int], list[Record]] = defaultdict(list)
        self.committed: dict[tuple[str, Topic, int], int] = defaultdict(int)
        self.grown = asyncio.Condition()
        #: Set to False to play a broker that went away.
        self.is_up = True

    def append(self, record: Outgoing) -> None:
        partition = partition_of(record.key, self.partitions)
        log = self.logs[record.topic, partition]
        log.append(Record(record.topic, partition, len(log), record.key, record.value, dict(record.headers)))


class MemoryBus:
    """The Bus of a MemoryBroker. A group has one member at a time: enough for tests of one process."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker

    @property
    def is_up(self) -> bool:
        return self._broker.is_up

    def publisher(self) -> "MemoryPublisher":
        return MemoryPublisher(self._broker)

    def group(self, topics: Sequence[Topic], group: str) -> "MemorySubscriber":
        places = [(topic, p) for topic in topics for p in range(self._broker.partitions)]
        start = {place: self._broker.committed[group, *place] for place in places}
        return MemorySubscriber(self._broker, start, group)

    def alone(self, topics: Sequence[Topic], group: str) -> "MemorySubscriber":
        return self.group(topics, group)

    def everything(self, topic: Topic) -> "MemorySubscriber":
        places = [(topic, p) for p in range(self._broker.partitions)]
        return MemorySubscriber(self._broker, {place: len(self._broker.logs[place]) for place in places}, None)

    def one_key(self, topic: Topic, key: str) -> "MemorySubscriber":
        place = (topic, partition_of(key, self._broker.partitions))
        return MemorySubscriber(self._broker, {place: len(self._broker.logs[place])}, None)

    async def create_topics(self, partitions: int, replication: int) -> None:
        del partitions, replication
        if not self._broker.is_up:
            raise TransportLost("The broker is away.")


class MemoryPublisher:
    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._waking: set[asyncio.Task[None]] = set()

    @property
    def is_up(self) -> bool:
        return self._broker.is_up

    @property
    def queued(self) -> int:
        return 0

    def publish(self, record: Outgoing, on_delivery: OnDelivery | None = None) -> None:
        taken = self._broker.is_up
        if taken:
            self._broker.append(record)
            task = asyncio.ensure_future(self._wake())
            self._waking.add(task)
            task.add_done_callback(self._waking.discard)
        if on_delivery is not None:
            asyncio.get_running_loop().call_soon(on_delivery, taken)

    async def _wake(self) -> None:
        async with self._broker.grown:
            self._broker.grown.notify_all()

    async def close(self) -> None:
        if self._waking:
            await asyncio.wait(self._waking)


class MemorySubscriber:
    def __init__(self, broker: MemoryBroker, start: dict[tuple[Topic, int], int], group: str | None) -> None:
        self._broker = broker
        self._next = start
        self._group = group
        self._taken = dict(start)
        self._closed = False

    async def started(self) -> None:
        return

    async def batches(self) -> AsyncIterator[Sequence[Record]]:
        while not self._closed:
            batch = self._take()
            if batch:
                yield batch
                continue
            async with self._broker.grown:
                await self._broker.grown.wait_for(lambda: self._closed or self._behind())

    def _behind(self) -> bool:
        return any(len(self._broker.logs[place]) > offset for place, offset in self._next.items())

    def _take(self) -> list[Record]:
        batch: list[Record] = []
        for place, offset in self._next.items():
            fresh = self._broker.logs[place][offset : offset + _BATCH - len(batch)]
            self._next[place] = offset + len(fresh)
            batch += fresh
        return batch

    def commit(self, records: Sequence[Record]) -> None:
        for record in records:
            here = (record.topic, record.partition)
            self._taken[here] = max(self._taken[here], record.offset + 1)
            if self._group is None:
                continue
            place = (self._group, record.topic, record.partition)
            self._broker.committed[place] = max(self._broker.committed[place], record.offset + 1)

    def standing(self) -> Standing:
        assigned: dict[Topic, tuple[int, ...]] = {}
        lag: dict[Topic, int] = {}
        for (topic, partition), taken in sorted(self._taken.items()):
            assigned[topic] = (*assigned.get(topic, ()), partition)
            lag[topic] = lag.get(topic, 0) + len(self._broker.logs[topic, partition]) - taken
        return Standing(assigned, lag)

    async def close(self) -> None:
        self._closed = True
        async with self._broker.grown:
            self._broker.grown.notify_all()
