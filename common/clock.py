"""The only reader of time. Cores never call it: they are handed a Moment."""

import time
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant, read from both clocks: `wall` dates things, `mono` measures how long they took."""

    wall: float
    mono: float

    def __add__(self, seconds: float) -> "Moment":
        return Moment(self.wall + seconds, self.mono + seconds)


#: Seconds, for measuring how long something takes; they date nothing.
stopwatch = time.perf_counter


class Clock(Protocol):
    def now(self) -> Moment: ...


class SystemClock:
    """The machine's clocks. Someone may set the wall clock back; the monotonic one only goes on."""

    def now(self) -> Moment:
        return Moment(time.time(), time.monotonic())


class ManualClock:
    """A clock that stands still until it is moved: for tests and simulations."""

    def __init__(self, wall: float = 1_800_000_000.0, mono: float = 1_000.0) -> None:
        self._now = Moment(wall, mono)

    def now(self) -> Moment:
        return self._now

    def advance(self, seconds: float) -> Moment:
        self._now += seconds
        return self._now
