"""Commands to Engine, starts at the point to Central, and the answers to both."""

import pytest

from charging_point.monitor.effects import Note, ToCentral, ToEngine
from charging_point.monitor.relays import MOST_UNDER_WAY
from common.errors import ErrorCode
from common.messages import (
    CommandResponse,
    ErrorResponse,
    LocalStartRequest,
    LocalStartResponse,
    Message,
    PointStatus,
    ResumeCpCommand,
    StatusUpdate,
    StopChargingCommand,
    StopCpCommand,
)
from tests.unit.monitor.conftest import ANY, Rig, answer, health, notes, start_command, to_central, to_engine

START = start_command()
STOP = StopChargingCommand(message_id="c2", cp_id="CP1", session_id="S1", reason="driver_stop")
STOP_CP = StopCpCommand(message_id="c3", cp_id="CP1", reason="admin_stop")
RESUME_CP = ResumeCpCommand(message_id="c4", cp_id="CP1")
COMMANDS: list[Message] = [START, STOP, STOP_CP, RESUME_CP]
SWIPE = LocalStartRequest(message_id="l1", cp_id="CP1", driver_id="D1")


def status(status: PointStatus, detail: str | None = None) -> StatusUpdate:
    return StatusUpdate(message_id=ANY, cp_id="CP1", status=status, detail=detail)


def failure(message_id: str, error: ErrorCode, sentence: str, session_id: str | None = None) -> CommandResponse:
    return CommandResponse(
        message_id=message_id, status="failure", error=error, message=sentence, session_id=session_id
    )


def denied(sentence: str, error: ErrorCode = ErrorCode.CP_DISCONNECTED) -> LocalStartResponse:
    return LocalStartResponse(message_id="l1", status="failure", error=error, message=sentence)


# -- commands


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.type)
def test_a_command_goes_to_engine_as_it_came(joined: Rig, command: Message) -> None:
    assert joined.central(command) == [ToEngine(command)]
    assert joined.last == [ToEngine(command)]


def test_an_accepted_start_is_answered_and_then_shown_as_charging(joined: Rig) -> None:
    joined.central(START)
    accepted = answer("c1")
    assert joined.engine(accepted) == [ToCentral(accepted), ToCentral(status(PointStatus.CHARGING))]
    assert joined.watch.standing.session_id == "S1"


def test_a_refused_start_is_answered_and_changes_nothing(joined: Rig) -> None:
    joined.central(START)
    refused = failure("c1", ErrorCode.ENGINE_REFUSED, "No car is plugged in.", "S1")
    assert joined.engine(refused) == [ToCentral(refused)]
    assert joined.watch.standing.status is PointStatus.ACTIVE


def test_an_engine_that_cannot_read_a_command_says_so_to_central(joined: Rig) -> None:
    joined.central(START)
    error = ErrorResponse(message_id="c1", error=ErrorCode.INVALID_MESSAGE, message="driver_id: too long.")
    assert joined.engine(error) == [ToCentral(error)]
    assert joined.after(100)[0] != ToCentral(failure("c1", ErrorCode.ENGINE_TIMEOUT, ""))


def test_stop_cp_and_resume_cp_change_the_service(joined: Rig) -> None:
    joined.central(STOP_CP)
    stopped = answer("c3", None)
    assert joined.engine(stopped) == [ToCentral(stopped), ToCentral(status(PointStatus.STOPPED))]
    joined.central(RESUME_CP)
    resumed = answer("c4", None)
    assert joined.engine(resumed) == [ToCentral(resumed), ToCentral(status(PointStatus.ACTIVE))]


def test_stop_cp_during_a_session_is_shown_as_finishing(joined: Rig) -> None:
    joined.central(START)
    joined.engine(answer("c1"))
    joined.central(STOP_CP)
    stopped = answer("c3", None)
    assert joined.engine(stopped) == [ToCentral(stopped), ToCentral(status(PointStatus.CHARGING, "Finishing"))]


def test_a_command_for_another_point_is_refused(joined: Rig) -> None:
    refusal = failure("c1", ErrorCode.UNKNOWN_CP, "This Monitor has no point CP9.", "S1")
    assert joined.central(start_command(cp_id="CP9")) == [ToCentral(refusal)]


def test_a_command_without_engine_is_refused_at_once(joined: Rig) -> None:
    joined.engine_lost()
    refusal = failure("c1", ErrorCode.ENGINE_UNREACHABLE, "Monitor has no link to Engine.", "S1")
    assert joined.central(START) == [ToCentral(refusal)]


