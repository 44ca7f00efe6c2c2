"""Brokers to hold to the contract of a bus: one in memory, one real in its own process."""

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from common.errors import CannotStart
from common.kafka.bus import Bus, Publisher, Subscriber
from common.kafka.client import KafkaBus
from common.kafka.embedded import broker_command, free_port
from common.kafka.memory import MemoryBroker, MemoryBus
from common.routes import Topic
from tests.waiting import wait_until

PARTITIONS = 4
HOST = "127.0.0.1"


@pytest.fixture(scope="session")
def broker_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real broker for all tests of this folder; they keep apart by keys and groups of their own."""
    port = free_port(HOST)
    try:
        command = broker_command(HOST, port)
    except CannotStart as wrong:
        pytest.skip(str(wrong))
    log = tmp_path_factory.mktemp("broker") / "broker.log"
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as broker:
        try:
            wait_until(lambda: _answers(port), what="the embedded broker")
            yield f"{HOST}:{port}"
        finally:
            broker.kill()


def _answers(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture(params=["memory", pytest.param("embedded", marks=pytest.mark.broker)])
async def bus(request: pytest.FixtureRequest) -> Bus:
    """The bus under test, with its topics made."""
    made: Bus
    if request.param == "memory":
        made = MemoryBus(MemoryBroker(PARTITIONS))
    else:
        made = KafkaBus(request.getfixturevalue("broker_address"), client_id="contract", fetch_wait_ms=10)
    await made.create_topics(PARTITIONS, 1)
    return made


class Open:
    """Publishers and subscribers of one test, closed at its end."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.closing: list[Callable[[], Awaitable[None]]] = []

    def publisher(self) -> Publisher:
        made = self.bus.publisher()
        self.closing.append(made.close)
        return made

    async def from_now(self, topic: Topic) -> Subscriber:
        """A reader of all partitions that sees what is written after this."""
        made = self.opened(self.bus.everything(topic))
        await asyncio.wait_for(made.started(), 30)
        return made

    def opened(self, subscriber: Subscriber) -> Subscriber:
        self.closing.append(subscriber.close)
        return subscriber


@pytest.fixture(name="opened")
async def _opened(bus: Bus) -> AsyncIterator[Open]:
    all_of_them = Open(bus)
    yield all_of_them
    for close in reversed(all_of_them.closing):
        await close()


@pytest.fixture
def own(request: pytest.FixtureRequest) -> str:
    """A word of this test's own, for keys and groups."""
    return f"{Path(request.node.nodeid).name}".replace("[", "-").rstrip("]")
