"""The story of one charge, from what the driver writes."""

import json

import pytest

from deploy.once import TICKET, Story

TICKET_LINE = {
    "type": "ticket",
    "session_id": "s1",
    "cp_id": "CP001",
    "driver_id": "D001",
    "energy_consumed_kwh": 1.0,
    "price_per_kwh": 0.3,
    "total_cost": 0.3,
    "started_at": 1_800_000_000.5,
    "ended_at": 1_800_000_163.25,
    "reason": "energy_limit",
}


def hear(*events: object) -> tuple[Story, list[str]]:
    told: list[str] = []
    story = Story(told.append)
    for event in events:
        story.hear(event if isinstance(event, str) else json.dumps(event))
    return story, told


def test_the_ticket_is_what_the_driver_says_and_nothing_more() -> None:
    story, told = hear({**TICKET_LINE, "from_the_future": 1})
    assert story.ticket == {name: TICKET_LINE[name] for name in TICKET}
    assert told == ["The ticket: 1.0 kWh cost 0.3."]


def test_a_ticket_with_a_gap_is_none() -> None:
    assert hear({**TICKET_LINE, "ended_at": None})[0].ticket is None


def test_a_charge_is_told_in_words() -> None:
    reading = {"energy_consumed_kwh": 0.5, "total_cost": 0.15, "charging_rate": 22.0}
    _, told = hear(
        {
            "type": "charge_request_response",
            "status": "success",
            "cp_id": "CP001",
            "session_id": "s1",
            "price_per_kwh": 0.3,
        },
        {"type": "charging_data", "cp_id": "CP001", **reading},
        {"type": "charge_completion", "cp_id": "CP001", "reason": "energy_limit", "energy_consumed_kwh": 1.0},
        {"type": "charging_status_update"},
    )
    assert told == [
        "CP001 charges, session s1, 0.3 a kWh.",
        "CP001: 0.5 kWh, 0.15, at 22.0 kW.",
        "CP001 is done (energy_limit): 1.0 kWh.",
    ]


def test_a_refusal_is_kept_as_the_reason_why_there_is_no_ticket() -> None:
    refused = {"type": "charge_request_response", "status": "failure", "error": "cp_busy", "message": "CP001 is busy."}
    story, told = hear(refused)
    assert (story.ticket, story.refusal, told) == (None, "CP001 is busy.", [])


def test_what_is_no_event_is_passed_over() -> None:
    story, told = hear("", "no json", "[1]", "{}")
    assert (story.ticket, story.refusal, told) == (None, None, [])


@pytest.mark.usefixtures("in_chinese")
def test_in_chinese_codes_and_reasons_are_explained() -> None:
    completed = {"type": "charge_completion", "cp_id": "CP001", "reason": "energy_limit", "energy_consumed_kwh": 1.0}
    unheard_of = {**completed, "reason": "from_the_future"}
    refused = {"type": "charge_request_response", "status": "failure", "error": "cp_busy", "message": "CP001 is busy."}
    story, told = hear(completed, unheard_of, refused)
    assert (story.refusal, told) == (
        "充电桩正在使用中（cp_busy：CP001 is busy）。",
        ["CP001 充电结束（达到电量上限）：1.0 kWh。", "CP001 充电结束（from_the_future）：1.0 kWh。"],
    )
    assert hear({**refused, "error": "from_the_future"})[0].refusal == "CP001 is busy."