def test_stop_cp_without_engine_is_remembered_and_told_when_it_is_back(joined: Rig) -> None:
    joined.engine_lost()
    refusal = failure("c3", ErrorCode.ENGINE_UNREACHABLE, "Monitor has no link to Engine.")
    assert joined.central(STOP_CP) == [ToCentral(refusal)]
    effects = joined.link_engine()
    assert to_engine(effects)[-1] == StopCpCommand(message_id=ANY, cp_id="CP1", reason="admin_stop")
    assert to_central(effects)[-1] == status(PointStatus.STOPPED)


def test_centrals_word_on_the_service_holds_though_engine_cannot_read_it_or_is_late(joined: Rig) -> None:
    joined.central(STOP_CP)
    error = ErrorResponse(message_id="c3", error=ErrorCode.INVALID_MESSAGE, message="reason: too long.")
    assert joined.engine(error) == [ToCentral(error), ToCentral(status(PointStatus.STOPPED))]
    joined.central(RESUME_CP)
    late = failure("c4", ErrorCode.ENGINE_TIMEOUT, "Engine did not answer in time.")
    assert joined.after(15.1) == [ToCentral(late), ToCentral(status(PointStatus.ACTIVE))]


def test_an_engine_that_still_finishes_is_not_told_twice_to_stop(joined: Rig) -> None:
    joined.central(START)
    joined.engine(answer("c1"))
    joined.central(STOP_CP)
    joined.engine(answer("c3", None))
    assert joined.engine(health(PointStatus.CHARGING, charging=True)) == []


def test_commands_that_an_engine_left_unanswered_fail_when_it_goes_away(joined: Rig) -> None:
    joined.central(START)
    joined.central(STOP)
    words = "Engine went away before it answered."
    assert to_central(joined.engine_lost())[:2] == [
        failure("c1", ErrorCode.ENGINE_UNREACHABLE, words, "S1"),
        failure("c2", ErrorCode.ENGINE_UNREACHABLE, words, "S1"),
    ]


def test_a_command_times_out_after_15_s_and_a_start_after_70_s(joined: Rig) -> None:
    joined.central(START)
    joined.central(STOP)
    words = "Engine did not answer in time."
    stop_late = ToCentral(failure("c2", ErrorCode.ENGINE_TIMEOUT, words, "S1"))
    start_late = ToCentral(failure("c1", ErrorCode.ENGINE_TIMEOUT, words, "S1"))
    assert joined.after(14.9) == []
    assert joined.after(0.2) == [stop_late]
    assert start_late not in joined.after(54.8)
    assert start_late in joined.after(0.2)


def test_an_answer_that_nobody_waits_for_goes_nowhere(joined: Rig) -> None:
    words = "Engine answered a command that nobody waits for any more."
    assert joined.engine(answer("unknown")) == [Note(words)]
    error = ErrorResponse(message_id="unknown", error=ErrorCode.UNKNOWN_TYPE, message="There is no such type.")
    assert joined.engine(error) == [Note("Engine could not take a message: There is no such type.", grave=True)]


def test_a_repeated_command_is_passed_on_once_while_its_answer_is_to_come(joined: Rig) -> None:
    assert joined.central(START) == [ToEngine(START)]
    assert joined.central(START) == []
    joined.engine(answer("c1"))
    assert joined.central(START) == [ToEngine(START)]
    assert joined.engine(answer("c1")) == [ToCentral(answer("c1"))]


def test_more_commands_than_fit_are_refused_as_overloaded(joined: Rig) -> None:
    for number in range(MOST_UNDER_WAY):
        command = start_command(f"n{number}")
        assert joined.central(command) == [ToEngine(command)]
    refusal = failure("c1", ErrorCode.OVERLOADED, "Too many commands wait for Engine.", "S1")
    assert joined.central(START) == [ToCentral(refusal)]
    joined.engine(answer("n0"))
    assert joined.central(START) == [ToEngine(START)]


def test_an_answer_that_comes_while_central_is_away_is_not_queued_but_its_effect_is_told(joined: Rig) -> None:
    joined.central(START)
    joined.central_lost()
    assert to_central(joined.engine(answer("c1"))) == []
    assert to_central(joined.register()) == [status(PointStatus.CHARGING)]


