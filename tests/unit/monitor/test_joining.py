"""How a watch greets Engine, joins Central, stays, and leaves."""

from decimal import Decimal

import pytest
from pydantic import JsonValue

from charging_point.monitor.effects import CloseCentral, CloseEngine, Note, OpenCentral, Registered, ToCentral, ToEngine
from charging_point.monitor.timings import Timings
from common.auth import signature
from common.errors import ErrorCode
from common.messages import (
    AuthRequest,
    AuthResponse,
    CommandResponse,
    ErrorResponse,
    FaultNotification,
    HealthCheckRequest,
    HeartbeatRequest,
    HeartbeatResponse,
    InitCpId,
    PointStatus,
    RecoveryNotification,
    RegisterResponse,
    ResumeCpCommand,
    StatusUpdate,
    StopCpCommand,
)
from tests.unit.monitor.conftest import (
    ANNOUNCEMENT,
    ANY,
    Rig,
    answer,
    completion,
    health,
    notes,
    registered,
    to_central,
    to_engine,
)

INIT = InitCpId(message_id=ANY, cp_id="CP1")
CHECK = HealthCheckRequest(message_id=ANY, id="CP1")
UNREACHABLE = FaultNotification(
    message_id=ANY,
    cp_id="CP1",
    fault_type="engine_unreachable",
    description="Monitor has no link to Engine.",
)
RECOVERED = RecoveryNotification(message_id=ANY, cp_id="CP1")


def status(status: PointStatus, detail: str | None = None) -> StatusUpdate:
    return StatusUpdate(message_id=ANY, cp_id="CP1", status=status, detail=detail)


def heartbeat(status: PointStatus = PointStatus.ACTIVE) -> ToCentral:
    return ToCentral(HeartbeatRequest(message_id=ANY, cp_id="CP1", status=status))


# -- the way in


def test_engine_is_greeted_before_central_is_asked_in(rig: Rig) -> None:
    assert rig.engine_up() == [ToEngine(INIT)]
    greeted = CommandResponse(message_id=rig.sent_id(), status="success")
    assert rig.engine(greeted) == [Note("Engine is linked."), ToEngine(CHECK), OpenCentral()]
    assert rig.engine(health()) == []
    assert rig.central_up() == [ToCentral(ANNOUNCEMENT)]
    assert rig.central(registered(rig.sent_id())) == [Registered(), ToCentral(status(PointStatus.ACTIVE))]


def test_a_point_with_a_secret_proves_itself_first() -> None:
    rig = Rig(secret="s3cret")
    rig.link_engine()
    rig.central_up()
    [effect] = rig.last
    assert isinstance(effect, ToCentral)
    proof = effect.message
    assert isinstance(proof, AuthRequest)
    assert proof.timestamp is not None
    expected = signature("s3cret", "monitor", "CP1", proof.timestamp, proof.nonce)
    assert (proof.role, proof.cp_id, proof.signature) == ("monitor", "CP1", expected)
    assert rig.central(AuthResponse(message_id=proof.message_id, status="success")) == [ToCentral(ANNOUNCEMENT)]
    assert rig.central(registered(rig.sent_id())) == [Registered(), ToCentral(status(PointStatus.ACTIVE))]


def test_each_proof_has_a_nonce_of_its_own() -> None:
    rig = Rig(secret="s3cret")
    nonces = set()
    for _ in range(3):
        rig.central_up()
        [effect] = rig.last
        assert isinstance(effect, ToCentral)
        assert isinstance(effect.message, AuthRequest)
        nonces.add(effect.message.nonce)
        rig.central_lost()
    assert len(nonces) == 3


def test_a_refused_proof_is_told_once_and_tried_again() -> None:
    rig = Rig(secret="wrong")
    words = "Central does not accept the proof: The proof was not accepted. Monitor keeps trying."
    for said in ([Note(words, grave=True)], []):
        rig.central_up()
        refusal = AuthResponse(
            message_id=rig.sent_id(),
            status="failure",
            error=ErrorCode.AUTH_FAILED,
            message="The proof was not accepted.",
        )
        assert rig.central(refusal) == [*said, CloseCentral()]
        assert rig.central_lost() == []


