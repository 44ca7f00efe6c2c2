"""
The threads that use the database. SQLite has one writer, which groups the commits of whoever waits.

What follows from a commit (the outbox's records, and what a caller tells then) happens in the event loop in the order of
the commits, so that nobody is told what was before after what came of it.
"""

import asyncio
import contextvars
import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from central.store.backlog import Backlog, BacklogEnded, BacklogFull
from central.store.engine import first_line, open_database, read_address
from central.store.sole_use import SoleUse
from central.store.statements import run
from central.store.turns import Turns
from central.store.unit_of_work import OutboxRow, UnitOfWork
from common import failpoints, tracing
from common.clock import stopwatch
from common.errors import StoreUnavailable
from common.failpoints import Place
from common.metrics import catalogue as figures
from common.metrics.measures import Measures

log = logging.getLogger("ev.central.store")
T = TypeVar("T")

#: Units that may wait; one more is refused, and its sender told to come back.
MOST_WAITING = 20_000
_MOST_GROUPED = 256
_READERS = 4
#: What PostgreSQL calls a deadlock and a conflict of transactions: one of the two must run again.
_PASSING = ("40P01", "40001")
_ATTEMPTS = 8
#: How much the newest group says of how long units take. One that was held up by the disk counts as one, however small.
_SMOOTHING = 0.2
_PAUSE_S = 0.005
_CLOSED = "The database is closed here."


@dataclass(slots=True)
class _Job(Generic[T]):
    work: Callable[[UnitOfWork], T]
    done: asyncio.Future[T]
    asked: float
    traceparent: str | None
    then: Callable[[T], None] | None = None
    context: contextvars.Context | None = None
    result: Any = None
    wrong: BaseException | None = None
    outgoing: Sequence[OutboxRow] = ()


