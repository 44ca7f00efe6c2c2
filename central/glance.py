"""A look at something slow, shared by all who ask: at most one at a time, and its answer serves for a while."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from common.clock import Clock

T = TypeVar("T")
_KEPT_AT_MOST_S = 60.0


class Glance(Generic[T]):
    """Many scrapes cost one query; a database that hangs holds one reader and no more."""

    def __init__(
        self,
        look: Callable[[], Awaitable[T]],
        clock: Clock,
        *,
        keep_s: float,
        within_s: float,
        at_most: float = 1.0,
    ) -> None:
        """`at_most` is the share of time that may go into looking: what took long is kept for longer, up to a minute."""
        self._look = look
        self._clock = clock
        self._keep_s = keep_s
        self._within_s = within_s
        self._at_most = at_most
        self._looking: asyncio.Task[T] | None = None
        self._began = 0.0
        self._took = 0.0

    async def take(self) -> T:
        """What was last seen; raises TimeoutError, or whatever the look raised."""
        now = self._clock.now().mono
        keep = max(self._keep_s, min(self._took / self._at_most, _KEPT_AT_MOST_S))
        if self._looking is None or (self._looking.done() and now - self._began >= keep):
            self._began = now
            self._looking = asyncio.ensure_future(self._timed())
        await asyncio.wait({self._looking}, timeout=self._within_s)
        if not self._looking.done():
            raise TimeoutError
        return self._looking.result()

    async def _timed(self) -> T:
        self._took = 0.0  # whoever fails may soon look again
        found = await self._look()
        self._took = self._clock.now().mono - self._began
        return found

    @property
    def age_s(self) -> float:
        """Since the last look began."""
        return self._clock.now().mono - self._began

    def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
