"""
How fast readings are stored, and how much room they take: `.venv/bin/python -m tests.bench.readings [ADDRESS]`.

Without an address it uses a SQLite file, and a PostgreSQL server of its own where that is installed. Each way to insert
fills a table of its own; a transaction takes one batch. Disks differ: compare the ratios.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Float,
    Index,
    MetaData,
    String,
    Table,
    insert,
    make_url,
    text,
    update,
)

from central.domain.sessions import Origin, Session, State
from central.store import census, readings, tables
from central.store.engine import connect_database, downgrade, migrate
from central.store.part import values
from central.store.readings import Reading
from central.store.unit_of_work import UnitOfWork
from deploy.postgres.server import CannotRun, Server

SESSIONS = 1_000
BATCHES = (1, 10, 100, 1_000)
MEASURED_S = 2.0
ROWS_FOR_SIZE = 200_000
NOW = 1_800_014_400.0

#: The table as it was: one number for all, and every row through SQLAlchemy.
plain = Table(
    "bench_readings",
    MetaData(),
    Column("id", tables.RowId, primary_key=True, autoincrement=True),
    Column("session_id", String(64), nullable=False),
    Column("at", Float(53), nullable=False),
    Column("energy_wh", BigInteger, nullable=False),
    Column("rate_kw", Float(53), nullable=False),
    Index("ix_bench_readings_session_id", "session_id"),
)
Way = Callable[[Connection, list[Reading]], None]


def by_core(connection: Connection, batch: list[Reading]) -> None:
    rows = [asdict(reading) for reading in batch]
    for row in rows:
        del row["stored_at"]
    connection.execute(insert(plain), rows)


def batches(size: int) -> Iterator[list[Reading]]:
    second = 0
    while True:
        second += 1
        yield [Reading(f"{n % SESSIONS:032x}", NOW + second, second, 22.0, NOW + second) for n in range(size)]


def rate(engine: Engine, way: Way, size: int) -> float:
    done, started = 0, time.perf_counter()
    for batch in batches(size):
        with engine.begin() as connection:
            way(connection, batch)
        done += size
        if time.perf_counter() - started > MEASURED_S:
            break
    return done / (time.perf_counter() - started)


def save_one_by_one(unit: UnitOfWork, batch: list[Session]) -> None:
    for session in batch:
        found = tables.sessions.c.session_id == session.session_id
        unit._connection.execute(update(tables.sessions).where(found).values(**values(session)))


def session_rate(engine: Engine, way: Callable[[UnitOfWork, list[Session]], None], size: int) -> float:
    found = [
        Session(
            session_id=f"{n:032x}",
            cp_id=f"CP{n}",
            driver_id="D1",
            state=State.CHARGING,
            origin=Origin.KAFKA,
            request_id=f"r{n}",
            price_per_kwh=Decimal("0.3"),
            claim_deadline=0,
            started_at=NOW,
        )
        for n in range(size)
    ]
    with engine.begin() as connection:
        unit = UnitOfWork(connection, "bench")
        for session in found:
            unit.claim(session)
    rounds, started = 0, time.perf_counter()
    while time.perf_counter() - started < MEASURED_S:
        rounds += 1
        found = [replace(session, energy_wh=rounds) for session in found]
        with engine.begin() as connection:
            way(UnitOfWork(connection, "bench"), found)
    return rounds * size / (time.perf_counter() - started)


def bytes_a_reading(engine: Engine) -> float:
    """What the file or the partition grows by, index and all, for sessions of an hour."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM readings" if engine.dialect.name == "sqlite" else "TRUNCATE readings"))
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("VACUUM")
    with engine.connect() as connection:
        before = census.whole_size(connection)
    stream = batches(SESSIONS)
    for _ in range(ROWS_FOR_SIZE // SESSIONS):
        with engine.begin() as connection:
            readings.append(connection, next(stream))
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return (census.whole_size(connection) - before) / ROWS_FOR_SIZE
        size = census.size_of(connection, "readings")
    assert size.size is not None
    return size.size / ROWS_FOR_SIZE


def measure(engine: Engine, name: str) -> None:
    migrate(engine)
    with engine.begin() as connection:
        readings.make_days(connection, NOW)
        plain.create(connection)
    sys.stdout.write(f"\n{name}\n{'batch':>8} {'row by row':>12} {'in bulk':>12} {'ratio':>7}   readings/s\n")
    for size in BATCHES:
        core, bulk = rate(engine, by_core, size), rate(engine, readings.append, size)
        sys.stdout.write(f"{size:8} {core:12,.0f} {bulk:12,.0f} {bulk / core:7.1f}\n")
    one, many = (
        session_rate(engine, way, size=500) for way in (save_one_by_one, lambda unit, batch: unit.save_sessions(batch))
    )
    sys.stdout.write(f"sessions saved in batches of 500: {one:,.0f} one by one, {many:,.0f} together a second\n")
    sys.stdout.write(f"{bytes_a_reading(engine):.0f} bytes a reading, its index entry included\n")


@contextmanager
def measured(address: str) -> Iterator[Engine]:
    engine = connect_database(address, "bench")
    try:
        yield engine
    finally:
        plain.drop(engine, checkfirst=True)
        downgrade(engine, "base")
        engine.dispose()


def main(arguments: list[str]) -> int:
    if arguments:
        with measured(arguments[0]) as engine:
            measure(engine, make_url(arguments[0]).get_backend_name())
        return 0
    with tempfile.TemporaryDirectory() as directory, measured(f"sqlite:///{directory}/bench.db") as engine:
        measure(engine, "SQLite")
    home = Path(tempfile.mkdtemp())
    home.chmod(0o755)
    try:
        server = Server(home / "pg")  # one that syncs to the disk, as in real life
    except CannotRun as wrong:
        sys.stdout.write(f"\nPostgreSQL: {wrong}\n")
        return 0
    try:
        server.start()
        with measured(server.address) as engine:
            measure(engine, "PostgreSQL")
    finally:
        server.stop()
        shutil.rmtree(home)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