class Store:
    """`write` runs a unit of work and returns once it is committed; `read` runs a query beside the writer."""

    def __init__(
        self,
        engine: Engine,
        instance: str,
        on_outgoing: Callable[[Sequence[OutboxRow]], None] = lambda _: None,
        lock: SoleUse | None = None,
    ) -> None:
        self._engine = engine
        self._instance = instance
        self._lock = lock or SoleUse(None)
        #: Hears, in the event loop, what committed units left in the outbox.
        self.on_outgoing = on_outgoing
        #: SQLAlchemy's, and the driver's own: readings go past SQLAlchemy.
        self._database_errors = (SQLAlchemyError, engine.dialect.loaded_dbapi.Error)
        self._is_away = False
        self.measures = Measures()
        self._loop = asyncio.get_running_loop()
        self._jobs: Backlog[_Job[Any]] = Backlog(MOST_WAITING)
        self._turns: Turns[Sequence[_Job[Any]]] = Turns()
        self._readers = ThreadPoolExecutor(_READERS, "store-reader")
        #: How long a group of units takes, with its commit, and how many there are in one.
        self._group_s, self._group_size = 0.0, 1.0
        #: Whether no other Central can use this database.
        self.is_sole = engine.dialect.name == "sqlite"
        self._grouped = _MOST_GROUPED if self.is_sole else 1
        #: On PostgreSQL a read needs no transaction, and one that is rolled back makes psycopg forget what it has prepared.
        self._reading = {"reads_only": True} if self.is_sole else {"isolation_level": "AUTOCOMMIT"}
        self._writers = self._start_writers()

    def _start_writers(self) -> list[threading.Thread]:
        writers = [
            threading.Thread(target=self._write_on, name=f"store-writer-{n}", daemon=True)
            for n in range(1 if self.is_sole else _READERS)
        ]
        for writer in writers:
            writer.start()
        return writers

    async def write(
        self, work: Callable[[UnitOfWork], T], then: Callable[[T], None] | None = None, *, begins: bool = False
    ) -> T:
        """
        Run in one transaction; what it raises is raised here, and nothing of it is stored.

        `begins`: it makes more to do, and goes behind what there is to do already.

        `then` hears the result in the event loop before anything is done about a later commit, also when nobody waits
        here any more: for what is told of the change and must not come after what is told of the next one.
        """
        if not self.is_alive:
            raise StoreUnavailable(_CLOSED)
        job: _Job[T] = _Job(work, self._loop.create_future(), stopwatch(), tracing.traceparent(), then)
        if then is not None:
            job.context = contextvars.copy_context()
        try:
            self._jobs.put(job, begins=begins)
        except BacklogEnded:
            raise StoreUnavailable(_CLOSED) from None
        except BacklogFull:
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
        return len(self._jobs)

    @property
    def oldest_s(self) -> float:
        """How long the unit has waited that a writer must come to soonest."""
        return stopwatch() - min((job.asked for job in self._jobs.foremost), default=stopwatch())

    @property
    def ahead_s(self) -> float:
        """How long a unit that is asked now would wait for those ahead of it, as long as they take lately."""
        return self.waiting * self._group_s / self._group_size / max(1, len(self._writers))

    @property
    def is_alive(self) -> bool:
        """Whether there is still a writer for everything that will be asked."""
        return all(writer.is_alive() for writer in self._writers)

    def _read(self, query: Callable[[Connection], T]) -> T:
        try:
            with self._view() as connection:
                return query(connection)
        except self._database_errors as wrong:
            raise _unavailable(wrong) from wrong

    async def close(self) -> None:
        """Finish what waits, then close the database."""
        self._jobs.end()
        for writer in self._writers:
            await asyncio.to_thread(writer.join, 5.0)
        self._readers.shutdown(wait=True)
        self._engine.dispose()
        self._lock.release()

    def _write_on(self) -> None:
        while group := self._jobs.take(self._grouped):
            began = stopwatch()
            turn = self._commit(group)
            self._loop.call_soon_threadsafe(self._resolve, group, turn, began, stopwatch() - began)

    def _commit(self, group: list[_Job[Any]]) -> int | None:
        """The turn of a group that is committed; None when it is not."""
        for attempt in range(1, _ATTEMPTS + 1):
            wrong, turn = self._try(group)
            if wrong is None or not _may_pass(wrong) or attempt == _ATTEMPTS:
                break
            # Two units stood in each other's way and the database gave this one up. Units are functions: run it again.
            log.debug("A unit runs again: %s", first_line(wrong))
            time.sleep(random.uniform(0, _PAUSE_S * 2**attempt))  # noqa: S311 - chance keeps the two from meeting again
        self._note(wrong)
        if wrong is not None:
            for job in group:
                job.wrong = job.wrong or _unavailable(wrong)
        return turn

    def _try(self, group: list[_Job[Any]]) -> tuple[Exception | None, int | None]:
        """Run a group in one transaction; gives what the database had against it, or its turn."""
        for job in group:
            job.result, job.wrong, job.outgoing = None, None, ()
        turn: int | None = None
        is_committed = False
        try:
            with self._transaction() as connection:
                for job in group:
                    self._run(connection, job, alone=len(group) == 1)
                failpoints.reached(Place.BEFORE_COMMIT)
                turn = self._turns.take()
            is_committed = True
            failpoints.reached(Place.AFTER_COMMIT)
        except self._database_errors as wrong:
            return wrong, None
        except Exception as wrong:  # noqa: BLE001 - whatever a unit raises belongs to its caller, not to this thread
            group[0].wrong = wrong
            return None, None
        finally:
            if turn is not None and not is_committed:  # nobody may wait for it
                self._loop.call_soon_threadsafe(self._follow, turn, ())
        return None, turn

    def _transaction(self) -> AbstractContextManager[Connection]:
        """Committed at its end; rolled back where that is an exception."""
        return self._engine.begin()

    def _view(self) -> AbstractContextManager[Connection]:
        """For queries beside the writers."""
        return self._engine.connect().execution_options(**self._reading)

    def _note(self, wrong: Exception | None) -> None:
        """Tell once that the database is away, and once that it is back."""
        if wrong is None:
            if self._is_away:
                self._is_away = False
                log.info("The database takes changes again.")
        elif not self._is_away:
            self._is_away = True
            log.error("The database did not take a change: %s", first_line(wrong))

    def _run(self, connection: Connection, job: _Job[Any], *, alone: bool) -> None:
        unit = UnitOfWork(connection, self._instance, job.traceparent)
        if alone:
            job.result = job.work(unit)
            unit.finish()
        else:
            run(connection, "SAVEPOINT unit")
            try:
                job.result = job.work(unit)
                unit.finish()
            except self._database_errors:
                raise
            except Exception as wrong:  # noqa: BLE001 - as above; the other units of the group go on
                run(connection, "ROLLBACK TO SAVEPOINT unit")
                job.wrong = wrong
                return
            run(connection, "RELEASE SAVEPOINT unit")
        job.outgoing = unit.outgoing

    def _resolve(self, group: list[_Job[Any]], turn: int | None, began: float, took: float) -> None:
        self._group_s += _SMOOTHING * (took - self._group_s)
        self._group_size += _SMOOTHING * (len(group) - self._group_size)
        self.measures.observe(figures.DATABASE_WRITE, took)
        self.measures.observe(figures.DATABASE_GROUP, len(group))
        if any(isinstance(job.wrong, StoreUnavailable) for job in group):
            self.measures.add(figures.DATABASE_ERRORS)
        for job in group:
            self.measures.observe(figures.DATABASE_WAIT, began - job.asked)
        if turn is not None:
            self._follow(turn, group)
        for job in group:
            # Whoever says something then hears of the result after it is said, when its turn comes.
            if turn is None or job.then is None:
                _settle(job)

    def _follow(self, turn: int, group: Sequence[_Job[Any]]) -> None:
        """What follows from a commit, and from those that waited for it; an empty group was none."""
        for ready in self._turns.come(turn, group):
            for job in ready:
                if job.wrong is None and job.outgoing:
                    self.on_outgoing(job.outgoing)
                if job.then is not None:
                    _tell(job)
                    _settle(job)


def _tell(job: _Job[Any]) -> None:
    if job.wrong is not None or job.then is None or job.context is None:
        return
    try:
        job.context.run(job.then, job.result)
    except Exception as wrong:  # noqa: BLE001 - it belongs to who waits, as what a unit raises
        job.wrong = wrong


def _settle(job: _Job[Any]) -> None:
    if job.done.done():  # its waiter was cancelled; what it stored stays stored
        return
    if job.wrong is not None:
        job.done.set_exception(job.wrong)
    else:
        job.done.set_result(job.result)


def open_store(url: str, instance: str) -> Store:
    """The store of a database address, its schema brought up to date; raises with a sentence for the user."""
    address = read_address(url)
    lock = SoleUse(address.database if address.get_backend_name() == "sqlite" else None)
    try:
        return Store(open_database(url, f"ev-central {instance}"), instance, lock=lock)
    except BaseException:
        lock.release()
        raise


def _may_pass(wrong: Exception) -> bool:
    return getattr(getattr(wrong, "orig", None) or wrong, "sqlstate", None) in _PASSING


def _unavailable(wrong: Exception) -> StoreUnavailable:
    return StoreUnavailable(f"The database did not take it ({first_line(wrong)}); try again.")
