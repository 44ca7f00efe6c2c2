import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charging_point.engine.car import Battery, Car
from charging_point.engine.meter import MOST_WH, Meter
from common.messages import Reason

HOUR = 3600.0


def a_car(soc: float = 20.0, capacity_wh: float = 60_000.0, max_kw: float = 150.0) -> Car:
    return Car(Battery(capacity_wh, capacity_wh * soc / 100), max_kw=max_kw, plugged=True)


def test_below_the_knee_energy_is_power_times_time() -> None:
    meter = Meter(a_car(), max_kw=22)
    meter.advance(HOUR)
    assert (meter.energy_wh, meter.power_kw, meter.reached) == (22_000, 22.0, None)


def test_a_watt_hour_counts_once_it_is_whole() -> None:
    meter = Meter(a_car(), max_kw=3.6)
    told = []
    for _ in range(4):
        meter.advance(0.4)
        told.append(meter.energy_wh)
    assert told == [0, 0, 1, 1]


def test_the_weakest_of_point_and_car_sets_the_power() -> None:
    assert Meter(a_car(max_kw=7), max_kw=22).power_kw == 7.0
    assert Meter(a_car(max_kw=70), max_kw=22).power_kw == 22.0


def test_power_falls_in_a_line_from_the_knee_to_a_small_floor() -> None:
    shares = [Meter(a_car(soc), max_kw=10).power_kw for soc in (0, 80, 90, 99.9, 100)]
    assert shares == [10.0, 10.0, 5.25, 0.548, 0.0]


def test_the_closed_form_agrees_with_plain_small_steps() -> None:
    battery = Battery(60_000, 45_000)
    stored, step = battery.stored_wh, 1.0
    for _ in range(int(HOUR)):
        stored += battery.share(stored) * 22_000 * step / HOUR
    assert battery.after(22_000, HOUR).stored_wh == pytest.approx(stored, rel=1e-4)


def test_the_meter_stops_exactly_at_the_limit() -> None:
    meter = Meter(a_car(), max_kw=22, limit_wh=1234)
    meter.advance(10 * HOUR)
    assert (meter.energy_wh, meter.power_kw, meter.reached) == (1234, 0.0, Reason.ENERGY_LIMIT)


def test_the_meter_stops_exactly_when_the_battery_is_full() -> None:
    car = a_car()
    meter = Meter(car, max_kw=22)
    meter.advance(100 * HOUR)
    assert (meter.energy_wh, meter.reached, car.battery.soc_percent) == (48_000, Reason.VEHICLE_FULL, 100.0)


def test_without_power_the_limit_is_never_reached() -> None:
    meter = Meter(a_car(), max_kw=0, limit_wh=10)
    meter.advance(HOUR)
    assert (meter.energy_wh, meter.seconds_left, meter.reached) == (0, math.inf, None)


def test_no_session_counts_more_than_a_message_can_say() -> None:
    car = a_car(soc=0, capacity_wh=10 * MOST_WH, max_kw=1e6)
    meter = Meter(car, max_kw=1e6)
    meter.advance(1e9)
    assert (meter.energy_wh, meter.reached) == (MOST_WH, Reason.ENERGY_LIMIT)


def test_the_same_drivers_car_keeps_what_it_took_and_another_drivers_is_another_car() -> None:
    car = a_car(soc=20)
    car.driven_by("D1")
    Meter(car, max_kw=22, limit_wh=6000).advance(HOUR)
    car.driven_by("D1")
    assert car.battery.soc_percent == pytest.approx(30)
    car.driven_by("D2")
    assert car.battery.soc_percent == 20


def test_a_bigger_battery_is_charged_to_the_same_percentage() -> None:
    car = a_car(soc=25)
    car.set_capacity(100_000)
    assert car.battery == Battery(100_000, 25_000)


@given(
    soc=st.floats(0, 100),
    kw=st.floats(0.1, 400),
    steps=st.lists(st.floats(0, 4000), min_size=1, max_size=20),
)
def test_the_sum_of_steps_is_one_big_step(soc: float, kw: float, steps: list[float]) -> None:
    small, big = Meter(a_car(soc), max_kw=kw), Meter(a_car(soc), max_kw=kw)
    readings = [0]
    for step in steps:
        small.advance(step)
        readings.append(small.energy_wh)
    big.advance(sum(steps))
    assert readings == sorted(readings)
    assert abs(small.energy_wh - big.energy_wh) <= 1


@given(soc=st.floats(0, 100), kw=st.floats(0.1, 400), limit=st.integers(0, 80_000))
def test_the_predicted_time_is_when_it_is_over_and_not_before(soc: float, kw: float, limit: int) -> None:
    meter = Meter(a_car(soc), max_kw=kw, limit_wh=limit)
    left = meter.seconds_left
    if left > 1:
        meter.advance(left - 1)
        assert meter.reached is None
        left = 1
    meter.advance(left)
    assert meter.reached is not None