def test_a_refused_registration_is_told_once_until_it_succeeds(rig: Rig) -> None:
    rig.link_engine()
    words = "Central refuses to register CP1: already connected. Monitor keeps trying."
    for said in ([Note(words, grave=True)], []):
        rig.central_up()
        refusal = RegisterResponse(
            message_id=rig.sent_id(),
            status="failure",
            error=ErrorCode.ALREADY_CONNECTED,
            message="CP1 cannot register.",
            reason="already connected",
        )
        assert rig.central(refusal) == [*said, CloseCentral()]
    assert rig.register() == [Registered(), ToCentral(status(PointStatus.ACTIVE))]
    assert notes(rig.central_lost()) == ["The link to c:1 ended. Monitor keeps trying to reach Central."]


def test_an_error_in_answer_to_the_registration_is_a_refusal(rig: Rig) -> None:
    rig.link_engine()
    rig.central_up()
    error = ErrorResponse(message_id=rig.sent_id(), error=ErrorCode.NOT_AUTHENTICATED, message="Authenticate first.")
    words = "Central no longer takes this link for CP1: Authenticate first. Monitor keeps trying."
    assert rig.central(error) == [Note(words, grave=True), CloseCentral()]


@pytest.mark.parametrize(
    ("data", "patience_s"),
    [
        ({"retry_after_s": 40}, 40.0),
        ({"retry_after_s": 0.5}, 0.5),
        ({"retry_after_s": 1e9}, 600.0),
        ({"retry_after_s": -3}, 0.0),
        ({"retry_after_s": True}, 0.0),
        ({"retry_after_s": "soon"}, 0.0),
        ({}, 0.0),
        (None, 0.0),
    ],
)
def test_a_central_that_asks_for_patience_is_left_alone_for_so_long(
    rig: Rig, data: dict[str, JsonValue] | None, patience_s: float
) -> None:
    rig.link_engine()
    rig.central_up()
    refusal = RegisterResponse(
        message_id=rig.sent_id(), status="failure", error=ErrorCode.RATE_LIMITED, message="Too often.", data=data
    )
    words = "Central refuses to register CP1: Too often. Monitor keeps trying."
    assert rig.central(refusal) == [Note(words, grave=True), CloseCentral(patience_s)]
    rig.central_up()
    error = ErrorResponse(message_id=rig.sent_id(), error=ErrorCode.RATE_LIMITED, message="Too fast.", data=data)
    words = "Central no longer takes this link for CP1: Too fast. Monitor keeps trying."
    assert rig.central(error) == [Note(words, grave=True), CloseCentral(patience_s)]


def test_a_central_that_does_not_answer_is_left_after_10_s(rig: Rig) -> None:
    rig.link_engine()
    rig.central_up()
    words = "Central does not answer the registration request. Monitor keeps trying."
    assert rig.after(9.9) == []
    assert rig.after(0.2) == [Note(words, grave=True), CloseCentral()]


def test_a_proof_that_is_not_answered_is_given_up_too() -> None:
    rig = Rig(secret="s3cret")
    rig.link_engine()
    rig.central_up()
    words = "Central does not answer the authentication request. Monitor keeps trying."
    assert rig.after(10) == [Note(words, grave=True), CloseCentral()]


def test_an_answer_to_another_request_registers_nothing(rig: Rig) -> None:
    rig.link_engine()
    rig.central_up()
    assert rig.central(registered("somebody's")) == []
    assert rig.watch.standing.status is PointStatus.DISCONNECTED


def test_a_repeated_answer_registers_nothing_anew(rig: Rig) -> None:
    rig.link_engine()
    rig.central_up()
    accepted = registered(rig.sent_id())
    assert Registered() in rig.central(accepted)
    assert rig.central(accepted) == []


# -- without Engine


