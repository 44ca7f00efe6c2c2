"""Opens the database, and brings its schema up to date."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from central.store.statements import run
from common.errors import BadSetting, CannotStart
from common.words import database as words

log = logging.getLogger("ev.central.store")
_MIGRATIONS = Path(__file__).with_name("migrations")
#: The last of the migrations; a test holds it to what the folder has.
NEWEST = "0006"
#: Connections of one Central to PostgreSQL: its writers and readers, one each.
CONNECTIONS = 8
#: A unit of work takes milliseconds; what takes longer is lost, and must not hold its locks against the others.
_TIMEOUTS = {"statement_timeout": "30s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "30s"}
#: Without these a power cut at the server takes what it had reported as stored.
_PROMISES = ("fsync", "full_page_writes", "synchronous_commit")
#: Held while the schema changes.
_MIGRATING = 731205


def read_address(url: str) -> URL:
    """A SQLAlchemy address of a database that we know; raises BadSetting."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadSetting(words.MUST_BE_DATABASE()) from None
    match parsed.get_backend_name():
        case "sqlite":
            return parsed
        case "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case backend:
            raise BadSetting(words.NOT_SUPPORTED(backend=backend))


def open_database(url: str, name: str = "ev-central") -> Engine:
    """An engine for a SQLite or PostgreSQL address, with the newest schema; raises with a sentence for the user."""
    engine = connect_database(url, name)
    try:
        with told_plainly(engine):
            migrate(engine)
            _warn_of_broken_promises(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def connect_database(url: str, name: str) -> Engine:
    """An engine that has not yet touched the database; `name` is what the server shows of its connections."""
    parsed = read_address(url)
    if parsed.get_backend_name() == "postgresql":
        sized = {"pool_size": CONNECTIONS, "max_overflow": 0}
        return create_engine(parsed, **sized, pool_pre_ping=True, connect_args=_terms(parsed, name))
    engine = create_engine(parsed, connect_args={"check_same_thread": False, "timeout": 5.0})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def told_plainly(engine: Engine) -> Iterator[None]:
    """What the database has against it, as one sentence."""
    try:
        yield
    except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error, OSError) as wrong:
        shown = engine.url.render_as_string(hide_password=True)
        why = first_line(wrong).rstrip(".")
        raise CannotStart(words.CANNOT_USE(database=shown, why=why, hint=_what_to_check(engine))) from None


def first_line(wrong: Exception) -> str:
    """What the driver says, without SQLAlchemy's words around it."""
    lines = str(getattr(wrong, "orig", None) or wrong).strip().splitlines()
    return lines[0] if lines else type(wrong).__name__


def _what_to_check(engine: Engine) -> str:
    if engine.dialect.name == "sqlite":
        return words.CHECK_FILE()
    return words.CHECK_SERVER()


def _terms(url: URL, name: str) -> dict[str, str]:
    """How long PostgreSQL and the network may take. What the address says itself, such as sslmode, wins."""
    ours = {
        "application_name": name,
        # Without it, a database without an encoding of its own (SQL_ASCII) would give bytes for text.
        "client_encoding": "utf8",
        "connect_timeout": "5",
        # A server whose machine is gone is noticed within half a minute, not after hours.
        "keepalives_idle": "10",
        "keepalives_interval": "5",
        "keepalives_count": "3",
        "tcp_user_timeout": "20000",
    }
    terms = {option: value for option, value in ours.items() if option not in url.query}
    timeouts = " ".join(f"-c {option}={value}" for option, value in _TIMEOUTS.items())
    told = url.query.get("options", "")
    return terms | {"options": f"{timeouts} {told if isinstance(told, str) else ' '.join(told)}".strip()}


def _warn_of_broken_promises(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection:
        off = [name for name in _PROMISES if connection.execute(text(f"SHOW {name}")).scalar_one() == "off"]
    if off:
        log.warning(
            "PostgreSQL runs without %s: with the power, bills that were acknowledged can be lost. Turn that on for "
            "anything but trials.",
            ", ".join(off),
        )


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # The driver's own idea of transactions breaks savepoints; we begin by ourselves below.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        # FULL: a commit is on the disk before it is reported. NORMAL could lose the last ones with the power.
        "synchronous=FULL",
        # Pages that are written again and again reach the file once for many commits; the log grows to 32 MB for it.
        "wal_autocheckpoint=8000",
        "foreign_keys=ON",
        "cache_size=-16000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # IMMEDIATE takes the write lock at once: two writers wait for each other instead of failing half way.
    reads_only = connection.get_execution_options().get("reads_only", False)
    run(connection, "BEGIN" if reads_only else "BEGIN IMMEDIATE")


def migrate(engine: Engine) -> None:
    """Apply what the schema lacks; one Central at a time where several start at once."""
    with engine.begin() as connection:
        _take_turn(connection)
        present = revision(connection)
        refuse_newer(engine, present)
        if present == NEWEST:
            return
        log.info("Bringing the database schema from %s to %s.", present or "nothing", NEWEST)
        _alembic(connection, "upgrade", "head")


def downgrade(engine: Engine, to: str) -> None:
    """Take migrations back, down to a revision or to "base"."""
    with engine.begin() as connection:
        _take_turn(connection)
        _alembic(connection, "downgrade", to)


def revision(connection: Connection) -> str | None:
    """Which migration the schema is at; None where there is none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def refuse_newer(engine: Engine, present: str | None) -> None:
    """Raises CannotStart for a schema that this program does not know."""
    if present is not None and present > NEWEST:
        shown = engine.url.render_as_string(hide_password=True)
        raise CannotStart(words.TOO_NEW(database=shown, present=present, newest=NEWEST))


def _take_turn(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # To move a big table takes its time, and whoever comes second waits for the first.
        for timeout in _TIMEOUTS:
            connection.exec_driver_sql(f"SET LOCAL {timeout} = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")


def _alembic(connection: Connection, direction: Literal["upgrade", "downgrade"], to: str) -> None:
    # Alembic takes a quarter of a second to load, and most starts have nothing to migrate.
    from alembic import command  # noqa: PLC0415 - as said above
    from alembic.config import Config  # noqa: PLC0415 - as said above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    {"upgrade": command.upgrade, "downgrade": command.downgrade}[direction](config, to)
