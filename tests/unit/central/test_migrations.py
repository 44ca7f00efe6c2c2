"""The schema up and down, with data in it, on each database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from central.store import engine as engine_module
from central.store import readings
from central.store.engine import NEWEST, _alembic, connect_database, downgrade, migrate, revision
from central.store.tables import metadata

DAY = 86_400.0
#: Alembic does not look whether an index is one of a single kind of database.
ONLY_ON_POSTGRESQL = "ix_readings_session"
NOON = 20_000 * DAY + DAY / 2


@pytest.fixture
def engine(empty_database: str) -> Iterator[Engine]:
    made = connect_database(empty_database, "test")
    yield made
    made.dispose()


def upgrade(engine: Engine, to: str) -> None:
    with engine.begin() as connection:
        _alembic(connection, "upgrade", to)


def differences(engine: Engine) -> list[Any]:
    """What the schema has that the tables do not say, and the other way round; partitions are no tables of ours."""

    def is_ours(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or not str(name).startswith("readings_")

    def is_wanted(_: object, name: str | None, kind: str, is_there: bool, __: object) -> bool:
        return is_there or kind != "index" or engine.dialect.name == "postgresql" or name != ONLY_ON_POSTGRESQL

    opts = {"include_name": is_ours, "include_object": is_wanted}
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts=opts), metadata))


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def put(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


SESSION = (
    "INSERT INTO sessions (session_id, cp_id, driver_id, state, origin, request_id, price_per_kwh, claim_deadline,"
    " started_at, energy_wh, rate_kw, total_cost) VALUES ('s1', 'CP1', 'D1', 'CHARGING', 'socket', 'r1', 3000, 1, 1,"
    " 300, 22, 9)"
)
OUTBOX = "INSERT INTO outbox (instance, topic, key, headers, body, at) VALUES ('here', 't', 'D1', '{}', 'body', 1)"
EVENT = "INSERT INTO events (at, kind, text, session_id) VALUES (1, 'claimed', 'CP1 is claimed.', 's1')"


def test_the_newest_migration_is_the_one_that_a_start_looks_for() -> None:
    assert ScriptDirectory(str(Path(engine_module.__file__).with_name("migrations"))).get_current_head() == NEWEST


def test_up_down_and_up_again_and_what_can_survive_survives(engine: Engine) -> None:
    upgrade(engine, "0001")
    old = [("s1", NOON, 100), ("s1", NOON + 1, 200), ("s1", NOON + DAY, 300)]
    put(engine, SESSION, EVENT, OUTBOX)
    for session_id, at, energy in old:
        columns = "(session_id, at, energy_wh, rate_kw)"
        put(engine, f"INSERT INTO readings {columns} VALUES ('{session_id}', {at}, {energy}, 22)")

    migrate(engine)
    assert differences(engine) == []
    series = "SELECT session_id, at, energy_wh, stored_at FROM readings ORDER BY stored_at"
    moved = [(session_id, at, energy, at) for session_id, at, energy in old]
    assert rows(engine, series) == moved
    assert rows(engine, "SELECT state, energy_wh, metered_at FROM sessions") == [("CHARGING", 300, NOON + DAY)]
    put(engine, f"INSERT INTO readings VALUES ('s1', {NOON}, 400, 22, {NOON + 2 * DAY})")

    unsent = "SELECT id, instance, key, body, at FROM outbox"
    assert rows(engine, unsent) == [(1, "here", "D1", "body", 1.0)]

    downgrade(engine, "0001")
    assert rows(engine, unsent) == [(1, "here", "D1", "body", 1.0)]
    before = "SELECT id, session_id, at, energy_wh FROM readings ORDER BY id"
    assert rows(engine, before) == [(n + 1, *row) for n, row in enumerate([*old, ("s1", NOON, 400)])]
    assert rows(engine, "SELECT session_id, energy_wh, total_cost FROM sessions") == [("s1", 300, 9)]
    assert rows(engine, "SELECT kind, text FROM events") == [("claimed", "CP1 is claimed.")]

    downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    migrate(engine)
    assert differences(engine) == []
    assert rows(engine, series) == []
    with engine.connect() as connection:
        assert revision(connection) == NEWEST


@pytest.mark.postgres
def test_old_readings_get_partitions_of_their_days(empty_postgres_database: str) -> None:
    engine = connect_database(empty_postgres_database, "test")
    upgrade(engine, "0001")
    for at in (NOON, NOON + DAY, NOON + DAY):
        put(engine, f"INSERT INTO readings (session_id, at, energy_wh, rate_kw) VALUES ('s1', {at}, 1, 22)")
    migrate(engine)
    counts = rows(engine, "SELECT tableoid::regclass::text, count(*) FROM readings GROUP BY 1 ORDER BY 1")
    assert counts == [("readings_20241004", 1), ("readings_20241005", 2)]
    with engine.begin() as connection:
        made = readings.make_days(connection, NOON)
        assert [partition.name for partition in readings.partitions(connection)] == [
            *("readings_20241004", "readings_20241005"),
            *made,
            "readings_default",
        ]
    assert differences(engine) == []
    engine.dispose()


@pytest.mark.postgres
def test_a_database_without_an_encoding_is_as_good_as_another(unencoded_postgres_database: str) -> None:
    engine = connect_database(unencoded_postgres_database, "test")
    migrate(engine)
    put(engine, "INSERT INTO drivers (driver_id, first_seen_at, last_seen_at) VALUES ('Jürgen', 1, 1)")
    assert rows(engine, "SELECT driver_id FROM drivers") == [("Jürgen",)]
    engine.dispose()
