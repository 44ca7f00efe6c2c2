"""The car at the point: its battery, how that takes charge, and whether it is plugged in. Pure."""

import math
from dataclasses import dataclass, replace

#: Above this state of charge a battery takes less and less power …
TAPER_FROM = 0.8
#: … down to this share of it when full; never zero, so that "full" is reached and not only approached.
FLOOR = 0.05
#: Less than this is no energy: what rounding leaves over.
NOTHING_WH = 1e-3
_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Battery:
    """
    How much energy is in, and how the rest goes in.

    Above the knee the accepted share of the power falls in a straight line with the stored energy. So it falls
    exponentially with time, and both directions have a closed form: a step of an hour is as exact as one of a second.
    """

    capacity_wh: float
    stored_wh: float

    @property
    def room_wh(self) -> float:
        return max(0.0, self.capacity_wh - self.stored_wh)

    @property
    def is_full(self) -> bool:
        return self.room_wh <= NOTHING_WH

    @property
    def soc_percent(self) -> float:
        return 100.0 * self.stored_wh / self.capacity_wh

    @property
    def _knee_wh(self) -> float:
        return TAPER_FROM * self.capacity_wh

    @property
    def _fall_per_wh(self) -> float:
        return (1.0 - FLOOR) / (self.capacity_wh - self._knee_wh)

    def share(self, stored_wh: float) -> float:
        """The part of the offered power that is taken at this energy."""
        return min(1.0, 1.0 - self._fall_per_wh * (stored_wh - self._knee_wh))

    def power_w(self, offered_w: float) -> float:
        return 0.0 if self.is_full else offered_w * self.share(self.stored_wh)

    def after(self, offered_w: float, seconds: float) -> "Battery":
        """The battery after this time at this offered power; it stops taking when full."""
        flat_wh = self.stored_wh + offered_w * (seconds / _SECONDS_PER_HOUR)
        if flat_wh <= self._knee_wh:  # most of a charge, and the cheap part of it
            return Battery(self.capacity_wh, flat_wh)
        if seconds >= self.seconds_to_take(self.room_wh, offered_w):
            return Battery(self.capacity_wh, max(self.stored_wh, self.capacity_wh))
        if offered_w <= 0.0:
            return self
        below_wh = max(0.0, self._knee_wh - self.stored_wh)
        hours = seconds / _SECONDS_PER_HOUR - below_wh / offered_w
        share = self.share(self.stored_wh + below_wh) * math.exp(-self._fall_per_wh * offered_w * hours)
        stored = self._knee_wh + (1.0 - share) / self._fall_per_wh
        # Rounding in the exponential must not take back what is in.
        return Battery(self.capacity_wh, min(self.capacity_wh, max(stored, self.stored_wh)))

    def seconds_to_take(self, energy_wh: float, offered_w: float) -> float:
        """How long until so much more is in (it must have room); infinite without power."""
        if energy_wh <= 0.0:
            return 0.0
        if offered_w <= 0.0:
            return math.inf
        end = self.stored_wh + energy_wh
        flat_wh = max(0.0, min(end, self._knee_wh) - self.stored_wh)
        hours = flat_wh / offered_w
        start = max(self.stored_wh, self._knee_wh)
        if end > start:
            hours += math.log(self.share(start) / self.share(end)) / (self._fall_per_wh * offered_w)
        return hours * _SECONDS_PER_HOUR


class Car:
    """
    What stands at the point, as settings and simulated events describe it.

    Another driver's charge is another car, and so is the next one after an unplug: both arrive as described, while the
    same driver's car keeps what it has taken.
    """

    def __init__(self, battery: Battery, *, max_kw: float, plugged: bool) -> None:
        self.battery = battery
        self.max_kw = max_kw
        self.plugged = plugged
        self._arrives_with = battery
        self._driver_id: str | None = None

    def plug(self) -> None:
        self.plugged = True

    def unplug(self) -> None:
        self.plugged = False
        self.battery = self._arrives_with

    def driven_by(self, driver_id: str) -> None:
        if self._driver_id not in (None, driver_id):
            self.battery = self._arrives_with
        self._driver_id = driver_id

    def set_capacity(self, capacity_wh: float) -> None:
        """Another size of battery, charged to the same percentage."""
        self._describe(Battery(capacity_wh, capacity_wh * self.battery.stored_wh / self.battery.capacity_wh))

    def set_soc(self, percent: float) -> None:
        self._describe(replace(self.battery, stored_wh=self.battery.capacity_wh * percent / 100.0))

    def _describe(self, battery: Battery) -> None:
        self.battery = self._arrives_with = battery
