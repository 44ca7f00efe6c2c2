"""Exponential back-off with full jitter."""

from common.net.backoff import Backoff


def test_the_ceiling_doubles_from_one_second_to_sixty() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next_delay() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_jitter_takes_any_part_of_the_ceiling() -> None:
    parts = iter([0.0, 0.5, 0.25])
    backoff = Backoff(lambda: next(parts))
    assert [backoff.next_delay() for _ in range(3)] == [0, 1, 1]


def test_a_good_link_starts_the_waits_anew() -> None:
    backoff = Backoff(lambda: 1.0)
    delays = [backoff.next_delay() for _ in range(4)]
    backoff.reset()
    assert (delays, backoff.next_delay()) == ([1, 2, 4, 8], 1)


def test_a_thousand_failures_still_give_a_number() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next_delay() for _ in range(1000)][-1] == 60
