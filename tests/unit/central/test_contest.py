"""Two devices that take one point from each other: slowed down, each time longer, and free again after a quiet while."""

from central.domain.contest import row, wait_s


def test_a_point_that_nobody_took_lately_is_free() -> None:
    assert wait_s([], 1000.0) == 0


def test_three_takeovers_within_a_minute_are_free_and_the_fourth_waits() -> None:
    taken = [1000.0, 1001.0, 1002.0]
    assert [wait_s(taken[:count], 1002.5) for count in range(4)] == [0, 0, 0, 10]


def test_takeovers_more_than_a_minute_apart_never_wait() -> None:
    taken = [1000.0 + 61 * n for n in range(10)]
    assert [wait_s(taken[:count], taken[count]) for count in range(10)] == [0] * 10


def test_whoever_waits_in_turn_waits_longer_each_time_up_to_five_minutes() -> None:
    taken, pauses = [0.0, 0.5, 1.0], []
    for _ in range(8):
        now = taken[-1] + 0.5
        pause = wait_s(taken, now)
        pauses.append(pause)
        assert wait_s(taken, now + pause) == 0
        taken.append(now + pause)
    assert pauses == [10, 20, 40, 80, 160, 300, 300, 300]


def test_the_wait_runs_out_while_nothing_happens() -> None:
    taken = [0.0, 1.0, 2.0]
    assert [wait_s(taken, now) for now in (2.0, 5.5, 11.9, 12.0)] == [10, 7, 1, 0]


def test_the_row_ends_a_minute_after_the_wait_and_the_next_takeovers_are_free_again() -> None:
    taken = [0.0, 1.0, 2.0]
    assert [row(taken, now) for now in (2.0, 72.0, 72.1)] == [3, 3, 0]
    assert wait_s([*taken, 73.0], 74.0) == 0


def test_a_takeover_that_a_clock_dated_an_hour_ahead_makes_nobody_wait() -> None:
    assert wait_s([3600.0, 3601.0, 3602.0], 10.0) == 0


def test_a_clock_a_second_behind_makes_nobody_wait_longer_than_the_pause() -> None:
    assert wait_s([10.0, 11.0, 12.0], 11.0) == 10
