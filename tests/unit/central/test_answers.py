"""Over which link a driver waits for which answer."""

from typing import cast

from central.answers import Answers
from common.clock import ManualClock
from common.kafka.memory import MemoryBroker, MemoryBus
from common.metrics.measures import Measures
from common.net.link import Link


class Wire:
    is_open = True


def wire() -> Link:
    return cast("Link", Wire())


async def test_an_answer_goes_over_the_link_of_the_newest_asking_and_over_none_once_that_has_ended() -> None:
    answers = Answers(MemoryBus(MemoryBroker(partitions=1)).publisher(), ManualClock(), Measures())
    first, second = wire(), wire()
    for request_id in ("r1", "r2", "r3", "r4"):
        answers.expect("D1", request_id, first)
    answers.expect("D1", "r2", second)
    answers.expect("D1", "r3", None)
    assert answers.route("D1", "r4") is first
    assert answers.route("D1", "r4") is None
    answers.forget(first)
    answers.forget(first)
    assert [answers.route("D1", request_id) for request_id in ("r1", "r2", "r3")] == [None, second, None]
    answers.owe("D1", "r1", second)
    answers.forget(second)
    assert (answers._waiting, answers._asked_on) == ({}, {})