def test_the_answer_to_monitors_own_command_stays_in_monitor(rig: Rig) -> None:
    rig.link_engine()
    rig.register(out_of_service=True)
    own = rig.sent_id()
    assert rig.engine(answer(own, None)) == []
    assert rig.engine(health(PointStatus.STOPPED)) == []


def test_a_start_that_engine_accepts_while_the_point_is_stopped_is_logged_and_changes_nothing(joined: Rig) -> None:
    joined.central(STOP_CP)
    joined.engine(answer("c3", None))
    joined.central(START)
    words = "A point that is STOPPED has no step for start accepted; nothing was changed."
    assert joined.engine(answer("c1")) == [ToCentral(answer("c1")), Note(words, grave=True)]
    assert joined.watch.standing.status is PointStatus.STOPPED


# -- starts at the point


def test_a_start_at_the_point_is_carried_both_ways(joined: Rig) -> None:
    assert joined.engine(SWIPE) == [ToCentral(SWIPE)]
    allowed = LocalStartResponse(message_id="l1", status="success", session_id="S1")
    assert joined.central(allowed) == [ToEngine(allowed)]
    assert joined.after(20) == []


def test_a_start_at_the_point_needs_central(rig: Rig) -> None:
    rig.link_engine()
    assert rig.engine(SWIPE) == [ToEngine(denied("Monitor has no link to Central."))]


def test_a_start_at_the_point_is_denied_when_central_goes_away(joined: Rig) -> None:
    joined.engine(SWIPE)
    assert to_engine(joined.central_lost()) == [denied("Central went away.")]


def test_a_start_that_central_may_have_allowed_as_it_went_is_asked_again_so_that_engine_can_give_it_back(
    joined: Rig,
) -> None:
    joined.engine(SWIPE)
    joined.central_lost()
    assert to_central(joined.register()) == [status(PointStatus.ACTIVE), SWIPE]
    allowed = LocalStartResponse(message_id="l1", status="success", session_id="S1")
    assert joined.central(allowed) == [ToEngine(allowed)]
    joined.central_lost()
    assert to_central(joined.register()) == [status(PointStatus.ACTIVE)]


def test_a_start_that_central_has_undone_by_then_is_not_asked_again(joined: Rig) -> None:
    joined.engine(SWIPE)
    joined.central_lost()
    joined.after(61)
    assert to_central(joined.register()) == [status(PointStatus.ACTIVE)]


def test_a_start_at_the_point_is_denied_when_central_does_not_answer_in_15_s(joined: Rig) -> None:
    joined.engine(SWIPE)
    assert joined.after(14.9) == []
    assert joined.after(0.2) == [ToEngine(denied("Central did not answer in time."))]


def test_a_start_that_central_cannot_read_is_denied_with_its_reason(joined: Rig) -> None:
    joined.engine(SWIPE)
    error = ErrorResponse(message_id="l1", error=ErrorCode.RATE_LIMITED, message="Slower.")
    assert joined.central(error) == [ToEngine(denied("Slower.", ErrorCode.RATE_LIMITED))]


def test_a_repeated_start_at_the_point_is_asked_once(joined: Rig) -> None:
    joined.engine(SWIPE)
    assert joined.engine(SWIPE) == []


def test_more_starts_than_fit_are_denied(joined: Rig) -> None:
    for number in range(MOST_UNDER_WAY):
        joined.engine(SWIPE.model_copy(update={"message_id": f"n{number}"}))
    assert joined.engine(SWIPE) == [ToEngine(denied("Too many starts wait for Central.", ErrorCode.OVERLOADED))]


def test_a_late_permission_goes_to_engine_all_the_same(joined: Rig) -> None:
    joined.engine(SWIPE)
    joined.after(16)
    late = LocalStartResponse(message_id="l1", status="success", session_id="S1")
    assert joined.central(late) == [ToEngine(late)]


def test_a_permission_without_engine_is_logged(joined: Rig) -> None:
    joined.engine_lost()
    allowed = LocalStartResponse(message_id="l1", status="success", session_id="S1")
    assert notes(joined.central(allowed)) == ["Engine is away and cannot be told of the start at the point."]


def test_a_start_whose_engine_went_away_is_not_denied_to_the_next_one(joined: Rig) -> None:
    joined.engine(SWIPE)
    joined.engine_lost()
    joined.link_engine()
    assert to_engine(joined.after(20)) == []
