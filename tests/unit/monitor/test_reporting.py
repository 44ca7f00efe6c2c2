"""What Engine reports, what of it Central hears, and what is kept."""

import pytest

from charging_point.monitor.condition import Fault
from charging_point.monitor.effects import Note, ToCentral, ToEngine
from charging_point.monitor.watch import MOST_COMPLETIONS
from common.errors import ErrorCode
from common.messages import (
    ChargeCompletionAck,
    ErrorResponse,
    FaultNotification,
    HealthCheckRequest,
    LocalStartRequest,
    Message,
    PointStatus,
    RecoveryNotification,
    StatusUpdate,
)
from tests.unit.monitor.conftest import (
    ANY,
    Rig,
    answer,
    completion,
    health,
    reading,
    start_command,
    to_central,
    to_engine,
)

SMOKE = FaultNotification(message_id="f1", cp_id="CP1", fault_type="smoke", description="It smokes.")
CLEAR = RecoveryNotification(message_id="f2", cp_id="CP1")
ACK = ChargeCompletionAck(message_id="a1", cp_id="CP1", session_id="S1")


def status(status: PointStatus, detail: str | None = None) -> StatusUpdate:
    return StatusUpdate(message_id=ANY, cp_id="CP1", status=status, detail=detail)


@pytest.fixture
def charging(joined: Rig) -> Rig:
    joined.central(start_command())
    joined.engine(answer())
    return joined


# -- readings


def test_readings_stay_in_monitor_unless_engine_asks_to_relay_them(charging: Rig) -> None:
    assert charging.engine(reading()) == []
    assert charging.watch.reading == reading()
    relayed = reading(relay=True)
    assert charging.engine(relayed) == [ToCentral(relayed)]
    assert charging.engine(reading(relay=False)) == []


def test_readings_are_not_kept_for_a_central_that_is_away(charging: Rig) -> None:
    charging.central_lost()
    assert charging.engine(reading(relay=True)) == []
    assert to_central(charging.register()) == [status(PointStatus.CHARGING)]


def test_the_first_reading_of_a_start_at_the_point_shows_that_it_charges(joined: Rig) -> None:
    assert joined.engine(reading("L1")) == [ToCentral(status(PointStatus.CHARGING))]
    assert joined.engine(reading("L1")) == []
    assert joined.watch.standing.session_id == "L1"


# -- completions


def test_a_completion_is_passed_on_before_the_point_is_free(charging: Rig) -> None:
    done = completion()
    assert charging.engine(done) == [ToCentral(done), ToCentral(status(PointStatus.ACTIVE))]
    assert charging.watch.standing.session_id is None


def test_a_completion_is_sent_again_after_each_registration_until_it_is_acknowledged(charging: Rig) -> None:
    first, second = completion("S1"), completion("S0")
    charging.engine(first)
    charging.engine(second)
    for _ in range(2):
        charging.central_lost()
        assert to_central(charging.register()) == [status(PointStatus.ACTIVE), first, second]
    assert charging.central(ACK) == [ToEngine(ACK)]
    charging.central_lost()
    assert to_central(charging.register()) == [status(PointStatus.ACTIVE), second]


def test_engine_repeating_a_completion_repeats_it_to_central(joined: Rig) -> None:
    done = completion()
    assert [joined.engine(done) for _ in range(2)] == [[ToCentral(done)], [ToCentral(done)]]


def test_an_acknowledgement_without_engine_waits_for_engine_to_ask_again(joined: Rig) -> None:
    joined.engine(completion())
    joined.engine_lost()
    assert joined.central(ACK) == []
    joined.central_lost()
    assert completion() not in to_central(joined.register())


def test_an_old_completion_does_not_end_the_running_session(charging: Rig) -> None:
    old = completion("S0")
    check = HealthCheckRequest(message_id=ANY, id="CP1")
    assert charging.engine(old) == [ToCentral(old), ToEngine(check)]
    assert charging.engine(health(PointStatus.CHARGING, charging=True)) == []
    assert charging.watch.standing.status is PointStatus.CHARGING


def test_kept_completions_are_bounded_and_the_oldest_goes_first(joined: Rig) -> None:
    joined.central_lost()
    for number in range(MOST_COMPLETIONS + 1):
        joined.engine(completion(f"S{number}"))
    kept = to_central(joined.register())[1:]
    assert kept == [completion(f"S{number}") for number in range(1, MOST_COMPLETIONS + 1)]


# -- faults


