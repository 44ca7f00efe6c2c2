"""Who comes to a point by himself, and what breaks there: by chance, and the same for the same seed."""

from collections.abc import Sequence
from decimal import Decimal
from random import Random

import pytest

from charging_point.engine.ledger import SessionFinished
from charging_point.fleet.spec import USUAL_VEHICLES, Distribution, PointTemplate
from charging_point.fleet.visits import Failure, Visit, Visits, drawn
from common import messages as m
from common.errors import ErrorCode
from tests.unit.fleet.conftest import Yard

#: Each wants half a kWh, which takes 82 s at 22 kW.
BUSY = PointTemplate(id="CP{n}", count=1, arrivals_per_hour=60, energy_kwh=0.5, soc_percent=20)


def visits(seed: int, cp_id: str = "CP1", template: PointTemplate = BUSY) -> Visits:
    return Visits(cp_id, template, USUAL_VEHICLES, "D{:03}".format, 50, lambda name: Random(f"{seed} {name}"))


def hundred(seed: int, cp_id: str = "CP1", template: PointTemplate = BUSY) -> Sequence[Visit]:
    found = visits(seed, cp_id, template)
    return [visit for _ in range(100) if (visit := found.next_visit())]


def allow(yard: Yard, session_id: str) -> None:
    asked = yard.outside.told_of(m.LocalStartRequest)[-1]
    price = Decimal("0.30")
    yard.hear(
        m.LocalStartResponse(message_id=asked.message_id, status="success", session_id=session_id, price_per_kwh=price)
    )


def until_somebody_asks(yard: Yard) -> None:
    before = len(yard.outside.told_of(m.LocalStartRequest))
    for _ in range(10_000):
        if len(yard.outside.told_of(m.LocalStartRequest)) > before:
            return
        yard.after(0.5)
    raise AssertionError("nobody came")


# -- chance


def test_the_same_seed_brings_the_same_drivers_vehicles_and_energies() -> None:
    assert hundred(7) == hundred(7)
    assert hundred(7) != hundred(8)
    assert hundred(7) != hundred(7, "CP2")


def test_drivers_come_as_often_as_said_at_times_that_are_random() -> None:
    times = [visit.at_s for visit in hundred(1)]
    gaps = [after - before for before, after in zip([0.0, *times], times, strict=False)]
    assert times == sorted(times)
    assert sum(gaps) / len(gaps) == pytest.approx(60.0, rel=0.3)
    assert (min(gaps) < 10.0, max(gaps) > 120.0) == (True, True)


def test_vehicles_come_by_their_shares() -> None:
    found = [visit.vehicle.name for seed in range(10) for visit in hundred(seed)]
    assert {name: round(found.count(name) / 100) for name in set(found)} == {"small": 3, "family": 5, "large": 2}


def test_nobody_comes_where_points_only_obey() -> None:
    assert visits(1, template=BUSY.model_copy(update={"on_command": True})).next_visit() is None


def test_faults_come_by_their_rate_and_last_as_said() -> None:
    breaking = visits(1, template=BUSY.model_copy(update={"faults_per_day": 24.0, "repair_minutes": 3.0}))
    found = [failure for _ in range(200) if isinstance(failure := breaking.next_failure(), Failure)]
    assert {failure.lasts_s for failure in found} == {180.0}
    assert found[-1].at_s / 200 == pytest.approx(3600.0, rel=0.3)


@pytest.mark.parametrize(
    ("distribution", "low", "high", "mean"),
    [
        (12.5, 12.5, 12.5, 12.5),
        (Distribution(uniform=(10, 20)), 10, 20, 15),
        (Distribution(normal=(20, 5), min=10, max=30), 10, 30, 20),
        (Distribution(exponential=10), 0, 100, 10),
    ],
)
def test_values_keep_to_their_distribution(
    distribution: Distribution | float, low: float, high: float, mean: float
) -> None:
    chance = Random("values")
    values = [drawn(distribution, chance, 0.0, 100.0) for _ in range(2000)]
    assert low <= min(values) <= max(values) <= high
    assert sum(values) / len(values) == pytest.approx(mean, rel=0.1)


