"""
Work that goes on side by side: what is about one thing in its order, what is about different things not behind each other.

A unit of work waits for its commit, and commits are grouped: who takes one message after the other has one unit in each
group, however many messages wait. What a message means is not known here.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from types import TracebackType
from typing import Self

Work = Callable[[], Awaitable[None]]


class Crowd:
    """How much may go on in all strands together; whoever comes when it is full has one thing at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.count = 0

    @property
    def is_full(self) -> bool:
        return self.count >= self._most


class Strands:
    """
    At most `most` pieces at once, those that wait in their strands included. Left by a failure, they are finished first: one
    that was cut in the middle might have stored what it had not told yet. Only who is cancelled drops them all.
    """

    def __init__(self, most: int, crowd: Crowd | None = None) -> None:
        self._most = most
        self._crowd = crowd or Crowd(most)
        self._count = 0
        self._strands: dict[Hashable, deque[Work]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._one_ended = asyncio.Event()
        self._failure: Exception | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or issubclass(kind, Exception):
            await self.finished()
        else:
            await self._drop()

    def is_idle(self, strand: Hashable) -> bool:
        return strand not in self._strands

    async def start(self, strand: Hashable, work: Work) -> None:
        """Begin it as soon as there is room, behind what was started before in its strand; not at all after a failure."""
        while self._count and (self._count >= self._most or self._crowd.is_full):
            self._one_ended.clear()
            await self._one_ended.wait()
        if self._failure is not None:
            return
        self._count += 1
        self._crowd.count += 1
        waiting = self._strands.get(strand)
        if waiting is not None:
            waiting.append(work)
            return
        waiting = self._strands[strand] = deque([work])
        task = asyncio.create_task(self._run(strand, waiting))
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._ended(task, strand, waiting))

    async def finished(self) -> None:
        """Returns once nothing goes on; raises the first that failed."""
        try:
            while self._tasks:
                await asyncio.wait(list(self._tasks))
        except asyncio.CancelledError:
            await self._drop()
            raise
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    async def _drop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _run(self, strand: Hashable, waiting: deque[Work]) -> None:
        try:
            while waiting:
                await waiting[0]()
                waiting.popleft()
                self._let_in(1)
        except Exception as wrong:  # noqa: BLE001 - it belongs to who waits for the end
            self._failure = self._failure or wrong
        finally:
            self._close(strand, waiting)

    def _ended(self, task: asyncio.Task[None], strand: Hashable, waiting: deque[Work]) -> None:
        self._tasks.discard(task)
        self._close(strand, waiting)  # a task that was cancelled before it began has not done so

    def _close(self, strand: Hashable, waiting: deque[Work]) -> None:
        if self._strands.get(strand) is waiting:
            del self._strands[strand]
            self._let_in(len(waiting))

    def _let_in(self, ended: int) -> None:
        self._count -= ended
        self._crowd.count -= ended
        self._one_ended.set()
