"""The driver's two ways to Central: real sockets and a bus in memory, in this process; then the real broker."""

import asyncio
import io
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from common.auth import record_signature
from common.clock import Clock, ManualClock, SystemClock
from common.codec import decode
from common.ids import random_id
from common.kafka.bus import Bus, Outgoing, Publisher, Record, outgoing
from common.kafka.client import KafkaBus
from common.kafka.embedded import free_port
from common.kafka.memory import MemoryBroker, MemoryBus
from common.messages import (
    AvailableCpsRequest,
    AvailableCpsResponse,
    ChargeCompletion,
    ChargeRequest,
    ChargeRequestResponse,
    ChargingData,
    ChargingHistoryRequest,
    ChargingHistoryResponse,
    Message,
    PastSession,
    Reason,
)
from common.metrics.measures import Measures
from common.net.link import Link
from common.registry import over_kafka
from common.routes import Role, Topic
from common.settings import load
from driver.console.lines import JsonScreen
from driver.errands import Charge, Errand, Listen, Question
from driver.runtime import Runtime
from driver.settings import DriverSettings
from driver.trip import Trip
from tests.integration.played_central import Program, played, run
from tests.kafka_server import Broker
from tests.waiting import until

REQUESTS = (Topic.CHARGE_REQUESTS, Topic.STOP_REQUESTS, Topic.CPS_REQUESTS)
PRICE = Decimal("0.3")
SESSION = {"cp_id": "CP1", "session_id": "S1"}
SEQUENCE = ["charge_request_response", "charging_data", "charge_completion", "ticket"]


