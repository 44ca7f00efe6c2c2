"""How answers look to the operator."""

import io

import pytest
from pydantic import JsonValue

from central.admin.console.answers import Entry, show_figures, show_json, show_list, show_sentence, show_story

HOSTILE = "[bold red]x[/]\x1b[2Jy\nz"
DISARMED = "[bold red]x[/] [2Jy z"


def listed(name: str, data: Entry) -> list[str]:
    out = io.StringIO()
    show_list(name, data, out)
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_points_are_a_table() -> None:
    entry: dict[str, JsonValue] = {
        "cp_id": "CP1",
        "status": "CHARGING",
        "detail": None,
        "out_of_service": True,
        "price_per_kwh": 0.3,
        "max_charging_rate_kw": 22.0,
        "driver_id": "D1",
        "session_id": "S1",
        "energy_consumed_kwh": 1.5,
        "total_cost": 0.45,
        "charging_rate": 21.96,
        "name": HOSTILE,
    }
    assert listed("charging_points", {"charging_points": [entry]}) == [
        "point status detail out a kWh kW most driver session kWh cost kW seen name",
        f"CP1 CHARGING yes 0.3 22.0 D1 S1 1.500 0.45 22.0 {DISARMED}",
    ]


def test_sessions_and_drivers_are_tables() -> None:
    session: dict[str, JsonValue] = {
        "session_id": "S1",
        "cp_id": "CP1",
        "driver_id": "D1",
        "status": "FINISHED",
        "total_cost": 0.5,
    }
    assert listed("sessions", {"sessions": [session]})[1] == "S1 CP1 D1 FINISHED 0.50"
    driver: dict[str, JsonValue] = {"driver_id": "D1", "sessions": 3, "energy_consumed_kwh": 2, "total_cost": 1}
    assert listed("drivers", {"drivers": [driver]}) == [
        "driver first seen last seen sessions kWh cost",
        "D1 3 2.000 1.00",
    ]


@pytest.mark.parametrize("wrong", [None, [], "what?", [1, "two"]])
def test_an_empty_or_senseless_list_shows_none(wrong: JsonValue) -> None:
    assert listed("drivers", {"drivers": wrong}) == ["None."]


def test_a_time_that_is_no_time_is_shown_as_it_came() -> None:
    assert listed("drivers", {"drivers": [{"driver_id": "D1", "first_seen_at": 1e300}]})[1] == "D1 1e+300"


def test_a_story_is_told_line_by_line() -> None:
    out = io.StringIO()
    event: dict[str, JsonValue] = {"at": None, "kind": "completed", "text": HOSTILE, "session_id": "S1", "cp_id": "CP1"}
    show_story({"events": [event]}, out)
    assert out.getvalue() == f"  completed          {DISARMED}  [cp_id=CP1 session_id=S1]\n"


def test_figures_are_lines_with_their_path() -> None:
    out = io.StringIO()
    data: Entry = {"up": True, "today": {"kwh": 1.5}, "points": {}, "apart": [{"id": 7}], "p50": None}
    show_figures(data, out)
    assert out.getvalue().splitlines() == [
        "up          True",
        "today.kwh   1.5",
        "points      -",
        "apart.1.id  7",
        "p50         -",
    ]


def test_a_sentence_is_one_harmless_line() -> None:
    out = io.StringIO()
    show_sentence(HOSTILE, out)
    assert out.getvalue() == f"{DISARMED}\n"


def test_json_is_one_line() -> None:
    out = io.StringIO()
    show_json({"drivers": [{"driver_id": HOSTILE}]}, out)
    assert out.getvalue() == '{"drivers": [{"driver_id": "[bold red]x[/]\\u001b[2Jy\\nz"}]}\n'