def test_without_engine_central_is_asked_in_after_10_s_and_hears_of_it(rig: Rig) -> None:
    assert rig.engine_fails() == [Note("Cannot connect to e:1: no. Monitor keeps trying to reach Engine.", grave=True)]
    assert rig.after(9.9) == []
    assert rig.watch.standing.status is PointStatus.DISCONNECTED
    words = "Engine has not answered yet; Monitor goes on without it and keeps trying."
    assert rig.after(0.2) == [Note(words, grave=True), OpenCentral()]
    told = [status(PointStatus.FAULTY, "engine_unreachable"), UNREACHABLE]
    assert to_central(rig.register()) == told
    assert to_central(rig.link_engine()) == [RECOVERED, status(PointStatus.ACTIVE)]


def test_central_is_asked_in_once(rig: Rig) -> None:
    assert OpenCentral() in rig.after(10)
    assert OpenCentral() not in rig.link_engine() + rig.engine_lost() + rig.link_engine() + rig.after(20)


def test_an_engine_that_does_not_answer_the_greeting_is_left(rig: Rig) -> None:
    rig.after(5)
    rig.engine_up()
    rig.after(9.9)
    words = "Engine does not answer the greeting. Monitor keeps trying to reach it."
    assert rig.after(0.1) == [Note(words, grave=True), CloseEngine()]
    assert rig.engine_lost() == []


@pytest.mark.parametrize("kind", ["command_response", "error_response"])
def test_an_engine_that_refuses_the_point_is_left_and_never_counts_as_linked(rig: Rig, kind: str) -> None:
    rig.engine_up()
    sentence, error = "This Engine is CP2.", ErrorCode.BAD_ARGUMENT
    refusal: CommandResponse | ErrorResponse = ErrorResponse(message_id=rig.sent_id(), error=error, message=sentence)
    if kind == "command_response":
        refusal = CommandResponse(message_id=rig.sent_id(), status="failure", error=error, message=sentence)
    words = "Engine refuses to serve CP1: This Engine is CP2. Monitor keeps trying to reach it."
    assert rig.engine(refusal) == [Note(words, grave=True), CloseEngine()]
    assert OpenCentral() in rig.after(10)
    assert to_central(rig.register())[-1] == UNREACHABLE


def test_an_engine_that_cannot_be_reached_is_complained_of_once(rig: Rig) -> None:
    assert [len(notes(rig.engine_fails())) for _ in range(5)] == [1, 0, 0, 0, 0]
    rig.link_engine()
    assert len(notes(rig.engine_lost())) == 1
    assert [len(notes(rig.engine_fails())) for _ in range(3)] == [1, 0, 0]


def test_a_central_that_invents_new_words_each_time_does_not_fill_the_log(rig: Rig) -> None:
    rig.link_engine()
    said = []
    for number in range(50):
        rig.central_up()
        said += notes(rig.central(RegisterResponse(message_id=rig.sent_id(), status="failure", reason=str(number))))
    assert len(said) == 8


# -- losing Engine


def test_an_engine_whose_link_closes_is_a_fault_until_it_is_well_again(joined: Rig) -> None:
    assert joined.engine_lost() == [
        Note("The link to e:1 ended. Monitor keeps trying to reach Engine.", grave=True),
        ToCentral(UNREACHABLE),
        ToCentral(status(PointStatus.FAULTY, "engine_unreachable")),
    ]
    joined.engine_up()
    assert to_central(joined.engine(CommandResponse(message_id=joined.sent_id(), status="success"))) == []
    assert to_central(joined.engine(health())) == [RECOVERED, status(PointStatus.ACTIVE)]


def test_an_engine_that_was_charging_all_along_is_charging_when_it_is_back(joined: Rig) -> None:
    joined.engine_lost()
    assert to_central(joined.link_engine(PointStatus.CHARGING, charging=True)) == [
        RECOVERED,
        status(PointStatus.CHARGING),
    ]


def test_an_engine_that_greets_but_does_not_say_how_it_is_counts_as_back_after_2_s(joined: Rig) -> None:
    joined.engine_lost()
    joined.engine_up()
    joined.engine(answer(joined.sent_id(), None))
    assert joined.after(1.9) == []
    assert joined.after(0.2) == [ToCentral(RECOVERED), ToCentral(status(PointStatus.ACTIVE))]
    assert to_central(joined.engine(health())) == []


