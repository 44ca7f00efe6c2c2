"""Histories of what Monitor says and what the Engine does, in order."""

from decimal import Decimal

import pytest

from charging_point.engine.effects import Answer, Bind, Publish, ToMonitor, WriteJournal
from charging_point.engine.ledger import (
    Ledger,
    PointNamed,
    ServiceSet,
    SessionAcked,
    SessionFinished,
    SessionMetered,
    SessionStarted,
)
from common.errors import ErrorCode
from common.messages import (
    ChargeCompletion,
    ChargeCompletionAck,
    ChargingData,
    CommandResponse,
    ConnectionFailed,
    ConnectionLost,
    HealthCheckRequest,
    HealthCheckResponse,
    PointStatus,
    Reason,
    ResumeCpCommand,
    StopCpCommand,
)
from tests.unit.engine.conftest import Rig, binds, init, published, start, stop, to_monitor, written

T0 = 1_800_000_000.0


def account(
    message_id: str, kwh: str, cost: str, reason: Reason, at: float, session_id: str = "s1"
) -> ChargeCompletion:
    return ChargeCompletion(
        message_id=message_id,
        timestamp=T0 + at,
        cp_id="CP1",
        session_id=session_id,
        energy_consumed_kwh=Decimal(kwh),
        total_cost=Decimal(cost),
        reason=reason,
    )


def answer(
    message_id: str, sentence: str, *, error: ErrorCode | None = None, session_id: str | None = None
) -> CommandResponse:
    return CommandResponse(
        message_id=message_id,
        status="failure" if error else "success",
        message=sentence,
        error=error,
        session_id=session_id,
    )


STARTED = SessionStarted(cp_id="CP1", session_id="s1", driver_id="D1", price_per_kwh=Decimal("0.5"), started_at=T0)
ACK = ChargeCompletionAck(message_id="a1", cp_id="CP1", session_id="s1")
STOP_CP = StopCpCommand(message_id="out", cp_id="CP1", reason="repair")
RESUME_CP = ResumeCpCommand(message_id="in", cp_id="CP1")


def test_the_first_monitor_names_the_point_and_the_name_is_journaled(rig: Rig) -> None:
    assert rig.hear(init()) == [
        WriteJournal(PointNamed(cp_id="CP1")),
        Bind(),
        Answer(answer("init", "This Engine is CP1.")),
    ]
    assert rig.hear(init()) == [Bind(), Answer(answer("init", "This Engine is CP1."))]


def test_a_charge_from_start_to_acknowledgement(rig: Rig) -> None:
    rig.linked()
    assert rig.hear(start(limit="0.025")) == [
        WriteJournal(STARTED),
        Answer(answer("c1", "The charge has begun.", session_id="s1")),
    ]

    reading = ChargingData(
        message_id="m1",
        timestamp=T0 + 1,
        cp_id="CP1",
        session_id="s1",
        energy_consumed_kwh=Decimal("0.01"),
        total_cost=Decimal("0.01"),
        charging_rate=36,
    )
    assert rig.after(1) == [
        WriteJournal(SessionMetered(session_id="s1", energy_wh=10)),
        Publish(reading),
        ToMonitor(reading),
    ]

    rig.after(1)
    last = account("m3", "0.025", "0.01", Reason.ENERGY_LIMIT, 2.5)
    assert rig.after(1) == [WriteJournal(SessionFinished(completion=last)), Publish(last), ToMonitor(last)]

    assert rig.hear(ACK) == [WriteJournal(SessionAcked(session_id="s1"))]
    assert rig.after(1000) == []
    assert rig.ledger == Ledger(cp_id="CP1", ended=("s1",))


def test_the_start_of_the_running_session_again_succeeds_again_and_changes_nothing(rig: Rig) -> None:
    rig.charging()
    again = answer("c2", "The charge has begun.", session_id="s1")
    assert rig.hear(start(message_id="c2")) == [Answer(again)]


def test_a_start_of_another_session_is_refused_while_one_runs(rig: Rig) -> None:
    rig.charging()
    refusal = answer("c2", "The point is busy with session s1.", error=ErrorCode.ENGINE_REFUSED, session_id="s2")
    assert rig.hear(start("s2", message_id="c2")) == [Answer(refusal)]


def test_a_late_start_of_an_ended_session_does_not_run_it_again(rig: Rig) -> None:
    rig.charging().hear(stop())
    refusal = answer("c1", "This session has ended.", error=ErrorCode.SESSION_FINISHED, session_id="s1")
    assert rig.hear(start()) == [Answer(refusal)]
    rig.hear(ACK)
    assert rig.hear(start()) == [Answer(refusal)]
    assert Rig(rig.ledger).hear(start()) == [Answer(refusal)]


