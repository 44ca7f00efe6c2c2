"""Energy beyond power times time is not believed; a wide margin keeps clocks and meters out of it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from central.domain.plausible import most_wh
from central.domain.sessions import Origin, Session, State

START = 1000.0
SESSION = Session(
    session_id="s1",
    cp_id="CP1",
    driver_id="D1",
    state=State.CHARGING,
    origin=Origin.SOCKET,
    request_id="r1",
    price_per_kwh=Decimal("0.30"),
    claim_deadline=START + 10,
    started_at=START,
)


@pytest.mark.parametrize(
    ("after_s", "time_scale", "most_kwh"),
    [
        (0.0, 1.0, 27.5),  # an hour in advance, and a quarter on top
        (3600.0, 1.0, 55.0),
        (-3600.0, 1.0, 27.5),  # a clock that jumped back
        (0.0, 600.0, 16_500.0),
    ],
)
def test_the_bound_grows_with_time_and_with_how_fast_it_is_simulated(
    after_s: float, time_scale: float, most_kwh: float
) -> None:
    assert most_wh(SESSION, 22.0, START + after_s, time_scale) == pytest.approx(1000 * most_kwh)


def test_a_charge_that_was_accepted_late_counts_from_its_claim() -> None:
    late = replace(SESSION, started_at=START + 7200)
    assert most_wh(late, 22.0, START + 7210, 1.0) == pytest.approx(82_500)


def test_no_bill_is_larger_than_a_message_can_say() -> None:
    dear = replace(SESSION, price_per_kwh=Decimal(10_000))
    assert most_wh(dear, 100_000.0, START + 36_000, 1.0) == 100_000_000
    assert most_wh(replace(SESSION, price_per_kwh=Decimal(0)), 22.0, START, 1.0) == pytest.approx(27_500)
