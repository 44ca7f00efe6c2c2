"""Small pieces of a picture."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from common.messages import PointStatus, Reason
from common.ui import shapes


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "never"), (-5, "now"), (1.9, "now"), (2, "2 s ago"), (59, "59 s ago"), (60, "1 min ago"),
        (3599, "59 min ago"), (7200, "2 h ago"), (86_400 * 3, "3 d ago"),
    ],
)  # fmt: skip
def test_how_long_since(seconds: float | None, told: str) -> None:
    assert shapes.ago(seconds) == told


@pytest.mark.parametrize(("seconds", "told"), [(-1, "0 s"), (59.9, "59 s"), (61, "1 min 01 s"), (3660, "1 h 01 min")])
def test_how_long_it_takes(seconds: float, told: str) -> None:
    assert shapes.span(seconds) == told


def test_figures_have_their_decimals() -> None:
    assert (shapes.kwh(Decimal("1.5")), shapes.money(2), shapes.kw(22.04)) == ("1.500", "2.00", "22.0")
    assert [shapes.price(value) for value in (0.3, Decimal("0.1234"), 1, 0.125)] == ["0.30", "0.1234", "1.00", "0.125"]


@pytest.mark.parametrize(("share", "done"), [(-1, 0), (0, 0), (0.5, 5), (1, 10), (7, 10)])
def test_a_bar_is_as_long_as_its_share(share: float, done: int) -> None:
    assert shapes.bar(share, 10).plain == "█" * done + "░" * (10 - done)


def test_a_curve_shows_the_newest_against_the_highest() -> None:
    assert shapes.curve([0, 11, 22], 5, most=22.0).plain == "▁▅█"
    assert shapes.curve([1, 2, 3, 4], 2).plain == "▆█"
    assert shapes.curve([0, 0], 5).plain == "▁▁"
    assert shapes.curve([], 5).plain == ""


@given(st.text(), st.integers(0, 30))
def test_what_is_cut_fits_and_steers_no_terminal(text: str, width: int) -> None:
    told = shapes.cut(text, width)
    assert cell_len(told) <= width
    assert told.isprintable()


def test_a_cut_shows_that_something_is_missing() -> None:
    assert (shapes.cut("CP001", 5), shapes.cut("CP0001", 5), shapes.cut("充电桩一号", 5)) == ("CP001", "CP00…", "充电…")


def test_states_and_reasons_are_words_with_a_look() -> None:
    assert [
        (shapes.status(one).plain, shapes.status(one).style) for one in (PointStatus.STOPPED, PointStatus.FAULTY)
    ] == [
        ("STOPPED", "point.stopped"),
        ("FAULTY", "point.faulty"),
    ]
    assert (shapes.reason(None), shapes.reason(Reason.UNPLUGGED)) == ("", "unplugged")


def test_times_that_cannot_be_are_shown_as_they_are() -> None:
    assert (shapes.when(None), shapes.when(1e300)) == ("", "1e+300")


def test_an_area_is_a_curve_over_several_rows_where_a_little_is_never_nothing() -> None:
    assert [row.plain for row in shapes.area([0, 0.01, 5, 7.5, 10, 99], 2, 10.0)] == ["   ▄██", " ▁████"]
    assert [row.plain for row in shapes.area([], 2, 10.0)] == ["", ""]
    assert [row.plain for row in shapes.area([5], 1, 0.0)] == [" "]
