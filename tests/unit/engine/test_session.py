from decimal import Decimal
from itertools import product

import pytest

from charging_point.engine.car import Battery, Car
from charging_point.engine.meter import Meter
from charging_point.engine.session import TRANSITIONS, Order, Session, State, Step
from common.clock import Moment
from common.errors import IllegalTransition
from common.ids import counted_ids
from common.messages import ChargeCompletion, ChargingData, Reason

NOW = Moment(1_800_000_000, 1000)
ORDER = Order("CP1", "s1", "D1", Decimal("0.30"), 36)
ILLEGAL = [pair for pair in product(State, Step) if pair not in TRANSITIONS]


def a_meter(limit_wh: int | None = None) -> Meter:
    return Meter(Car(Battery(60_000, 12_000), max_kw=150, plugged=True), max_kw=36, limit_wh=limit_wh)


def a_session(state: State = State.IDLE, order: Order = ORDER) -> Session:
    session = Session(time_scale=1, plug_wait_s=60, ids=counted_ids())
    if state is State.WAITING_FOR_PLUG:
        session.await_plug(order, NOW)
    elif state is State.CHARGING:
        session.begin(order, a_meter(), NOW)
    return session


def take(session: Session, step: Step) -> None:
    match step:
        case Step.AWAIT_PLUG:
            session.await_plug(ORDER, NOW)
        case Step.BEGIN:
            session.begin(ORDER, a_meter(), NOW)
        case Step.FINISH:
            session.finish(Reason.FAULT, NOW)
        case Step.CANCEL:
            session.cancel()


@pytest.mark.parametrize(("state", "step"), ILLEGAL)
def test_what_is_not_in_the_table_raises_and_changes_nothing(state: State, step: Step) -> None:
    session = a_session(state)
    before = dict(vars(session))
    with pytest.raises(IllegalTransition):
        take(session, step)
    assert vars(session) == before


@pytest.mark.parametrize(("state", "step"), TRANSITIONS)
def test_what_is_in_the_table_leads_where_it_says(state: State, step: Step) -> None:
    session = a_session(state)
    take(session, step)
    assert session.state is TRANSITIONS[state, step]


def test_a_reading_comes_each_second_and_says_energy_cost_and_power() -> None:
    session = a_session(State.CHARGING)
    assert session.reading(NOW + 0.9) is None
    assert session.reading(NOW + 1) == (
        10,
        ChargingData(
            message_id="m1",
            timestamp=NOW.wall + 1,
            cp_id="CP1",
            session_id="s1",
            energy_consumed_kwh=Decimal("0.01"),
            total_cost=Decimal("0.00"),
            charging_rate=36,
        ),
    )
    assert session.reading(NOW + 1.5) is None
    assert session.seconds_left(NOW + 1.5) == pytest.approx(0.5)


def test_after_a_long_pause_there_is_one_reading_and_no_burst() -> None:
    session = a_session(State.CHARGING)
    found = session.reading(NOW + 100)
    assert found is not None
    assert found[0] == 1000
    assert session.reading(NOW + 100) is None


def test_the_final_account_meters_to_the_last_moment() -> None:
    session = a_session(State.CHARGING)
    assert session.finish(Reason.UNPLUGGED, NOW + 100) == ChargeCompletion(
        message_id="m1",
        timestamp=NOW.wall + 100,
        cp_id="CP1",
        session_id="s1",
        energy_consumed_kwh=Decimal(1),
        total_cost=Decimal("0.30"),
        reason=Reason.UNPLUGGED,
    )


def test_a_limit_that_was_reached_is_the_reason_whoever_stopped_it() -> None:
    session = a_session()
    session.begin(ORDER, a_meter(limit_wh=500), NOW)
    account = session.finish(Reason.DRIVER_STOP, NOW + 100)
    assert (account.energy_consumed_kwh, account.reason) == (Decimal("0.5"), Reason.ENERGY_LIMIT)


def test_time_scale_speeds_the_charge_up_but_not_the_readings() -> None:
    session = Session(time_scale=60, plug_wait_s=60, ids=counted_ids())
    session.begin(ORDER, a_meter(limit_wh=900), NOW)
    assert session.seconds_left(NOW) == 1
    found = session.reading(NOW + 1)
    assert found is not None
    assert found[0] == 600
    assert session.seconds_left(NOW + 1) == pytest.approx(0.5)
    assert session.reached(NOW + 1.5) is Reason.ENERGY_LIMIT


def test_a_monotonic_clock_that_stands_still_adds_nothing() -> None:
    session = a_session(State.CHARGING)
    session.advance(NOW + 10)
    session.advance(NOW)
    assert session.finish(Reason.FAULT, NOW + 10).energy_consumed_kwh == Decimal("0.1")
