"""The driver as a process of its own, against a Central that the test plays, with a socket alone."""

import asyncio
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.auth import signature
from common.errors import ErrorCode
from common.kafka.embedded import free_port
from common.messages import (
    AuthRequest,
    AuthResponse,
    AvailableCpsRequest,
    AvailableCpsResponse,
    ChargeRequest,
    ChargeRequestResponse,
    ChargingHistoryRequest,
    ChargingHistoryResponse,
    ChargingStatusUpdate,
    Message,
    OfferedPoint,
    PastSession,
    PointStatus,
    Reason,
    StopChargingRequest,
    StopChargingResponse,
)
from common.net.link import Link
from common.routes import Role
from tests.integration.played_central import Ended, PlayedCentral, Program, played, run
from tests.waiting import until

pytestmark = pytest.mark.processes

POINT = OfferedPoint(
    cp_id="CP1", status=PointStatus.ACTIVE, price_per_kwh=Decimal("0.3"), max_charging_rate_kw=22, name="Gate"
)


def past(energy: str, *, ended: bool) -> PastSession:
    return PastSession(
        session_id="S1",
        cp_id="CP1",
        status="FINISHED" if ended else "CHARGING",
        started_at=100,
        ended_at=160 if ended else None,
        energy_consumed_kwh=Decimal(energy),
        total_cost=Decimal("0.3"),
        price_per_kwh=Decimal("0.3"),
        reason=Reason.ENERGY_LIMIT if ended else None,
    )


TICKET = {
    "type": "ticket",
    "session_id": "S1",
    "cp_id": "CP1",
    "driver_id": "D1",
    "energy_consumed_kwh": 1.0,
    "price_per_kwh": 0.3,
    "total_cost": 0.3,
    "started_at": 100.0,
    "ended_at": 160.0,
    "reason": "energy_limit",
}


class Books:
    """Answers as a Central with one point CP1, where each look into the books finds the next page."""

    def __init__(self, *pages: Sequence[PastSession]) -> None:
        self._pages = [tuple(page) for page in pages]

    def __call__(self, message: Message, link: Link) -> None:
        head: dict[str, Any] = {"message_id": message.message_id, "status": "success"}
        match message:
            case AvailableCpsRequest():
                link.send(AvailableCpsResponse(**head, charging_points=(POINT,)))
            case ChargeRequest(cp_id="CP1"):
                link.send(ChargeRequestResponse(**head, session_id="S1", cp_id="CP1", price_per_kwh=Decimal("0.3")))
            case ChargeRequest():
                no = head | {"status": "failure", "error": ErrorCode.CP_BUSY}
                link.send(ChargeRequestResponse(**no, message=f"{message.cp_id} is taken."))
            case StopChargingRequest():
                link.send(StopChargingResponse(**head, session_id=message.session_id))
            case ChargingHistoryRequest():
                page = self._pages.pop(0) if len(self._pages) > 1 else self._pages[0]
                link.send(ChargingHistoryResponse(**head, sessions=page))


async def drive(central: PlayedCentral, *arguments: str) -> Ended:
    return await run("driver", "--central", str(central.address), "--driver-id", "D1", *arguments)


def events(ended: Ended) -> list[dict[str, Any]]:
    """The JSON lines without what differs from run to run."""
    lines = [json.loads(line) for line in ended.out.splitlines()]
    return [{k: v for k, v in line.items() if k not in {"message_id", "timestamp", "message"}} for line in lines]


GRANTED = {
    "type": "charge_request_response",
    "status": "success",
    "session_id": "S1",
    "cp_id": "CP1",
    "price_per_kwh": 0.3,
}


async def test_the_points_are_listed_as_central_answers_them() -> None:
    async with played(Role.DRIVER, Books()) as central:
        ended = await drive(central, "list", "--json")
        human = await drive(central, "list")
    assert (ended.status, ended.err) == (0, "")
    assert events(ended) == [
        {
            "type": "available_cps_response",
            "status": "success",
            "charging_points": [
                {
                    "cp_id": "CP1",
                    "status": "ACTIVE",
                    "price_per_kwh": 0.3,
                    "max_charging_rate_kw": 22.0,
                    "name": "Gate",
                }
            ],
        }
    ]
    assert [line.split() for line in human.out.splitlines()] == [
        ["point", "status", "a", "kWh", "kW", "name", "address"],
        ["CP1", "ACTIVE", "0.3", "22", "Gate"],
    ]


async def test_shared_options_may_stand_before_or_after_the_command_and_the_later_one_wins() -> None:
    async with played(Role.DRIVER, Books()) as central:
        ended = await run("driver", "--driver-id", "D0", "list", "--driver-id", "D2", "--central", str(central.address))
    assert ended.status == 0
    assert [message.driver_id for message in central.heard if isinstance(message, AvailableCpsRequest)] == ["D2"]