class CentralOnKafka:
    """Answers over the bus: grants every charge, which then completes at once, as a car that wants 1 kWh would."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.records: list[Record] = []
        self.heard: list[Message] = []
        self.publisher: Publisher = bus.publisher()
        self._task = asyncio.create_task(self._serve())
        self.ready = asyncio.Event()

    async def _serve(self) -> None:
        accepts: dict[str, type[Message]] = {}
        for topic in REQUESTS:
            accepts |= over_kafka(topic, Role.CENTRAL)
        subscriber = self._bus.group(REQUESTS, "central")
        self._subscriber = subscriber
        self.ready.set()
        async for batch in subscriber.batches():
            for record in batch:
                self.records.append(record)
                message = decode(record.value, accepts)
                self.heard.append(message)
                for answer in answers(message):
                    self.say(record.key, answer)

    def say(self, driver_id: str, message: Message) -> None:
        self.publisher.publish(outgoing(Topic.DRIVER_RESPONSES, driver_id, message))

    async def stop(self) -> None:
        await asyncio.gather(self._subscriber.close(), self.publisher.close())
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def answers(message: Message) -> list[Message]:
    head: dict[str, Any] = {"message_id": message.message_id, "status": "success"}
    match message:
        case AvailableCpsRequest():
            return [AvailableCpsResponse(**head)]
        case ChargeRequest():
            return [ChargeRequestResponse(**head, **SESSION, price_per_kwh=PRICE), *charge()]
        case ChargingHistoryRequest():
            past = PastSession(
                **SESSION,
                status="FINISHED",
                started_at=100,
                ended_at=160,
                energy_consumed_kwh=Decimal(1),
                total_cost=PRICE,
                price_per_kwh=PRICE,
                reason=Reason.VEHICLE_FULL,
            )
            return [ChargingHistoryResponse(**head, sessions=(past,))]
    return []


def charge() -> list[Message]:
    figures: dict[str, Any] = {**SESSION, "energy_consumed_kwh": Decimal(1), "total_cost": PRICE}
    reading = ChargingData(message_id="r1", **figures, charging_rate=22)
    return [reading, ChargeCompletion(message_id="c1", **figures, reason=Reason.VEHICLE_FULL)]


class Driver:
    """A driver in this process, with its screen to read."""

    def __init__(
        self,
        bus: Bus | None,
        make_errand: Callable[[Trip], Errand],
        *,
        secret: str | None = None,
        clock: Clock | None = None,
        **settings: Any,
    ) -> None:
        self._out = io.StringIO()
        self.stop = asyncio.Event()
        listening = make_errand is Listen
        trip = Trip("D1", ids=random_id, quiet_s=5.0 if bus else 1.0, hears_all=listening)
        self._runtime = Runtime(
            load(DriverSettings, {"driver_id": "D1", **settings}),
            trip,
            make_errand(trip),
            JsonScreen(self._out),
            bus=bus,
            secret=secret,
            clock=clock or SystemClock(),
            ids=random_id,
            rng=random.random,
            measures=Measures(),
        )

    async def run(self) -> int:
        async with asyncio.timeout(20):
            return await self._runtime.run(self.stop)

    def look_up(self) -> None:
        """See that time has passed."""
        self._runtime.do(lambda _: [])

    @property
    def shown(self) -> list[str]:
        """The types of what was shown."""
        return [json.loads(line)["type"] for line in self._out.getvalue().splitlines()]


def follow(trip: Trip) -> Errand:
    return Charge(trip, "CP1", None, follow=True)


def ask(trip: Trip) -> Errand:
    return Question(trip, trip.list_points)


@asynccontextmanager
async def kafka_central(bus: Bus) -> AsyncIterator[CentralOnKafka]:
    central = CentralOnKafka(bus)
    await central.ready.wait()
    try:
        yield central
    finally:
        await central.stop()


@pytest.fixture
async def bus() -> Bus:
    return MemoryBus(MemoryBroker())


def closed_port() -> str:
    return f"127.0.0.1:{free_port('127.0.0.1')}"


async def test_without_a_link_everything_goes_over_kafka(bus: Bus) -> None:
    async with kafka_central(bus) as central:
        driver = Driver(bus, follow, central=closed_port())
        assert await driver.run() == 0
    assert driver.shown == SEQUENCE
    assert [(record.topic, record.key) for record in central.records] == [
        (Topic.CHARGE_REQUESTS, "D1"),
        (Topic.CPS_REQUESTS, "D1"),
    ]
    [first, _] = central.records
    assert first.headers == {"type": "charge_request", "message_id": central.heard[0].message_id}


async def test_with_a_link_requests_go_over_it_and_notifications_come_over_kafka(bus: Bus) -> None:
    async def tell(central: CentralOnKafka) -> None:
        await until(lambda: driver.shown == ["charge_request_response"])
        for notice in charge():
            central.say("D1", notice)

    def answer(message: Message, link: Link) -> None:
        link.send(answers(message)[0])

    async with kafka_central(bus) as over_the_bus, played(Role.DRIVER, answer) as central:
        driver = Driver(bus, follow, central=str(central.address))
        status, _ = await asyncio.gather(driver.run(), tell(over_the_bus))
    assert (status, driver.shown) == (0, SEQUENCE)
    assert [message.type for message in central.heard] == ["charge_request", "charging_history_request"]
    assert over_the_bus.heard == []


async def test_a_broker_that_does_not_answer_holds_up_nobody_who_has_the_socket() -> None:
    def answer(message: Message, link: Link) -> None:
        for one in answers(message)[:1]:
            link.send(one)

    bus = KafkaBus(closed_port(), client_id="test")
    async with played(Role.DRIVER, answer) as central:
        driver = Driver(bus, follow, central=str(central.address), kafka="127.0.0.1:1")
        running = asyncio.create_task(driver.run())
        await until(lambda: bool(central.heard), deadline_s=6)  # it is two seconds; machines are busy
        assert await running == 0
    assert driver.shown == ["charge_request_response", "ticket"]


async def test_a_request_that_a_cut_left_unanswered_goes_over_kafka_with_its_id(bus: Bus) -> None:
    async def cut_off(central: Any) -> None:
        await until(lambda: len(central.heard) == 1)
        await central.stop()

    async with kafka_central(bus) as over_the_bus, played(Role.DRIVER, lambda *_: None) as central:
        driver = Driver(bus, ask, central=str(central.address))
        status, _ = await asyncio.gather(driver.run(), cut_off(central))
    assert (status, driver.shown) == (0, ["available_cps_response"])
    assert central.heard == over_the_bus.heard[:1]


async def test_who_wants_the_socket_only_waits_for_it_and_sends_nothing_over_kafka(bus: Bus) -> None:
    def cut_first(message: Message, link: Link) -> None:
        if len(central.heard) == 1:
            link.abort()
        else:
            link.send(answers(message)[0])

    async with kafka_central(bus) as over_the_bus, played(Role.DRIVER, cut_first) as central:
        driver = Driver(bus, ask, central=str(central.address), transport="socket")
        assert await driver.run() == 0
    assert driver.shown == ["available_cps_response"]
    assert over_the_bus.heard == []


async def test_without_the_only_way_there_is_one_sentence(bus: Bus, capsys: pytest.CaptureFixture[str]) -> None:
    driver = Driver(bus, ask, central=(address := closed_port()), transport="socket")
    assert await driver.run() == 1
    told = f"Cannot connect to {address}: Connection refused. Start Central, or say where it is with --central."
    assert capsys.readouterr().err == f"ev-driver: {told}\n"


async def test_records_of_other_drivers_and_unreadable_ones_are_passed_over() -> None:
    bus = MemoryBus(MemoryBroker(partitions=1))
    driver = Driver(bus, Listen, transport="kafka", kafka="127.0.0.1:1")
    running = asyncio.create_task(driver.run())
    central = CentralOnKafka(bus)
    await central.ready.wait()
    reading, completion = charge()
    for _ in range(2):
        central.say("D2", completion)
        central.publisher.publish(Outgoing(Topic.DRIVER_RESPONSES, "D1", b"{"))
        central.say("D1", reading)
    await until(lambda: driver.shown == ["charging_data"])
    central.say("D1", completion)
    await until(lambda: driver.shown == ["charging_data", "charge_completion"])
    driver.stop.set()
    assert await running == 0
    await central.stop()


async def test_with_a_secret_every_record_is_signed(bus: Bus) -> None:
    async with kafka_central(bus) as central:
        driver = Driver(bus, ask, transport="kafka", kafka="127.0.0.1:1", secret="s3cret")
        assert await driver.run() == 0
    [record] = central.records
    assert record.headers["signature"] == record_signature("s3cret", record.value)


@pytest.mark.parametrize(
    ("secret", "advice"),
    [
        (None, " Perhaps this network demands a secret: ev-admin enroll driver D1 makes it, --secret-file gives it."),
        ("s3cret", ""),
    ],
)
async def test_who_signs_nothing_and_hears_nothing_over_kafka_is_told_what_may_be_missing(
    bus: Bus, capsys: pytest.CaptureFixture[str], secret: str | None, advice: str
) -> None:
    clock = ManualClock()
    driver = Driver(bus, ask, transport="kafka", kafka="127.0.0.1:1", secret=secret, clock=clock)
    deaf = bus.group([Topic.CPS_REQUESTS], "deaf")
    running = asyncio.create_task(driver.run())
    await anext(aiter(deaf.batches()))
    clock.advance(15)
    driver.look_up()
    assert await running == 1
    told = f"Central did not answer within 15 s; try again later.{advice}"
    assert (driver.shown, capsys.readouterr().err) == (["timeout"], f"ev-driver: {told}\n")
    await deaf.close()


@pytest.mark.processes
async def test_the_program_charges_over_the_real_broker_and_hears_of_it_when_it_listens(broker: Broker) -> None:
    real = KafkaBus(broker.address, client_id="central", prefix=broker.prefix, fetch_wait_ms=20)
    await real.create_topics(3, 1)
    async with kafka_central(real):
        shared = ("--driver-id", "D1", *broker.options, "--json")
        listener = await Program.start("driver", *shared, "--transport", "kafka", "listen")
        assert await listener.line() == "ev-driver D1 listening"
        ended = await run("driver", *shared, "--central", closed_port(), "charge", "CP1", "--follow")
        heard = [json.loads(await listener.line())["type"] for _ in range(4)]
        listener.terminate()
        assert (await listener.end()).status == 0
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert (ended.status, [line["type"] for line in lines]) == (0, SEQUENCE)
    assert lines[-1] == {
        "type": "ticket",
        "session_id": "S1",
        "cp_id": "CP1",
        "driver_id": "D1",
        "energy_consumed_kwh": 1.0,
        "price_per_kwh": 0.3,
        "total_cost": 0.3,
        "started_at": 100.0,
        "ended_at": 160.0,
        "reason": "vehicle_full",
    }
    assert heard == [*SEQUENCE[:3], "charging_history_response"]
