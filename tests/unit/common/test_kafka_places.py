"""Where a consumer stands: what was refused to be committed is committed later, unless somebody else has it by now."""

import threading
from collections.abc import Sequence
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, TopicPartition

from common.kafka.bus import Record
from common.kafka.cluster import Cluster
from common.kafka.places import Places
from common.routes import Topic

TOPIC = Topic.SESSION_DATA
MOVING = KafkaError(KafkaError.REBALANCE_IN_PROGRESS)


class Commits:
    """A consumer of which nothing is wanted but commits."""

    def __init__(self) -> None:
        self.asked: list[dict[int, int]] = []

    def commit(self, offsets: Sequence[TopicPartition], **_: Any) -> None:
        self.asked.append({one.partition: one.offset for one in offsets})


def standing_at(*offsets: int) -> tuple[Places, Consumer, Commits]:
    """Partitions from 0 on that are read and done to these offsets, and committed once."""
    places = Places(Cluster("127.0.0.1:1", "", {}), commits=True, started=lambda: None)
    commits = Commits()
    consumer = cast("Consumer", commits)
    places.assign(consumer, [TopicPartition(TOPIC, number) for number in range(len(offsets))])
    records = [Record(TOPIC, number, offset - 1, "key", b"") for number, offset in enumerate(offsets)]
    places.note_read(records)
    places.hand_out(lambda: records)
    places.note_done(records)
    places.commit(consumer)
    return places, consumer, commits


def told(*offsets: int) -> list[TopicPartition]:
    return [TopicPartition(TOPIC, number, offset) for number, offset in enumerate(offsets)]


def test_what_is_committed_is_not_committed_again() -> None:
    places, consumer, commits = standing_at(5, 7)
    places.hear_commit(None, told(5, 7))
    places.commit(consumer)
    assert commits.asked == [{0: 5, 1: 7}]


def test_a_commit_that_is_refused_is_due_again_for_all_that_is_still_ours() -> None:
    places, consumer, commits = standing_at(5, 7, 9)
    places.lose(consumer, [TopicPartition(TOPIC, 1)])
    newer = [Record(TOPIC, 2, 11, "key", b"")]
    places.note_read(newer)
    places.hand_out(lambda: newer)
    places.note_done(newer)
    places.hear_commit(MOVING, told(5, 7, 9))
    places.commit(consumer)
    assert commits.asked[1:] == [{0: 5, 2: 12}]


def test_only_the_partitions_that_were_refused_are_due_again() -> None:
    places, consumer, commits = standing_at(5, 7)
    answers = told(5, 7)
    refused = cast("Any", _Refused)(answers[1])
    places.hear_commit(None, [answers[0], refused])
    places.commit(consumer)
    assert commits.asked[1:] == [{1: 7}]


def test_of_two_commits_that_are_refused_the_younger_is_due_whichever_is_told_first() -> None:
    for told_first, told_then in ((5, 6), (6, 5)):
        places, consumer, commits = standing_at(5)
        done(places, 5)
        places.commit(consumer)
        places.hear_commit(MOVING, told(told_first))
        places.hear_commit(MOVING, told(told_then))
        places.commit(consumer)
        assert commits.asked == [{0: 5}, {0: 6}, {0: 6}]


def test_a_commit_refused_late_does_not_undo_a_younger_one_that_was_accepted() -> None:
    places, consumer, commits = standing_at(5)
    done(places, 5)
    places.commit(consumer)
    places.hear_commit(None, told(6))
    places.hear_commit(MOVING, told(5))
    places.commit(consumer)
    assert commits.asked[2:] == [{0: 6}]


def test_partitions_that_go_while_the_reader_takes_its_batch_go_before_or_after_it() -> None:
    """In between the offsets of old topics would be committed to new ones of the same names."""
    places, consumer, commits = standing_at(5)
    records = [Record(TOPIC, 0, 5, "key", b"")]
    places.note_read(records)
    losing = threading.Thread(target=places.forget)

    def take() -> list[Record]:
        losing.start()
        losing.join(0.2)  # as long as it likes to get in between; it cannot
        return records

    places.hand_out(take)
    losing.join()
    places.note_done(records)
    places.commit(consumer)
    assert commits.asked == [{0: 5}]


def done(places: Places, offset: int) -> None:
    """One more record of the first partition is read and done."""
    record = [Record(TOPIC, 0, offset, "key", b"")]
    places.note_read(record)
    places.hand_out(lambda: record)
    places.note_done(record)


class _Refused:
    """As librdkafka tells of one partition; its own class takes no error from Python."""

    def __init__(self, of: TopicPartition) -> None:
        self.topic, self.partition, self.offset, self.error = of.topic, of.partition, of.offset, MOVING
