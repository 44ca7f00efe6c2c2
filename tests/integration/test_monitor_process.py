"""The real `ev-monitor` as a process, between an Engine and a Central that the test plays over real sockets."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from common.auth import signature
from common.clock import SystemClock
from common.errors import ErrorCode
from common.ids import random_id
from common.messages import (
    AuthRequest,
    AuthResponse,
    ChargeCompletion,
    ChargeCompletionAck,
    ChargingData,
    CommandResponse,
    ErrorResponse,
    FaultNotification,
    HealthCheckRequest,
    HealthCheckResponse,
    HeartbeatRequest,
    HeartbeatResponse,
    InitCpId,
    LocalStartRequest,
    LocalStartResponse,
    Message,
    PointStatus,
    Reason,
    RecoveryNotification,
    RegisterRequest,
    RegisterResponse,
    StartChargingCommand,
    StatusUpdate,
    StopChargingCommand,
    StopCpCommand,
)
from common.net.address import Address
from common.net.link import Link
from common.net.server import Server
from common.registry import over_tcp
from common.routes import Role
from tests.waiting import until

pytestmark = pytest.mark.processes

M = TypeVar("M", bound=Message)
DEADLINE_S = 10.0
HOST = "127.0.0.1"

START = StartChargingCommand(
    message_id="from-central-1",
    timestamp=1_800_000_000,
    cp_id="CP1",
    session_id="S1",
    driver_id="D1",
    price_per_kwh=Decimal("0.3"),
    max_charging_rate_kw=11,
    energy_limit_kwh=Decimal("5.125"),
)
DONE = ChargeCompletion(
    message_id="from-engine-1",
    timestamp=1_800_000_100,
    cp_id="CP1",
    session_id="S1",
    energy_consumed_kwh=Decimal("2.500"),
    total_cost=Decimal("0.75"),
    reason=Reason.DRIVER_STOP,
)


class Peer:
    """A listener that the Monitor under test connects to, playing Engine or Central."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._server: Server | None = None
        self.address = Address(HOST, 0)
        self.link: Link | None = None

    async def start(self) -> None:
        self._server = Server(self._serve, over_tcp(Role.MONITOR, self._role), clock=SystemClock(), ids=random_id)
        self.address = await self._server.start(HOST, self.address.port)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()

    async def _serve(self, link: Link) -> None:
        self.link = link
        async for message in link:
            self._inbox.put_nowait(message)

    async def next(self) -> Message:
        async with asyncio.timeout(DEADLINE_S):
            return await self._inbox.get()

    async def expect(self, kind: type[M]) -> M:
        """The next message of this type; those before it are passed over."""
        while True:
            message = await self.next()
            if isinstance(message, kind):
                return message

    def send(self, message: Message) -> None:
        assert self.link is not None
        self.link.send(message)

    def cut(self) -> None:
        assert self.link is not None
        self.link.abort()

    async def welcome_as_engine(self, status: PointStatus = PointStatus.ACTIVE, *, charging: bool = False) -> None:
        greeting = await self.expect(InitCpId)
        self.send(CommandResponse(message_id=greeting.message_id, status="success"))
        asked = await self.expect(HealthCheckRequest)
        self.tell_health(asked, status, charging=charging)

    def tell_health(self, asked: HealthCheckRequest, status: PointStatus, *, charging: bool = False) -> None:
        self.send(
            HealthCheckResponse(
                message_id=asked.message_id, status="success", engine_status=status, is_charging=charging
            )
        )

    async def welcome_as_central(self, **fields: object) -> RegisterRequest:
        request = await self.expect(RegisterRequest)
        answer = {"message_id": request.message_id, "status": "success"} | fields
        self.send(RegisterResponse.model_validate(answer))
        return request