@pytest.mark.parametrize(
    ("told", "reason"),
    [(None, Reason.DRIVER_STOP), ("admin_stop", Reason.ADMIN_STOP), ("whatever", Reason.DRIVER_STOP)],
)
def test_a_stop_is_journaled_reported_and_answered(rig: Rig, told: str | None, reason: Reason) -> None:
    rig.charging()
    rig.clock.advance(100)
    last = account("m1", "1", "0.50", reason, 100)
    assert rig.hear(stop(reason=told)) == [
        WriteJournal(SessionFinished(completion=last)),
        Publish(last),
        ToMonitor(last),
        Answer(answer("stop", "The session has ended.", session_id="s1")),
    ]


def test_a_stop_again_succeeds_until_nobody_knows_the_session(rig: Rig) -> None:
    rig.charging().hear(stop())
    already = answer("stop", "The session had ended already.", session_id="s1")
    assert rig.hear(stop()) == [Answer(already)]
    unknown = answer("stop", "This session does not run here.", error=ErrorCode.UNKNOWN_SESSION, session_id="s9")
    assert rig.hear(stop("s9")) == [Answer(unknown)]


def test_a_command_for_another_point_is_answered_unknown_cp_and_does_nothing(rig: Rig) -> None:
    rig.charging()
    sentence = "This Engine is not CP2 but CP1."
    for message in (start("s2", message_id="x", cp_id="CP2"), stop(cp_id="CP2")):
        assert rig.hear(message) == [Answer(answer(message.message_id, sentence, error=ErrorCode.UNKNOWN_CP))]
    assert rig.hear(ACK.model_copy(update={"cp_id": "CP2"})) == []
    assert rig.point.is_charging


def test_an_engine_without_a_name_knows_no_point(rig: Rig) -> None:
    sentence = "This Engine is not CP1; nobody has told it yet which point it is."
    assert rig.hear(start()) == [Answer(answer("c1", sentence, error=ErrorCode.UNKNOWN_CP))]


def test_without_a_car_a_start_waits_for_the_plug_and_is_answered_then() -> None:
    rig = Rig(plugged=False).linked()
    assert rig.hear(start()) == []
    assert rig.hear(start(message_id="c2")) == []
    rig.clock.advance(59)
    begun = [ToMonitor(answer(command, "The charge has begun.", session_id="s1")) for command in ("c1", "c2")]
    entry = STARTED.model_copy(update={"started_at": T0 + 59})
    assert rig.line("plug")[:-1] == [WriteJournal(entry), *begun]
    assert [m.type for m in published(rig.after(1))] == ["charging_data"]


def test_without_a_car_for_a_minute_the_start_is_refused_and_nothing_is_owed() -> None:
    rig = Rig(plugged=False).linked()
    rig.hear(start())
    refusal = answer("c1", "No car was plugged in within 60 s.", error=ErrorCode.ENGINE_REFUSED, session_id="s1")
    assert rig.after(59.9) == []
    assert rig.after(0.1) == [ToMonitor(refusal)]
    assert rig.line("plug")[:-1] == []
    assert rig.after(100) == []


def test_a_stop_cancels_the_start_that_waits_for_a_plug() -> None:
    rig = Rig(plugged=False).linked()
    rig.hear(start())
    sentence = "The session was stopped before a car was plugged in."
    assert rig.hear(stop()) == [
        ToMonitor(answer("c1", sentence, error=ErrorCode.ENGINE_REFUSED, session_id="s1")),
        Answer(answer("stop", "The session has ended.", session_id="s1")),
    ]
    assert rig.line("plug")[:-1] == []


def test_without_kafka_every_reading_asks_for_relay_until_a_delivery_succeeds(rig: Rig) -> None:
    rig.charging()
    rig.hear(ConnectionFailed(message_id="e", peer="Kafka", description="Kafka does not answer."))

    def relays(seconds: float) -> list[tuple[bool | None, bool | None]]:
        effects = rig.after(seconds)
        pairs = zip(published(effects), to_monitor(effects), strict=True)
        return [(getattr(a, "relay", None), getattr(b, "relay", None)) for a, b in pairs]

    assert relays(2) == [(None, True), (None, True)]
    rig.do(rig.point.note_kafka(rig.clock.now(), is_up=True))
    assert relays(2) == [(None, None), (None, None)]


def test_an_unacknowledged_account_is_sent_again_unchanged_and_less_and_less_often(rig: Rig) -> None:
    rig.charging().hear(stop())
    last = account("m1", "0", "0.00", Reason.DRIVER_STOP, 0)
    sent_at = []
    for second in range(1, 201):
        if (effects := rig.after(1)) != []:
            assert effects == [Publish(last), ToMonitor(last)]
            sent_at.append(second)
    assert sent_at == [5, 15, 35, 75, 135, 195]


