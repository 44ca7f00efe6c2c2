"""What consoles cost a Central: `python -m tests.bench.consoles --help`. Linux only (it reads /proc).

A real Central on SQLite with many points, sessions and events; each console asks once a second for the figures, a page of
40 points and the events since it last asked. Kafka is away, so that nothing else happens.
"""

import argparse
import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from central.store.engine import open_database
from common.clock import SystemClock
from common.ids import random_id
from common.kafka.embedded import free_port
from common.messages import ManualCommand, ManualCommandResponse
from common.net.address import parse_address
from common.net.dialer import connect
from common.net.link import Link
from common.registry import over_tcp
from common.routes import Role
from tests.orders import Parser, more_than_none, whole
from tests.running import cpu_seconds

SETTLE_S = 3.0
ANSWER_WITHIN_S = 15.0
DAY_S = 86_400.0
#: The network has run for so long.
SPAN_S = 90 * DAY_S
#: Every fifth point charges; every twentieth request came to nothing.
CHARGING, REFUSED = 5, 20
Rows = Iterator[tuple[Any, ...]]

_POINT = "cp_id, status, out_of_service, price_per_kwh, max_charging_rate_kw, generation, last_seen_at, name, address"
_SESSION = (
    "session_id, cp_id, driver_id, state, origin, request_id, price_per_kwh, claim_deadline, started_at, ended_at,"
    " energy_wh, rate_kw, total_cost"
)
_EVENT = "at, kind, text, cp_id, session_id, driver_id, message_id"


def points(count: int, now: float) -> Rows:
    for n in range(count):
        status = "CHARGING" if n % CHARGING == 0 else "ACTIVE"
        yield f"CP{n}", status, False, 3000, 22.0, 1, now, f"Charging place {n}", f"Some Street {n}"


def sessions(count: int, among: int, now: float) -> Rows:
    for n in range(count):
        state, began = "REFUSED" if n % REFUSED == 0 else "FINISHED", now - SPAN_S * (1 - n / count)
        shared = (f"s{n}", f"CP{n % among}", f"D{n % 5000}", state, "socket", f"r{n}", 3000, began)
        yield *shared, began, began + 1800, 10_000, 0.0, 300
    for n in range(0, among, CHARGING):
        yield f"o{n}", f"CP{n}", f"D{n % 5000}", "CHARGING", "socket", f"o{n}", 3000, now, now, None, 5000, 22.0, 150


def events(count: int, among: int, now: float) -> Rows:
    for n in range(count):
        kind, at = "claimed" if n % 5 == 0 else "completed", now - SPAN_S * (1 - n / count)
        yield at, kind, f"Something happened, the {n}th time.", f"CP{n % among}", f"s{n // 5}", f"D{n % 5000}", f"m{n}"


def fill(database: str, told: argparse.Namespace) -> None:
    now = time.time()
    engine = open_database(database)
    with engine.begin() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        for table, columns, rows in (
            ("points", _POINT, points(told.points, now)),
            ("sessions", _SESSION, sessions(told.sessions, told.points, now)),
            ("events", _EVENT, events(told.events, told.points, now)),
        ):
            places = ", ".join("?" * len(columns.split(",")))
            driver.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)
    with engine.connect() as connection:
        held = {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar()
            for table in ("sessions", "events")
        }
    sys.stdout.write(f"filled in {time.time() - now:.0f} s: {told.points} points, {held}\n")
    engine.dispose()


@contextmanager
def central(database: str, folder: str) -> Iterator[tuple[int, str]]:
    """Its process, and where it listens."""
    away = f"127.0.0.1:{free_port('127.0.0.1')}"
    arguments = ["--port", "0", "--database", database, "--data-dir", folder, "--kafka", away, "--log-level", "error"]
    process = subprocess.Popen(
        [sys.executable, "-m", "central", "--no-auth", *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.pid, process.stdout.readline().split()[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


class Console:
    """One of them, asking and asking."""

    def __init__(self, link: Link, waits: list[float]) -> None:
        self._link = link
        self._answers = aiter(link)
        self._waits = waits
        self._newest = 0

    async def ask(self, command: Any, **args: Any) -> dict[str, Any]:
        began = time.monotonic()
        self._link.send(ManualCommand(message_id=random_id(), command=command, args=args))
        async with asyncio.timeout(ANSWER_WITHIN_S):
            answer = await anext(self._answers)
        assert isinstance(answer, ManualCommandResponse), answer
        assert answer.succeeded, answer
        self._waits.append(time.monotonic() - began)
        return answer.data or {}

    async def poll(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await self.ask("stats")
            await self.ask("list_cps", sort="status", limit=40)
            since = {"since": self._newest} if self._newest else {}
            self._newest = (await self.ask("list_events", limit=40, **since))["newest"]
            await asyncio.sleep(1.0)


async def poll(address: str, consoles: int, seconds: float) -> list[float]:
    waits: list[float] = []
    clock, where = SystemClock(), parse_address(address)
    links = [
        await connect(where, over_tcp(Role.CENTRAL, Role.ADMIN), clock=clock, ids=random_id) for _ in range(consoles)
    ]
    await asyncio.gather(*(Console(link, waits).poll(seconds) for link in links))
    for link in links:
        await link.close()
    return sorted(waits)


def main() -> None:
    ask = Parser(prog="tests.bench.consoles", description=__doc__)
    ask.add_argument("--points", type=whole(1), default=1000, help="points of the network (default: %(default)s)")
    ask.add_argument("--sessions", type=whole(), default=200_000, help="sessions that ended (default: %(default)s)")
    ask.add_argument("--events", type=whole(), default=1_000_000, help="events of the past (default: %(default)s)")
    ask.add_argument(
        "--consoles", type=whole(1), nargs="+", default=[1, 3], help="so many at once (default: 1, then 3)"
    )
    ask.add_argument(
        "--seconds", type=more_than_none, default=30.0, help="how long to watch each (default: %(default)s)"
    )
    told = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="ev-bench-") as folder:
        database = f"sqlite:///{Path(folder) / 'central.db'}"
        fill(database, told)
        with central(database, folder) as (pid, address):
            time.sleep(SETTLE_S)
            asyncio.run(poll(address, 1, SETTLE_S))  # what is built when it is first asked for
            for consoles in (0, *told.consoles):
                before, began = cpu_seconds(pid), time.monotonic()
                waits = asyncio.run(poll(address, consoles, told.seconds)) if consoles else []
                time.sleep(0 if consoles else told.seconds)
                share = 100 * (cpu_seconds(pid) - before) / (time.monotonic() - began)
                median, worst = (1000 * waits[len(waits) // 2], 1000 * waits[-1]) if waits else (0, 0)
                sys.stdout.write(
                    f"{consoles} consoles: {share:5.2f} % of a core; answers: median {median:.1f} ms, worst {worst:.1f} ms\n"
                )
                sys.stdout.flush()


if __name__ == "__main__":
    main()