class Rig:
    """One `ev-monitor` and the two peers that the test plays for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = Peer(Role.ENGINE)
        self.central = Peer(Role.CENTRAL)
        self.process: asyncio.subprocess.Process | None = None

    async def run(self, *options: str) -> asyncio.subprocess.Process:
        command = [sys.executable, "-m", "charging_point.monitor", "--cp-id", "CP1"]
        peers = ["--central", str(self.central.address), "--engine", str(self.engine.address)]
        with (self.folder / "stderr").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command,
                *peers,
                *options,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        return self.process

    async def join(self, *options: str, **fields: object) -> None:
        """Start it, and let both peers accept it."""
        await self.run(*options)
        await self.engine.welcome_as_engine()
        await self.central.welcome_as_central(**fields)
        await self.says_registered()
        await self.central.expect(StatusUpdate)

    async def line(self) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        async with asyncio.timeout(DEADLINE_S):
            return (await self.process.stdout.readline()).decode().rstrip("\n")

    async def order(self, text: str) -> str:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n".encode())
        return await self.line()

    async def says_registered(self) -> None:
        assert await self.line() == f"ev-monitor CP1 registered with {self.central.address}"

    def log(self) -> str:
        return (self.folder / "stderr").read_text()

    async def close(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.communicate()
        await self.engine.stop()
        await self.central.stop()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path)
    await rig.engine.start()
    await rig.central.start()
    yield rig
    await rig.close()


def status(update: StatusUpdate) -> tuple[PointStatus, str | None]:
    return update.status, update.detail


async def test_it_greets_engine_then_registers_and_keeps_both_alive(rig: Rig) -> None:
    details = ["--price", "0.2999", "--name", "Harbour 1", "--connector-id", "2", "--latitude", "38.345"]
    await rig.run(*details, "--max-rate-kw", "50", "--health-interval-s", "0.2")
    greeting = await rig.engine.next()
    assert isinstance(greeting, InitCpId)
    assert greeting.cp_id == "CP1"
    assert rig.central.link is None
    rig.engine.send(CommandResponse(message_id=greeting.message_id, status="success"))
    rig.engine.tell_health(await rig.engine.expect(HealthCheckRequest), PointStatus.ACTIVE)
    request = await rig.central.welcome_as_central(heartbeat_interval_s=0.2)
    assert request == RegisterRequest(
        message_id=request.message_id,
        timestamp=request.timestamp,
        cp_id="CP1",
        max_charging_rate_kw=50,
        name="Harbour 1",
        connector_id=2,
        latitude=38.345,
        price_per_kwh=Decimal("0.2999"),
    )
    await rig.says_registered()
    told = await rig.central.next()
    assert isinstance(told, StatusUpdate)
    assert status(told) == (PointStatus.ACTIVE, None)
    for _ in range(3):
        beat = await rig.central.next()
        assert isinstance(beat, HeartbeatRequest)
        assert (beat.cp_id, beat.status) == ("CP1", PointStatus.ACTIVE)
        rig.central.send(HeartbeatResponse(message_id=beat.message_id, status="success"))
        asked = await rig.engine.next()
        assert isinstance(asked, HealthCheckRequest)
        assert asked.id == "CP1"
        rig.engine.tell_health(asked, PointStatus.ACTIVE)


async def test_it_proves_its_secret_before_it_registers(rig: Rig, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    await rig.run("--secret-file", str(secret))
    await rig.engine.welcome_as_engine()
    proof = await rig.central.next()
    assert isinstance(proof, AuthRequest)
    assert proof.timestamp is not None
    assert proof.signature == signature("s3cret", "monitor", "CP1", proof.timestamp, proof.nonce)
    rig.central.send(AuthResponse(message_id=proof.message_id, status="success"))
    await rig.central.welcome_as_central()
    await rig.says_registered()


async def test_a_charge_is_relayed_whole_and_its_ids_are_centrals(rig: Rig) -> None:
    await rig.join()
    rig.central.send(START)
    assert await rig.engine.next() == START
    accepted = CommandResponse(message_id=START.message_id, timestamp=5, status="success", session_id="S1")
    rig.engine.send(accepted)
    assert await rig.central.next() == accepted
    assert status(await rig.central.expect(StatusUpdate)) == (PointStatus.CHARGING, None)
    quiet = ChargingData(
        message_id="r1",
        timestamp=6,
        cp_id="CP1",
        session_id="S1",
        energy_consumed_kwh=Decimal("0.500"),
        total_cost=Decimal("0.15"),
        charging_rate=11,
    )
    relayed = quiet.model_copy(update={"message_id": "r2", "relay": True})
    rig.engine.send(quiet)
    rig.engine.send(relayed)
    assert await rig.central.next() == relayed
    stop = StopChargingCommand(message_id="from-central-2", timestamp=7, cp_id="CP1", session_id="S1")
    rig.central.send(stop)
    assert await rig.engine.next() == stop
    error = ErrorResponse(
        message_id="from-central-2", timestamp=8, error=ErrorCode.INVALID_MESSAGE, message="reason: missing."
    )
    rig.engine.send(error)
    assert await rig.central.next() == error
    rig.engine.send(DONE)
    assert await rig.central.next() == DONE
    assert status(await rig.central.expect(StatusUpdate)) == (PointStatus.ACTIVE, None)


async def test_a_start_at_the_point_is_carried_to_central_and_back(rig: Rig) -> None:
    await rig.join()
    swipe = LocalStartRequest(message_id="swipe", timestamp=1, cp_id="CP1", driver_id="D1")
    rig.engine.send(swipe)
    assert await rig.central.next() == swipe
    allowed = LocalStartResponse(message_id="swipe", timestamp=2, status="success", session_id="S7")
    rig.central.send(allowed)
    assert await rig.engine.next() == allowed


async def test_a_lost_engine_is_a_fault_until_it_is_back_and_commands_are_refused(rig: Rig) -> None:
    await rig.join()
    rig.central.send(START)
    await rig.engine.expect(StartChargingCommand)
    await rig.engine.stop()
    refusal = await rig.central.expect(CommandResponse)
    assert (refusal.message_id, refusal.error) == (START.message_id, ErrorCode.ENGINE_UNREACHABLE)
    fault = await rig.central.expect(FaultNotification)
    assert (fault.cp_id, fault.fault_type) == ("CP1", "engine_unreachable")
    assert status(await rig.central.expect(StatusUpdate)) == (PointStatus.FAULTY, "engine_unreachable")
    rig.central.send(START.model_copy(update={"message_id": "again"}))
    refusal = await rig.central.expect(CommandResponse)
    assert (refusal.message_id, refusal.error) == ("again", ErrorCode.ENGINE_UNREACHABLE)
    await rig.engine.start()
    await rig.engine.welcome_as_engine(PointStatus.CHARGING, charging=True)
    assert (await rig.central.expect(RecoveryNotification)).cp_id == "CP1"
    assert status(await rig.central.expect(StatusUpdate)) == (PointStatus.CHARGING, None)


async def test_an_engine_that_falls_silent_is_left_and_greeted_anew(rig: Rig) -> None:
    await rig.join("--health-interval-s", "0.2", "--silence-s", "0.6")
    assert (await rig.central.expect(FaultNotification)).fault_type == "engine_unreachable"
    await rig.engine.welcome_as_engine()
    await rig.central.expect(RecoveryNotification)


async def test_without_engine_it_registers_all_the_same_and_says_so(rig: Rig) -> None:
    await rig.engine.stop()
    await rig.run("--answer-s", "0.3")
    await rig.central.welcome_as_central()
    assert status(await rig.central.expect(StatusUpdate)) == (PointStatus.FAULTY, "engine_unreachable")
    assert (await rig.central.expect(FaultNotification)).fault_type == "engine_unreachable"


async def test_a_completion_is_sent_again_until_central_acknowledges_it(rig: Rig) -> None:
    await rig.join()
    rig.engine.send(DONE)
    assert await rig.central.expect(ChargeCompletion) == DONE
    rig.central.cut()
    await rig.central.welcome_as_central()
    assert await rig.central.expect(ChargeCompletion) == DONE
    ack = ChargeCompletionAck(message_id="ack", timestamp=1, cp_id="CP1", session_id="S1")
    rig.central.send(ack)
    assert await rig.engine.expect(ChargeCompletionAck) == ack
    rig.central.cut()
    await rig.central.welcome_as_central(heartbeat_interval_s=0.1)
    assert isinstance(await rig.central.next(), StatusUpdate)
    assert isinstance(await rig.central.next(), HeartbeatRequest)


async def test_what_began_and_ended_while_central_was_away_is_told_when_it_is_back(rig: Rig) -> None:
    await rig.join()
    rig.central.send(START)
    rig.engine.send(CommandResponse(message_id=(await rig.engine.next()).message_id, status="success"))
    assert status(await rig.central.expect(StatusUpdate)) == (PointStatus.CHARGING, None)
    await rig.central.stop()
    await until(lambda: "Monitor keeps trying to reach Central" in rig.log())
    rig.engine.send(FaultNotification(message_id="f", cp_id="CP1", fault_type="overheating", description="80 C"))
    rig.engine.send(DONE)
    await rig.central.start()
    await rig.central.welcome_as_central()
    assert status(await rig.central.expect(StatusUpdate)) == (PointStatus.FAULTY, "overheating")
    fault = await rig.central.next()
    assert isinstance(fault, FaultNotification)
    assert (fault.fault_type, fault.description) == ("overheating", "80 C")
    assert await rig.central.next() == DONE


async def test_a_refusal_is_logged_once_and_registration_is_tried_until_it_succeeds(rig: Rig) -> None:
    await rig.run()
    await rig.engine.welcome_as_engine()
    for _ in range(2):
        request = await rig.central.expect(RegisterRequest)
        rig.central.send(
            RegisterResponse(
                message_id=request.message_id,
                status="failure",
                error=ErrorCode.ALREADY_CONNECTED,
                reason="CP1 is already connected",
            )
        )
    await rig.central.welcome_as_central()
    await rig.says_registered()
    assert rig.log().count("CP1 is already connected") == 1


async def test_a_superseded_link_is_logged_and_replaced(rig: Rig) -> None:
    await rig.join()
    rig.central.send(ErrorResponse(message_id="x", error=ErrorCode.SUPERSEDED, message="A newer link took over."))
    await rig.central.welcome_as_central()
    await rig.says_registered()
    assert rig.log().count("A newer link took over") == 1


async def test_centrals_word_on_the_service_reaches_engine(rig: Rig) -> None:
    await rig.run()
    await rig.engine.welcome_as_engine()
    await rig.central.welcome_as_central(out_of_service=True)
    assert status(await rig.central.expect(StatusUpdate)) == (PointStatus.STOPPED, None)
    stop = await rig.engine.expect(StopCpCommand)
    assert stop.cp_id == "CP1"
    rig.engine.send(CommandResponse(message_id=stop.message_id, status="success"))
    rig.central.send(START)
    assert await rig.engine.next() == START  # the answer to Monitor's own command went nowhere
    rig.engine.send(CommandResponse(message_id=START.message_id, status="failure", error=ErrorCode.ENGINE_REFUSED))
    assert (await rig.central.expect(CommandResponse)).message_id == START.message_id


async def test_an_operator_makes_faults_over_standard_input_and_its_end_only_ends_the_reading(rig: Rig) -> None:
    await rig.join(heartbeat_interval_s=0.2)
    assert await rig.order("status") == "ok: CP1 is ACTIVE; Engine linked, Central linked"
    assert await rig.order("fault door_open Somebody opened it") == "ok: CP1 has the fault door_open"
    fault = await rig.central.expect(FaultNotification)
    assert (fault.fault_type, fault.description) == ("door_open", "Somebody opened it")
    assert await rig.order("nonsense") == (
        "error: there is no such order; know: fault TYPE [description], recover, status"
    )
    assert await rig.order("recover") == "ok: the fault is gone"
    await rig.central.expect(RecoveryNotification)
    assert rig.process is not None
    assert rig.process.stdin is not None
    rig.process.stdin.close()
    rig.central.send(START)
    assert await rig.engine.expect(StartChargingCommand) == START


@pytest.mark.parametrize("side", ["engine", "central"])
async def test_bad_frames_cost_themselves_only(rig: Rig, side: str) -> None:
    await rig.join()
    peer = rig.engine if side == "engine" else rig.central
    assert peer.link is not None
    wrong = {
        b"\xff\xfe{": ErrorCode.MALFORMED_JSON,
        b'{"type": "no_such_type", "message_id": "1"}': ErrorCode.UNKNOWN_TYPE,
        b'{"type": "charge_request", "message_id": "1"}': ErrorCode.NOT_ALLOWED,
        b'{"type": "error_response", "message_id": 7}': ErrorCode.INVALID_MESSAGE,
        b'{"type": "connection_lost", "message_id": "1", "peer": "x"}': ErrorCode.NOT_ALLOWED,
    }
    for frame, code in wrong.items():
        peer.link._writer.write(frame + b"\n")
        assert (await peer.expect(ErrorResponse)).error is code
    rig.central.send(START)
    assert await rig.engine.expect(StartChargingCommand) == START


async def test_it_ends_at_sigterm_and_closes_both_links(rig: Rig) -> None:
    await rig.join()
    assert rig.process is not None
    rig.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(5):
        assert await rig.process.wait() == 0
    for peer in (rig.engine, rig.central):
        link = peer.link
        assert link is not None
        await until(lambda link=link: not link.is_open)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--price", "cheap"], "ev-monitor: --price: "),
        (["--secret-file", "/no/such/file"], "ev-monitor: Cannot read /no/such/file"),
        (["--engine", "nowhere"], "ev-monitor: --engine: must be HOST:PORT"),
    ],
)
async def test_a_wrong_command_line_is_one_sentence_and_status_2(rig: Rig, options: list[str], sentence: str) -> None:
    process = await rig.run(*options)
    async with asyncio.timeout(DEADLINE_S):
        assert await process.wait() == 2
    assert rig.log().startswith(sentence)
    assert rig.log().count("\n") == 1
