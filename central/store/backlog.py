"""
What waits for a writer, in two rows: what keeps the network true, and what begins something new.

Each charge that is begun brings four more units with it. Were it taken in its order, a Central that has too much to do would
go on beginning charges while Engines' answers, stops and accounts wait behind them, for longer and longer.
"""

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")

#: One in so many is taken of what begins something, whatever else waits: nobody waits for ever.
_SHARE = 8


class BacklogFull(Exception):
    """As much waits as may."""


class BacklogEnded(Exception):
    """Nobody will come for it any more."""


class Backlog(Generic[T]):
    """Filled by one thread, emptied by others."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._first: deque[T] = deque()
        self._beginnings: deque[T] = deque()
        self._changed = threading.Condition()
        self._taken = 0
        self._has_ended = False

    def __len__(self) -> int:
        return len(self._first) + len(self._beginnings)

    @property
    def foremost(self) -> list[T]:
        """Those that have waited longest in their rows."""
        with self._changed:
            return [row[0] for row in (self._first, self._beginnings) if row]

    def put(self, one: T, *, begins: bool = False) -> None:
        """Raises BacklogFull, BacklogEnded."""
        with self._changed:
            if self._has_ended:
                raise BacklogEnded
            if len(self) >= self._most:
                raise BacklogFull
            (self._beginnings if begins else self._first).append(one)
            self._changed.notify()

    def end(self) -> None:
        """What waits is still taken, and nothing more comes."""
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def take(self, most: int) -> list[T]:
        """Waits for something; nothing comes back at the end."""
        with self._changed:
            while not self and not self._has_ended:
                self._changed.wait()
            return [self._next() for _ in range(min(most, len(self)))]

    def _next(self) -> T:
        self._taken += 1
        is_their_turn = not self._first or self._taken % _SHARE == 0
        return (self._beginnings if self._beginnings and is_their_turn else self._first).popleft()
