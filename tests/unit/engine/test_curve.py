"""The power of a charge, kept in a bounded number of samples."""

from hypothesis import given
from hypothesis import strategies as st

from charging_point.engine.curve import PowerCurve


def curve_of(*powers: float, most: int = 480) -> PowerCurve:
    curve = PowerCurve(most)
    for power in powers:
        curve.add(power)
    return curve


def test_a_short_charge_takes_a_column_a_reading() -> None:
    assert curve_of(22, 22, 11).over(60) == [22, 22, 11]


def test_a_long_charge_is_shown_whole_in_the_columns_there_are() -> None:
    assert curve_of(22, 20, 12, 10, 2, 0).over(3) == [21, 11, 1]
    assert curve_of(1, 2, 3, 4, 5).over(2) == [1.5, 4.0]


def test_without_room_left_neighbours_become_their_mean_and_the_newest_shows_at_once() -> None:
    curve = curve_of(22, 20, 12, 10, most=4)
    assert curve.samples == [21, 11]
    curve.add(3)
    assert curve.samples == [21, 11, 3]
    curve.add(1)
    assert curve.samples == [21, 11, 2]


@given(st.lists(st.floats(0, 350), max_size=300), st.integers(1, 20))
def test_there_are_never_more_samples_than_room_and_none_beyond_what_flowed(powers: list[float], width: int) -> None:
    curve = curve_of(*powers, most=16)
    shown = curve.over(width)
    assert (len(curve.samples) <= 16, len(shown) <= width, bool(shown)) == (True, True, bool(powers))
    assert all(min(powers) - 1e-9 <= power <= max(powers) + 1e-9 for power in shown)
