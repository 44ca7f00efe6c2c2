"""Energy in whole watt-hours, money in decimals, one rounding rule."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import cost, kwh, watt_hours


@given(st.integers(min_value=0, max_value=10**9))
def test_watt_hours_survive_the_wire(energy_wh: int) -> None:
    assert watt_hours(kwh(energy_wh)) == energy_wh


def test_what_is_finer_than_a_watt_hour_is_not_yet_metered() -> None:
    assert [watt_hours(Decimal(text)) for text in ("1.5", "0.0009", "0.0019")] == [1500, 0, 1]


@pytest.mark.parametrize(
    ("energy_wh", "price", "expected"),
    [
        (0, "0.30", "0.00"),
        (1000, "0.30", "0.30"),
        (50, "0.30", "0.02"),  # 0.015: half up, where binary floats would round to even or below
        (16, "0.30", "0.00"),
        (17, "0.30", "0.01"),
        (2675, "1", "2.68"),
        (1005, "1", "1.01"),
        (12345, "0.3999", "4.94"),
    ],
)
def test_cost_is_rounded_half_up_to_a_cent(energy_wh: int, price: str, expected: str) -> None:
    assert cost(energy_wh, Decimal(price)) == Decimal(expected)
    assert str(cost(energy_wh, Decimal(price))) == expected


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 100_000))
def test_more_energy_never_costs_less(one: int, other: int, ten_thousandths: int) -> None:
    price = Decimal(ten_thousandths).scaleb(-4)
    assert cost(min(one, other), price) <= cost(max(one, other), price)
