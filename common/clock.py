"""
The only reader of time. Cores never call it: they are handed a Moment.

For the fault harness the wall clock of one process can be told to jump (EV_CLOCK_JUMP, read in settings.py).
"""

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


@dataclass(frozen=True, slots=True)
class Jump:
    """The wall clock is set by `seconds` once the monotonic one shows `at`."""

    seconds: float
    at: float


_jump: Jump | None = None


def jump(seconds: float, after_s: float) -> None:
    """Set the wall clock of this process forward or back, so many seconds from now."""
    global _jump  # noqa: PLW0603 - a machine has one wall clock, and so has a process
    _jump = Jump(seconds, time.monotonic() + after_s)


class SystemClock:
    """The machine's clocks. Someone may set the wall clock back; the monotonic one only goes on."""

    def now(self) -> Moment:
        mono = time.monotonic()
        if _jump is not None and mono >= _jump.at:
            return Moment(time.time() + _jump.seconds, mono)
        return Moment(time.time(), mono)


class ManualClock:
    """A clock that stands still until it is moved: for tests and simulations."""

    def __init__(self, wall: float = 1_800_000_000.0, mono: float = 1_000.0) -> None:
        self._now = Moment(wall, mono)

    def now(self) -> Moment:
        return self._now

    def advance(self, seconds: float) -> Moment:
        self._now += seconds
        return self._now