async def test_a_charge_without_follow_ends_with_its_answer() -> None:
    async with played(Role.DRIVER, Books()) as central:
        ended = await drive(central, "--json", "charge", "CP1", "--energy", "1.5")
    assert (ended.status, events(ended)) == (0, [GRANTED])
    [request] = central.heard
    assert isinstance(request, ChargeRequest)
    assert (request.cp_id, request.driver_id, request.energy_limit_kwh) == ("CP1", "D1", Decimal("1.5"))


async def test_a_charge_is_followed_to_its_ticket_through_the_books() -> None:
    books = Books([past("0.5", ended=False)], [past("1", ended=True)])
    async with played(Role.DRIVER, books) as central:
        ended = await drive(central, "--json", "charge", "CP1", "--follow")
    assert (ended.status, ended.err) == (0, "")
    progress = {
        "type": "progress",
        "session_id": "S1",
        "cp_id": "CP1",
        "energy_consumed_kwh": 0.5,
        "total_cost": 0.3,
    }
    assert events(ended) == [GRANTED, progress, TICKET]


async def test_a_refusal_is_one_sentence_and_status_1() -> None:
    async with played(Role.DRIVER, Books()) as central:
        ended = await drive(central, "charge", "CP9")
    assert ended == Ended(1, "", "ev-driver: CP9 is taken (cp_busy).\n")


async def test_a_stop_finds_its_point_and_shows_the_ticket() -> None:
    books = Books([past("0.5", ended=False)], [past("1", ended=True)])
    async with played(Role.DRIVER, books) as central:
        ended = await drive(central, "--json", "stop", "S1")
    assert ended.status == 0
    assert events(ended) == [{"type": "stop_charging_response", "status": "success", "session_id": "S1"}, TICKET]
    stop = next(message for message in central.heard if isinstance(message, StopChargingRequest))
    assert (stop.session_id, stop.cp_id, stop.driver_id) == ("S1", "CP1", "D1")


async def test_a_file_is_worked_through_past_a_refusal(tmp_path: Path) -> None:
    file = tmp_path / "points"
    file.write_text("CP9  # always taken\n\nCP1\n")
    async with played(Role.DRIVER, Books([past("1", ended=True)])) as central:
        ended = await drive(central, "run", str(file), "--wait", "0.1", "--json")
    assert ended.err == "ev-driver: 1 of 2 charges did not happen.\n"
    assert (ended.status, events(ended)) == (
        1,
        [{"type": "charge_request_response", "status": "failure", "error": "cp_busy"}, GRANTED, TICKET],
    )


async def test_a_round_that_repeats_outlasts_its_file_and_ends_well_when_told_to(tmp_path: Path) -> None:
    file = tmp_path / "points"
    file.write_text("CP8\nCP9\n")
    async with played(Role.DRIVER, Books()) as central:
        reach = ("--central", str(central.address), "--driver-id", "D1")
        program = await Program.start("driver", *reach, "run", str(file), "--wait", "0.1", "--repeat")
        lines = [await program.line() for _ in range(4)]
        program.terminate()
        ended = await program.end()
    taken = [f"{cp}: {cp} is taken (cp_busy)." for cp in ("CP8", "CP9", "CP8")]
    assert (lines, ended.status, ended.err) == (["ev-driver D1 listening", *taken], 0, "")


async def test_a_request_that_a_cut_left_unanswered_is_repeated_with_its_id() -> None:
    def cut_first(message: Message, link: Link) -> None:
        if len(central.heard) == 1:
            link.abort()
        else:
            Books()(message, link)

    async with played(Role.DRIVER, cut_first) as central:
        ended = await drive(central, "--json", "charge", "CP1")
    assert (ended.status, events(ended)) == (0, [GRANTED])
    first, second = central.heard
    assert first == second


async def test_without_central_there_is_one_sentence() -> None:
    address = f"127.0.0.1:{free_port('127.0.0.1')}"
    ended = await run("driver", "--driver-id", "D1", "--central", address, "list")
    assert ended == Ended(
        1,
        "",
        f"ev-driver: Cannot connect to {address}: Connection refused. "
        "Start Central, or say where it is with --central.\n",
    )


async def test_ctrl_c_while_following_says_that_the_charge_goes_on() -> None:
    async with played(Role.DRIVER, Books([past("0.5", ended=False)])) as central:
        program = await Program.start(
            "driver", "--driver-id", "D1", "--central", str(central.address), "charge", "CP1", "--follow"
        )
        assert await program.line() == "CP1 charges at 0.3 a kWh; session S1."
        program.interrupt()
        ended = await program.end()
    told = "ev-driver: The charge goes on; stop it with: ev-driver --driver-id D1 stop S1 --cp CP1\n"
    assert (ended.status, ended.err) == (1, told)


