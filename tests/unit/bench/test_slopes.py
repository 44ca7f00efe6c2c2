"""A slope is told with its error, so that what is no more than noise can be seen to be none."""

import math
from dataclasses import replace

import pytest

from tests.bench.soak import Look, figures, slope, student

LOOK = Look(
    at=0.0,
    memory_mib=100.0,
    fleet_memory_mib=50.0,
    broker_memory_mib=30.0,
    files=40,
    database_mib=1.0,
    granted=60.0,
    refused=0.0,
    p50_ms=5.0,
    p99_ms=20.0,
    central_ms_a_charge=2.0,
)


def looks(memories: list[float]) -> list[Look]:
    return [replace(LOOK, at=60.0 * number, memory_mib=memory) for number, memory in enumerate(memories)]


def test_what_grows_steadily_has_a_slope_without_error() -> None:
    found = slope(looks([100.0 + number for number in range(10)]), "memory_mib")
    assert (found.an_hour, found.error) == pytest.approx((60.0, 0.0), abs=1e-6)


def test_noise_without_growth_has_a_slope_within_its_error_and_growth_under_the_same_noise_has_not() -> None:
    noise = [(-1.0) ** number for number in range(20)]
    still = slope(looks([100.0 + one for one in noise]), "memory_mib")
    growing = slope(looks([100.0 + number + one for number, one in enumerate(noise)]), "memory_mib")
    assert abs(still.an_hour) < still.error
    assert growing.an_hour > growing.error
    assert growing.error == pytest.approx(still.error)


def test_the_error_is_that_of_the_textbook() -> None:
    # Four looks a minute apart: residuals of +1, -1, -1, +1 about a level line; t of two degrees is 4.303, here 3.86.
    found = slope(looks([101.0, 99.0, 99.0, 101.0]), "memory_mib")
    assert found.an_hour == pytest.approx(0.0, abs=1e-9)
    assert found.error == pytest.approx(3600 * student(2) * math.sqrt(4 / 2 / (5 * 60.0**2)))


def test_students_t_is_that_of_the_tables() -> None:
    assert [student(free) for free in (5, 10, 24, 100)] == pytest.approx([2.571, 2.228, 2.064, 1.984], rel=2e-2)


def test_of_two_looks_nobody_knows_the_error() -> None:
    found = slope(looks([100.0, 99.0]), "memory_mib")
    assert (found.an_hour, found.error) == (-60.0, 60.0)


def test_the_warming_up_counts_for_nothing_but_what_was_asked() -> None:
    warming = [replace(LOOK, at=60.0 * number, memory_mib=10.0 * number, granted=1.0) for number in range(2)]
    warm = [replace(LOOK, at=60.0 * number, database_mib=float(number)) for number in range(2, 12)]
    found = figures([*warming, *warm])
    assert (found["memory_mib_an_hour"], found["memory_mib_or"]) == pytest.approx((0.0, 0.0), abs=1e-9)
    assert (found["minutes"], found["granted"]) == (9.0, 602.0)
    assert found["database_kib_a_charge"] == pytest.approx(1024 * 9 / (9 * 60))
