"""
What many ask in one moment, as one unit of work: while a unit is on its way, further wishes gather for the next.

Who asks alone waits for nothing. Each asker has its own outcome: where a unit of many raises, each is tried by itself.
"""

import asyncio
import contextvars
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from central.store.unit_of_work import UnitOfWork
from central.store.worker import Store
from common.errors import StoreUnavailable

Wish = TypeVar("Wish")
Outcome = TypeVar("Outcome")

#: Wishes of one unit: while it is written, nobody else's is.
_MOST = 500


@dataclass(slots=True, eq=False)
class _Asked(Generic[Wish, Outcome]):
    wish: Wish
    done: asyncio.Future[Outcome]


class Together(Generic[Wish, Outcome]):
    """
    `work` gives the outcome of each wish, in their order. `then` hears both in the event loop as soon as they are stored, in
    the order of the commits, before anything is done about a later one (Store.write).

    What waits is bounded by who asks: a link asks for one thing at a time.
    """

    def __init__(
        self,
        store: Store,
        work: Callable[[UnitOfWork, Sequence[Wish]], Sequence[Outcome]],
        then: Callable[[Sequence[Wish], Sequence[Outcome]], None],
    ) -> None:
        self._store = store
        self._work = work
        self._then = then
        self._waiting: list[_Asked[Wish, Outcome]] = []
        self._carrying: asyncio.Task[None] | None = None
        #: That of the program, not of who happens to ask first.
        self._context = contextvars.copy_context()

    async def ask(self, wish: Wish) -> Outcome:
        return await self._put(wish).done

    async def ask_all(self, wishes: Sequence[Wish]) -> list[Outcome]:
        """Raises what stood in the way of the first of them that failed; the others are stored all the same."""
        asked = [self._put(wish) for wish in wishes]
        try:
            if len(asked) > 1:
                await asyncio.wait([one.done for one in asked])
            return [await one.done for one in asked]
        finally:
            for one in asked:
                if not one.done.cancel() and not one.done.cancelled():
                    one.done.exception()  # seen: only the first is raised

    def _put(self, wish: Wish) -> _Asked[Wish, Outcome]:
        loop = asyncio.get_running_loop()
        asked: _Asked[Wish, Outcome] = _Asked(wish, loop.create_future())
        self._waiting.append(asked)
        if self._carrying is None:
            self._carrying = loop.create_task(self._carry(), context=self._context.copy())
        return asked

    async def _carry(self) -> None:
        """Unit after unit, until nobody waits any more."""
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._store_all(group)
        finally:
            self._carrying = None

    async def _store_all(self, group: Sequence[_Asked[Wish, Outcome]]) -> None:
        wishes = [one.wish for one in group]
        try:
            outcomes = await self._store.write(
                lambda unit: self._work(unit, wishes), lambda outcomes: self._then(wishes, outcomes)
            )
        except StoreUnavailable as wrong:
            _fail(group, wrong)
        except Exception as wrong:  # noqa: BLE001 - whatever a unit raises belongs to who asked
            if len(group) == 1:
                _fail(group, wrong)
                return
            for one in group:  # one of them cannot be stored: the others are not to suffer for it
                await self._store_all([one])
        else:
            for one, outcome in zip(group, outcomes, strict=True):
                if not one.done.done():  # else its asker was cancelled; what it stored stays stored
                    one.done.set_result(outcome)


def _fail(group: Sequence[_Asked[Wish, Outcome]], wrong: Exception) -> None:
    for one in group:
        if not one.done.done():
            one.done.set_exception(wrong)