# -- at a point


def test_a_driver_charges_what_he_wants_and_leaves() -> None:
    yard = Yard(BUSY).register()
    until_somebody_asks(yard)
    (asked,) = yard.outside.told_of(m.LocalStartRequest)
    allow(yard, "s1")
    yard.after(84.0)
    (account,) = yard.outside.told_of(m.ChargeCompletion)
    assert (asked.energy_limit_kwh, account.energy_consumed_kwh, account.reason) == (
        Decimal("0.500"),
        Decimal("0.5"),
        m.Reason.ENERGY_LIMIT,
    )
    until_somebody_asks(yard)
    assert yard.outside.told_of(m.LocalStartRequest)[-1].message_id != asked.message_id


def test_who_finds_the_point_taken_drives_on() -> None:
    yard = Yard(BUSY.model_copy(update={"energy_kwh": None, "soc_percent": 0.0})).register()
    until_somebody_asks(yard)
    allow(yard, "s1")
    yard.after(600.0)
    toll = yard.tally.toll
    assert (len(yard.outside.told_of(m.LocalStartRequest)), toll.drove_on) == (1, toll.came - 1)
    assert toll.drove_on > 3


def test_who_is_refused_leaves_and_the_next_may_ask() -> None:
    yard = Yard(BUSY.model_copy(update={"arrivals_per_hour": 3600.0})).register()
    until_somebody_asks(yard)
    asked, began = yard.outside.told_of(m.LocalStartRequest)[-1], yard.clock.now().mono
    refusal = m.LocalStartResponse(message_id=asked.message_id, status="failure", error=ErrorCode.UNKNOWN_DRIVER)
    yard.hear(refusal)
    assert yard.tally.toll.refused == {"unknown_driver": 1}
    until_somebody_asks(yard)
    assert yard.clock.now().mono - began < 10.0  # nobody waits for an answer any more


def test_a_driver_whom_nobody_answers_leaves() -> None:
    yard = Yard(BUSY).register()
    until_somebody_asks(yard)
    until_somebody_asks(yard)
    assert len(yard.outside.told_of(m.LocalStartRequest)) == 2


def test_an_operators_stop_ends_the_visit() -> None:
    yard = Yard(BUSY).register()
    until_somebody_asks(yard)
    allow(yard, "s1")
    yard.hear(m.StopChargingCommand(message_id="stop", cp_id="CP1", session_id="s1", reason="admin_stop"))
    until_somebody_asks(yard)
    assert len(yard.outside.told_of(m.LocalStartRequest)) == 2


def test_a_point_breaks_and_is_repaired() -> None:
    breaking = BUSY.model_copy(update={"arrivals_per_hour": 0.0, "faults_per_day": 240.0, "repair_minutes": 1.0})
    yard = Yard(breaking).register().after(2000.0)
    faults, recoveries = yard.outside.told_of(m.FaultNotification), yard.outside.told_of(m.RecoveryNotification)
    assert len(faults) == yard.tally.toll.faults > 1
    assert len(recoveries) in (len(faults), len(faults) - 1)


def test_who_is_let_in_while_the_fleet_ends_is_given_an_empty_account_instead_of_a_charge_that_nobody_ends() -> None:
    yard = Yard(BUSY).register()
    until_somebody_asks(yard)
    yard.pair.shut_down(yard.clock.now())
    allow(yard, "s1")
    (entry,) = yard.outside.entries
    assert isinstance(entry, SessionFinished)
    assert (entry.completion.session_id, entry.completion.energy_consumed_kwh, entry.completion.reason) == (
        "s1",
        Decimal(0),
        "power_loss",
    )
    assert yard.outside.told_of(m.ChargeCompletion) == [entry.completion]
