"""The meter: power over time, counted as whole watt-hours that never fall. Pure; seconds are simulated seconds."""

import math

from charging_point.engine.car import NOTHING_WH, Car
from common.messages import Reason

#: No session is longer than this (100 MWh): keeps every cost within what a message can say.
MOST_WH = 100_000_000
_SECONDS_PER_HOUR = 3600.0


class Meter:
    """Charges one car within one session and counts what went in."""

    def __init__(self, car: Car, *, max_kw: float, limit_wh: int | None = None) -> None:
        self._car = car
        self._offered_w = 1000.0 * min(max_kw, car.max_kw)
        self._limit_wh = MOST_WH if limit_wh is None else min(limit_wh, MOST_WH)
        self._counted_wh = 0.0

    @property
    def energy_wh(self) -> int:
        """Whole watt-hours; what is finer is not yet metered."""
        return math.floor(self._counted_wh + NOTHING_WH)

    @property
    def reached(self) -> Reason | None:
        """Why no more goes in: the limit or a full battery."""
        if self._limit_wh - self._counted_wh <= NOTHING_WH:
            return Reason.ENERGY_LIMIT
        return Reason.VEHICLE_FULL if self._car.battery.is_full else None

    @property
    def power_kw(self) -> float:
        """What flows now, to the watt."""
        return 0.0 if self.reached else round(self._car.battery.power_w(self._offered_w) / 1000.0, 3)

    @property
    def offered_kw(self) -> float:
        """The most that can flow in this session."""
        return self._offered_w / 1000.0

    @property
    def will_reach(self) -> Reason:
        """What comes first."""
        is_limited = self._limit_wh - self._counted_wh <= self._car.battery.room_wh
        return Reason.ENERGY_LIMIT if is_limited else Reason.VEHICLE_FULL

    @property
    def seconds_left(self) -> float:
        """Until the limit or the full battery; infinite when no power is offered."""
        return self._car.battery.seconds_to_take(self._room_wh, self._offered_w)

    @property
    def least_seconds_left(self) -> float:
        """It cannot be over before; cheap to say, because it asks nothing of how the battery fills."""
        return _SECONDS_PER_HOUR * self._room_wh / self._offered_w if self._offered_w > 0.0 else math.inf

    @property
    def _room_wh(self) -> float:
        return max(0.0, min(self._limit_wh - self._counted_wh, self._car.battery.room_wh))

    def advance(self, seconds: float) -> None:
        """Charge for this long, but not beyond the limit."""
        before = self._car.battery
        room_wh = self._room_wh
        if self._offered_w * seconds >= _SECONDS_PER_HOUR * room_wh:  # else it cannot come so far
            seconds = min(seconds, before.seconds_to_take(room_wh, self._offered_w))
        after = before.after(self._offered_w, seconds)
        self._car.battery = after
        self._counted_wh += min(room_wh, after.stored_wh - before.stored_wh)
