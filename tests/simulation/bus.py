"""
What a program knows of the simulated broker: a Bus like common/kafka/bus.py says, its writers and its readers.

A writer's records are on their way for a while: a process that dies loses those that have not left it. What the broker has, and
who reads which of it, is topics.py's.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence

from common.errors import TransportLost
from common.kafka.bus import OnDelivery, Outgoing, Record, Standing
from common.kafka.partition import partition_of
from common.routes import Topic
from tests.simulation.loop import Process
from tests.simulation.topics import JOIN_S, SESSION_S, Broker, Group, Place

_LINGER_S, _WAY_S, _FETCH_S = (0.001, 0.01), (0.001, 0.01), (0.002, 0.05)
#: How often a fetch takes much longer, and how long: so records of one topic overtake those of another.
_SLOW_FETCHES, _SLOW_FETCH_S = 0.03, 1.5
_COMMIT_S = (0.02, 0.5)
_RETRY_S = 0.25
_BATCH = 200
#: The broker has a record whose publisher is told that it does not.
_LOST_ACKS = 0.05


class SimulatedBus:
    def __init__(self, broker: Broker, process: Process, gives_up_after_s: float = 30.0) -> None:
        self._broker = broker
        self._process = process
        self._gives_up_after_s = gives_up_after_s

    @property
    def is_up(self) -> bool:
        return self._broker.is_up

    def publisher(self) -> "Writer":
        return Writer(self._broker, self._process, self._gives_up_after_s)

    def group(self, topics: Sequence[Topic], group: str) -> "Reader":
        found = self._broker.groups.setdefault(group, Group(self._broker, self._broker.places(topics)))
        return Reader(self._broker, self._process, found, ())

    def alone(self, topics: Sequence[Topic], group: str) -> "Reader":
        return self.group(topics, group)

    def everything(self, topic: Topic) -> "Reader":
        return Reader(self._broker, self._process, None, self._broker.places([topic]))

    def one_key(self, topic: Topic, key: str) -> "Reader":
        return Reader(self._broker, self._process, None, [(topic, partition_of(key, self._broker.partitions))])

    async def create_topics(self, partitions: int, replication: int) -> None:
        del partitions, replication
        await asyncio.sleep(_RETRY_S)
        if not self._broker.is_up:
            raise TransportLost("The broker is away.")


class Writer:
    """Keeps the order of what it is given; what the broker does not take in time is told as undelivered."""

    def __init__(self, broker: Broker, process: Process, gives_up_after_s: float) -> None:
        self._broker = broker
        self._process = process
        self._gives_up_after_s = gives_up_after_s
        self._waiting: deque[tuple[Outgoing, OnDelivery | None, float]] = deque()
        self._is_pumping = False
        self._arrives_at = 0.0
        self._takes = True

    @property
    def is_up(self) -> bool:
        return self._takes and self._broker.is_up

    @property
    def queued(self) -> int:
        return len(self._waiting)

    def publish(self, record: Outgoing, on_delivery: OnDelivery | None = None) -> None:
        if self._process.runs:
            self._waiting.append((record, on_delivery, self._broker.loop.time() + self._gives_up_after_s))
            self._pump_in(self._broker.chance.uniform(*_LINGER_S))

    def _pump_in(self, seconds: float) -> None:
        if not self._is_pumping:
            self._is_pumping = True
            self._broker.loop.call_later(seconds, self._pump, context=self._process.context)

    def _pump(self) -> None:
        self._is_pumping = False
        broker, now = self._broker, self._broker.loop.time()
        if broker.is_up:
            batch = list(self._waiting)
            self._waiting.clear()
            self._arrives_at = max(self._arrives_at + 1e-7, now + broker.chance.uniform(*_WAY_S))
            broker.loop.call_at(self._arrives_at, self._arrive, batch, context=broker.context)
            return
        while self._waiting and self._waiting[0][2] <= now:
            _, on_delivery, _ = self._waiting.popleft()
            self._settle([on_delivery], False)
        if self._waiting:
            self._pump_in(_RETRY_S)

    def _arrive(self, batch: list[tuple[Outgoing, OnDelivery | None, float]]) -> None:
        for record, _, _ in batch:
            self._broker.append(record)
        heard = self._broker.is_up or self._broker.chance.random() >= _LOST_ACKS
        delay = self._broker.chance.uniform(*_WAY_S)
        told = [on_delivery for _, on_delivery, _ in batch]
        self._broker.loop.call_later(delay, self._settle, told, heard, context=self._process.context)

    def _settle(self, told: list[OnDelivery | None], delivered: bool) -> None:
        self._takes = delivered
        for on_delivery in told:
            if on_delivery is not None:
                on_delivery(delivered)

    async def close(self) -> None:
        until = self._broker.loop.time() + 3.0
        while self._waiting and self._broker.loop.time() < until:  # noqa: ASYNC110 - one look is as good as an event
            await asyncio.sleep(_RETRY_S)


class Reader:
    def __init__(self, broker: Broker, process: Process, group: Group | None, places: Sequence[Place]) -> None:
        self._broker = broker
        self.process = process
        self._group = group
        self._next: dict[Place, int] = {}
        self._seen: dict[Place, int] = defaultdict(int)
        self._done: dict[Place, int] = {}
        self._is_committing = False
        self._grown = asyncio.Event()
        self._started = asyncio.Event()
        self.is_closed = False
        delay = broker.chance.uniform(*JOIN_S)
        if group is not None:
            process.on_end.append(lambda: self._miss(group))
            broker.loop.call_later(delay, group.join, self, context=broker.context)
        else:
            broker.loop.call_later(delay, self._begin, list(places))

    def _begin(self, places: list[Place]) -> None:
        if not self._broker.is_up:
            self._broker.loop.call_later(_RETRY_S, self._begin, places)
            return
        self._broker.attach(self)
        self.assign({place: len(self._broker.logs[place]) for place in places})

    def assign(self, positions: dict[Place, int]) -> None:
        if self._group is not None:
            self._broker.detach(self)
            self._broker.attach(self)
        self._next = dict(positions)
        self._done = {place: offset for place, offset in self._done.items() if place in positions}
        self._started.set()
        self.stir()

    def _miss(self, group: Group) -> None:
        if not self.is_closed:
            self._broker.loop.call_later(SESSION_S, group.leave, self, context=self._broker.context)

    def holds(self, place: Place) -> bool:
        return place in self._next

    def stood_still(self) -> None:
        """Its process is paused now; the group misses it after a while."""
        if self._group is not None:
            later = self._broker.loop.call_later
            later(SESSION_S, self._group.throw_out_if_still, self, context=self._broker.context)

    # -- what there is to read

    def see(self, place: Place) -> None:
        """A partition has grown: after a while this reader has fetched what is new."""
        if place not in self._next:
            return
        chance = self._broker.chance
        delay = chance.uniform(*_FETCH_S)
        if chance.random() < _SLOW_FETCHES:
            delay += chance.uniform(0, _SLOW_FETCH_S)
        self._broker.loop.call_later(delay, self._fetched, place, context=self.process.context)

    def _fetched(self, place: Place) -> None:
        if self._broker.is_up:
            self._seen[place] = len(self._broker.logs[place])
            self._grown.set()

    def stir(self) -> None:
        for place, offset in self._next.items():
            if len(self._broker.logs[place]) > offset:
                self.see(place)

    async def started(self) -> None:
        await self._started.wait()

    async def batches(self) -> AsyncIterator[Sequence[Record]]:
        while not self.is_closed:
            batch = self._take()
            if batch:
                yield batch
            else:
                self._grown.clear()
                await self._grown.wait()

    def _take(self) -> list[Record]:
        batch: list[Record] = []
        for place, offset in self._next.items():
            fresh = self._broker.logs[place][offset : min(self._seen[place], offset + _BATCH)]
            self._next[place] = offset + len(fresh)
            batch += fresh
        return batch

    def commit(self, records: Sequence[Record]) -> None:
        if self._group is None or not self.process.runs:
            return
        for record in records:
            place = (record.topic, record.partition)
            self._done[place] = max(self._done.get(place, 0), record.offset + 1)
        if not self._is_committing:
            self._is_committing = True
            delay = self._broker.chance.uniform(*_COMMIT_S)
            self._broker.loop.call_later(delay, self._commit, context=self.process.context)

    def _commit(self) -> None:
        self._is_committing = False
        if self._group is None:
            return
        if self._broker.is_up:
            done, self._done = self._done, {}
            self._group.commit(self, done)
        else:
            self.commit(())

    def standing(self) -> Standing:
        return Standing()

    async def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self._grown.set()
            self._broker.detach(self)
            if self._group is not None:
                self._commit()
                self._group.leave(self)
