"""What a driver has asked and been told, as histories: messages and time in, outputs out."""

from decimal import Decimal

import pytest

from common.clock import ManualClock
from common.errors import ErrorCode, IllegalTransition
from common.ids import counted_ids
from common.messages import AvailableCpsResponse, ChargingStatusUpdate, ErrorResponse, PointStatus
from driver.events import Hear, LateStart, Progress, Show, Unanswered
from driver.trip import Stage, Trip
from tests.unit.driver.conftest import (
    ask_books,
    ask_charge,
    ask_stop,
    books,
    completion,
    granted,
    past,
    reading,
    refused,
    ticket,
)


def charging(trip: Trip, clock: ManualClock) -> Trip:
    trip.charge("CP1", Decimal(2), clock.now())
    trip.take_answer(granted(), clock.now())
    return trip


def test_a_charge_is_asked_for_followed_and_ends_with_a_ticket_from_the_books(trip: Trip, clock: ManualClock) -> None:
    assert trip.charge("CP1", Decimal(2), clock.now()) == [ask_charge()]
    assert trip.take_answer(granted(), clock.now()) == [Show(granted())]
    now = clock.advance(1)
    assert trip.take_reading(reading("1"), now) == [Show(reading("1"))]
    now = clock.advance(1)
    assert trip.take_completion(completion(), now) == [Show(completion()), ask_books("m2", at=2)]
    assert trip.take_answer(books("m2", past()), now) == [ticket()]
    assert (trip.stage, trip.ride, trip.next_at) == (Stage.RESTING, None, None)


def test_what_a_slower_central_still_says_of_a_session_after_its_end_is_no_news(trip: Trip, clock: ManualClock) -> None:
    charging(trip, clock)
    now = clock.advance(1)
    trip.take_completion(completion(), now)
    status = ChargingStatusUpdate(
        message_id="late", session_id="S1", cp_id="CP1", driver_id="D1", status=PointStatus.CHARGING, progress=0
    )
    assert (trip.take_status(status, now), trip.take_reading(reading("1"), now)) == ([], [])


def test_a_refusal_leaves_the_driver_free_to_ask_again(trip: Trip, clock: ManualClock) -> None:
    trip.charge("CP1", Decimal(2), clock.now())
    assert trip.take_answer(refused(), clock.now()) == [Show(refused())]
    assert trip.charge("CP1", Decimal(2), clock.now()) == [ask_charge("m2")]


def test_an_error_response_answers_the_request_it_names(trip: Trip, clock: ManualClock) -> None:
    trip.charge("CP1", Decimal(2), clock.now())
    error = ErrorResponse(message_id="m1", error=ErrorCode.RATE_LIMITED, message="Slower.")
    assert trip.take_answer(error, clock.now()) == [Show(error)]
    assert trip.stage is Stage.RESTING


def test_an_answer_of_the_wrong_kind_is_no_answer(trip: Trip, clock: ManualClock) -> None:
    trip.charge("CP1", Decimal(2), clock.now())
    assert trip.take_answer(AvailableCpsResponse(message_id="m1", status="success"), clock.now()) == []
    assert trip.take_answer(granted(), clock.now()) == [Show(granted())]


def test_a_success_that_names_no_session_starts_no_ride(trip: Trip, clock: ManualClock) -> None:
    trip.charge("CP1", Decimal(2), clock.now())
    nameless = granted().model_copy(update={"session_id": None})
    assert trip.take_answer(nameless, clock.now()) == [Show(nameless)]
    assert (trip.stage, trip.ride) == (Stage.RESTING, None)


def test_a_replayed_answer_is_ignored(trip: Trip, clock: ManualClock) -> None:
    charging(trip, clock)
    assert trip.take_answer(granted(), clock.now()) == []
    assert trip.stage is Stage.CHARGING


