"""The real `ev-engine` as a process: killed, stopped, out of disk, spoken to over standard input."""

import asyncio
import resource
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from decimal import Decimal
from pathlib import Path

import pytest

from common.clock import SystemClock
from common.codec import decode
from common.ids import random_id
from common.kafka.client import KafkaBus
from common.kafka.embedded import free_port
from common.messages import (
    ChargeCompletion,
    ChargeCompletionAck,
    ChargingData,
    CommandResponse,
    FaultNotification,
    InitCpId,
    Reason,
    RecoveryNotification,
    StartChargingCommand,
)
from common.net.address import parse_address
from common.net.dialer import connect
from common.registry import CATALOGUE, over_tcp
from common.routes import Role, Topic
from tests.kafka_server import BROKERS, Broker, OwnKafka, embedded_broker
from tests.unit.engine.conftest import DEADLINE_S, PlayedMonitor
from tests.waiting import until

pytestmark = pytest.mark.processes

INIT = InitCpId(message_id="init", cp_id="CP1")
START = StartChargingCommand(
    message_id="c1",
    cp_id="CP1",
    session_id="s1",
    driver_id="D1",
    price_per_kwh=Decimal("0.5"),
    max_charging_rate_kw=22,
)
ACK = ChargeCompletionAck(message_id="a", cp_id="CP1", session_id="s1")


