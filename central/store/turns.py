"""
The order in which commits are told of: that of the commits, whichever writer comes back from its own first. Pure.

A unit takes a number last, while it still holds all it has locked. So of two that touched the same row the later one has
the higher number, though its writer may be the quicker to say that it is done.
"""

import itertools
from typing import Generic, TypeVar

Group = TypeVar("Group")


class Turns(Generic[Group]):
    """`take` may be called by any thread; `come` by one, once for each number that was taken."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._next = 0
        self._early: dict[int, Group] = {}

    def take(self) -> int:
        return next(self._numbers)

    def come(self, number: int, group: Group) -> list[Group]:
        """All whose turn it is now: none while one before it is not back."""
        self._early[number] = group
        ready: list[Group] = []
        while self._next in self._early:
            ready.append(self._early.pop(self._next))
            self._next += 1
        return ready
