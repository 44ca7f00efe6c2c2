"""
Databases for tests: each test gets one of its own, on SQLite and on PostgreSQL.

The PostgreSQL server is the one that EV_TEST_POSTGRES names, else a container, else the tests that need it are skipped.
"""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, NullPool, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from central.store.engine import open_database, read_address
from tests.containers import docker_answers, served
from tests.servers import missing

WHERE = "EV_TEST_POSTGRES"
HOW = f"start one with `python3 -m deploy.postgres run` and put the address that it prints into {WHERE}"
#: What a fixture that needs a database is run with.
BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[URL]:
    """A server on which databases may be made."""
    told = os.environ.get(WHERE)
    if told:
        address = read_address(told)
        if not _answers(address):
            pytest.fail(f"No PostgreSQL server answers at {WHERE}; {HOW}.")
        yield address
        return
    yield from _container()


def _container() -> Iterator[URL]:
    if not docker_answers():
        missing("postgres", f"no PostgreSQL server and no Docker engine: {HOW}.")
    password = uuid.uuid4().hex
    with served("postgres", 5432, {"POSTGRES_PASSWORD": password}) as container:
        where = (container.host, container.port)
        address = URL.create("postgresql+psycopg", "postgres", password, *where, "postgres")
        container.wait_until(lambda: _answers(address))
        yield address


def _answers(address: URL) -> bool:
    try:
        _tell(address, "SELECT 1")
    except SQLAlchemyError:
        return False
    return True


def _tell(address: URL, *statements: str) -> None:
    """Statements that cannot be in a transaction."""
    engine = create_engine(address, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture(scope="session")
def postgres_template(postgres_address: URL) -> Iterator[str]:
    """A database with the newest schema, which is quicker to copy than to make."""
    name = f"ev_template_{uuid.uuid4().hex[:12]}"
    _tell(postgres_address, f"CREATE DATABASE {name}")
    open_database(_shown(postgres_address.set(database=name))).dispose()
    yield name
    _tell(postgres_address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_database(postgres_address: URL, postgres_template: str) -> Iterator[str]:
    """The address of a database of the test's own, with the newest schema."""
    yield from _made(postgres_address, f"TEMPLATE {postgres_template}")


@pytest.fixture
def empty_postgres_database(postgres_address: URL) -> Iterator[str]:
    yield from _made(postgres_address, "")


@pytest.fixture
def unencoded_postgres_database(postgres_address: URL) -> Iterator[str]:
    """One that holds bytes as they come, without an encoding of its own."""
    yield from _made(postgres_address, "ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")


def _made(address: URL, how: str) -> Iterator[str]:
    name = f"ev_test_{uuid.uuid4().hex[:12]}"
    _tell(address, f"CREATE DATABASE {name} {how}")
    # Nobody in a test should wait as long as in real life for a lock.
    yield _shown(address.set(database=name).update_query_dict({"options": "-c lock_timeout=2s"}))
    _tell(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database of the test's own, on each server in turn; with or without a schema."""
    return _chosen(request, tmp_path, "postgres_database")


@pytest.fixture(params=BACKENDS)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same, surely without a schema."""
    return _chosen(request, tmp_path, "empty_postgres_database")


def _chosen(request: pytest.FixtureRequest, directory: Path, fixture: str) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{directory / 'central.db'}"
    return str(request.getfixturevalue(fixture))


def _shown(address: URL) -> str:
    return address.render_as_string(hide_password=False)


class Outside:
    """Somebody else at a Central's database: each statement is committed at once, unless a transaction is begun."""

    def __init__(self, database: str) -> None:
        self._engine = create_engine(read_address(database), poolclass=NullPool, isolation_level="AUTOCOMMIT")

    def __enter__(self) -> Connection:
        self._connection = self._engine.connect()
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def lock_everything(connection: Connection) -> None:
    """Begin a transaction that keeps every writer of points waiting."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("LOCK TABLE points")
