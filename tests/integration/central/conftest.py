"""One Central in this process: real sockets, a real database, a broker in memory, a clock that the test moves."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from central.handlers.registrar import Change, Clerk
from central.runtime import Central
from central.settings import CentralSettings
from common import messages as m
from common.auth import signature
from common.clock import ManualClock
from common.codec import decode, encode
from common.ids import counted_ids
from common.kafka.bus import Bus, Outgoing
from common.kafka.memory import MemoryBroker, MemoryBus
from common.messages import Message
from common.messages.operating import CredentialRole, Enroll
from common.net.address import Address
from common.net.dialer import connect
from common.net.link import Link
from common.registry import CATALOGUE
from common.routes import Topic
from tests.waiting import until

__all__ = ["network"]

M = TypeVar("M", bound=Message)
DEADLINE_S = 10.0
START = 1_800_000_000.0


def proof(
    role: Literal["monitor", "driver", "admin"], id_: str, secret: str, nonce: str, at: float = START
) -> m.AuthRequest:
    """Of a Monitor, a driver or an admin; its message_id is the nonce."""
    field = {"monitor": "cp_id", "driver": "driver_id", "admin": "admin_id"}[role]
    named = {field: id_}
    signed = signature(secret, role, id_, at, nonce)
    return m.AuthRequest(message_id=nonce, timestamp=at, role=role, nonce=nonce, signature=signed, **named)


class Peer:
    """One end of a link to Central, played by the test."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._messages = aiter(link)

    def send(self, message: Message) -> None:
        self.link.send(message)

    async def next(self) -> Message:
        async with asyncio.timeout(DEADLINE_S):
            return await anext(self._messages)

    async def expect(self, kind: type[M]) -> M:
        """The next message of this type; those before it are passed over."""
        while True:
            message = await self.next()
            if isinstance(message, kind):
                return message

    async def ended(self) -> bool:
        """Whether Central closes the link."""
        async with asyncio.timeout(DEADLINE_S):
            async for _ in self._messages:
                pass
        return True

    async def close(self) -> None:
        await self.link.close()


class Network:
    """The Central under test and what surrounds it."""

    def __init__(self, directory: Path, database: str) -> None:
        self.directory = directory
        self.database = database
        self.clock = ManualClock(START)
        self.broker = MemoryBroker(partitions=3)
        self.settings = CentralSettings(port=0, data_dir=directory, database=database)
        self.ids = counted_ids("c")
        self.central: Central
        self.address: Address
        self._peers: list[Peer] = []

    def bus(self) -> Bus:
        return MemoryBus(self.broker)

    async def start(self, **settings: Any) -> None:
        chosen = self.settings.model_copy(update=settings)
        self.central = Central(chosen, asyncio.Event(), bus=self.bus(), clock=self.clock, ids=self.ids)
        self.address = await self.central.start()

    async def stop(self) -> None:
        for peer in self._peers:
            await peer.close()
        await self.central.stop()

    async def peer(self) -> Peer:
        link = await connect(self.address, CATALOGUE, clock=self.clock, ids=counted_ids("p"))
        peer = Peer(link)
        self._peers.append(peer)
        return peer

    async def monitor(self, cp_id: str = "CP1", **details: Any) -> Peer:
        """A Monitor whose point is registered."""
        peer = await self.peer()
        price = details.pop("price_per_kwh", Decimal("0.30"))
        peer.send(
            m.RegisterRequest(
                message_id=f"reg-{cp_id}", cp_id=cp_id, max_charging_rate_kw=22, price_per_kwh=price, **details
            )
        )
        assert (await peer.expect(m.RegisterResponse)).succeeded
        return peer

    async def enrol(self, role: CredentialRole, id_: str, secret: str) -> None:
        """As an operator of the Central that was started last."""
        await self.tell(Enroll(role=role, id=id_, secret=SecretStr(secret)))

    async def tell(self, wanted: Change) -> None:
        """A change of credentials, which this Central sees at once and others at their next look."""
        context, now = self.central.context, self.clock.now().wall
        vault = context.credentials.vault
        assert vault is not None
        await context.store.write(lambda unit: Clerk(unit, vault, by="operator", now=now).do(wanted))
        await self.central.desk.revoking.look()

    def produce(self, topic: Topic, key: str, message: Message) -> None:
        publisher = MemoryBus(self.broker).publisher()
        publisher.publish(Outgoing(topic, key, encode(message)))

    def told(self, driver_id: str, kind: type[M]) -> list[M]:
        """What Central told a driver over Kafka, of one type, in order."""
        records = [r for (topic, _), log in self.broker.logs.items() if topic is Topic.DRIVER_RESPONSES for r in log]
        decoded = [decode(r.value, CATALOGUE) for r in records if r.key == driver_id]
        return [message for message in decoded if isinstance(message, kind)]

    def dead_letters(self) -> list[tuple[bytes, str]]:
        logs = [log for (topic, _), log in self.broker.logs.items() if topic is Topic.DEAD_LETTERS]
        return [(record.value, record.headers["error"]) for log in logs for record in log]

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        return await self.central.context.store.read(lambda c: [tuple(row) for row in c.execute(text(query))])

    async def until_told(self, driver_id: str, kind: type[M], count: int = 1) -> list[M]:
        async def there() -> bool:
            return len(self.told(driver_id, kind)) >= count

        await until(there)
        return self.told(driver_id, kind)

    async def status(self, cp_id: str = "CP1") -> str:
        ((status,),) = await self.rows(f"SELECT status FROM points WHERE cp_id = '{cp_id}'")
        return str(status)

    async def until_status(self, status: str, cp_id: str = "CP1") -> None:
        async def there() -> bool:
            return await self.status(cp_id) == status

        await until(there)

    async def charge(self, driver: Peer, monitor: Peer, message_id: str = "r1", cp_id: str = "CP1") -> str:
        """A driver charges at a point, and Engine accepts; the session's id."""
        driver.send(m.ChargeRequest(message_id=message_id, cp_id=cp_id, driver_id="D1"))
        command = await monitor.expect(m.StartChargingCommand)
        monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
        answer = await driver.expect(m.ChargeRequestResponse)
        assert answer.succeeded, answer
        return command.session_id

    def completion(
        self, session_id: str, energy: str = "10.000", cost: str = "3.00", **other: Any
    ) -> m.ChargeCompletion:
        fields = {"message_id": "done-1", "timestamp": START + 60, "cp_id": "CP1", "reason": m.Reason.DRIVER_STOP}
        return m.ChargeCompletion(
            session_id=session_id,
            energy_consumed_kwh=Decimal(energy),
            total_cost=Decimal(cost),
            **{**fields, **other},
        )

    def reading(self, session_id: str, energy: str, message_id: str = "d1", **other: Any) -> m.ChargingData:
        return m.ChargingData(
            message_id=message_id,
            timestamp=other.pop("timestamp", START + 1),
            cp_id=other.pop("cp_id", "CP1"),
            session_id=session_id,
            energy_consumed_kwh=Decimal(energy),
            total_cost=Decimal("0.00"),
            charging_rate=22.0,
            **other,
        )


@pytest.fixture
async def network(tmp_path: Path, database: str) -> AsyncIterator[Network]:
    made = Network(tmp_path, database)
    await made.start()
    yield made
    await made.stop()
