"""A session from claim to ticket, and the bill."""

from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.billing import Tariff
from central.domain.sessions import TRANSITIONS, Origin, Session, State, Step, Verdict, judge
from common.errors import IllegalTransition
from common.messages import ChargeCompletion, Reason

CLAIMED = Session(
    session_id="s1",
    cp_id="CP1",
    driver_id="D1",
    state=State.CLAIMED,
    origin=Origin.SOCKET,
    request_id="r1",
    price_per_kwh=Decimal("0.3333"),
    claim_deadline=10.0,
    started_at=0.0,
)
CHARGING = CLAIMED.accepted(1.0)


def said(energy: str, reason: Reason = Reason.UNPLUGGED) -> ChargeCompletion:
    return ChargeCompletion(
        message_id="c",
        cp_id="CP1",
        session_id="s1",
        energy_consumed_kwh=Decimal(energy),
        total_cost=Decimal(0),
        reason=reason,
    )


def test_a_session_is_billed_by_the_price_at_its_start() -> None:
    finished = CHARGING.metered(5_000, 22.0).completed(10_005, Reason.UNPLUGGED, 100.0)
    assert finished == replace(
        CHARGING,
        state=State.FINISHED,
        energy_wh=10_005,
        total_cost=Decimal("3.33"),
        reason=Reason.UNPLUGGED,
        ended_at=100.0,
    )


def test_a_reading_with_less_energy_changes_nothing() -> None:
    metered = CHARGING.metered(5_000, 22.0)
    assert metered.metered(4_999, 11.0) == metered


@pytest.mark.parametrize(
    ("energy_wh", "at", "is_news"),
    [
        (5_001, None, True),
        (5_001, 1.0, True),  # its clock was set back; energy never is
        (5_000, 10.1, True),
        (5_000, 10.0, False),
        (5_000, 9.0, False),
        (5_000, None, False),
        (4_999, 11.0, False),
    ],
)
def test_news_is_more_energy_or_as_much_at_a_later_time(energy_wh: int, at: float | None, is_news: bool) -> None:
    assert CHARGING.metered(5_000, 22.0, 10.0).is_news(energy_wh, at) is is_news


def test_a_claim_takes_any_reading_as_a_sign_of_its_charge() -> None:
    assert CLAIMED.is_news(0, None) is True
    assert CHARGING.is_news(0, None) is False


def test_an_end_dated_before_the_start_is_dated_at_the_start() -> None:
    assert CHARGING.completed(0, Reason.FAULT, -500.0).ended_at == 1.0


def test_progress_counts_against_the_limit_or_fifty_kwh() -> None:
    assert CHARGING.metered(5_000, 22.0).progress == 10.0
    assert replace(CHARGING, energy_limit_wh=20_000).metered(5_000, 22.0).progress == 25.0
    assert CHARGING.metered(80_000, 22.0).progress == 100.0


@pytest.mark.parametrize("state", [State.FINISHED, State.REFUSED])
def test_a_closed_session_takes_no_further_step(state: State) -> None:
    closed = replace(CLAIMED, state=state)
    steps: list[Callable[[], Session]] = [
        lambda: closed.accepted(1.0),
        lambda: closed.refused(1.0),
        lambda: closed.metered(1, 1.0),
        lambda: closed.completed(1, Reason.FAULT, 1.0),
    ]
    for step in steps:
        with pytest.raises(IllegalTransition):
            step()


def test_every_step_has_a_place_somewhere() -> None:
    assert {step for _, step in TRANSITIONS} == set(Step)


@pytest.mark.parametrize(
    ("session", "completion", "verdict"),
    [
        (None, said("1.000"), Verdict.QUARANTINE),
        (CLAIMED, said("1.000"), Verdict.BILL),
        (CHARGING, said("1.000"), Verdict.BILL),
        (CHARGING.completed(1_000, Reason.UNPLUGGED, 5.0), said("1.000"), Verdict.REPEATED),
        (CHARGING.completed(1_000, Reason.UNPLUGGED, 5.0), said("1.001"), Verdict.QUARANTINE),
        (CHARGING.completed(1_000, Reason.UNPLUGGED, 5.0), said("1.000", Reason.FAULT), Verdict.QUARANTINE),
        (CLAIMED.refused(5.0), said("0.000"), Verdict.REPEATED),
        (CLAIMED.refused(5.0), said("0.001"), Verdict.QUARANTINE),
    ],
)
def test_a_completion_is_billed_recognised_or_kept_apart(
    session: Session | None, completion: ChargeCompletion, verdict: Verdict
) -> None:
    assert judge(session, completion) is verdict


@given(st.integers(0, 10**9), st.decimals(min_value=0, max_value=10_000, places=4))
def test_the_bill_is_energy_times_price_rounded_half_up_once(energy_wh: int, price: Decimal) -> None:
    exact = Decimal(energy_wh) * price / 1000
    assert Tariff(price).bill(energy_wh) == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
