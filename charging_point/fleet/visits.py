"""
What comes to a point by chance: visits of drivers with their vehicles, and faults. Pure: chance itself is handed in.

Each visit and each fault of a point is drawn by its own number, so a run with the same seed has the same ones, whatever
happened in between. Times are simulated seconds since the start.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from charging_point.fleet.spec import Distribution, PointTemplate, Vehicle

_HOUR_S, _DAY_S, _MINUTE_S = 3600.0, 86_400.0, 60.0
#: Less than this is no charge that anybody comes for.
_LEAST_KWH = Decimal("0.1")
FAULT_TYPES = ("ground_failure", "over_current", "high_temperature", "connector_lock_failure", "power_meter_failure")


class Chance(Protocol):
    """What of `random.Random` is used here."""

    def random(self) -> float: ...

    def gauss(self, mu: float, sigma: float) -> float: ...


#: Chance for one thing, named: the same name, the same chance.
Chances = Callable[[str], Chance]


@dataclass(frozen=True, slots=True)
class Visit:
    """A driver comes at a time, with a vehicle, and wants so much; None: until it is full."""

    at_s: float
    driver_id: str
    vehicle: Vehicle
    soc_percent: float
    energy_kwh: Decimal | None


@dataclass(frozen=True, slots=True)
class Failure:
    at_s: float
    fault_type: str
    lasts_s: float


class Visits:
    """Those of one point, one after the other."""

    def __init__(
        self,
        cp_id: str,
        template: PointTemplate,
        vehicles: Sequence[Vehicle],
        drivers: Callable[[int], str],
        driver_count: int,
        chances: Chances,
    ) -> None:
        self._cp_id = cp_id
        self._template = template
        self._vehicles = vehicles
        self._driver = drivers
        self._driver_count = driver_count
        self._chances = chances
        self._visits = self._failures = 0
        self._visit_at_s = self._failure_at_s = 0.0

    def vehicle(self) -> tuple[Vehicle, float]:
        """What stands there at the start, and how full it is."""
        chance = self._chances(f"{self._cp_id} first")
        return self._any_vehicle(chance), drawn(self._template.soc_percent, chance, 0.0, 100.0)

    def next_visit(self) -> Visit | None:
        """None: nobody ever comes."""
        if self._template.on_command or self._template.arrivals_per_hour <= 0:
            return None
        self._visits += 1
        chance = self._chances(f"{self._cp_id} visit {self._visits}")
        self._visit_at_s += _waited(chance, self._template.arrivals_per_hour / _HOUR_S)
        driver = self._driver(int(chance.random() * self._driver_count) + 1)
        vehicle = self._any_vehicle(chance)
        soc = drawn(self._template.soc_percent, chance, 0.0, 100.0)
        return Visit(self._visit_at_s, driver, vehicle, soc, self._energy(chance))

    def next_failure(self) -> Failure | None:
        if self._template.faults_per_day <= 0:
            return None
        self._failures += 1
        chance = self._chances(f"{self._cp_id} fault {self._failures}")
        self._failure_at_s += _waited(chance, self._template.faults_per_day / _DAY_S)
        fault_type = FAULT_TYPES[int(chance.random() * len(FAULT_TYPES))]
        return Failure(
            self._failure_at_s, fault_type, _MINUTE_S * drawn(self._template.repair_minutes, chance, 0.0, math.inf)
        )

    def _energy(self, chance: Chance) -> Decimal | None:
        wanted = self._template.energy_kwh
        if wanted is None:
            return None
        return max(_LEAST_KWH, Decimal(f"{drawn(wanted, chance, 0.0, 100_000.0):.3f}"))

    def _any_vehicle(self, chance: Chance) -> Vehicle:
        left = chance.random() * sum(one.share for one in self._vehicles)
        for one in self._vehicles:
            left -= one.share
            if left < 0:
                return one
        return self._vehicles[-1]


def _waited(chance: Chance, per_s: float) -> float:
    """Poisson arrivals: the time to the next is exponential."""
    return -math.log(1.0 - chance.random()) / per_s


def drawn(distribution: Distribution | float, chance: Chance, least: float, most: float) -> float:
    """One value, held within the bounds of what it is, and of the distribution itself."""
    if isinstance(distribution, int | float):
        return min(most, max(least, float(distribution)))
    if distribution.uniform is not None:
        low, high = distribution.uniform
        value = low + chance.random() * (high - low)
    elif distribution.normal is not None:
        value = chance.gauss(*distribution.normal)
    else:
        assert distribution.exponential is not None  # the model holds that there is one
        value = -math.log(1.0 - chance.random()) * distribution.exponential
    low = least if distribution.min is None else max(least, distribution.min)
    high = most if distribution.max is None else min(most, distribution.max)
    return min(high, max(low, value))
