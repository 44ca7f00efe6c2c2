"""How often a driver may ask, and what it is told."""

from collections import Counter

import pytest

from central.rationing import Rationing, TooOften, answer
from common import messages as m
from common.clock import ManualClock
from common.messages import Message

QUESTION = m.AvailableCpsRequest(message_id="q", driver_id="D1")
CHARGE = m.ChargeRequest(message_id="c", cp_id="CP1", driver_id="D1")
STOP = m.StopChargingRequest(message_id="s", cp_id="CP1", session_id="S1", driver_id="D1")
HISTORY = m.ChargingHistoryRequest(message_id="h", driver_id="D1")


def outcome(rationing: Rationing, message: Message) -> str:
    try:
        rationing.check(message)
    except TooOften as bad:
        return "hopeless" if bad.is_hopeless else f"{bad.code} {bad.retry_after_s}"
    return "taken"


def test_a_driver_may_ask_in_bursts_and_then_hears_when_to_come_back_until_it_is_not_told_again() -> None:
    rationing = Rationing(ManualClock(), 2.0)
    assert Counter(outcome(rationing, CHARGE) for _ in range(30)) == {
        "taken": 10,
        "rate_limited 1": 1,
        "rate_limited 2": 2,
        "rate_limited 3": 2,
        "rate_limited 4": 2,
        "rate_limited 5": 2,
        "hopeless": 11,
    }


def test_who_waits_as_it_was_told_is_taken_again_however_much_it_asked() -> None:
    clock = ManualClock()
    rationing = Rationing(clock, 2.0)
    for _ in range(1000):
        outcome(rationing, CHARGE)
    clock.advance(5.0)
    assert outcome(rationing, QUESTION) == "rate_limited 1"
    clock.advance(1.1)
    assert [outcome(rationing, one) for one in (HISTORY, QUESTION)] == ["taken", "rate_limited 1"]


def test_one_driver_costs_no_other_and_no_flood_of_questions_keeps_a_stop_out() -> None:
    rationing = Rationing(ManualClock(), 1.0)
    for _ in range(100):
        outcome(rationing, QUESTION)
    other = QUESTION.model_copy(update={"driver_id": "D2"})
    assert [outcome(rationing, one) for one in (QUESTION, CHARGE, STOP, other)] == [
        "hopeless",
        "hopeless",
        "taken",
        "taken",
    ]
    assert Counter(outcome(rationing, STOP) for _ in range(20))["hopeless"] == 12


def test_what_points_say_is_never_counted() -> None:
    rationing = Rationing(ManualClock(), 0.1)
    beat = m.HeartbeatRequest(message_id="b", cp_id="D1", status=m.PointStatus.ACTIVE)
    start = m.LocalStartRequest(message_id="l", cp_id="CP1", driver_id="D1")
    assert {outcome(rationing, one) for one in (beat, start) for _ in range(100)} == {"taken"}


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (QUESTION, m.AvailableCpsResponse),
        (HISTORY, m.ChargingHistoryResponse),
    ],
)
def test_over_kafka_each_question_has_an_answer_of_its_own_kind(asked: Message, kind: type[m.Response]) -> None:
    told = answer(asked, TooOften(asked, 3, is_hopeless=False), 5.5)
    assert told == kind(  # type: ignore[call-arg]  # the type stands in each class
        message_id=asked.message_id,
        timestamp=5.5,
        status="failure",
        error="rate_limited",
        message="This driver asks too often; try again in 3 s.",
        data={"retry_after_s": 3},
    )
