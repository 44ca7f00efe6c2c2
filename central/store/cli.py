"""The command line of Central's database: `ev-database`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection, Engine

from central.store import census
from central.store.census import Size
from central.store.engine import (
    NEWEST,
    connect_database,
    downgrade,
    migrate,
    read_address,
    refuse_newer,
    revision,
    told_plainly,
)
from central.store.readings import make_days, partitions
from central.store.retention import DAY_S, Step, let_events_go, let_readings_go
from central.store.settings import DatabaseSettings
from central.store.tables import metadata
from common.clock import SystemClock
from common.command import OK, VersionFlag, new_app, run_app, shared_settings, with_settings
from common.errors import BadSetting, CannotStart
from common.telemetry import start_logging
from common.words import database as words

app = new_app("Look after Central's database: its schema, its size, and how long it keeps things.")

_KILO, _UNITS = 1024, ("KiB", "MiB", "GiB", "TiB")
JsonFlag = Annotated[bool, typer.Option("--json", help="one JSON object instead of lines")]


@app.callback()
@shared_settings(DatabaseSettings)
def options(version: VersionFlag = False) -> None:
    """Look after Central's database: its schema, its size, and how long it keeps things."""


@app.command()
@with_settings(DatabaseSettings)
def status(settings: DatabaseSettings, as_json: JsonFlag = False) -> int:
    """Show the schema, the tables and how much is in them."""
    with _opened(settings) as engine, engine.connect() as plain:
        found = _status(plain.execution_options(reads_only=True))
    _show(found, _status_lines(found), as_json=as_json)
    return OK


@app.command()
@with_settings(DatabaseSettings)
def upgrade(settings: DatabaseSettings) -> int:
    """Bring the schema up to date, as Central does at its start."""
    with _opened(settings, make=True) as engine:
        migrate(engine)
        with engine.begin() as connection:
            make_days(connection, SystemClock().now().wall)
    _say(words.SCHEMA_AT(revision=NEWEST))
    return OK


@app.command("downgrade")
@with_settings(DatabaseSettings)
def take_back(
    settings: DatabaseSettings,
    to: Annotated[str, typer.Argument(metavar="REVISION", help="such as 0001, or base for nothing at all")],
) -> int:
    """Take the schema back for an older program; stop every Central first."""
    with _opened(settings) as engine:
        with engine.connect() as connection:
            present = _revision(connection)
        if to != "base" and not (to.isdecimal() and len(to) == len(NEWEST) and "0001" <= to <= present):
            raise BadSetting(words.NO_SUCH_REVISION(present=present, told=to))
        if to != present:
            downgrade(engine, to)
    _say(words.SCHEMA_AT(revision=to))
    return OK


@app.command()
@with_settings(DatabaseSettings)
def prune(
    settings: DatabaseSettings,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would go")] = False,
    as_json: JsonFlag = False,
) -> int:
    """Let go now what is older than --keep-readings-days and --keep-events-days; Central does it each hour."""
    chosen = {
        "readings": (settings.keep_readings_days, census.readings_before, let_readings_go),
        "events": (settings.keep_events_days, census.events_before, let_events_go),
    }
    if not any(days for days, _, _ in chosen.values()):
        raise BadSetting(words.NOTHING_TO_GO())
    now = SystemClock().now().wall
    gone: dict[str, Size] = {}
    with _opened(settings) as engine:
        _check_newest(engine)
        for name, (days, weigh, step) in chosen.items():
            if days:
                before = now - days * DAY_S
                with engine.connect() as plain:
                    gone[name] = weigh(plain.execution_options(reads_only=True), before)
                if not dry_run:
                    _let_go(engine, step, before)
    said = words.WOULD_GO if dry_run else words.GONE
    lines = [said(table=name, rows=_rows(size)) for name, size in gone.items()]
    _show({name: _plain(size) for name, size in gone.items()} | {"dry_run": dry_run}, lines, as_json=as_json)
    return OK


def main() -> int:
    return run_app(app, "ev-database")


@contextmanager
def _opened(settings: DatabaseSettings, *, make: bool = False) -> Iterator[Engine]:
    """The database, of a schema that this program knows."""
    start_logging(settings.log_format, settings.log_level)
    url = settings.database_url()
    file = read_address(url).database
    if read_address(url).get_backend_name() == "sqlite" and not make and file and not Path(file).exists():
        raise CannotStart(words.NO_DATABASE(file=file))
    engine = connect_database(url, "ev-database")
    try:
        with told_plainly(engine):
            with engine.connect() as connection:
                present = revision(connection)
            refuse_newer(engine, present)
            yield engine
    finally:
        engine.dispose()


def _revision(connection: Connection) -> str:
    present = revision(connection)
    if present is None:
        raise CannotStart(words.NO_TABLES())
    return present


def _check_newest(engine: Engine) -> None:
    with engine.connect() as connection:
        present = _revision(connection)
    if present != NEWEST:
        raise CannotStart(words.NOT_NEWEST(present=present, newest=NEWEST))


def _let_go(engine: Engine, step: Step, before: float) -> None:
    more = True
    while more:
        with engine.begin() as connection:
            more = step(connection, before)


# -- what is shown


def _status(connection: Connection) -> dict[str, object]:
    present = _revision(connection)
    found: dict[str, object] = {
        "database": connection.engine.url.render_as_string(hide_password=True),
        "schema": present,
        "newest_schema": NEWEST,
        "size": census.whole_size(connection),
    }
    if present != NEWEST:  # the tables are not those that we know
        return found
    tables = {name: _plain(census.size_of(connection, name)) for name in sorted(metadata.tables)}
    days = [str(partition.day) for partition in partitions(connection) if partition.day is not None]
    return {**found, "tables": tables, "oldest_reading": census.oldest_reading(connection), "partitions": days}


def _plain(size: Size) -> dict[str, object]:
    return {name: value for name, value in asdict(size).items() if value is not None}


def _status_lines(found: dict[str, object]) -> list[str]:
    lines = [words.DATABASE(database=found["database"], size=_bytes(found["size"]))]
    if found["schema"] != NEWEST:
        return [*lines, words.SCHEMA_OLD(present=found["schema"], newest=NEWEST)]
    lines.append(words.SCHEMA_NEWEST(present=found["schema"]))
    tables, days = found["tables"], found["partitions"]
    assert isinstance(tables, dict)
    assert isinstance(days, list)
    lines += [f"  {name:12} {_rows(Size(**size))}" for name, size in tables.items()]
    lines.append(words.OLDEST_READING(when=found["oldest_reading"] or words.NO_READING))
    if days:
        lines.append(words.ROOM(first=days[0], last=days[-1], count=len(days)))
    return lines


def _rows(size: Size) -> str:
    rows = (words.ABOUT_ROWS if size.is_estimate else words.ROWS)(n=size.rows)
    return rows if size.size is None else words.ROWS_AND_SIZE(rows=rows, size=_bytes(size.size))


def _bytes(size: object) -> str:
    assert isinstance(size, int)
    amount, power = float(size), 0
    while amount >= _KILO and power < len(_UNITS):
        amount, power = amount / _KILO, power + 1
    return f"{amount:.1f} {_UNITS[power - 1]}" if power else words.BYTES(n=size)


def _show(found: dict[str, object], lines: list[str], *, as_json: bool) -> None:
    _say(json.dumps(found) if as_json else "\n".join(lines))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
