"""When each of many is next due: one heap instead of a timer each. Pure."""

import heapq
import math


class Wheel:
    """Whoever is due is told by number. A due time that was changed leaves its old place in the heap, to be passed over."""

    def __init__(self, count: int) -> None:
        self._due = [math.inf] * count
        self._heap: list[tuple[float, int]] = []

    def set(self, who: int, at: float) -> None:
        """From now on this one is due then, and at no other time; never, when that is infinite."""
        if at == self._due[who]:
            return
        self._due[who] = at
        if at < math.inf:
            heapq.heappush(self._heap, (at, who))

    def take(self, now: float) -> tuple[int, float] | None:
        """Who has been due for longest, and since when; it is due no more until it is set again."""
        while self._heap and self._heap[0][0] <= now:
            at, who = heapq.heappop(self._heap)
            if at == self._due[who]:
                self._due[who] = math.inf
                return who, at
        return None

    @property
    def next_at(self) -> float:
        """Nobody is due before; infinite when nobody is due at all."""
        while self._heap and self._heap[0][0] != self._due[self._heap[0][1]]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else math.inf
