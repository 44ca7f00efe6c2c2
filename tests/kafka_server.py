"""
Brokers for tests: the embedded one, Apache Kafka that many tests share, and an Apache Kafka of one's own to kill.

Apache Kafka is at EV_TEST_KAFKA=HOST:PORT, else in a container where a Docker engine answers; else its tests are skipped.
Those who share it keep apart by a prefix of their own.
"""

import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from common.errors import CannotStart
from common.kafka.embedded import broker_command, free_port
from common.net.address import parse_address
from common.net.shore import is_beyond_loopback
from deploy.kafka.fetch import is_fetched
from tests.containers import docker_answers, served, service
from tests.servers import is_required, missing
from tests.waiting import wait_until

HOST = "127.0.0.1"
ADDRESS = "EV_TEST_KAFKA"
#: The same suite over each; `embedded` and `apache` are what a fixture's parameter may be.
BROKERS = [pytest.param("embedded", marks=pytest.mark.broker), pytest.param("apache", marks=pytest.mark.kafka)]
#: The official image, which learns by which address we come only once it has a port of this machine.
_START = """
    until [ -s /tmp/address ]; do sleep 0.1; done
    export KAFKA_ADVERTISED_LISTENERS="PLAINTEXT://$(cat /tmp/address)"
    exec /etc/kafka/docker/run
"""
_WHAT_TO_DO = (
    "Give Apache Kafka's address in EV_TEST_KAFKA=HOST:PORT (python3 -m deploy.kafka run starts one), or start Docker."
)
_READY_WITHIN_S = 90.0


def answers(address: str) -> bool:
    try:
        socket.create_connection(parse_address(address), timeout=1).close()
    except OSError:
        return False
    return True


# -- the embedded one


@contextmanager
def embedded_broker(log: Path, address: str | None = None) -> Iterator[str]:
    """The embedded broker in its own process, which forgets everything at the end."""
    where = parse_address(address) if address else None
    host, port = where or (HOST, free_port(HOST))
    try:
        command = broker_command(host, port)
    except CannotStart as wrong:
        missing("embedded", str(wrong))
    with log.open("ab") as out, subprocess.Popen(command, stdout=out, stderr=out) as broker:
        try:
            wait_until(lambda: answers(f"{host}:{port}"), what="the embedded broker")
            yield f"{host}:{port}"
        finally:
            broker.kill()


# -- Apache Kafka, shared


def apache_address(request: pytest.FixtureRequest) -> str:
    """Where the shared Apache Kafka is; skips, or fails where it is required."""
    return str(request.getfixturevalue("apache"))


@pytest.fixture(scope="session")
def apache() -> Iterator[str]:
    told = os.environ.get(ADDRESS)
    if told:
        if not answers(told):
            pytest.fail(f"Nothing answers at {told}, which {ADDRESS} names.", pytrace=False)
        yield told
    elif docker_answers():
        with _container() as address:
            yield address
    else:
        missing("kafka", _WHAT_TO_DO)


@contextmanager
def _container() -> Iterator[str]:
    """Set up as docker-compose.yml does."""
    with served("kafka", 9092, service("kafka")["environment"], ("sh", "-c", _START)) as container:
        address = f"{container.host}:{container.port}"
        container.run("sh", "-c", f"echo {address} > /tmp/address")
        container.wait_until(lambda: _speaks_kafka(address))
        yield address


def _speaks_kafka(address: str) -> bool:
    try:
        AdminClient({"bootstrap.servers": address}).list_topics(timeout=2)
    except KafkaException:
        return False
    return True


@contextmanager
def own_prefix(address: str) -> Iterator[str]:
    """What one test's topics begin with; they are deleted at its end."""
    prefix = f"test-{uuid.uuid4().hex[:12]}."
    yield prefix
    admin = AdminClient({"bootstrap.servers": address})
    names = [name for name in admin.list_topics(timeout=10).topics if name.startswith(prefix)]
    if names:
        for done in admin.delete_topics(names, operation_timeout=10).values():
            done.result()


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker for one test, which has the topics that begin with its prefix."""

    kind: str
    address: str
    prefix: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        """For our programs' command lines."""
        return "--kafka", self.address, *(("--kafka-topic-prefix", self.prefix) if self.prefix else ())


@pytest.fixture
def shared_kafka(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """Apache Kafka only, with topics of the test's own."""
    address = apache_address(request)
    with own_prefix(address) as prefix:
        yield Broker("apache", address, prefix)


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """Each of them in turn."""
    if request.param == "embedded":
        with embedded_broker(tmp_path / "broker.log") as address:
            yield Broker("embedded", address)
    else:
        yield request.getfixturevalue("shared_kafka")


# -- Apache Kafka of one's own


class OwnKafka:
    """An Apache Kafka to be killed and started again, with its disk or with an empty one."""

    def __init__(self, folder: Path, prefix: tuple[str, ...] = (), host: str = HOST) -> None:
        if not is_fetched() and not is_required("kafka"):
            missing("kafka", "Fetch Apache Kafka for a broker of the test's own: python3 -m deploy.kafka fetch.")
        self._folder = folder
        self._prefix = prefix
        self._disks = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._out: IO[bytes] | None = None
        self.host = host
        self.address = f"{host}:0"

    def claim(self) -> str:
        """The address it will have, before it is there."""
        self.address = f"{self.host}:{free_port(self.host)}"
        return self.address

    def start(self, *arguments: str, empty: bool = False) -> str:
        """On the same port as before; returns once it answers."""
        self._disks += empty
        disk = str(self._folder / f"kafka{self._disks}")
        command = [sys.executable, "-m", "deploy.kafka", "run", self.address, "--data-dir", disk, *arguments]
        command += ["--insecure"] if is_beyond_loopback(self.host) else []
        out = self._folder / "kafka.out"
        with out.open("wb") as words:
            self._process = subprocess.Popen(
                [*self._prefix, *command], stdout=words, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )
        process = self._process
        wait_until(lambda: _told(out) or process.poll() is not None, _READY_WITHIN_S, "Apache Kafka")
        assert _told(out), out.read_text()
        self.address = out.read_text().splitlines()[0].removeprefix("kafka listening on ")
        return self.address

    def kill(self) -> None:
        """As a power cut would; the kernel takes the broker with its starter."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None
        if not self._prefix:  # elsewhere the address means nothing here
            wait_until(lambda: not answers(self.address), what="the end of Apache Kafka")

    def stop(self) -> int:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20)


def _told(out: Path) -> bool:
    return out.read_text().startswith("kafka listening on ")


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[OwnKafka]:
    made = OwnKafka(tmp_path)
    yield made
    with suppress(ProcessLookupError):
        made.kill()
