"""Opens the database, and brings its schema up to date."""

import logging
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from common.errors import BadSetting, CannotStart

log = logging.getLogger("ev.central.store")
_MIGRATIONS = Path(__file__).with_name("migrations")
#: The last of the migrations; a test holds it to what the folder has.
NEWEST = "0003"


def read_address(url: str) -> URL:
    """A SQLAlchemy address of a database that we know; raises BadSetting."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadSetting("--database must be an address such as sqlite:///central.db or postgresql://…/ev.") from None
    match parsed.get_backend_name():
        case "sqlite":
            return parsed
        case "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case backend:
            raise BadSetting(f"--database: {backend} is not supported; use sqlite or postgresql.")


def open_database(url: str) -> Engine:
    """An engine for a SQLite or PostgreSQL address, with the newest schema; raises with a sentence for the user."""
    parsed = read_address(url)
    backend = parsed.get_backend_name()
    engine = create_engine(parsed, **_options(backend))
    if backend == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        migrate(engine)
    except (SQLAlchemyError, OSError) as wrong:
        engine.dispose()
        shown = parsed.render_as_string(hide_password=True)
        why = str(getattr(wrong, "orig", None) or wrong).strip().splitlines()[0]
        raise CannotStart(
            f"Cannot use the database {shown}: {why}. Check --database and that it can be written."
        ) from None
    return engine


def _options(backend: str) -> dict[str, Any]:
    if backend == "sqlite":
        return {"connect_args": {"check_same_thread": False, "timeout": 5.0}}
    return {"pool_size": 10, "pool_pre_ping": True, "connect_args": {"connect_timeout": 5}}


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # The driver's own idea of transactions breaks savepoints; we begin by ourselves below.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        # FULL: a commit is on the disk before it is reported. NORMAL could lose the last ones with the power.
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-16000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # IMMEDIATE takes the write lock at once: two writers wait for each other instead of failing half way.
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def migrate(engine: Engine) -> None:
    """Apply what the schema lacks; one Central at a time where several start at once."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(731205)")
        present = _revision(connection)
        if present == NEWEST:
            return
        log.info("Bringing the database schema from %s to %s.", present or "nothing", NEWEST)
        _alembic(connection, "upgrade", "head")


def downgrade(engine: Engine, revision: str) -> None:
    """Take migrations back, down to a revision or to "base"."""
    with engine.begin() as connection:
        _alembic(connection, "downgrade", revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _alembic(connection: Connection, direction: Literal["upgrade", "downgrade"], revision: str) -> None:
    # Alembic takes a quarter of a second to load, and most starts have nothing to migrate.
    from alembic import command  # noqa: PLC0415 - as said above
    from alembic.config import Config  # noqa: PLC0415 - as said above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    {"upgrade": command.upgrade, "downgrade": command.downgrade}[direction](config, revision)
