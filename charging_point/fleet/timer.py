"""When each of thousands is due: one wheel, and one timer of the loop for whoever comes next. What a tick does is not known here."""

import asyncio
import math
from collections.abc import Callable

from charging_point.fleet.wheel import Wheel
from common.clock import Clock, Moment

#: The timer looks no more often: who is due between is due together.
_TURN_S = 0.01
#: One turn lasts no longer, so that what arrives is heard in between.
_LONGEST_TURN_S = 0.02
#: Points that are ticked with one look at the clock.
_LOOK_AT_CLOCK_EVERY = 16


class Timer:
    """`tick` is called for a place that is due, and gives when it is due next; `note_late` hears how late a turn was."""

    def __init__(
        self, count: int, clock: Clock, tick: Callable[[int, Moment], float], note_late: Callable[[float], None]
    ) -> None:
        self._clock = clock
        self._tick = tick
        self._note_late = note_late
        self._wheel = Wheel(count)
        self._timer: asyncio.TimerHandle | None = None
        self._at = math.inf
        self._loop = asyncio.get_running_loop()
        self._is_stopped = False

    def expect(self, place: int, at: float) -> None:
        """From now on this place is due then, and at no other time."""
        self._wheel.set(place, at)
        if at < self._at:
            self._set(at)

    def stop(self) -> None:
        """Nobody is due any more."""
        self._is_stopped = True
        if self._timer is not None:
            self._timer.cancel()

    def _set(self, at: float) -> None:
        if self._is_stopped:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._at = at
        wait_s = at - self._clock.now().mono
        self._timer = self._loop.call_later(0.0 if wait_s < -_TURN_S else max(_TURN_S, wait_s), self._turn)

    def _turn(self) -> None:
        """Whoever is due by now, oldest first; what one turn has no time for has the next."""
        self._timer = None
        begins = now = self._clock.now()
        late_s, ticked = 0.0, 0
        while (found := self._wheel.take(now.mono)) is not None:
            place, at = found
            late_s = max(late_s, now.mono - at)
            self._wheel.set(place, self._tick(place, now))
            ticked += 1
            if ticked % _LOOK_AT_CLOCK_EVERY == 0:
                now = self._clock.now()
                if now.mono - begins.mono >= _LONGEST_TURN_S:
                    break
        self._note_late(late_s)
        self._at = math.inf
        self._set(self._wheel.next_at)
