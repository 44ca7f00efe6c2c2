"""How long to wait before the next attempt: exponential, with full jitter. No I/O, no clock."""

from collections.abc import Callable

FIRST_S = 1.0
LONGEST_S = 60.0
_MOST_DOUBLINGS = 16


class Backoff:
    """`rng` gives numbers from 0 to 1; full jitter keeps a fleet from coming back in step."""

    def __init__(self, rng: Callable[[], float], first: float = FIRST_S, longest: float = LONGEST_S) -> None:
        self._rng = rng
        self._first = first
        self._longest = longest
        self._failures = 0

    def reset(self) -> None:
        self._failures = 0

    def next_delay(self) -> float:
        ceiling = min(self._longest, self._first * float(1 << min(self._failures, _MOST_DOUBLINGS)))
        self._failures += 1
        return self._rng() * ceiling
