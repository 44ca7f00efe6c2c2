"""
Who comes to charge at one point, and what breaks there, as its visits say. Pure.

A driver who finds the point taken, broken or away drives on. One who may charge leaves when the charge has ended, whoever
ended it. Everything is done as at an Engine's standard input: a swipe, a fault, a recovery.
"""

import math
from collections import Counter
from dataclasses import dataclass, field

from charging_point.engine.effects import Effects
from charging_point.engine.local_start import ANSWER_WITHIN_S, LocalStarts
from charging_point.engine.point import Point
from charging_point.fleet.spec import Vehicle
from charging_point.fleet.visits import Visit, Visits
from common.clock import Moment
from common.messages import LocalStartResponse

#: Longer than a card waits for its answer.
_ASKED_LONG_ENOUGH_S = ANSWER_WITHIN_S + 5.0


@dataclass(slots=True)
class Toll:
    """What became of all visits of a fleet."""

    came: int = 0
    drove_on: int = 0
    faults: int = 0
    refused: Counter[str] = field(default_factory=Counter)


class Traffic:
    """Feed it the time; do what it gives back at the Engine. `due` says when it has something to do."""

    __slots__ = (
        "_asked_until",
        "_began",
        "_failure",
        "_is_charging",
        "_local_starts",
        "_point",
        "_repaired_at",
        "_scale",
        "_toll",
        "_visit",
        "_visits",
        "due",
    )

    _point: Point
    _local_starts: LocalStarts

    def __init__(self, visits: Visits, toll: Toll, *, began: Moment, time_scale: float) -> None:
        self._visits = visits
        self._toll = toll
        self._began = began.mono
        self._scale = time_scale
        self._visit: Visit | None = visits.next_visit()
        self._failure = visits.next_failure()
        self._repaired_at = math.inf
        self._asked_until = math.inf
        self._is_charging = False
        self.due = math.inf
        self._look_ahead()

    def takes_place_at(self, point: Point, local_starts: LocalStarts) -> None:
        self._point = point
        self._local_starts = local_starts

    def tick(self, now: Moment) -> Effects:
        effects = [*self._break_down(now), *self._repair(now)]
        if now.mono >= self._asked_until:
            self._leave()
        while self._visit is not None and now.mono >= self._real(self._visit.at_s):
            visit, self._visit = self._visit, self._visits.next_visit()
            effects += self._arrive(visit, now)
        self._look_ahead()
        return effects

    def look(self, now: Moment) -> Effects:
        """Something happened at the point: see whether the visit has begun or ended."""
        del now
        charges = self._point.session_id is not None
        if charges and self._asked_until < math.inf:
            self._asked_until, self._is_charging = math.inf, True
            self._look_ahead()
        elif self._is_charging and not charges:
            self._leave()
        return []

    def turned_down(self, answer: LocalStartResponse, now: Moment) -> None:
        """Central does not let the driver charge."""
        del now
        self._toll.refused[str(answer.error or "refused")] += 1
        self._leave()

    def _arrive(self, visit: Visit, now: Moment) -> Effects:
        self._toll.came += 1
        is_free = self._asked_until == math.inf and not self._is_charging
        if not is_free or not self._point.is_linked or self._point.refusal() is not None:
            self._toll.drove_on += 1
            return []
        park(self._point, visit.vehicle, visit.soc_percent)
        self._asked_until = now.mono + _ASKED_LONG_ENOUGH_S
        return self._local_starts.swipe(visit.driver_id, visit.energy_kwh, now)

    def _leave(self) -> None:
        self._asked_until, self._is_charging = math.inf, False
        self._look_ahead()

    def _break_down(self, now: Moment) -> Effects:
        if self._failure is None or now.mono < self._real(self._failure.at_s):
            return []
        failure, self._failure = self._failure, self._visits.next_failure()
        if self._point.fault is not None:
            return []
        self._toll.faults += 1
        self._repaired_at = now.mono + failure.lasts_s / self._scale
        return self._point.fail(failure.fault_type, now)

    def _repair(self, now: Moment) -> Effects:
        if now.mono < self._repaired_at:
            return []
        self._repaired_at = math.inf
        return self._point.recover()

    def _look_ahead(self) -> None:
        visit_at = math.inf if self._visit is None else self._real(self._visit.at_s)
        failure_at = math.inf if self._failure is None else self._real(self._failure.at_s)
        self.due = min(visit_at, failure_at, self._repaired_at, self._asked_until)

    def _real(self, simulated_s: float) -> float:
        return self._began + simulated_s / self._scale


def park(point: Point, vehicle: Vehicle, soc_percent: float) -> None:
    """Another vehicle stands at the point; nothing is charged there now."""
    car = point.car
    car.max_kw = vehicle.max_kw
    car.set_capacity(1000.0 * vehicle.battery_kwh)
    car.set_soc(soc_percent)
    car.plug()
