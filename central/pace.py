"""How many messages a second were taken lately, from samples of a count that only grows. No I/O."""

from collections import deque

_OVER_S = 10.0
_APART_S = 0.9


class Pace:
    def __init__(self, now: float) -> None:
        #: When, and how many there were by then; the oldest is the last one that is `_OVER_S` old or more.
        self._samples: deque[tuple[float, float]] = deque([(now, 0.0)])

    def note(self, total: float, now: float) -> None:
        """Called about once a second."""
        if now - self._samples[-1][0] >= _APART_S:
            self._samples.append((now, total))
        while len(self._samples) > 1 and now - self._samples[1][0] >= _OVER_S:
            self._samples.popleft()

    def per_second(self, total: float, now: float) -> float:
        began, before = self._samples[0]
        return round((total - before) / max(now - began, 1.0), 2)
