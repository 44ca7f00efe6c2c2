"""
The database: SQLite in memory with the product's own schema, and Central's Store with its threads taken out.

One database serves all Centrals of a simulation. A unit of work runs when its turn comes, is committed in one step, and
its sender hears of it in another: between the two a process can die. What only several writers at once can do to each
other is not shown here; tests/integration/central/test_races.py does that on PostgreSQL.
"""

import asyncio
import random
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from central.store.engine import open_database
from central.store.unit_of_work import UnitOfWork
from central.store.worker import Store
from common.errors import StoreUnavailable
from tests.simulation.loop import Process, VirtualLoop

T = TypeVar("T")
_TURN_S, _HEARD_S = (0.0005, 0.004), (0.0002, 0.003)
#: All that has rows of a run; the numbers that SQLite has given are among them.
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'"
_AWAY = OperationalError("COMMIT", None, Exception("the server closed the connection unexpectedly"))


class Database:
    """Made once, with its schema; `forget` makes it new for the next simulation, which takes no time."""

    def __init__(self) -> None:
        self.engine: Engine = open_database("sqlite://")
        #: All that any Central does goes over this one, in a transaction that SQLAlchemy takes for one that never ends: its
        #: pool and its beginnings and ends would only cost time. SQLite is told of the real ones.
        self._only = self.engine.connect()
        self._only.begin()
        driver = self._only.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        self._driver = driver
        driver.execute("ROLLBACK")
        self.is_away = False
        #: It commits, and its answer is lost: how often.
        self.loses_answers = 0.0

    def forget(self) -> None:
        """The schema stays, and with it every statement that SQLite has prepared."""
        for (table,) in self._driver.execute(_TABLES).fetchall():
            self._driver.execute(f"DELETE FROM {table}")
        self.is_away, self.loses_answers = False, 0.0

    def rows(self, query: str) -> list[Sequence[Any]]:
        return list(self._driver.execute(query))

    def transaction(self) -> AbstractContextManager[Connection]:
        return _Transaction(self._only, self._driver)

    def view(self) -> AbstractContextManager[Connection]:
        """Each of its queries sees what is committed: here nothing comes between two of them."""
        return nullcontext(self._only)


class _Transaction(AbstractContextManager[Connection]):
    """Committed at its end; taken back where that is an exception, also that of a process which is killed in the middle."""

    __slots__ = ("_connection", "_driver")

    def __init__(self, connection: Connection, driver: sqlite3.Connection) -> None:
        self._connection = connection
        self._driver = driver

    def __enter__(self) -> Connection:
        self._driver.execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._driver.execute("COMMIT" if kind is None else "ROLLBACK")


class SimulatedStore(Store):
    """The Store of one Central. It has no thread: the loop gives each unit its turn."""

    def __init__(self, database: Database, instance: str, process: Process, *, is_sole: bool, seed: str) -> None:
        super().__init__(database.engine, instance)
        self._database = database
        self._process = process
        self._chance = random.Random(f"store {seed}")
        self._has_turn = False
        #: Groups that are done, and whose senders do not know it yet.
        self._unheard = 0
        self._virtual: VirtualLoop = self._loop  # type: ignore[assignment]  # no other runs here
        if not is_sole:
            self.is_sole = False
            self._grouped = 1

    def _start_writers(self) -> list[threading.Thread]:
        return []

    @property
    def oldest_s(self) -> float:
        return 0.0  # it is measured with a stopwatch, which has no place here

    async def write(
        self, work: Callable[[UnitOfWork], T], then: Callable[[T], None] | None = None, *, begins: bool = False
    ) -> T:
        self._take_turn()
        return await super().write(work, then, begins=begins)

    def _take_turn(self) -> None:
        if not self._has_turn:
            self._has_turn = True
            self._virtual.call_later(self._chance.uniform(*_TURN_S), self._work, context=self._process.context)

    def _work(self) -> None:
        self._has_turn = False
        if self._jobs:
            group = self._jobs.take(self._grouped)
            turn = self._commit(group)
            delay = self._chance.uniform(*_HEARD_S)
            self._unheard += 1
            self._virtual.call_later(delay, self._resolve, group, turn, 0.0, 0.0, context=self._process.context)
        if self._jobs:
            self._take_turn()

    def _resolve(self, group: list[Any], turn: int | None, began: float, took: float) -> None:
        self._unheard -= 1
        super()._resolve(group, turn, began, took)

    def _try(self, group: list[Any]) -> tuple[Exception | None, int | None]:
        if self._database.is_away:
            return _AWAY, None
        wrong, turn = super()._try(group)
        if turn is not None and self._chance.random() < self._database.loses_answers:
            self._virtual.call_soon(self._follow, turn, ())
            return _AWAY, None
        return wrong, turn

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self._database.transaction()

    def _view(self) -> AbstractContextManager[Connection]:
        return self._database.view()

    def _read(self, query: Callable[[Connection], T]) -> T:
        if self._database.is_away:
            raise StoreUnavailable("The database does not answer; try again.")
        return super()._read(query)

    async def close(self) -> None:
        """What waits is finished, as by the threads; the database outlives it."""
        while self._has_turn or self._unheard:  # noqa: ASYNC110 - both end by themselves
            await asyncio.sleep(_TURN_S[1])
