"""ev-database as a process of its own, on each database."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from central.store import census
from central.store.engine import NEWEST, open_database
from central.store.readings import Reading, make_days
from central.store.unit_of_work import UnitOfWork
from common.clock import SystemClock
from tests.integration.played_central import Ended, run

pytestmark = pytest.mark.processes
DAY = 86_400.0
NOW = SystemClock().now().wall


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """A database with three readings and two events, the older ones ten days old."""
    made = open_database(database)
    with made.begin() as connection:
        unit = UnitOfWork(connection, "here")
        for days, count in ((10, 2), (0, 1)):
            at = NOW - days * DAY
            make_days(connection, at)
            unit.add_readings([Reading("s1", at, 1, 22.0, at)] * count)
            unit.record(at, "claimed", "CP1 is claimed.")
        unit.finish()
    yield made
    made.dispose()


async def tell(database: str, *words: str) -> Ended:
    return await run("central.store", "--database", database, *words)


def left(engine: Engine) -> tuple[int, int]:
    with engine.connect() as connection:
        counts = "SELECT (SELECT count(*) FROM readings), (SELECT count(*) FROM events)"
        readings, events = connection.execute(text(counts)).one()
    return int(readings), int(events)


async def test_status_shows_the_schema_and_what_is_in_the_tables(engine: Engine, database: str) -> None:
    told = await tell(database, "status", "--json")
    found = json.loads(told.out)
    assert (told.status, found["schema"], found["newest_schema"]) == (0, NEWEST, NEWEST)
    assert {name: table["rows"] for name, table in found["tables"].items() if table["rows"]} == {
        "readings": 3,
        "events": 2,
    }
    assert found["oldest_reading"] == census._day(NOW - 10 * DAY)
    assert len(found["partitions"]) == (16 if engine.dialect.name == "postgresql" else 0)
    lines = (await tell(database, "status")).out.splitlines()
    assert f"schema {NEWEST}, up to date" in lines
    assert any(re.fullmatch(r"  readings     3 rows(, .* KiB)?", line) for line in lines)


async def test_prune_lets_go_what_is_old_and_says_so(engine: Engine, database: str) -> None:
    told = await tell(database, "prune", "--keep-readings-days", "5", "--keep-events-days", "5", "--dry-run", "--json")
    found = json.loads(told.out)
    assert (found["readings"]["rows"], found["events"]["rows"], found["dry_run"]) == (2, 1, True)
    assert left(engine) == (3, 2)
    gone = await tell(database, "prune", "--keep-readings-days", "5")
    assert re.fullmatch(r"readings: 2 rows(, .*)? gone\n", gone.out)
    assert left(engine) == (1, 2)
    assert (await tell(database, "prune", "--keep-events-days", "5")).out == "events: 1 rows gone\n"
    assert left(engine) == (1, 1)


async def test_upgrade_and_downgrade_go_all_the_way(empty_database: str) -> None:
    for words, out in (
        (("upgrade",), f"The schema is at {NEWEST}.\n"),
        (("downgrade", "0001"), "The schema is at 0001.\n"),
        (("downgrade", "base"), "The schema is at base.\n"),
        (("upgrade",), f"The schema is at {NEWEST}.\n"),
    ):
        told = await tell(empty_database, *words)
        assert (told.status, told.out) == (0, out), (words, told)


async def test_a_schema_of_another_version_is_one_sentence(engine: Engine, database: str) -> None:
    assert (await tell(database, "downgrade", "0001")).status == 0
    old = await tell(database, "status")
    assert old.out.splitlines()[1] == f"schema 0001; this program knows {NEWEST}: ev-database upgrade"
    pruned = await tell(database, "prune", "--keep-events-days", "1")
    sentence = f"The schema is at 0001 and this program knows {NEWEST}; first: ev-database upgrade."
    assert pruned == Ended(1, "", f"ev-database: {sentence}\n")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for words in (("status",), ("upgrade",), ("downgrade", "0001"), ("prune", "--keep-events-days", "1")):
        newer = await tell(database, *words)
        assert (newer.status, newer.out) == (1, "")
        assert re.fullmatch(
            rf"ev-database: The database .* was made by a newer version \(schema 9999, this program knows {NEWEST}\): "
            r"upgrade the program, or give it another --database\.\n",
            newer.err,
        )


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        ((), 2, "Missing command. Try ev-database --help."),
        (("prune",), 2, "Nothing is to go: say --keep-readings-days or --keep-events-days."),
        (
            ("downgrade", "1"),
            2,
            f"REVISION must be base, or from 0001 to {NEWEST}, where the schema is (it is '1').",
        ),
        (
            ("--database", "sqlite:////no/such/central.db", "status"),
            1,
            "There is no database /no/such/central.db; Central makes it at its first start, or: ev-database upgrade.",
        ),
        (
            ("--database", "postgresql://u:secret@127.0.0.1:1/ev", "status"),
            1,
            "Cannot use the database postgresql+psycopg://u:***@127.0.0.1:1/ev: connection failed: ",
        ),
        (("--database", "nonsense", "status"), 2, "--database must be an address such as sqlite:///central.db or"),
    ],
)
async def test_a_mistake_is_one_sentence(tmp_path: Path, words: tuple[str, ...], status: int, sentence: str) -> None:
    address = f"sqlite:///{tmp_path / 'central.db'}"
    open_database(address).dispose()
    told = await run("central.store", "--database", address, *words)
    assert (told.status, told.out) == (status, "")
    assert told.err.startswith(f"ev-database: {sentence}")
    assert len(told.err.splitlines()) == 1