def test_a_silent_engine_is_left_after_90_s(joined: Rig) -> None:
    joined.watch.enrolment.heard(joined.clock.now() + 1000)
    effects = joined.after(89.9)
    assert to_engine(effects) == [CHECK, CHECK]
    assert CloseEngine() not in effects
    effects = joined.after(0.2)
    assert CloseEngine() in effects
    assert to_central(effects)[:2] == [UNREACHABLE, status(PointStatus.FAULTY, "engine_unreachable")]


def test_an_engine_that_answers_is_asked_every_30_s_and_kept(rig: Rig) -> None:
    rig.link_engine()
    for _ in range(5):
        assert rig.after(30) == [ToEngine(CHECK)]
        assert rig.engine(health()) == []


def test_an_engine_that_serves_another_point_now_is_left(joined: Rig) -> None:
    refusal = health().model_copy(update={"status": "failure", "message": "This Engine is CP2."})
    assert CloseEngine() in joined.engine(refusal)


# -- staying at Central


def test_heartbeats_come_at_the_interval_that_central_asks_for(rig: Rig) -> None:
    rig.link_engine()
    rig.register(heartbeat_interval_s=7)
    assert rig.after(6.9) == []
    assert rig.after(0.2) == [heartbeat()]
    rig.central(HeartbeatResponse(message_id="x", status="success"))
    assert rig.after(7) == [heartbeat()]


def test_heartbeats_carry_the_true_status(joined: Rig) -> None:
    joined.engine(FaultNotification(message_id="f", cp_id="CP1", fault_type="smoke"))
    effects = joined.after(30)
    assert heartbeat(PointStatus.FAULTY) in effects


def test_no_interval_of_central_makes_a_storm_of_heartbeats(rig: Rig) -> None:
    rig.link_engine()
    rig.register(heartbeat_interval_s=0.000_001)
    assert len(rig.after(1.05)) == 10


def test_a_central_that_answers_no_heartbeat_is_left_after_90_s(rig: Rig) -> None:
    rig.join()
    words = "Central does not answer heartbeats. Monitor keeps trying."
    for _ in range(2):
        rig.after(30)
        rig.engine(health())
    effects = rig.after(30)
    assert CloseCentral() in effects
    assert notes(effects) == [words]
    assert rig.watch.standing.status is PointStatus.DISCONNECTED


def test_a_slow_heartbeat_interval_stretches_the_patience(rig: Rig) -> None:
    rig = Rig(timings=Timings(silence_s=5, health_interval_s=1))
    rig.register(heartbeat_interval_s=10)
    assert CloseCentral() not in rig.after(29.9)
    assert CloseCentral() in rig.after(0.2)


def test_a_refused_heartbeat_starts_the_registration_anew(joined: Rig) -> None:
    joined.after(30)
    refusal = HeartbeatResponse(message_id="x", status="failure", error=ErrorCode.UNKNOWN_CP, message="Register first.")
    assert CloseCentral() in joined.central(refusal)


@pytest.mark.parametrize("code", [ErrorCode.SUPERSEDED, ErrorCode.UNKNOWN_CP, ErrorCode.NOT_AUTHENTICATED])
def test_a_link_that_no_longer_speaks_for_the_point_is_left(joined: Rig, code: ErrorCode) -> None:
    words = "Central no longer takes this link for CP1: Gone. Monitor keeps trying."
    error = ErrorResponse(message_id="x", error=code, message="Gone.")
    assert joined.central(error) == [Note(words, grave=True), CloseCentral()]
    assert joined.central_lost() == []


def test_an_error_about_one_message_costs_that_message_only(joined: Rig) -> None:
    error = ErrorResponse(message_id="x", error=ErrorCode.INVALID_MESSAGE, message="cost: no.")
    assert joined.central(error) == [Note("Central could not take a message: cost: no.", grave=True)]
    assert joined.watch.enrolment.registered


# -- what a new registration tells


