"""A PostgreSQL server of the test's own: that it comes and goes in good order, and that a store lives through it."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from central.store.unit_of_work import UnitOfWork
from central.store.worker import open_store
from common.errors import StoreUnavailable
from common.kafka.embedded import free_port
from deploy.postgres.server import CannotRun, Server, find_programs
from tests.servers import missing
from tests.waiting import until, wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.processes]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(autouse=True)
def installed() -> None:
    try:
        find_programs()
    except CannotRun as wrong:
        missing("postgres", str(wrong))


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    made.start()
    yield made
    made.stop()
    made.remove()


@pytest.fixture
def start() -> Iterator[Start]:
    """The program as a user starts it."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "deploy.postgres", "run", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def note(unit: UnitOfWork) -> None:
    unit.record(1.0, "noted", "Something happened.")


async def test_a_store_lives_through_a_restart_of_its_server(server: Server) -> None:
    store = open_store(server.address, "here")
    await store.write(note)
    in_the_middle = asyncio.create_task(
        store.write(lambda unit: unit._connection.exec_driver_sql("SELECT pg_sleep(60)"))
    )
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%pg_sleep(60)' AND wait_event = 'PgSleep'"

    async def begun() -> bool:
        return bool(await store.read(lambda c: c.exec_driver_sql(sleeping).scalar_one()))

    await until(begun)
    await asyncio.to_thread(server.stop)
    with pytest.raises(StoreUnavailable, match=r"^The database did not take it \(.+\); try again\.$"):
        await in_the_middle
    for ask in (lambda: store.write(note), lambda: store.read(lambda c: c.exec_driver_sql("SELECT 1").scalar_one())):
        with pytest.raises(StoreUnavailable, match="Connection refused"):
            await ask()
    await asyncio.to_thread(server.start)
    await store.write(note)
    assert await store.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM events").scalar_one()) == 2
    await store.close()


def test_the_program_says_where_it_is_and_leaves_nothing_behind(start: Start) -> None:
    process = start()
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    with psycopg.connect(address) as connection:
        directory = Path(str(connection.execute("SHOW data_directory").fetchone()[0])).parent  # type: ignore[index]
    assert directory.exists()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert not directory.exists()
    with pytest.raises(psycopg.OperationalError, match="Connection refused"):
        psycopg.connect(address)


def test_killed_it_takes_its_server_along(start: Start) -> None:
    process = start()
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    with psycopg.connect(address) as connection:
        home = Path(str(connection.execute("SHOW data_directory").fetchone()[0])).parent  # type: ignore[index]
    process.kill()

    def gone() -> bool:
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            return True
        return False

    wait_until(gone, what="the end of the server")
    wait_until(lambda: not (home / "data" / "postmaster.pid").exists(), what="its shutdown")
    subprocess.run(["rm", "-r", str(home)], check=True)


def test_kept_data_are_there_again(start: Start) -> None:
    port = str(free_port("127.0.0.1"))
    home = subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip()
    Path(home).chmod(0o755)  # as root, the server runs as somebody else
    address = ""
    for statement in ("CREATE TABLE kept (n int)", "SELECT n FROM kept"):
        process = start("--data-dir", f"{home}/pg", f"127.0.0.1:{port}")
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        assert address in ("", said)
        address = said
        with psycopg.connect(address) as connection:
            connection.execute(statement)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    subprocess.run(["rm", "-r", home], check=True)


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("here",), 2, "'here' is no HOST:PORT"),
        (("127.0.0.1:65536",), 2, "'127.0.0.1:65536' is no HOST:PORT"),
        (("192.0.2.1:0",), 1, "Let it listen on 127.0.0.1, or say --insecure to listen all the same."),
        (
            ("--insecure", "192.0.2.1:0"),
            1,
            "deploy.postgres: Cannot listen on 192.0.2.1: Cannot assign requested address.",
        ),
        (("--data-dir", "/proc/nowhere"), 1, "Choose another --data-dir."),
    ],
)
def test_a_mistake_is_one_sentence(start: Start, arguments: tuple[str, ...], status: int, sentence: str) -> None:
    process = start(*arguments)
    _, said = process.communicate(timeout=20)
    assert process.returncode == status
    assert said.splitlines()[-1].endswith(sentence)
    assert "Traceback" not in said


def test_a_machine_without_postgresql_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotRun, match=r"There is no PostgreSQL server on this machine\..*apt-get install postgresql"):
        find_programs(tmp_path)
