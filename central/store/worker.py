"""The threads that use the database. SQLite has one writer, which groups the commits of whoever waits."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from central.store.engine import open_database
from central.store.unit_of_work import OutboxRow, UnitOfWork
from common import tracing
from common.clock import stopwatch
from common.errors import StoreUnavailable
from common.metrics import catalogue as figures
from common.metrics.measures import Measures

log = logging.getLogger("ev.central.store")
T = TypeVar("T")

#: Units that may wait; one more is refused, and its sender told to come back.
MOST_WAITING = 20_000
_MOST_GROUPED = 256
_READERS = 4


@dataclass(slots=True)
class _Job(Generic[T]):
    work: Callable[[UnitOfWork], T]
    done: asyncio.Future[T]
    asked: float
    traceparent: str | None
    result: Any = None
    wrong: BaseException | None = None
    outgoing: Sequence[OutboxRow] = ()


class Store:
    """`write` runs a unit of work and returns once it is committed; `read` runs a query beside the writer."""

    def __init__(
        self, engine: Engine, instance: str, on_outgoing: Callable[[Sequence[OutboxRow]], None] = lambda _: None
    ) -> None:
        self._engine = engine
        self._instance = instance
        #: Hears, in the event loop, what committed units left in the outbox.
        self.on_outgoing = on_outgoing
        self.measures = Measures()
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.Queue[_Job[Any] | None] = queue.Queue(MOST_WAITING)
        self._readers = ThreadPoolExecutor(_READERS, "store-reader")
        is_sqlite = engine.dialect.name == "sqlite"
        self._grouped = _MOST_GROUPED if is_sqlite else 1
        self._writers = [
            threading.Thread(target=self._write_on, name=f"store-writer-{n}", daemon=True)
            for n in range(1 if is_sqlite else _READERS)
        ]
        for writer in self._writers:
            writer.start()

    async def write(self, work: Callable[[UnitOfWork], T]) -> T:
        """Run in one transaction; what it raises is raised here, and nothing of it is stored."""
        job: _Job[T] = _Job(work, self._loop.create_future(), stopwatch(), tracing.traceparent())
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            raise StoreUnavailable("The database is behind; try again in a few seconds.") from None
        return await job.done

    async def read(self, query: Callable[[Connection], T]) -> T:
        began = stopwatch()
        try:
            return await self._loop.run_in_executor(self._readers, self._read, query)
        finally:
            self.measures.observe(figures.DATABASE_READ, stopwatch() - began)

    @property
    def waiting(self) -> int:
        """Units that no writer has taken up yet."""
        return self._jobs.qsize()

    @property
    def is_alive(self) -> bool:
        """Whether there is still a writer for everything that will be asked."""
        return all(writer.is_alive() for writer in self._writers)

    def _read(self, query: Callable[[Connection], T]) -> T:
        try:
            with self._engine.connect() as plain:
                return query(plain.execution_options(reads_only=True))
        except SQLAlchemyError as wrong:
            raise _unavailable(wrong) from wrong

    async def close(self) -> None:
        """Finish what waits, then close the database."""
        for _ in self._writers:
            await asyncio.to_thread(self._jobs.put, None)
        for writer in self._writers:
            await asyncio.to_thread(writer.join, 5.0)
        self._readers.shutdown(wait=True)
        self._engine.dispose()

    def _write_on(self) -> None:
        while (first := self._jobs.get()) is not None:
            group = [first]
            ended = False
            while len(group) < self._grouped and not ended:
                try:
                    following = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    ended = True
                else:
                    group.append(following)
            began = stopwatch()
            self._commit(group)
            self._loop.call_soon_threadsafe(self._resolve, group, began, stopwatch() - began)
            if ended:
                return

    def _commit(self, group: list[_Job[Any]]) -> None:
        try:
            with self._engine.begin() as connection:
                for job in group:
                    self._run(connection, job, alone=len(group) == 1)
        except SQLAlchemyError as wrong:
            log.error("The database did not take a change: %s", _first_line(wrong))  # noqa: TRY400 - one sentence is enough
            for job in group:
                job.wrong = job.wrong or _unavailable(wrong)
        except Exception as wrong:  # noqa: BLE001 - whatever a unit raises belongs to its caller, not to this thread
            group[0].wrong = wrong

    def _run(self, connection: Connection, job: _Job[Any], *, alone: bool) -> None:
        unit = UnitOfWork(connection, self._instance, job.traceparent)
        if alone:
            job.result = job.work(unit)
        else:
            savepoint = connection.begin_nested()
            try:
                job.result = job.work(unit)
            except SQLAlchemyError:
                raise
            except Exception as wrong:  # noqa: BLE001 - as above; the other units of the group go on
                savepoint.rollback()
                job.wrong = wrong
                return
            savepoint.commit()
        job.outgoing = unit.outgoing

    def _resolve(self, group: list[_Job[Any]], began: float, took: float) -> None:
        self.measures.observe(figures.DATABASE_WRITE, took)
        self.measures.observe(figures.DATABASE_GROUP, len(group))
        if any(isinstance(job.wrong, StoreUnavailable) for job in group):
            self.measures.add(figures.DATABASE_ERRORS)
        for job in group:
            self.measures.observe(figures.DATABASE_WAIT, began - job.asked)
            if job.wrong is None and job.outgoing:
                self.on_outgoing(job.outgoing)
            if job.done.done():  # its waiter was cancelled; what it stored stays stored
                continue
            if job.wrong is not None:
                job.done.set_exception(job.wrong)
            else:
                job.done.set_result(job.result)


def open_store(url: str, instance: str) -> Store:
    """The store of a database address, its schema brought up to date; raises with a sentence for the user."""
    return Store(open_database(url), instance)


def _first_line(wrong: SQLAlchemyError) -> str:
    return str(getattr(wrong, "orig", None) or wrong).strip().splitlines()[0]


def _unavailable(wrong: SQLAlchemyError) -> StoreUnavailable:
    return StoreUnavailable(f"The database did not take it ({_first_line(wrong)}); nothing was changed, try again.")