def test_what_happened_while_central_was_away_is_told_as_it_is_now(joined: Rig) -> None:
    joined.central_lost()
    done = completion()
    for message in (FaultNotification(message_id="f1", cp_id="CP1", fault_type="smoke"), done):
        assert to_central(joined.engine(message)) == []
    smoke = FaultNotification(message_id=ANY, cp_id="CP1", fault_type="smoke")
    assert to_central(joined.register()) == [status(PointStatus.FAULTY, "smoke"), smoke, done]


def test_central_cannot_be_reached_is_told_once_and_its_return_is_a_registration(joined: Rig) -> None:
    words = [notes(joined.central_lost()), *(notes(joined.central_fails()) for _ in range(3))]
    assert words == [
        ["The link to c:1 ended. Monitor keeps trying to reach Central."],
        ["Cannot connect to c:1: no. Monitor keeps trying to reach Central."],
        [],
        [],
    ]
    assert Registered() in joined.register()
    assert notes(joined.central_lost()) == words[0]


def test_central_sets_the_price(rig: Rig) -> None:
    rig.link_engine()
    assert rig.watch.price_per_kwh == Decimal("0.3")
    rig.register(price_per_kwh=Decimal("0.45"))
    assert rig.watch.price_per_kwh == Decimal("0.45")


# -- in and out of service


def test_a_point_that_central_holds_out_of_service_is_stopped_at_engine_too(rig: Rig) -> None:
    rig.link_engine()
    effects = rig.register(out_of_service=True)
    stop = StopCpCommand(message_id=ANY, cp_id="CP1", reason="admin_stop")
    assert effects == [Registered(), ToCentral(status(PointStatus.STOPPED)), ToEngine(stop)]
    assert rig.engine(CommandResponse(message_id=rig.sent_id(), status="success")) == []
    assert rig.engine(health(PointStatus.STOPPED)) == []


def test_an_engine_that_holds_itself_out_of_service_is_resumed_at_centrals_word(rig: Rig) -> None:
    rig.link_engine(PointStatus.STOPPED)
    resume = ResumeCpCommand(message_id=ANY, cp_id="CP1")
    effects = rig.register(out_of_service=False)
    assert effects == [Registered(), ToCentral(status(PointStatus.ACTIVE)), ToEngine(resume)]


def test_where_central_says_nothing_of_the_service_engine_is_believed(rig: Rig) -> None:
    rig.link_engine(PointStatus.STOPPED)
    assert rig.register() == [Registered(), ToCentral(status(PointStatus.STOPPED))]


def test_an_engine_that_comes_later_is_told_of_its_service(rig: Rig) -> None:
    rig.after(10)
    rig.register(out_of_service=True)
    stop = StopCpCommand(message_id=ANY, cp_id="CP1", reason="admin_stop")
    assert to_engine(rig.link_engine()) == [CHECK, stop]


def test_an_engine_that_comes_back_is_told_of_its_service_again(rig: Rig) -> None:
    rig.link_engine()
    rig.register(out_of_service=True)
    rig.engine(answer(rig.sent_id(), None))
    rig.engine_lost()
    rig.engine_up()
    stop = StopCpCommand(message_id=ANY, cp_id="CP1", reason="admin_stop")
    assert to_engine(rig.engine(answer(rig.sent_id(), None))) == [CHECK, stop]


def test_an_engine_that_leaves_service_by_itself_is_brought_back(joined: Rig) -> None:
    resume = ResumeCpCommand(message_id=ANY, cp_id="CP1")
    assert joined.engine(health(PointStatus.STOPPED)) == [ToEngine(resume)]


def test_an_engine_that_refuses_its_service_is_told_again_after_the_next_health_check(rig: Rig) -> None:
    rig.link_engine()
    rig.register(out_of_service=True)
    refusal = CommandResponse(message_id=rig.sent_id(), status="failure", message="No.")
    assert rig.engine(refusal) == [Note("Engine refuses stop_cp_command: No.", grave=True)]
    stop = StopCpCommand(message_id=ANY, cp_id="CP1", reason="admin_stop")
    assert rig.engine(health()) == [ToEngine(stop)]
