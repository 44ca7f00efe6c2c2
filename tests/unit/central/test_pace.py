"""Messages a second, from samples of their count."""

from central.pace import Pace


def test_the_pace_is_that_of_the_last_ten_seconds() -> None:
    pace = Pace(100.0)
    for second in range(1, 31):
        pace.note(second * 5.0, 100.0 + second)
    assert pace.per_second(150.0, 130.0) == 5.0
    for second in range(31, 41):
        pace.note(150.0, 100.0 + second)
    assert pace.per_second(150.0, 140.0) == 0.0


def test_what_came_since_the_last_sample_counts_and_a_first_moment_is_a_second() -> None:
    pace = Pace(100.0)
    assert pace.per_second(0.0, 100.0) == 0.0
    assert pace.per_second(7.0, 100.1) == 7.0
    assert pace.per_second(7.0, 102.0) == 3.5


def test_samples_are_as_few_as_the_seconds_however_often_they_come() -> None:
    pace = Pace(0.0)
    for tick in range(1, 5001):
        pace.note(tick / 100, tick / 100)
    assert len(pace._samples) < 15
    assert pace.per_second(50.0, 50.0) == 1.0


def test_a_process_that_was_held_up_tells_the_pace_since_it_was_last_awake() -> None:
    pace = Pace(0.0)
    pace.note(10.0, 1.0)
    pace.note(70.0, 61.0)
    assert pace.per_second(70.0, 61.0) == 1.0