async def test_who_listens_shows_what_it_is_told_across_an_outage_and_ends_well_on_sigterm() -> None:
    def update(number: int) -> ChargingStatusUpdate:
        return ChargingStatusUpdate(
            message_id=f"u{number}",
            timestamp=float(number),
            session_id="S1",
            cp_id="CP1",
            driver_id="D1",
            status=PointStatus.CHARGING,
            progress=number,
        )

    async with played(Role.DRIVER, Books()) as central:
        program = await Program.start(
            "driver", "--driver-id", "D1", "--central", str(central.address), "--json", "listen"
        )
        assert await program.line() == "ev-driver D1 listening"
        await until(lambda: len(central.links) == 1)
        central.links[0].send(update(1))
        assert json.loads(await program.line())["message_id"] == "u1"
        central.links[0].abort()
        await until(lambda: len(central.links) == 2)
        central.links[1].send(update(2))
        assert json.loads(await program.line())["message_id"] == "u2"
        program.terminate()
        ended = await program.end()
    assert (ended.status, ended.out) == (0, "")
    logged = [json.loads(line)["message"] for line in ended.err.splitlines()]
    assert logged == [
        f"The link to {central.address} ended. Trying on.",
        f"Central at {central.address} answers again.",
    ]


async def test_with_a_secret_the_driver_proves_itself_before_it_asks(tmp_path: Path) -> None:
    def strict(message: Message, link: Link) -> None:
        if isinstance(message, AuthRequest):
            link.send(AuthResponse(message_id=message.message_id, status="success"))
        else:
            Books()(message, link)

    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    async with played(Role.DRIVER, strict) as central:
        ended = await drive(central, "list", "--secret-file", str(secret))
    proof, request = central.heard
    assert isinstance(proof, AuthRequest)
    assert isinstance(request, AvailableCpsRequest)
    assert proof.timestamp is not None
    assert (proof.role, proof.driver_id) == ("driver", "D1")
    assert proof.signature == signature("s3cret", "driver", "D1", proof.timestamp, proof.nonce)
    assert ended.status == 0


async def test_a_proof_that_is_not_accepted_is_one_sentence(tmp_path: Path) -> None:
    def shut(message: Message, link: Link) -> None:
        no = AuthResponse(
            message_id=message.message_id, status="failure", message="Wrong.", error=ErrorCode.AUTH_FAILED
        )
        link.send(no)

    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    async with played(Role.DRIVER, shut) as central:
        ended = await drive(central, "list", "--secret-file", str(secret))
    told = "ev-driver: Central does not accept this driver's proof: Wrong (auth_failed).\n"
    assert ended == Ended(1, "", told)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["list"], "--driver-id is required (or EV_DRIVER_DRIVER_ID)."),
        (
            ["--driver-id", "D1"],
            "Give a command: list, charge, stop, history, run or listen; the app needs a terminal. Try ev-driver --help.",
        ),
        (
            ["app"],
            "Give a command: list, charge, stop, history, run or listen; the app needs a terminal. Try ev-driver --help.",
        ),
        (
            ["list", "--driver-id", "D1", "--at", "91,0"],
            "--at: must be degrees north and east with a comma between, for example 31.2304,121.4737 (it is '91,0').",
        ),
        (
            ["--driver-id", "D1", "list", "--transport", "kafka"],
            "--transport kafka needs the broker's address: give --kafka HOST:PORT (or EV_KAFKA).",
        ),
        (
            ["--driver-id", "D1", "charge", "C P"],
            "'C P' is no cp_id (up to 36 letters, digits, '.', '_' and '-').",
        ),
        (
            ["--driver-id", "D1", "charge", "CP1", "--energy", "0.0001"],
            "--energy must be a number of kWh above 0 with at most 3 decimals (it is '0.0001').",
        ),
        (["--driver-id", "D1", "run", "/no/file"], "Cannot read /no/file: No such file or directory."),
    ],
)
async def test_a_bad_command_line_is_one_sentence_and_status_2(arguments: list[str], sentence: str) -> None:
    assert await run("driver", *arguments) == Ended(2, "", f"ev-driver: {sentence}\n")


async def test_nobody_reading_is_no_traceback() -> None:
    async with played(Role.DRIVER, Books()) as central:
        shell = f"'{sys.executable}' -m driver --driver-id D1 --central {central.address} --json list | true"
        process = await asyncio.create_subprocess_shell(
            shell, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        _, err = await process.communicate()
    assert err.decode() in {"", "ev-driver: Nobody reads standard output any more.\n"}
