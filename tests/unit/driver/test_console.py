"""What is written on standard output."""

import io
import json
from decimal import Decimal

from common.messages import (
    AvailableCpsRequest,
    AvailableCpsResponse,
    ChargingStatusUpdate,
    OfferedPoint,
    PointStatus,
)
from driver.console.lines import HumanScreen, JsonScreen, say_listening
from driver.events import LateStart, Note, Progress, Show, Shown, Unanswered
from tests.unit.driver.conftest import ask_charge, books, completion, granted, past, reading, ticket

PROGRESS = Progress(session_id="S1", cp_id="CP1", energy_consumed_kwh=Decimal("1.5"), total_cost=Decimal("0.45"))


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
