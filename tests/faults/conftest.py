"""A Central on an Apache Kafka that the test kills and brings back, and a bus of the test's own beside it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path

import pytest

from central.runtime import Central
from central.settings import CentralSettings
from common import messages as m
from common.clock import SystemClock
from common.codec import decode
from common.ids import random_id
from common.kafka.bus import Subscriber, outgoing
from common.kafka.client import KafkaBus
from common.messages import Message
from common.net.address import Address, parse_servers
from common.net.dialer import connect
from common.registry import CATALOGUE
from common.routes import Topic
from tests.integration.central.conftest import Peer
from tests.kafka_server import OwnKafka
from tests.waiting import until

#: Long enough for a broker to start on a busy machine, a client to find it again, and a group to be dealt anew.
BACK_WITHIN_S = 60.0


class Site:
    """One Central with a point and a driver at it, all over real sockets."""

    def __init__(self, folder: Path, kafka: str) -> None:
        self._kafka = kafka
        self._settings = CentralSettings(
            port=0, data_dir=folder, kafka=parse_servers(kafka), kafka_partitions=3, kafka_fetch_wait_ms=50
        )
        self.central: Central
        self._address: Address
        self._peers: list[Peer] = []

    async def start(self) -> None:
        self.central = Central(self._settings, asyncio.Event())
        self._address = await self.central.start()

    async def stop(self) -> None:
        for peer in self._peers:
            await peer.close()
        await self.central.stop()

    async def peer(self) -> Peer:
        self._peers.append(Peer(await connect(self._address, CATALOGUE, clock=SystemClock(), ids=random_id)))
        return self._peers[-1]

    async def monitor(self) -> Peer:
        monitor = await self.peer()
        monitor.send(m.RegisterRequest(message_id="reg", cp_id="CP1", max_charging_rate_kw=22))
        assert (await monitor.expect(m.RegisterResponse)).succeeded
        return monitor

    async def charge(self, monitor: Peer, driver: Peer) -> str:
        """A whole charge over TCP, from request to the acknowledged account; the session's id."""
        driver.send(m.ChargeRequest(message_id=random_id(), cp_id="CP1", driver_id="D1"))
        command = await monitor.expect(m.StartChargingCommand)
        monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
        assert (await driver.expect(m.ChargeRequestResponse)).succeeded
        monitor.send(
            m.ChargeCompletion(
                message_id=random_id(),
                cp_id="CP1",
                session_id=command.session_id,
                energy_consumed_kwh=Decimal("10.000"),
                total_cost=Decimal("3.00"),
                reason=m.Reason.VEHICLE_FULL,
            )
        )
        await monitor.expect(m.ChargeCompletionAck)
        return command.session_id

    def bus(self) -> KafkaBus:
        return KafkaBus(self._kafka, client_id="test", fetch_wait_ms=50)

    async def until_reading(self) -> None:
        """Until Central has partitions to read."""
        await until(lambda: self.assigned > 0, BACK_WITHIN_S)

    @property
    def assigned(self) -> int:
        return sum(
            len(places) for reader in self.central.context.readers for places in reader.standing().assigned.values()
        )


@asynccontextmanager
async def listening(subscriber: Subscriber) -> AsyncIterator[list[Message]]:
    """What comes over a topic, for as long as the block lasts."""
    heard: list[Message] = []

    async def listen() -> None:
        async for batch in subscriber.batches():
            heard.extend(decode(record.value, CATALOGUE) for record in batch)

    task = asyncio.create_task(listen())
    try:
        yield heard
    finally:
        await subscriber.close()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def tickets(heard: list[Message]) -> list[str]:
    """The sessions whose tickets were told, each once, in order."""
    return list(dict.fromkeys(one.session_id for one in heard if isinstance(one, m.ChargeCompletion)))


async def answered_over_kafka(site: Site, heard: list[Message]) -> None:
    """A driver asks over Kafka until it is answered there, as drivers do."""
    publisher = site.bus().publisher()
    request = m.AvailableCpsRequest(message_id=random_id(), driver_id="D1")

    def answered() -> bool:
        return any(one.message_id == request.message_id for one in heard)

    try:
        async with asyncio.timeout(BACK_WITHIN_S):
            while not answered():
                publisher.publish(outgoing(Topic.CPS_REQUESTS, "D1", request))
                with suppress(TimeoutError):
                    await until(answered, deadline_s=1)
    finally:
        await publisher.close()


class Said(logging.Handler):
    """What the programs said of Kafka, in order."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.sentences: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "ev.kafka":
            self.sentences.append(record.getMessage())


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[Said]:
    logger = logging.getLogger("ev.kafka")
    caplog.set_level(logging.INFO, logger.name)
    handler = Said()
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


@pytest.fixture
async def site(tmp_path: Path, own_kafka: OwnKafka, said: Said) -> AsyncIterator[Site]:
    """Central runs; Kafka is not there yet."""
    del said  # listens from before
    made = Site(tmp_path, own_kafka.claim())
    await made.start()
    yield made
    await made.stop()
