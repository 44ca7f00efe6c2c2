"""What is written on standard output."""

import io
import json
import logging
from decimal import Decimal

import pytest

from common.messages import (
    AvailableCpsRequest,
    AvailableCpsResponse,
    ChargingStatusUpdate,
    OfferedPoint,
    PointStatus,
)
from common.words import Language, speak, spoken
from driver.console.lines import HumanScreen, JsonScreen, say_listening
from driver.events import LateStart, Note, Progress, Show, Shown, Unanswered
from tests.unit.driver.conftest import ask_charge, books, completion, granted, past, reading, ticket

PROGRESS = Progress(session_id="S1", cp_id="CP1", energy_consumed_kwh=Decimal("1.5"), total_cost=Decimal("0.45"))


class Paper(io.StringIO):
    """A terminal that only prints."""

    def isatty(self) -> bool:
        return True


def json_of(*events: Shown) -> list[object]:
    out = io.StringIO()
    screen = JsonScreen(out)
    for event in events:
        screen.show(event)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def words_of(*events: Shown) -> str:
    out = io.StringIO()
    screen = HumanScreen(out)
    for event in events:
        screen.show(event)
    screen.close()
    return out.getvalue()


def test_every_event_is_one_json_line_as_it_came_over_the_wire() -> None:
    assert json_of(Show(granted()), LateStart(granted()), Note("words"), Unanswered(ask_charge().request)) == [
        {
            "type": "charge_request_response",
            "message_id": "m1",
            "status": "success",
            "message": "",
            "session_id": "S1",
            "cp_id": "CP1",
            "price_per_kwh": 0.3,
        },
        {
            "type": "charge_request_response",
            "message_id": "m1",
            "status": "success",
            "message": "",
            "session_id": "S1",
            "cp_id": "CP1",
            "price_per_kwh": 0.3,
        },
        {"type": "timeout", "request": "charge_request", "message_id": "m1", "cp_id": "CP1"},
    ]


def test_a_ticket_has_all_its_fields_in_json_known_or_not() -> None:
    known = {
        "type": "ticket",
        "session_id": "S1",
        "cp_id": "CP1",
        "driver_id": "D1",
        "energy_consumed_kwh": 2.0,
        "price_per_kwh": 0.3,
        "total_cost": 0.6,
        "started_at": 1_800_000_000.0,
        "ended_at": 1_800_000_060.0,
        "reason": "energy_limit",
    }
    assert json_of(ticket(), ticket(booked=False)) == [known, {**known, "started_at": None, "ended_at": None}]


def test_a_person_reads_a_charge_line_by_line() -> None:
    status = ChargingStatusUpdate(
        message_id="u", session_id="S1", cp_id="CP1", driver_id="D1", status=PointStatus.CHARGING, progress=50
    )
    told = words_of(
        Show(granted()), Show(status), Show(reading("1")), PROGRESS, Show(completion()), ticket(booked=False)
    )
    assert told.splitlines() == [
        "CP1 charges at 0.3 a kWh; session S1.",
        "CP1: 1.000 kWh, 0.10, 22.0 kW, 50 %",
        "CP1: 1.500 kWh, 0.45, 50 %",
        "CP1 has ended: 2.000 kWh, 0.60 (energy_limit); session S1.",
        "Ticket S1",
        "  point   CP1",
        "  energy  2.000 kWh at 0.3",
        "  cost    0.60",
        "  ended   energy_limit",
    ]


def test_points_are_a_table_and_markup_in_names_is_only_text() -> None:
    point = OfferedPoint(
        cp_id="CP1",
        status=PointStatus.ACTIVE,
        price_per_kwh=Decimal("0.35"),
        max_charging_rate_kw=22,
        name="[red]Main\u202egate[/red]",
    )
    told = words_of(Show(AvailableCpsResponse(message_id="m1", status="success", charging_points=(point,))))
    assert [line.split() for line in told.splitlines()] == [
        ["point", "status", "a", "kWh", "kW", "name", "address"],
        ["CP1", "ACTIVE", "0.35", "22", "[red]Main", "gate[/red]"],
    ]