def test_the_same_completion_twice_is_shown_and_settled_once(trip: Trip, clock: ManualClock) -> None:
    charging(trip, clock)
    trip.take_completion(completion(), clock.now())
    assert trip.take_completion(completion(), clock.now()) == []
    assert trip.take_completion(completion(message_id="c2"), clock.now()) == []
    assert trip.take_answer(books("m2", past()), clock.now()) == [ticket()]
    assert trip.take_completion(completion(message_id="c3"), clock.now()) == []


def test_energy_never_falls(trip: Trip, clock: ManualClock) -> None:
    charging(trip, clock)
    shown = [trip.take_reading(reading(energy), clock.now()) for energy in ("1", "0.5", "1.5", "1.4")]
    assert shown == [[Show(reading("1"))], [], [Show(reading("1.5"))], []]
    assert trip.ride is not None
    assert trip.ride.energy_consumed_kwh == Decimal("1.5")


def test_a_reading_after_the_completion_is_not_shown(trip: Trip, clock: ManualClock) -> None:
    charging(trip, clock)
    trip.take_completion(completion(), clock.now())
    assert trip.take_reading(reading("3"), clock.now()) == []


def test_what_concerns_another_session_is_left_alone(trip: Trip, clock: ManualClock) -> None:
    charging(trip, clock)
    assert trip.take_completion(completion(session_id="S9"), clock.now()) == []
    assert trip.take_reading(reading("1", session_id="S9"), clock.now()) == []
    assert trip.stage is Stage.CHARGING


def test_a_completion_that_overtakes_the_answer_is_kept_for_its_session(trip: Trip, clock: ManualClock) -> None:
    trip.charge("CP1", Decimal(2), clock.now())
    assert trip.take_completion(completion(session_id="S9"), clock.now()) == []
    assert trip.take_completion(completion(), clock.now()) == []
    assert trip.take_answer(granted(), clock.now()) == [Show(granted()), Show(completion()), ask_books("m2")]


def test_an_unanswered_request_is_given_up_after_15_s(trip: Trip, clock: ManualClock) -> None:
    trip.charge("CP1", Decimal(2), clock.now())
    assert trip.tick(clock.advance(14.9)) == []
    assert trip.tick(clock.advance(0.1)) == [Unanswered(ask_charge().request)]
    assert (trip.stage, trip.next_at) == (Stage.RESTING, None)


def test_the_next_tick_is_due_when_the_patience_with_a_request_ends(trip: Trip, clock: ManualClock) -> None:
    trip.charge("CP1", Decimal(2), clock.now())
    assert trip.next_at == clock.now().mono + 15


def test_a_charge_that_starts_after_it_was_given_up_is_stopped(trip: Trip, clock: ManualClock) -> None:
    trip.charge("CP1", Decimal(2), clock.now())
    trip.tick(clock.advance(15))
    assert trip.take_answer(granted(), clock.now()) == [LateStart(granted()), ask_stop("m2", at=15)]
    assert trip.take_answer(granted(), clock.now()) == []


def test_what_is_unanswered_is_repeated_with_the_id_it_had(trip: Trip, clock: ManualClock) -> None:
    trip.charge("CP1", Decimal(2), clock.now())
    clock.advance(3)
    assert trip.repeat() == [ask_charge("m1", at=0)]
    trip.take_answer(refused(), clock.now())
    assert trip.repeat() == []


def test_after_five_silent_seconds_the_books_are_asked_how_the_charge_stands(trip: Trip, clock: ManualClock) -> None:
    charging(trip, clock)
    trip.take_reading(reading("1"), clock.advance(4))
    assert trip.tick(clock.advance(4)) == []
    assert trip.tick(clock.advance(1)) == [ask_books("m2", at=9)]
    risen = Progress(session_id="S1", cp_id="CP1", energy_consumed_kwh=Decimal("1.5"), total_cost=Decimal("0.6"))
    assert trip.take_answer(books("m2", past("1.5", ended=False)), clock.now()) == [risen]
    assert trip.tick(clock.advance(5)) == [ask_books("m3", at=14)]
    assert trip.take_answer(books("m3", past("1.5", ended=False)), clock.now()) == []


