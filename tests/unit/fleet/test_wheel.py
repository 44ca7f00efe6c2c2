"""The wheel: whoever is due, in order of time, and nobody at a time that no longer counts."""

import math

from hypothesis import given
from hypothesis import strategies as st

from charging_point.fleet.wheel import Wheel


def everybody(wheel: Wheel, now: float) -> list[tuple[int, float]]:
    found = []
    while (one := wheel.take(now)) is not None:
        found.append(one)
    return found


def test_the_one_that_is_due_for_longest_comes_first() -> None:
    wheel = Wheel(3)
    for who, at in enumerate((3.0, 1.0, 2.0)):
        wheel.set(who, at)
    assert (everybody(wheel, 2.0), wheel.next_at) == ([(1, 1.0), (2, 2.0)], 3.0)


def test_a_time_that_was_changed_counts_no_more() -> None:
    wheel = Wheel(2)
    wheel.set(0, 1.0)
    wheel.set(0, 5.0)
    wheel.set(1, 2.0)
    wheel.set(1, math.inf)
    assert (wheel.next_at, everybody(wheel, 4.0), everybody(wheel, 5.0)) == (5.0, [], [(0, 5.0)])


def test_nobody_is_due_before_somebody_says_so() -> None:
    assert (Wheel(2).take(1e9), Wheel(2).next_at) == (None, math.inf)


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 100)), max_size=60))
def test_everybody_is_taken_once_at_the_time_that_was_set_last(settings: list[tuple[int, float]]) -> None:
    wheel = Wheel(5)
    for who, at in settings:
        wheel.set(who, at)
    assert sorted(everybody(wheel, 100.0)) == sorted(dict(settings).items())
