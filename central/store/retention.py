"""Letting go what is old, a step a transaction: a whole day where there are partitions, else some rows, the oldest first."""

from collections.abc import Callable

from sqlalchemy import Connection, text

from central.store.readings import DEFAULT, care, partitions

#: Rows that go in one step: the writer is held for some milliseconds.
CHUNK = 2_000
DAY_S = 86_400.0

#: Does one step for what was stored before a moment; says whether there may be more.
Step = Callable[[Connection, float], bool]


def let_readings_go(connection: Connection, before: float) -> bool:
    if connection.dialect.name != "postgresql":
        return _delete(connection, "readings", "rowid", "stored_at", before)
    if not care(connection):
        return False
    for partition in partitions(connection):
        if partition.is_before(before):
            connection.execute(text(f"DROP TABLE {partition.name}"))
            return True
    return _delete(connection, DEFAULT, "ctid", "stored_at", before)


def let_events_go(connection: Connection, before: float) -> bool:
    return care(connection) and _delete(connection, "events", "id", "at", before)


def _delete(connection: Connection, table: str, number: str, at: str, before: float) -> bool:
    """Rows are numbered as they were stored: the old ones stand first, and nothing behind them needs to be looked at."""
    oldest = f"SELECT {number} FROM {table} ORDER BY {number} LIMIT {CHUNK}"  # noqa: S608 - our own words
    statement = f"DELETE FROM {table} WHERE {number} IN ({oldest}) AND {at} < :before"  # noqa: S608 - as above
    return connection.execute(text(statement), {"before": before}).rowcount > 0
