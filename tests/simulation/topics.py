"""
The broker: partitions that keep order, and groups that deal them anew. How programs write to it and read from it is bus.py's.

A batch that was not committed comes again, to whoever reads the partition next. A member that stands still for too long is
thrown out and does not know it; what it commits then does not count.
"""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from common.kafka.bus import Headers, Outgoing, Record
from common.kafka.partition import partition_of
from common.routes import Topic
from tests.simulation.loop import Process, VirtualLoop

if TYPE_CHECKING:
    from tests.simulation.bus import Reader

JOIN_S = (0.05, 1.5)
#: A member that was not heard for so long is out of its group.
SESSION_S = 6.0
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
        delay = self._broker.chance.uniform(*JOIN_S)
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
