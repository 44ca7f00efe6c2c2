"""Brokers to hold to the contract of a bus: one in memory, the embedded one, Apache Kafka."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from common.kafka.bus import Bus, Publisher, Subscriber
from common.kafka.client import KafkaBus
from common.kafka.memory import MemoryBroker, MemoryBus
from common.routes import Topic
from tests.kafka_server import BROKERS, apache_address, embedded_broker, own_prefix

PARTITIONS = 4


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One for all tests of this folder; they keep apart by keys and groups of their own."""
    with embedded_broker(tmp_path_factory.mktemp("broker") / "broker.log") as address:
        yield address


@pytest.fixture(params=["memory", *BROKERS])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make_bus(kind: str, request: pytest.FixtureRequest) -> Iterator[Callable[[], Bus]]:
    """More clients of the broker under test, as other processes would be."""
    if kind == "memory":
        broker = MemoryBroker(PARTITIONS)
        yield lambda: MemoryBus(broker)
    elif kind == "embedded":
        address = request.getfixturevalue("embedded")
        yield lambda: KafkaBus(address, client_id="contract", fetch_wait_ms=10)
    else:
        address = apache_address(request)
        with own_prefix(address) as prefix:
            yield lambda: KafkaBus(address, client_id="contract", prefix=prefix, fetch_wait_ms=10)


@pytest.fixture
async def bus(make_bus: Callable[[], Bus]) -> Bus:
    """The bus under test, with its topics made."""
    made = make_bus()
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