def test_an_empty_list_says_so() -> None:
    nothing = AvailableCpsResponse(message_id="m1", status="success")
    assert words_of(Show(nothing), Show(books("m2"))) == "No charging points.\nNo sessions.\n"


def test_sessions_are_a_table() -> None:
    told = words_of(Show(books("m1", past(ended=False)))).splitlines()
    assert told[1].split()[:3] == ["S1", "CP1", "CHARGING"]
    assert told[1].split()[-2:] == ["2.000", "0.60"]


def test_an_unanswered_request_is_left_to_the_errands_own_sentence() -> None:
    assert words_of(Unanswered(AvailableCpsRequest(message_id="m1", driver_id="D1"))) == ""


def test_the_line_that_programs_wait_for() -> None:
    out = io.StringIO()
    say_listening("D1", out)
    assert out.getvalue() == "ev-driver D1 listening\n"


@pytest.mark.parametrize("limit_kwh", [None, Decimal(4)])
def test_on_a_terminal_a_charge_is_one_line_with_a_bar_that_goes_away(
    limit_kwh: Decimal | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    paper = Paper()
    screen = HumanScreen(paper, limit_kwh)
    status = ChargingStatusUpdate(
        message_id="u", session_id="S1", cp_id="CP1", driver_id="D1", status=PointStatus.CHARGING, progress=10
    )
    for event in (Show(status), Show(reading("1")), Show(reading("2"))):
        screen.show(event)
    screen.close()
    screen.close()
    rewind = "\r\x1b[2K"
    # By the limit where it is known here, else by what Central says.
    shares = ("10 %", "10 %") if limit_kwh is None else ("25 %", "50 %")
    told = [f"CP1: {kwh}.000 kWh, 0.10, 22.0 kW, {share}" for kwh, share in zip("12", shares, strict=True)]
    width = 40
    done = [round(int(share.split()[0]) / 100 * width) for share in shares]
    bars = ["█" * one + "░" * (width - one) for one in done]
    assert paper.getvalue() == "".join(f"{rewind}{bar} {line}" for bar, line in zip(bars, told, strict=True)) + rewind


def test_a_line_never_becomes_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    paper = Paper()
    HumanScreen(paper, Decimal(2)).show(Show(reading("1")))
    assert paper.getvalue() == "\r\x1b[2KCP1: 1.000 kWh, 0.…"


def test_the_log_stands_above_the_line_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    paper = Paper()
    screen, handler, log = HumanScreen(paper), logging.StreamHandler(paper), logging.getLogger()
    log.addHandler(handler)
    try:
        screen.make_room()
        screen.show(Show(reading("1")))
        log.warning("The link ended.")
    finally:
        log.removeHandler(handler)
    assert paper.getvalue() == "\r\x1b[2KCP1: 1.000 kWh, 0.…\r\x1b[2KThe link ended.\n"


def test_a_terminal_that_cannot_go_back_in_a_line_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    paper = Paper()
    HumanScreen(paper, Decimal(2)).show(Show(reading("1")))
    assert paper.getvalue() == "CP1: 1.000 kWh, 0.10, 22.0 kW\n"


def test_in_chinese_the_same_lines_have_chinese_words() -> None:
    before = spoken()
    speak(Language.CHINESE)
    try:
        told = words_of(Show(granted()), Show(completion()), ticket(booked=False), Show(books("m", past())))
    finally:
        speak(before)
    assert told.splitlines()[:7] == [
        "CP1 开始充电，每 kWh 0.3；会话 S1。",
        "CP1 充电结束：2.000 kWh, 0.60（达到电量上限）；会话 S1。",
        "账单 S1",
        "  充电桩  CP1",
        "  电量    2.000 kWh，单价 0.3",
        "  费用    0.60",
        "  结束    达到电量上限",
    ]
    assert told.splitlines()[7].split() == ["会话", "充电桩", "状态", "开始", "结束", "电量", "kWh", "费用", "原因"]
    assert "已结束" in told.splitlines()[8]