def test_engines_fault_and_recovery_are_passed_on_as_they_came(joined: Rig) -> None:
    assert joined.engine(SMOKE) == [ToCentral(SMOKE), ToCentral(status(PointStatus.FAULTY, "smoke"))]
    assert joined.engine(CLEAR) == [ToCentral(CLEAR), ToCentral(status(PointStatus.ACTIVE))]


def test_a_repeated_fault_or_recovery_is_no_news(joined: Rig) -> None:
    joined.engine(SMOKE)
    assert joined.engine(SMOKE) == []
    joined.engine(CLEAR)
    assert joined.engine(CLEAR) == []


def test_central_hears_of_a_recovery_when_the_last_fault_has_ended(joined: Rig) -> None:
    joined.engine(SMOKE)
    made = FaultNotification(message_id=ANY, cp_id="CP1", fault_type="drill", description="Only a drill.")
    joined.last = joined.watch.simulate_fault(Fault("drill", "Only a drill."), joined.clock.now())
    assert [m.type for m in to_central(joined.last)] == [made.type, "status_update"]
    assert joined.engine(CLEAR) == []
    assert joined.watch.standing.status is PointStatus.FAULTY
    ended = joined.watch.end_simulated_fault(joined.clock.now())
    assert [m.type for m in to_central(ended)] == ["recovery_notification", "status_update"]


def test_a_fault_that_ends_a_charge_keeps_the_account(charging: Rig) -> None:
    done = completion()
    assert charging.engine(SMOKE) == [ToCentral(SMOKE), ToCentral(status(PointStatus.FAULTY, "smoke"))]
    assert charging.engine(done) == [ToCentral(done)]
    assert charging.engine(CLEAR) == [ToCentral(CLEAR), ToCentral(status(PointStatus.ACTIVE))]


# -- what a health check puts right


def test_a_fault_that_was_missed_is_learnt_from_the_health_check(joined: Rig) -> None:
    told = FaultNotification(
        message_id=ANY, cp_id="CP1", fault_type="engine_fault", description="Engine reports that it is faulty."
    )
    assert to_central(joined.engine(health(PointStatus.FAULTY))) == [told, status(PointStatus.FAULTY, "engine_fault")]
    assert to_central(joined.engine(health())) == [
        RecoveryNotification(message_id=ANY, cp_id="CP1"),
        status(PointStatus.ACTIVE),
    ]


def test_a_health_check_does_not_rename_a_known_fault(joined: Rig) -> None:
    joined.engine(SMOKE)
    assert joined.engine(health(PointStatus.FAULTY)) == []
    assert joined.watch.standing.condition.detail == "smoke"


def test_a_session_that_ended_unseen_is_over_after_the_health_check(charging: Rig) -> None:
    assert charging.engine(health()) == [ToCentral(status(PointStatus.ACTIVE))]


def test_a_session_that_runs_unseen_is_shown_after_the_health_check(joined: Rig) -> None:
    running = health(PointStatus.CHARGING, charging=True)
    assert joined.engine(running) == [ToCentral(status(PointStatus.CHARGING))]


# -- a peer that lies


@pytest.mark.parametrize(
    "message",
    [
        reading(cp_id="CP9"),
        completion(cp_id="CP9"),
        FaultNotification(message_id="x", cp_id="CP9", fault_type="smoke"),
        RecoveryNotification(message_id="x", cp_id="CP9"),
        LocalStartRequest(message_id="x", cp_id="CP9", driver_id="D1"),
    ],
    ids=lambda m: m.type,
)
def test_engine_may_speak_for_its_own_point_only(joined: Rig, message: Message) -> None:
    error = ErrorResponse(
        message_id=message.message_id,
        error=ErrorCode.UNKNOWN_CP,
        message="This Monitor watches CP1, not CP9.",
    )
    assert joined.engine(message) == [ToEngine(error)]
    joined.central_lost()
    assert to_central(joined.register()) == [status(PointStatus.ACTIVE)]


def test_an_acknowledgement_for_another_point_is_not_engines(joined: Rig) -> None:
    ack = ACK.model_copy(update={"cp_id": "CP9"})
    assert joined.central(ack) == [Note("Central acknowledged a completion of CP9, which is not here.")]


def test_nothing_reaches_central_before_it_has_accepted_the_point(rig: Rig) -> None:
    rig.link_engine()
    rig.central_up()
    for message in (reading(relay=True), completion(), SMOKE, CLEAR):
        assert to_central(rig.engine(message)) == []
    assert to_engine(rig.last) == []
