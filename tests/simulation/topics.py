"""
The broker: partitions that keep order, groups that deal them anew, records that come late or again. A Bus like common/kafka/bus.py says.

A publisher's records are on their way for a while: a process that dies loses those that have not left it. A batch that was
not committed comes again, to whoever reads the partition next. A member that stands still for too long is thrown out
and does not know it; what it commits then does not count.
"""

import asyncio
import json
import random
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from common.errors import TransportLost
from common.kafka.bus import Headers, OnDelivery, Outgoing, Record, Standing
from common.kafka.partition import partition_of
from common.routes import Topic
from tests.simulation.loop import Process, VirtualLoop

_LINGER_S, _WAY_S, _FETCH_S = (0.001, 0.01), (0.001, 0.01), (0.002, 0.05)
#: How often a fetch takes much longer, and how long: so records of one topic overtake those of another.
_SLOW_FETCHES, _SLOW_FETCH_S = 0.03, 1.5
_COMMIT_S = (0.02, 0.5)
_JOIN_S = (0.05, 1.5)
#: A member that was not heard for so long is out of its group.
SESSION_S = 6.0
_RETRY_S = 0.25
_BATCH = 200
#: The broker has a record whose publisher is told that it does not.
_LOST_ACKS = 0.05
_LIE = "lie-"
Place = tuple[Topic, int]
Heard = Callable[[str, str, bytes], None]


class Broker:
    def __init__(self, loop: VirtualLoop, seed: int, context: Any, heard: Heard, partitions: int = 3) -> None:
        self.loop = loop
        self.context = context
        self.heard = heard
        self.chance = random.Random(f"broker {seed}")
        self.partitions = partitions
        self.is_up = True
        self.logs: dict[Place, list[Record]] = defaultdict(list)
        #: When each record of a partition was written, on the loop's clock.
        self.written_at: dict[Place, list[float]] = defaultdict(list)
        self.groups: dict[str, Group] = {}
        self._readers: list[Reader] = []

    def append(self, record: Outgoing) -> None:
        place = (record.topic, partition_of(record.key, self.partitions))
        log = self.logs[place]
        log.append(Record(*place, len(log), record.key, record.value, dict(record.headers)))
        self.written_at[place].append(self.loop.time())
        self.heard("", str(record.topic), record.value)
        for reader in self._readers:
            reader.see(place)

    def places(self, topics: Sequence[Topic]) -> list[Place]:
        return [(topic, number) for topic in topics for number in range(self.partitions)]

    def attach(self, reader: "Reader") -> None:
        self._readers.append(reader)
        reader.process.on_end.append(lambda: self.detach(reader))

    def detach(self, reader: "Reader") -> None:
        if reader in self._readers:
            self._readers.remove(reader)

    def come_back(self) -> None:
        self.is_up = True
        for reader in self._readers:
            reader.stir()

    def write_again(self, count: int, *, late: bool) -> int:
        """Records that an engine or a driver has written come a second time: the newest, or any old ones."""
        mine = (Topic.SESSION_DATA, Topic.SESSION_COMPLETE, Topic.CHARGE_REQUESTS, Topic.STOP_REQUESTS)
        written = self._written(*mine)
        some = written if late else written[-count:]
        some = self.chance.sample(some, min(count, len(some)))  # in another order, as they come from several writers
        for record in some:
            self.append(Outgoing(record.topic, record.key, record.value, record.headers))
        return len(some)

    def lie(self, count: int, cp_ids: Sequence[str], sign: Callable[[str, bytes, Headers], Headers]) -> None:
        """Points tell of sessions that run elsewhere: readings and final accounts, each with the liar's own signature."""
        # A lie about a lie might be its victim's own word.
        told = [one for one in self._written(Topic.SESSION_DATA) if not one.headers["message_id"].startswith(_LIE)][
            -count:
        ]
        for number, record in enumerate(self.chance.sample(told, min(count, len(told)))):
            true = json.loads(record.value)
            liar = self.chance.choice([cp_id for cp_id in cp_ids if cp_id != true["cp_id"]])
            energy = self.chance.choice((99.0, round(true["energy_consumed_kwh"] + 0.001, 3)))
            said = {**true, "cp_id": liar, "energy_consumed_kwh": energy, "message_id": f"{_LIE}{len(told)}-{number}"}
            account = {name: value for name, value in said.items() if name not in ("charging_rate", "relay")}
            account |= {"type": "charge_completion", "reason": "unplugged"}
            for topic, one in ((Topic.SESSION_DATA, said), (Topic.SESSION_COMPLETE, account)):
                value = json.dumps(one).encode()
                headers = {**record.headers, "type": one["type"], "message_id": one["message_id"]}
                self.append(Outgoing(topic, liar, value, sign(liar, value, headers)))

    def _written(self, *topics: Topic) -> list[Record]:
        """In the order of their writing."""
        timed = [
            (at, place, record)
            for place, log in self.logs.items()
            if place[0] in topics
            for at, record in zip(self.written_at[place], log, strict=True)
        ]
        return [record for _, _, record in sorted(timed, key=lambda one: one[:2])]

    def stand_still(self, process: Process) -> None:
        for reader in self._readers:
            if reader.process is process:
                reader.stood_still()

    def lag(self) -> dict[str, int]:
        """What the groups of Centrals have not committed, by topic."""
        found: dict[str, int] = defaultdict(int)
        for group in self.groups.values():
            for place in group.places:
                found[str(place[0])] += len(self.logs[place]) - group.committed[place]
        return dict(found)


class Group:
    """Members share the partitions; who leaves, dies or stands still for too long gives them to the others."""

    def __init__(self, broker: Broker, places: Sequence[Place]) -> None:
        self._broker = broker
        self.places = list(places)
        self.committed: dict[Place, int] = defaultdict(int)
        self._members: list[Reader] = []
        self._generation = 0

    def join(self, member: "Reader") -> None:
        if member.process.is_alive and not member.is_closed and member not in self._members:
            self._members.append(member)
            self._deal()

    def leave(self, member: "Reader") -> None:
        if member in self._members:
            self._members.remove(member)
            self._deal()

    def throw_out_if_still(self, member: "Reader") -> None:
        if member.process.is_paused or not member.process.is_alive:
            self.leave(member)

    def _deal(self) -> None:
        self._generation += 1
        generation = self._generation
        delay = self._broker.chance.uniform(*_JOIN_S)
        for number, member in enumerate(self._members):
            share = self.places[number :: len(self._members)]
            args = (member, share, generation)
            self._broker.loop.call_later(delay, self._hand, *args, context=member.process.context)

    def _hand(self, member: "Reader", share: list[Place], generation: int) -> None:
        if generation == self._generation:
            member.assign({place: self.committed[place] for place in share})

    def commit(self, member: "Reader", done: dict[Place, int]) -> None:
        if member not in self._members:
            self.join(member)  # it learns now that it was thrown out
            return
        for place, offset in done.items():
            if member.holds(place):
                self.committed[place] = max(self.committed[place], offset)


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
        delay = broker.chance.uniform(*_JOIN_S)
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