def test_an_unacknowledged_account_is_sent_again_when_a_way_to_central_is_back(rig: Rig) -> None:
    rig.charging().hear(stop())
    last = account("m1", "0", "0.00", Reason.DRIVER_STOP, 0)
    rig.hear(ConnectionLost(message_id="e", peer="x", description="The link ended."))
    rig.hear(ConnectionFailed(message_id="e", peer="Kafka", description="Kafka does not answer."))
    assert rig.hear(init()) == [Bind(), Answer(answer("init", "This Engine is CP1.")), ToMonitor(last)]
    assert rig.do(rig.point.note_kafka(rig.clock.now(), is_up=True)) == [Publish(last)]
    assert rig.do(rig.point.note_kafka(rig.clock.now(), is_up=True)) == []


def test_out_of_service_ends_the_session_refuses_starts_and_survives_a_restart(rig: Rig) -> None:
    rig.charging()
    last = account("m1", "0", "0.00", Reason.ADMIN_STOP, 0)
    assert rig.hear(STOP_CP) == [
        WriteJournal(ServiceSet(out_of_service=True)),
        WriteJournal(SessionFinished(completion=last)),
        Publish(last),
        ToMonitor(last),
        Answer(answer("out", "The point is out of service.")),
    ]
    refusal = answer("c1", "The point is out of service.", error=ErrorCode.ENGINE_REFUSED, session_id="s2")
    assert rig.hear(start("s2")) == [Answer(refusal)]

    again = Rig(rig.ledger).linked()
    assert again.point.status is PointStatus.STOPPED
    assert again.hear(start("s2")) == [Answer(refusal)]
    assert again.hear(RESUME_CP) == [
        WriteJournal(ServiceSet(out_of_service=False)),
        Answer(answer("in", "The point is in service.")),
    ]
    again.hear(start("s2"))
    assert again.point.is_charging


def test_a_restart_closes_the_open_session_with_what_was_metered(rig: Rig) -> None:
    rig.charging()
    rig.after(3.9)
    again = Rig(rig.ledger)
    last = account("m1", "0.03", "0.02", Reason.ENGINE_RESTART, 0)
    assert again.done == [WriteJournal(SessionFinished(completion=last)), Publish(last), ToMonitor(last)]
    assert ToMonitor(last) in again.hear(init())

    # A second crash before the acknowledgement sends the very same account, not another one.
    third = Rig(again.ledger)
    assert third.done == [Publish(last)]
    assert third.hear(init())[-1] == ToMonitor(last)


def test_another_name_is_refused_while_a_monitor_is_linked_or_an_account_is_owed(rig: Rig) -> None:
    sentence = "This Engine is CP1: its Monitor is linked, or a charge of it is not settled. It cannot be CP2."
    refusal = Answer(answer("init", sentence, error=ErrorCode.BAD_ARGUMENT))
    rig.linked()
    assert rig.hear(init("CP2")) == [refusal]
    rig.charging()
    assert rig.hear(init("CP2")) == [refusal]
    rig.hear(ConnectionLost(message_id="e", peer="x"))
    rig.hear(stop())
    assert rig.hear(init("CP2")) == [refusal]
    rig.hear(ACK)
    assert binds(rig.hear(init("CP2")))
    assert rig.ledger.cp_id == "CP2"


def test_health_says_what_the_engine_does(rig: Rig) -> None:
    def health(name: str = "CP1") -> HealthCheckResponse:
        (found,) = to_monitor(rig.hear(HealthCheckRequest(message_id="h", id=name)))
        assert isinstance(found, HealthCheckResponse)
        return found

    rig.linked()
    assert health() == HealthCheckResponse(
        message_id="h", timestamp=T0, status="success", engine_status=PointStatus.ACTIVE, is_charging=False
    )
    rig.hear(start())
    assert (health().engine_status, health().is_charging) == (PointStatus.CHARGING, True)
    rig.line("fault overheating")
    assert (health().engine_status, health().is_charging) == (PointStatus.FAULTY, False)
    assert (health("CP2").status, health("CP2").error) == ("failure", ErrorCode.UNKNOWN_CP)


def test_switching_off_ends_the_charge_as_a_power_loss(rig: Rig) -> None:
    rig.charging()
    last = account("m1", "0", "0.00", Reason.POWER_LOSS, 0)
    effects = rig.do(rig.point.shut_down(rig.clock.now()))
    assert effects == [WriteJournal(SessionFinished(completion=last)), Publish(last), ToMonitor(last)]


def test_a_start_that_comes_while_it_is_switched_off_is_refused_as_nobody_would_end_it(rig: Rig) -> None:
    rig.linked().do(rig.point.shut_down(rig.clock.now()))
    refusal = answer("c1", "The Engine is being switched off.", error=ErrorCode.ENGINE_REFUSED, session_id="s1")
    assert (rig.hear(start()), rig.point.session_id) == ([Answer(refusal)], None)


def test_an_acknowledgement_of_nothing_owed_does_nothing(rig: Rig) -> None:
    rig.charging()
    assert rig.hear(ACK) == []
    assert written(rig.after(1)) == [SessionMetered(session_id="s1", energy_wh=10)]
