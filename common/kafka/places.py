"""Where a consumer stands in its partitions: what it was given, what it read, what may be committed."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from common.clock import SystemClock
from common.kafka.bus import Record, Standing
from common.kafka.cluster import LOOKUP_S, Cluster
from common.routes import Topic

log = logging.getLogger("ev.kafka")

Place = tuple[str, int]


class Places:
    """The consumer's thread tells what it was given and read, the event loop what is done."""

    def __init__(self, cluster: Cluster, *, commits: bool, started: Callable[[], None]) -> None:
        self._cluster = cluster
        self._commits = commits
        self._started = started
        self._clock = SystemClock()
        #: Hears which partitions went to somebody else.
        self.on_lost: Callable[[set[Place]], None] = lambda _: None
        self._assigned: set[Place] = set()
        #: Where reading began, as who took them chose.
        self._began: dict[Place, int] = {}
        #: The first offset of each partition that is not done.
        self._next: dict[Place, int] = {}
        #: Done and not yet committed.
        self._done: dict[Place, int] = {}
        #: Partitions that were taken away while a batch of theirs is in the reader's hands.
        self._stale: set[Place] = set()
        self._rebalances = 0
        self._rebalanced_at: float | None = None
        self._noting = threading.Lock()

    # -- what it is given

    def assign(self, consumer: Consumer, given: Iterable[TopicPartition]) -> None:
        """Of a group: more partitions, perhaps none."""
        del consumer  # librdkafka goes on by itself
        self._rebalances += 1
        self._rebalanced_at = self._clock.now().wall
        self.take(given)

    def take(self, given: Iterable[TopicPartition]) -> None:
        self._began |= {(place.topic, place.partition): place.offset for place in given}
        self._assigned |= self._began.keys()
        self._started()

    def grow(self, consumer: Consumer, names: Iterable[str]) -> None:
        """
        Of a reader that takes all there is: partitions were added to its topics, and all in them is news.

        A group is told by the broker. Those that are read already go on where they stand.
        """
        counts = self._cluster.partitions
        added = {(name, number) for name in names for number in range(counts.get(name, 0))} - self._assigned
        if not added or not self._assigned:
            return
        for name in {name for name, _ in added}:
            consumer.list_topics(
                name, timeout=LOOKUP_S
            )  # else the client hears of them at its next own look, a minute later
        standing = consumer.position([TopicPartition(*place) for place in sorted(self._assigned)])
        here = [
            TopicPartition(
                one.topic, one.partition, one.offset if one.offset >= 0 else self._began[one.topic, one.partition]
            )
            for one in standing
        ]
        new = [TopicPartition(*place, OFFSET_BEGINNING) for place in sorted(added)]
        consumer.assign([*here, *new])
        self.take(new)

    def revoke(self, consumer: Consumer, taken: Sequence[TopicPartition]) -> None:
        """Of a group: fewer. What is done is committed while they are still ours."""
        self.commit(consumer, wait=True)
        self.lose(consumer, taken)

    def lose(self, consumer: Consumer, taken: Sequence[TopicPartition]) -> None:
        """Of a group: fewer, and somebody else may read them already."""
        del consumer
        lost = {(place.topic, place.partition) for place in taken}
        self._assigned -= lost
        for place in lost:
            self._began.pop(place, None)
        with self._noting:
            self._stale |= lost
            for place in lost:
                self._next.pop(place, None)
                self._done.pop(place, None)
            self.on_lost(lost)

    def forget(self) -> None:
        """All of it, because the topics are new."""
        with self._noting:
            lost = self._assigned | self._next.keys()
            self._stale |= lost
            self._next.clear()
            self._done.clear()
            self.on_lost(lost)
        self._assigned = set()
        self._began.clear()

    @property
    def holds_any(self) -> bool:
        return bool(self._assigned)

    def holds(self, topic: str, partition: int) -> bool:
        return (topic, partition) in self._assigned

    # -- what it read, and what is done

    def hand_out(self, waiting: Callable[[], list[Record]]) -> list[Record]:
        """
        The reader takes what waits: what it had before is behind it.

        In one step, or partitions that go in between would be taken for ours: of new topics, which begin at 0 again, the
        offsets of the old ones would be committed.
        """
        with self._noting:
            found = waiting()
            if found:
                self._stale.clear()
        return found

    def note_read(self, batch: Sequence[Record]) -> None:
        # Backwards: the first of each partition is what is left in the end.
        firsts = _offsets(reversed(batch))
        with self._noting:
            for (topic, partition), offset in firsts.items():
                self._next.setdefault((self._cluster.name(topic), partition), offset)

    def note_done(self, records: Sequence[Record]) -> None:
        # Only noted: the client makes a second thread wait while the first is polling, and the event loop must not.
        lasts = _offsets(records)
        with self._noting:
            for (topic, partition), offset in lasts.items():
                place = (self._cluster.name(topic), partition)
                if place in self._stale:
                    continue
                self._next[place] = max(self._next.get(place, 0), offset + 1)
                if self._commits:  # nobody takes over from a reader without a group
                    self._done[place] = self._next[place]

    def commit(self, consumer: Consumer, *, wait: bool = False) -> None:
        with self._noting:
            done, self._done = self._done, {}
        if not done:
            return
        offsets = [TopicPartition(topic, partition, offset) for (topic, partition), offset in done.items()]
        try:
            if wait:
                consumer.commit(offsets=offsets, asynchronous=False)
            else:
                consumer.commit(offsets=offsets, asynchronous=True)
        except (KafkaException, RuntimeError) as wrong:
            # The records come again; every handler bears that.
            log.debug("Offsets were not committed: %s.", wrong)

    def hear_commit(self, wrong: KafkaError | None, places: Sequence[TopicPartition]) -> None:
        """
        What became of a commit that nobody waited for. Refused, as while partitions move, it is due again.

        Else the group would stand where it stood until the partition's next record, which may never come. Due is what is
        done by now, not what was refused: a younger commit may be refused too, or be accepted already.
        """
        with self._noting:
            for one in places:
                place = (one.topic, one.partition)
                if (wrong or one.error) and place in self._next:
                    self._done[place] = self._next[place]

    # -- how it stands

    def standing(self, consumer: Consumer) -> Standing:
        """No call over the network: ends are those that the last fetch told."""
        assigned: dict[Topic, tuple[int, ...]] = {}
        lag: dict[Topic, int] = {}
        with self._noting:
            next_ones = dict(self._next)
        for place in sorted(self._assigned):
            topic = self._cluster.topic(place[0])
            assigned[topic] = (*assigned.get(topic, ()), place[1])
            _, end = consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
            # What was not read yet has nothing behind where reading begins, or it would have come.
            lag[topic] = lag.get(topic, 0) + max(0, end - next_ones.get(place, end))
        return Standing(assigned, lag, self._rebalances, self._rebalanced_at)


def _offsets(records: Iterable[Record]) -> dict[tuple[Topic, int], int]:
    """Of each partition, the offset that comes last here."""
    return {record[:2]: record[2] for record in records}
