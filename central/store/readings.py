"""
The series of readings: appended in bulk, kept by the day they were stored. How they go again stands in retention.py.

PostgreSQL has a partition for each day (UTC), made ahead; what falls outside of them, because a clock jumped, goes to
the default partition. SQLite keeps the rows in the order in which they were stored, so that the oldest stand first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, text

from central.domain.metering import Reading, StoredReading

__all__ = ["DEFAULT", "Partition", "Reading", "append", "care", "make_day", "make_days", "partitions"]

#: In the order of the fields of a Reading, which goes to the database as it is.
_COLUMNS = ", ".join(Reading._fields)
_ROWS = 50
_VALUES = "(?, ?, ?, ?, ?)"
_INSERT = f"INSERT INTO readings ({_COLUMNS}) VALUES {_VALUES}"  # noqa: S608 - our own words
_INSERT_MANY = f"{_INSERT}{f', {_VALUES}' * (_ROWS - 1)}"
_COPY = f"COPY readings ({_COLUMNS}) FROM STDIN (FORMAT BINARY)"
_COPY_TYPES = ("varchar", "float8", "int8", "float8", "float8")
DAY_S = 86_400
#: Central looks after the days each hour, so that even one that was away for most of a week finds room.
_DAYS_AHEAD = 7
_PREFIX, DEFAULT = "readings_", "readings_default"
_OF_A_DAY = re.compile(rf"{_PREFIX}(\d{{8}})")
#: Held by whoever makes or drops partitions or lets rows go: one Central at a time.
_CARETAKER = 731206
#: Others wait behind us while we wait for a lock; rather try again later.
_LOCK_WITHIN = "SET LOCAL lock_timeout = '2s'"


@dataclass(frozen=True, slots=True)
class Partition:
    """The readings of one day; the default partition has none."""

    name: str
    day: date | None

    @property
    def begins(self) -> float | None:
        return None if self.day is None else _midnight(self.day)

    def is_before(self, moment: float) -> bool:
        return self.begins is not None and self.begins + DAY_S <= moment


def append(connection: Connection, readings: Sequence[StoredReading]) -> None:
    """As fast as the database takes rows, inside the transaction that is open."""
    driver = connection.connection.driver_connection
    assert driver is not None
    if connection.dialect.name != "postgresql":
        _append_to_file(driver, readings)
        return
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_COPY_TYPES)
        for row in readings:
            copy.write_row(row)


def _append_to_file(driver: Any, readings: Sequence[StoredReading]) -> None:
    """Many rows a statement: the driver lets other threads run at each, and each time waits for its turn again."""
    whole = len(readings) - len(readings) % _ROWS
    # Each statement's values one after the other.
    some = (chain.from_iterable(readings[start : start + _ROWS]) for start in range(0, whole, _ROWS))
    driver.executemany(_INSERT_MANY, map(tuple, some))
    driver.executemany(_INSERT, readings[whole:])


def partitions(connection: Connection) -> list[Partition]:
    """What the readings are kept in, the oldest day first, the default last; on SQLite nothing."""
    if connection.dialect.name != "postgresql":
        return []
    query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'readings'::regclass ORDER BY 1"
    return [Partition(name, _day_of(name)) for (name,) in connection.execute(text(query))]


def care(connection: Connection) -> bool:
    """Whether this transaction is the one that may make or drop; another Central may be at it."""
    if connection.dialect.name != "postgresql":
        return True
    connection.execute(text(_LOCK_WITHIN))
    return bool(connection.execute(text(f"SELECT pg_try_advisory_xact_lock({_CARETAKER})")).scalar_one())


def make_days(connection: Connection, now: float) -> list[str]:
    """Partitions for today and the days to come; gives the names of those that were not there."""
    if connection.dialect.name != "postgresql" or not care(connection):
        return []
    present = {partition.day for partition in partitions(connection)}
    today = int(now // DAY_S)
    wanted = [_date(number) for number in range(today, today + _DAYS_AHEAD + 1)]
    missing = [day for day in wanted if day not in present]
    for day in missing:
        make_day(connection, day)
    return [_name(day) for day in missing]


def make_day(connection: Connection, day: date) -> None:
    """One partition. It is made apart and then attached: that keeps no writer of another day waiting."""
    name, begin = _name(day), _midnight(day)
    its_rows = f"stored_at >= {begin} AND stored_at < {begin + DAY_S}"
    moved = f"WITH moved AS (DELETE FROM {DEFAULT} WHERE {its_rows} RETURNING {_COLUMNS})"  # noqa: S608 - our own words
    for statement in (
        # Whoever stores for this day just now, into the default partition, must be done before its rows move.
        f"LOCK TABLE {DEFAULT} IN SHARE ROW EXCLUSIVE MODE",
        f"CREATE TABLE {name} (LIKE readings INCLUDING ALL, CHECK ({its_rows}))",
        f"{moved} INSERT INTO {name} ({_COLUMNS}) TABLE moved",
        f"ALTER TABLE readings ATTACH PARTITION {name} FOR VALUES FROM ({begin}) TO ({begin + DAY_S})",
        f"ALTER TABLE {name} DROP CONSTRAINT {name}_stored_at_check",
    ):
        connection.execute(text(statement))


def _name(day: date) -> str:
    return f"{_PREFIX}{day:%Y%m%d}"


def _day_of(name: str) -> date | None:
    found = _OF_A_DAY.fullmatch(name)
    return datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC).date() if found else None


def _date(days: int) -> date:
    return datetime.fromtimestamp(days * DAY_S, UTC).date()


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
