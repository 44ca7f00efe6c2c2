"""The wiring of a driver, and what it makes of its link."""

import logging
from decimal import Decimal

import pytest

from common.clock import ManualClock
from common.errors import ErrorCode
from common.messages import AuthResponse, ConnectionFailed, ConnectionLost, ErrorResponse
from common.registry import received_by
from common.routes import Role
from driver.events import Failed, Show
from driver.handlers import Door, wire
from driver.trip import Trip
from tests.unit.driver.conftest import granted

LOST = ConnectionLost(message_id="l", peer="c:1", description="The link to c:1 ended.")
FAILED = ConnectionFailed(message_id="f", peer="c:1", description="Cannot connect to c:1: no answer.")


def test_a_driver_takes_every_message_that_it_may_receive(trip: Trip, clock: ManualClock) -> None:
    d = wire(trip, Door(trip, lambda: None, patient=True))
    trip.charge("CP1", None, clock.now())
    assert d.dispatch(granted(), clock.now()) == [Show(granted())]
    assert {message.tag() for message in received_by(d.role)} == {
        "auth_response",
        "available_cps_response",
        "charge_completion",
        "charge_request_response",
        "charging_data",
        "charging_history_response",
        "charging_status_update",
        "connection_error",
        "connection_lost",
        "error_response",
        "stop_charging_response",
    }
    assert d.role is Role.DRIVER


def test_an_outage_is_said_once_and_its_end_once(
    trip: Trip, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ev.driver")
    door = Door(trip, lambda: None, patient=True)
    for event in (LOST, LOST):
        door.note_lost(event, clock.now())
    door.note_failed(FAILED, clock.now())
    door.note_open("c:1")
    door.note_open("c:1")
    assert caplog.messages == ["The link to c:1 ended. Trying on.", "Central at c:1 answers again."]


def test_who_has_no_other_way_keeps_the_reason_for_its_one_sentence(
    trip: Trip, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    door = Door(trip, lambda: None, patient=False)
    door.note_failed(FAILED, clock.now())
    assert (door.why, caplog.messages) == ("Cannot connect to c:1: no answer.", [])
    door.be_patient()
    assert caplog.messages == ["Cannot connect to c:1: no answer. Trying on."]


def test_a_lost_link_sends_what_is_unanswered_another_way(trip: Trip, clock: ManualClock) -> None:
    door = Door(trip, lambda: None, patient=True)
    [first] = trip.charge("CP1", Decimal(2), clock.now())
    assert door.note_lost(LOST, clock.advance(1)) == [first]


def test_the_link_opens_when_central_accepts_the_proof(trip: Trip, clock: ManualClock) -> None:
    opened: list[str] = []
    door = Door(trip, lambda: opened.append("open"), patient=True)
    assert door.admit(AuthResponse(message_id="a", status="success"), clock.now()) == []
    assert opened == ["open"]
    no = AuthResponse(message_id="a", status="failure", message="No.", error=ErrorCode.AUTH_FAILED)
    assert door.admit(no, clock.now()) == [Failed("Central does not accept this driver's proof: No (auth_failed).")]
    assert opened == ["open"]


def test_an_error_that_answers_nothing_is_fatal_only_when_it_shuts_the_driver_out(
    trip: Trip, clock: ManualClock
) -> None:
    door = Door(trip, lambda: None, patient=True)
    slow = ErrorResponse(message_id="x", error=ErrorCode.RATE_LIMITED, message="Slower.")
    out = ErrorResponse(message_id="x", error=ErrorCode.NOT_AUTHENTICATED, message="Who are you?")
    assert door.take_error(slow, clock.now()) == []
    assert door.take_error(out, clock.now()) == [Failed("Who are you? (not_authenticated).")]