def test_the_books_alone_bring_the_ticket_when_no_completion_comes(clock: ManualClock) -> None:
    trip = charging(Trip("D1", ids=counted_ids(), quiet_s=1.0), clock)
    assert trip.tick(clock.advance(1)) == [ask_books("m2", at=1)]
    assert trip.tick(clock.advance(1)) == []
    assert trip.take_answer(books("m2", past("9", session_id="S0"), past()), clock.now()) == [ticket()]


def test_a_look_from_before_the_completion_says_nothing_of_the_end(trip: Trip, clock: ManualClock) -> None:
    charging(trip, clock)
    assert trip.tick(clock.advance(5)) == [ask_books("m2", at=5)]
    assert trip.take_completion(completion(), clock.now()) == [Show(completion()), ask_books("m3", at=5)]
    assert trip.repeat() == [ask_books("m3", at=5)]
    assert trip.take_answer(books("m2", past("1", ended=False)), clock.now()) == []


def test_books_that_lag_behind_the_completion_are_read_again(trip: Trip, clock: ManualClock) -> None:
    charging(trip, clock)
    trip.take_completion(completion(), clock.now())
    assert trip.take_answer(books("m2", past("2", ended=False)), clock.now()) == [
        Progress(session_id="S1", cp_id="CP1", energy_consumed_kwh=Decimal(2), total_cost=Decimal("0.6"))
    ]
    assert trip.tick(clock.advance(1)) == [ask_books("m3", at=1)]
    assert trip.take_answer(books("m3", past()), clock.now()) == [ticket()]


def test_without_the_books_the_ticket_has_no_dates(trip: Trip, clock: ManualClock) -> None:
    charging(trip, clock)
    trip.take_completion(completion(), clock.now())
    assert trip.tick(clock.advance(9)) == []
    assert trip.tick(clock.advance(1)) == [ticket(booked=False)]
    assert trip.take_answer(books("m2", past()), clock.now()) == []


def test_a_second_charge_during_the_first_is_refused_and_changes_nothing(trip: Trip, clock: ManualClock) -> None:
    charging(trip, clock)
    with pytest.raises(IllegalTransition, match="charging"):
        trip.charge("CP2", None, clock.now())
    assert (trip.stage, trip.repeat()) == (Stage.CHARGING, [])


def test_a_lookup_is_heard_but_not_shown(trip: Trip, clock: ManualClock) -> None:
    assert trip.look_up_sessions(clock.now()) == [ask_books("m1")]
    assert trip.take_answer(books("m1", past()), clock.now()) == [Hear(books("m1", past()))]


def test_who_listens_is_shown_everything_once(clock: ManualClock) -> None:
    trip = Trip("D1", ids=counted_ids(), quiet_s=5.0, hears_all=True)
    status = ChargingStatusUpdate(
        message_id="u1", session_id="S1", cp_id="CP1", driver_id="D1", status=PointStatus.CHARGING, progress=10
    )
    now = clock.now()
    first = [
        trip.take_answer(granted("other"), now),
        trip.take_status(status, now),
        trip.take_reading(reading("1"), now),
        trip.take_completion(completion(), now),
    ]
    assert first == [[Show(granted("other"))], [Show(status)], [Show(reading("1"))], [Show(completion())]]
    again = [
        trip.take_answer(granted("other"), now),
        trip.take_reading(reading("0.5"), now),
        trip.take_completion(completion(message_id="c2"), now),
    ]
    assert again == [[], [], []]
    assert trip.next_at is None


def test_who_follows_a_joined_session_gets_its_ticket(trip: Trip, clock: ManualClock) -> None:
    trip.join("S1", "CP1", Decimal("0.3"), clock.now())
    assert trip.take_completion(completion(), clock.now()) == [Show(completion()), ask_books("m1")]
    assert trip.tick(clock.advance(10)) == [ticket(booked=False)]
