"""Three Centrals on one PostgreSQL and one Apache Kafka, behind a balancer, killed in turn under load: nothing is lost."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from common.kafka.client import KafkaBus
from common.net.address import Address
from common.process import Tasks
from tests.cluster.audit import booked_sessions, faults, journal_sessions
from tests.cluster.balancer import Balancer
from tests.cluster.drivers import Driver, listen
from tests.cluster.points import ChargingPoint, start_points
from tests.kafka_server import Broker
from tests.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.postgres, pytest.mark.kafka, pytest.mark.timeout(400)]

POINTS, DRIVERS = 60, 30
#: An hour of charging in ten seconds: 22 kW make 0.1 kWh in about one and a half.
TIME_SCALE = 10.0
MOVED_WITHIN_S = 15.0
QUIET_WITHIN_S = 90.0
#: Charges that drivers are told the end of between two kills.
_TICKETS_BETWEEN = 20


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class CentralProcess:
    def __init__(self, name: str, port: int, database: str, kafka: tuple[str, ...], log: Path) -> None:
        self.name = name
        self.address = Address("127.0.0.1", port)
        self._command = [
            sys.executable, "-m", "central", "--port", str(port), "--instance", name, *kafka,
            "--time-scale", str(TIME_SCALE),
        ]  # fmt: skip
        self._env = {**os.environ, "EV_CENTRAL_DATABASE": database}
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, env=self._env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log
            )
        await until(self._listens, 60)

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.returncode is None, self._log.read_text()[-2000:]
        with socket.socket() as probe:
            return probe.connect_ex((self.address.host, self.address.port)) == 0

    async def end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)
            async with asyncio.timeout(20):
                await self._process.wait()


class Cluster:
    def __init__(self, directory: Path, database: str, kafka: Broker) -> None:
        self.engine: Engine = create_engine(database)
        self.bus = KafkaBus(kafka.address, client_id="points-and-drivers", prefix=kafka.prefix, fetch_wait_ms=50)
        self.centrals = [
            CentralProcess(f"central-{n}", port, database, kafka.options, directory / f"central-{n}.log")
            for n, port in enumerate(free_ports(3), start=1)
        ]
        self._balancer = Balancer([one.address for one in self.centrals])
        self._directory = directory
        self.failed = asyncio.Event()
        self.tasks = Tasks(self.failed)
        self.points: list[ChargingPoint] = []
        self.drivers: list[Driver] = []
        self.enough = asyncio.Event()
        self._publishers = [self.bus.publisher() for _ in range(2)]

    async def start(self) -> None:
        for central in self.centrals:
            await central.start()
        entrance = await self._balancer.start()
        engines, requests = self._publishers
        self.points = await start_points(POINTS, self._directory, entrance, engines, self.tasks, time_scale=TIME_SCALE)
        self.drivers = [Driver(f"D{n:02}", entrance, requests, over_kafka=n % 2 == 0) for n in range(1, DRIVERS + 1)]
        await listen(self.bus, self.drivers, self.tasks)

    def drive(self) -> list[asyncio.Task[Any]]:
        cp_ids = [point.cp_id for point in self.points]
        return [
            self.tasks.start(driver.driver_id, driver.run(cp_ids, self.enough, self.tasks)) for driver in self.drivers
        ]

    def scalar(self, query: str, **values: Any) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(text(query), values).scalar_one()

    async def work_on(self) -> None:
        """Until so many more charges have ended: the load between two kills."""
        enough = self._tickets() + _TICKETS_BETWEEN
        await until(lambda: self._tickets() >= enough, 60)

    def _tickets(self) -> int:
        return sum(len(driver.told.tickets) for driver in self.drivers)

    def quarantined(self) -> set[str]:
        with self.engine.connect() as connection:
            return set(connection.execute(text("SELECT session_id FROM quarantine")).scalars())

    def moved_from(self, dead: str) -> bool:
        """Every point has a living holder again."""
        query = "SELECT count(*) FROM points WHERE holder IS NULL OR holder = :dead"
        return bool(self.scalar(query, dead=dead) == 0)

    def is_quiet(self) -> bool:
        return (
            not any(point.owes for point in self.points)
            and self.scalar("SELECT count(*) FROM sessions WHERE state IN ('CLAIMED', 'CHARGING')") == 0
            and self.scalar("SELECT count(*) FROM outbox") == 0
        )

    async def stop(self) -> None:
        self.enough.set()
        await self.tasks.cancel()
        for point in self.points:
            await point.stop()
        await self._balancer.stop()
        for central in self.centrals:
            await central.end(signal.SIGTERM)
        for publisher in self._publishers:
            await publisher.close()
        self.engine.dispose()


@pytest.fixture
async def cluster(tmp_path: Path, postgres_database: str, shared_kafka: Broker) -> AsyncIterator[Cluster]:
    made = Cluster(tmp_path, postgres_database, shared_kafka)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def test_centrals_killed_in_turn_lose_nothing_and_bill_nothing_twice(cluster: Cluster) -> None:
    drivers = cluster.drive()
    for number, victim in enumerate([*cluster.centrals, *cluster.centrals]):
        await cluster.work_on()
        # The last turn in good order, as a rolling update does it.
        await victim.end(signal.SIGKILL if number < len(cluster.centrals) else signal.SIGTERM)
        await until(lambda name=victim.name: cluster.moved_from(name), MOVED_WITHIN_S)
        await victim.start()
    await cluster.work_on()
    cluster.enough.set()
    await asyncio.wait(drivers, timeout=QUIET_WITHIN_S)
    await until(cluster.is_quiet, QUIET_WITHIN_S)
    assert not cluster.failed.is_set()

    metered = journal_sessions(point.journal_path for point in cluster.points)
    with cluster.engine.connect() as connection:
        booked = booked_sessions(connection)
    assert faults(metered, booked, [driver.told for driver in cluster.drivers]) == []
    finished = [session for session in booked.values() if session.state == "FINISHED"]
    assert len(finished) > DRIVERS
    # A charge that ran though it had been refused was stopped: it bills nobody, and its account is kept apart.
    strays = {one.session_id for one in metered.values() if booked[one.session_id].state == "REFUSED" and one.energy_wh}
    assert cluster.quarantined() == strays
    billed = sum(session.energy_wh for session in finished)
    assert billed == sum(one.energy_wh for one in metered.values() if one.session_id not in strays)
