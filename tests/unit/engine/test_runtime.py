"""The Engine in this process: real sockets and a real journal, a broker in memory, a clock that the test moves."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charging_point.engine.car import Battery, Car
from charging_point.engine.journal import Journal
from charging_point.engine.point import Abilities, Point
from charging_point.engine.runtime import KafkaState, Runtime
from common.auth import record_signature
from common.clock import ManualClock
from common.codec import decode
from common.errors import ErrorCode
from common.ids import counted_ids, random_id
from common.kafka.bus import Publisher
from common.kafka.memory import MemoryBroker, MemoryBus
from common.messages import ChargeCompletion, ChargingData, CommandResponse, ErrorResponse, HealthCheckRequest, Message
from common.net.dialer import connect
from common.net.server import Server
from common.registry import CATALOGUE, over_tcp
from common.routes import Role, Topic
from tests.unit.engine.conftest import DEADLINE_S, PlayedMonitor, init, start, stop
from tests.waiting import until


class Place:
    """An Engine and where it listens."""

    def __init__(self, folder: Path, secret: str | None = None) -> None:
        self.clock = ManualClock()
        self.broker = MemoryBroker(partitions=3)
        self.publisher: Publisher = MemoryBus(self.broker).publisher()
        self.journal = Journal(folder / "engine.journal")
        car = Car(Battery(60_000, 12_000), max_kw=150, plugged=True)
        self.point = Point(Abilities(36), car, self.journal.ledger, ids=counted_ids(), kafka_is_up=True)
        self.runtime = Runtime(
            self.point, self.journal, self.publisher, clock=self.clock, ids=counted_ids("r"), secret=secret
        )
        self.server = Server(
            self.runtime.serve, over_tcp(Role.MONITOR, Role.ENGINE), clock=self.clock, ids=counted_ids("s")
        )
        self._monitors: list[PlayedMonitor] = []

    async def open(self) -> None:
        self.address = await self.server.start("127.0.0.1", 0)

    async def close(self) -> None:
        for monitor in self._monitors:
            await monitor.link.close()
        await self.server.stop()
        await self.publisher.close()
        self.journal.close()

    async def monitor(self) -> PlayedMonitor:
        link = await connect(self.address, over_tcp(Role.ENGINE, Role.MONITOR), clock=self.clock, ids=random_id)
        self._monitors.append(PlayedMonitor(link))
        return self._monitors[-1]

    async def charging(self) -> PlayedMonitor:
        monitor = await self.monitor()
        for message in (init(), start()):
            answer = await monitor.ask(message)
            assert isinstance(answer, CommandResponse)
            assert answer.succeeded
        return monitor

    def tick_after(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.runtime.tick()

    def records(self, topic: Topic) -> list[tuple[str, Message]]:
        found = [record for place, log in self.broker.logs.items() if place[0] is topic for record in log]
        return [(record.key, decode(record.value, CATALOGUE)) for record in found]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    await place.open()
    yield place
    await place.close()


async def test_readings_and_the_account_go_to_kafka_and_to_monitor_with_one_message_id(place: Place) -> None:
    monitor = await place.charging()
    place.tick_after(1)
    reading = await monitor.next()
    assert isinstance(reading, ChargingData)
    assert place.records(Topic.SESSION_DATA) == [("CP1", reading)]
    monitor.link.send(stop())
    account = await monitor.next()
    assert isinstance(account, ChargeCompletion)
    assert place.records(Topic.SESSION_COMPLETE) == [("CP1", account)]


async def test_readings_are_relayed_while_kafka_is_away_and_owed_accounts_go_there_when_it_is_back(
    place: Place,
) -> None:
    monitor = await place.charging()

    async def relay() -> bool | None:
        place.tick_after(1)
        reading = await monitor.next()
        assert isinstance(reading, ChargingData)
        return reading.relay

    assert await relay() is None
    place.broker.is_up = False
    assert [await relay(), await relay()] == [True, True]
    monitor.link.send(stop())
    account = await monitor.next()
    assert (await monitor.next()).type == "command_response"
    assert place.records(Topic.SESSION_COMPLETE) == []

    place.broker.is_up = True
    await monitor.ask(start("s2"))
    assert await relay() is True
    await until(lambda: place.records(Topic.SESSION_COMPLETE) == [("CP1", account)])
    assert await relay() is None


async def test_a_panel_is_told_how_kafka_stands_and_when_monitor_was_heard(place: Place) -> None:
    touched: list[int] = []
    place.runtime.touch = lambda: touched.append(1)
    assert (place.runtime.kafka, place.runtime.monitor_heard_at) == (KafkaState.UNTRIED, None)
    monitor = await place.charging()
    heard_at = place.clock.now().mono
    assert len(touched) >= 2
    place.tick_after(1)
    await until(lambda: place.runtime.kafka is KafkaState.TAKES)
    place.broker.is_up = False
    assert place.runtime.kafka is KafkaState.AWAY
    await monitor.link.close()
    await until(lambda: not place.point.is_linked)
    assert place.runtime.monitor_heard_at == heard_at
    without = Runtime(place.point, place.journal, None, clock=place.clock, ids=counted_ids())
    assert without.kafka is KafkaState.NONE


async def test_the_newest_monitor_wins_and_the_older_one_is_told(place: Place) -> None:
    older = await place.charging()
    newer = await place.monitor()
    await newer.ask(init())
    told = await older.next()
    assert isinstance(told, ErrorResponse)
    assert told.error is ErrorCode.SUPERSEDED
    assert await older.has_ended()
    place.tick_after(1)
    assert (await newer.next()).type == "charging_data"
    assert place.point.is_linked


async def test_a_link_that_ends_leaves_the_charge_alone(place: Place) -> None:
    monitor = await place.charging()
    await monitor.link.close()
    await until(lambda: not place.point.is_linked)
    place.tick_after(1)
    assert place.point.is_charging
    assert len(place.records(Topic.SESSION_DATA)) == 1


async def test_what_an_engine_may_not_be_sent_is_answered_and_what_is_behind_it_is_heard(place: Place) -> None:
    monitor = await place.charging()
    await monitor.link.close()
    reader, writer = await asyncio.open_connection(*place.address)
    good = b'{"type":"health_check_request","message_id":"h","id":"CP1"}'
    sent = {
        b"rubbish": "malformed_json",
        b'{"type":"dance","message_id":"m"}': "unknown_type",
        b'{"type":"register_request","message_id":"m"}': "not_allowed",
        b'{"type":"connection_lost","message_id":"m","peer":"x"}': "not_allowed",
        b'{"type":"start_charging_command","message_id":"m","cp_id":"CP1"}': "invalid_message",
        good: "health_check_response",
    }
    writer.write(b"\n".join(sent) + b"\n")
    async with asyncio.timeout(DEADLINE_S):
        answers = [decode(await reader.readline(), CATALOGUE) for _ in sent]
    writer.close()
    assert [a.error if isinstance(a, ErrorResponse) else a.type for a in answers] == list(sent.values())
    assert place.point.is_charging


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.binary(max_size=400), max_size=8))
async def test_any_bytes_leave_the_engine_at_work(place: Place, chunks: list[bytes]) -> None:
    _, writer = await asyncio.open_connection(*place.address)
    for chunk in chunks:
        writer.write(chunk)
    writer.close()
    monitor = await place.monitor()
    answer = await monitor.ask(HealthCheckRequest(message_id="h", id="CP1"))
    assert answer.type == "health_check_response"
    await monitor.link.close()


async def test_shutting_down_waits_for_the_acknowledgement_and_no_longer(place: Place) -> None:
    monitor = await place.charging()
    closing = asyncio.create_task(place.runtime.shut_down())
    account = await monitor.next()
    assert isinstance(account, ChargeCompletion)
    assert not closing.done()
    await monitor.link.close()
    async with asyncio.timeout(DEADLINE_S):
        await closing
    assert list(place.journal.ledger.owed) == ["s1"]


@pytest.mark.parametrize("secret", [None, "the secret of the point"])
async def test_what_goes_over_kafka_is_signed_by_a_point_that_has_a_secret(tmp_path: Path, secret: str | None) -> None:
    place = Place(tmp_path, secret)
    await place.open()
    monitor = await place.charging()
    place.tick_after(10.0)
    await monitor.ask(stop())

    async def told() -> bool:
        return bool(place.records(Topic.SESSION_COMPLETE))

    await until(told)
    written = [record for log in place.broker.logs.values() for record in log]
    assert {record.topic for record in written} == {Topic.SESSION_DATA, Topic.SESSION_COMPLETE}
    for record in written:
        expected = None if secret is None else record_signature(secret, record.value)
        assert record.headers.get("signature") == expected
    await place.close()