class EngineProcess:
    """One `ev-engine`, and the Monitor that the test plays for it."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._log = folder / "stderr"
        self._monitors: list[PlayedMonitor] = []

    async def line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(DEADLINE_S):
            return (await self.process.stdout.readline()).decode().rstrip("\n")

    async def say(self, text: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n".encode())
        return await self.line()

    async def listening(self) -> None:
        told = await self.line()
        assert told.startswith("ev-engine listening on "), self.log()
        self.address = parse_address(told.removeprefix("ev-engine listening on "))

    async def monitor(self) -> PlayedMonitor:
        link = await connect(self.address, over_tcp(Role.ENGINE, Role.MONITOR), clock=SystemClock(), ids=random_id)
        monitor = PlayedMonitor(link)
        self._monitors.append(monitor)
        monitor.send(INIT)
        assert (await monitor.expect(CommandResponse)).succeeded
        return monitor

    async def charging(self) -> PlayedMonitor:
        monitor = await self.monitor()
        monitor.send(START)
        assert (await monitor.expect(CommandResponse)).succeeded
        return monitor

    async def exit_status(self) -> int:
        async with asyncio.timeout(DEADLINE_S):
            return await self.process.wait()

    def log(self) -> str:
        return self._log.read_text()

    async def close(self) -> None:
        for monitor in self._monitors:
            await monitor.close()
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.communicate()


class Engines:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = folder / "engine.journal"
        self._all: list[EngineProcess] = []

    async def run(self, *options: str, stdin: int = asyncio.subprocess.PIPE) -> EngineProcess:
        command = [sys.executable, "-m", "charging_point.engine", "--port", "0", "--journal", str(self.journal)]
        with (self.folder / "stderr").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command, *options, stdin=stdin, stdout=asyncio.subprocess.PIPE, stderr=log
            )
        self._all.append(EngineProcess(self.folder, process))
        return self._all[-1]

    async def start(self, *options: str, stdin: int = asyncio.subprocess.PIPE) -> EngineProcess:
        engine = await self.run(*options, stdin=stdin)
        await engine.listening()
        return engine

    async def close(self) -> None:
        for engine in self._all:
            await engine.close()


@pytest.fixture
async def engines(tmp_path: Path) -> AsyncIterator[Engines]:
    engines = Engines(tmp_path)
    yield engines
    await engines.close()


async def test_an_engine_killed_in_the_middle_of_a_charge_accounts_for_all_it_had_told(engines: Engines) -> None:
    engine = await engines.start("--time-scale", "600")
    monitor = await engine.charging()
    await monitor.expect(ChargingData)
    last = await monitor.expect(ChargingData)
    engine.process.kill()
    await engine.exit_status()

    second = await engines.start()
    account = await (await second.monitor()).expect(ChargeCompletion)
    assert account.reason is Reason.ENGINE_RESTART
    assert account.energy_consumed_kwh >= last.energy_consumed_kwh > 0
    assert account.total_cost >= last.total_cost > 0
    second.process.kill()
    await second.exit_status()

    # Not acknowledged: the very same account comes again. Acknowledged: never more.
    third = await engines.start()
    monitor = await third.monitor()
    assert await monitor.expect(ChargeCompletion) == account
    monitor.send(ACK)
    await until(lambda: b'"acked"' in engines.journal.read_bytes())
    third.process.terminate()
    assert await third.exit_status() == 0
    assert b'"finished"' not in engines.journal.read_bytes()[-200:]

    fourth = await engines.start()
    monitor = await fourth.monitor()
    monitor.send(START.model_copy(update={"session_id": "s2"}))
    assert (await monitor.next()).type == "command_response"


async def test_told_to_stop_it_ends_the_charge_waits_for_the_acknowledgement_and_leaves(engines: Engines) -> None:
    engine = await engines.start("--time-scale", "600")
    monitor = await engine.charging()
    engine.process.send_signal(signal.SIGTERM)
    account = await monitor.expect(ChargeCompletion)
    assert account.reason is Reason.POWER_LOSS
    monitor.send(ACK)
    assert await engine.exit_status() == 0
    assert "Traceback" not in engine.log()
    assert b'"acked"' in engines.journal.read_bytes()


async def test_told_to_stop_without_a_monitor_it_keeps_the_account_for_the_next_start(engines: Engines) -> None:
    engine = await engines.start()
    await (await engine.charging()).close()
    engine.process.terminate()
    assert await engine.exit_status() == 0
    account = await (await (await engines.start()).monitor()).expect(ChargeCompletion)
    assert account.reason is Reason.POWER_LOSS


async def test_events_on_standard_input_are_answered_a_line_each_and_its_end_changes_nothing(engines: Engines) -> None:
    engine = await engines.start()
    monitor = await engine.charging()
    assert await engine.say("soc 30") == "ok: the battery is at 30 %"
    assert await engine.say("soc x") == "error: PERCENT must be a number from 0 to 100; say it so: soc PERCENT"
    assert await engine.say("x" * 3000) == "error: the line is too long"
    assert await engine.say("unplug") == "ok: the car is unplugged"
    assert (await monitor.expect(ChargeCompletion)).reason is Reason.UNPLUGGED
    assert engine.process.stdin is not None
    engine.process.stdin.write(b"plug")  # a last line needs no end
    engine.process.stdin.close()
    assert await engine.line() == "ok: a car is plugged in"
    monitor.send(START.model_copy(update={"session_id": "s2"}))
    assert (await monitor.expect(CommandResponse)).succeeded


async def test_an_engine_without_input_works_and_leaves(engines: Engines) -> None:
    engine = await engines.start(stdin=asyncio.subprocess.DEVNULL)
    monitor = await engine.charging()
    assert (await monitor.expect(ChargingData)).relay is True
    monitor.send(ACK)
    engine.process.terminate()
    await monitor.expect(ChargeCompletion)
    monitor.send(ACK)
    assert await engine.exit_status() == 0


async def test_a_reader_that_closed_standard_output_does_not_end_the_charge(engines: Engines) -> None:
    engine = await engines.start()
    monitor = await engine.charging()
    assert engine.process.stdin is not None
    transport = engine.process._transport  # type: ignore[attr-defined]  # asyncio has no public way to close this end
    transport.get_pipe_transport(1).close()
    engine.process.stdin.write(b"soc 30\nsoc 40\nunplug\n")
    assert (await monitor.expect(ChargeCompletion)).reason is Reason.UNPLUGGED


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can limit another process's files")
async def test_a_full_disk_ends_the_charge_as_a_fault_and_the_account_comes_once_there_is_room(
    engines: Engines,
) -> None:
    engine = await engines.start("--time-scale", "600")
    monitor = await engine.charging()
    last = await monitor.expect(ChargingData)
    _, most = resource.prlimit(engine.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(engine.process.pid, resource.RLIMIT_FSIZE, (16, most))
    fault = await monitor.expect(FaultNotification)
    assert fault.fault_type == "journal_failure"
    monitor.send(START.model_copy(update={"session_id": "s2", "message_id": "c2"}))
    refusal = await monitor.expect(CommandResponse)
    assert refusal.message == "The journal of the Engine cannot be written, so no charge can be accounted for."
    assert b'"finished"' not in engines.journal.read_bytes()

    resource.prlimit(engine.process.pid, resource.RLIMIT_FSIZE, (most, most))
    account = await monitor.expect(ChargeCompletion)
    assert account.reason is Reason.FAULT
    assert account.energy_consumed_kwh >= last.energy_consumed_kwh
    assert b'"finished"' in engines.journal.read_bytes()
    await monitor.expect(RecoveryNotification)
    assert "Traceback" not in engine.log()


async def test_two_engines_on_one_journal_and_a_damaged_journal_are_refused_in_a_sentence(engines: Engines) -> None:
    first = await engines.start()
    second = await engines.run()
    assert await second.exit_status() == 1
    assert second.log().splitlines()[-1] == (
        f"ev-engine: Another Engine uses the journal {engines.journal}. Stop it, or choose another file with --journal."
    )
    first.process.terminate()
    assert await first.exit_status() == 0
    engines.journal.write_text("rubbish\n")
    third = await engines.run()
    assert await third.exit_status() == 1
    assert third.log().splitlines()[-1].startswith(f"ev-engine: The journal {engines.journal} is damaged at line 1")


class Mortal:
    """A broker that can be killed, and comes back empty; of either kind."""

    def __init__(self, kind: str, folder: Path, own_kafka: OwnKafka | None) -> None:
        self._kafka = own_kafka
        self._folder = folder
        self._embedded = ExitStack()
        self.address = own_kafka.claim() if own_kafka else f"127.0.0.1:{free_port('127.0.0.1')}"
        self.kind = kind

    async def start(self) -> KafkaBus:
        """Gives a bus whose topics are made."""
        if self._kafka is not None:
            await asyncio.to_thread(self._kafka.start, empty=True)
        else:
            self._embedded.enter_context(embedded_broker(self._folder / "broker.log", self.address))
        bus = KafkaBus(self.address, client_id="test")
        await bus.create_topics(3, 1)
        return bus

    async def kill(self) -> None:
        if self._kafka is not None:
            await asyncio.to_thread(self._kafka.kill)
        self._embedded.close()


@pytest.fixture(params=BROKERS)
async def mortal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Mortal]:
    own = request.getfixturevalue("own_kafka") if request.param == "apache" else None
    made = Mortal(request.param, tmp_path, own)
    yield made
    await made.kill()


async def test_readings_and_the_account_arrive_through_a_real_broker(engines: Engines, broker: Broker) -> None:
    bus = KafkaBus(broker.address, client_id="test", prefix=broker.prefix)
    await bus.create_topics(3, 1)
    readings, accounts = bus.everything(Topic.SESSION_DATA), bus.everything(Topic.SESSION_COMPLETE)
    async with asyncio.timeout(DEADLINE_S):
        await readings.started()
        await accounts.started()
        engine = await engines.start(*broker.options, "--time-scale", "600")
        monitor = await engine.charging()
        reading = await monitor.expect(ChargingData)
        assert reading.relay is None
        (record, *_) = await anext(aiter(readings.batches()))
        assert (record.key, decode(record.value, CATALOGUE)) == ("CP1", reading)
        assert record.headers == {"type": "charging_data", "message_id": reading.message_id}
        assert await engine.say("stop") == "ok: session s1 has ended"
        account = await monitor.expect(ChargeCompletion)
        (record, *_) = await anext(aiter(accounts.batches()))
        assert decode(record.value, CATALOGUE) == account
    await readings.close()
    await accounts.close()


@pytest.mark.timeout(180)
async def test_readings_go_round_a_broker_that_is_away_until_one_is_back_even_an_empty_one(
    engines: Engines, mortal: Mortal
) -> None:
    await mortal.start()
    engine = await engines.start("--kafka", mortal.address)
    monitor = await engine.charging()

    async def relays(expected: bool | None) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while (await monitor.expect(ChargingData)).relay is not expected:
                pass

    await relays(None)
    await mortal.kill()
    await relays(expected=True)
    await mortal.start()
    await relays(None)
