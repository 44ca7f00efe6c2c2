"""How long a charge still takes, in real seconds, and what ends it."""

import math
from decimal import Decimal

import pytest

from charging_point.engine.car import Battery, Car
from charging_point.engine.meter import Meter
from charging_point.engine.session import Order, Session
from common.clock import Moment
from common.ids import counted_ids
from common.messages import Reason
from tests.unit.engine.conftest import Rig, start

NOW = Moment(1_800_000_000, 1000)
ORDER = Order("CP1", "s1", "D1", Decimal("0.30"), 36)


def charging(time_scale: float = 1, *, limit_wh: int | None = None, car_kw: float = 150) -> Session:
    session = Session(time_scale=time_scale, plug_wait_s=60, ids=counted_ids())
    car = Car(Battery(60_000, 30_000), max_kw=car_kw, plugged=True)
    session.begin(ORDER, Meter(car, max_kw=36, limit_wh=limit_wh), NOW)
    return session


@pytest.mark.parametrize(("time_scale", "seconds"), [(1, 900.0), (60, 15.0)])
def test_to_the_limit_it_is_the_energy_over_the_power_in_real_seconds(time_scale: float, seconds: float) -> None:
    session = charging(time_scale, limit_wh=9_000)
    assert session.seconds_to_end(NOW) == pytest.approx(seconds)
    assert session.seconds_to_end(NOW + 10) == pytest.approx(seconds - 10)
    session.advance(NOW + 10)
    assert session.seconds_to_end(NOW + 10) == pytest.approx(seconds - 10)
    assert session.meter is not None
    assert session.meter.will_reach is Reason.ENERGY_LIMIT


def test_to_the_full_battery_it_is_when_the_charge_really_ends() -> None:
    rig = Rig().charging()
    left = rig.point.session.seconds_to_end(rig.clock.now())
    assert left is not None
    assert rig.point.session.meter is not None
    assert rig.point.session.meter.will_reach is Reason.VEHICLE_FULL
    rig.after(left - 0.5)
    assert rig.point.is_charging
    rig.after(1)
    assert rig.point.last is not None
    assert rig.point.last.reason is Reason.VEHICLE_FULL


def test_without_power_there_is_no_end_and_without_a_charge_no_time() -> None:
    assert charging(car_kw=0).seconds_to_end(NOW) == math.inf
    assert Rig().point.session.seconds_to_end(NOW) is None


def test_a_start_tells_how_long_it_still_waits_for_its_plug() -> None:
    rig = Rig(plugged=False).linked()
    assert rig.point.session.seconds_to_plug(rig.clock.now()) is None
    rig.hear(start())
    rig.after(20)
    assert rig.point.session.seconds_to_plug(rig.clock.now()) == pytest.approx(40)
    rig.line("plug")
    assert rig.point.session.seconds_to_plug(rig.clock.now()) is None


def test_each_charge_has_a_curve_of_its_own_that_stays_after_it() -> None:
    rig = Rig().charging(limit="0.03")
    rig.after(10)
    assert rig.point.session.curve.samples == [36, 36, 36]  # at its start and at two readings
    rig.hear(start("s2", message_id="c2"))
    assert rig.point.session.curve.samples == [36]
