"""Waiting for a condition with a deadline: the only place in the tests that sleeps."""

import asyncio
import time
from collections.abc import Awaitable, Callable

DEADLINE_S = 10.0
_LOOK_EVERY_S = 0.01


async def until(
    condition: Callable[[], Awaitable[bool]] | Callable[[], bool],
    deadline_s: float = DEADLINE_S,
    look_every_s: float = _LOOK_EVERY_S,
) -> None:
    """Return once the condition holds; fail with TimeoutError when it does not in time."""
    async with asyncio.timeout(deadline_s):
        while True:
            holds = condition()
            if holds if isinstance(holds, bool) else await holds:
                return
            await asyncio.sleep(look_every_s)


def wait_until(condition: Callable[[], bool], deadline_s: float = DEADLINE_S, what: str = "the condition") -> None:
    """The same without an event loop, for tests that drive real processes."""
    end = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come true within {deadline_s:.0f} s")
        time.sleep(_LOOK_EVERY_S)
