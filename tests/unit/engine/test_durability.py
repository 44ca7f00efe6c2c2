"""Histories of a disk that is full: nothing is told that a restart could take back."""

from charging_point.engine.effects import Tell
from charging_point.engine.ledger import SessionFinished, SessionStarted
from common.errors import ErrorCode
from common.messages import ChargeCompletion, CommandResponse, FaultNotification, Message, PointStatus, Reason
from tests.unit.engine.conftest import Rig, published, start, stop, to_monitor, told, written


def types(messages: list[Message]) -> list[str]:
    return [message.type for message in messages]


def test_a_start_that_cannot_be_journaled_is_refused_with_a_sentence_and_the_point_is_faulty(rig: Rig) -> None:
    rig.linked()
    rig.disk_is_full = True
    refusal, fault = to_monitor(rig.hear(start()))
    assert isinstance(refusal, CommandResponse)
    assert (refusal.message_id, refusal.status, refusal.error, refusal.message) == (
        "c1",
        "failure",
        ErrorCode.ENGINE_REFUSED,
        "The journal of the Engine cannot be written, so no charge can be accounted for.",
    )
    assert isinstance(fault, FaultNotification)
    assert fault.fault_type == "journal_failure"
    assert rig.point.status is PointStatus.FAULTY
    assert to_monitor(rig.hear(start())) == [refusal]


def test_the_point_recovers_by_itself_once_the_journal_can_be_written(rig: Rig) -> None:
    rig.linked()
    rig.disk_is_full = True
    rig.hear(start())
    assert rig.after(60) == []
    rig.disk_is_full = False
    assert types(to_monitor(rig.after(5))) == ["recovery_notification"]
    rig.hear(start())
    assert rig.point.is_charging


def test_a_charge_that_cannot_be_journaled_stops_and_its_account_waits_for_the_journal(rig: Rig) -> None:
    rig.charging()
    rig.after(3)
    rig.disk_is_full = True
    effects = rig.after(1)
    assert types(to_monitor(effects)) == ["fault_notification"]
    assert published(effects) == []
    assert written(rig.after(30)) == []

    rig.disk_is_full = False
    effects = rig.after(5)
    (entry,) = written(effects)
    assert isinstance(entry, SessionFinished)
    assert (entry.completion.reason, str(entry.completion.energy_consumed_kwh)) == (Reason.FAULT, "0.040")
    assert published(effects) == [entry.completion]
    assert to_monitor(effects)[0] == entry.completion
    assert types(to_monitor(effects))[1] == "recovery_notification"


def test_a_stop_works_without_the_journal_but_its_account_is_told_only_once_written(rig: Rig) -> None:
    rig.charging()
    rig.disk_is_full = True
    effects = rig.hear(stop())
    assert types(to_monitor(effects)) == ["command_response", "fault_notification"]
    assert not rig.point.is_charging
    rig.disk_is_full = False
    rig.after(5)
    assert list(rig.ledger.owed) == ["s1"]


def test_a_restart_before_the_account_was_written_still_accounts_for_what_was_told(rig: Rig) -> None:
    rig.charging()
    rig.after(3)
    rig.disk_is_full = True
    rig.after(2)
    (account, *_) = published(Rig(rig.ledger).done)
    assert isinstance(account, ChargeCompletion)
    assert (str(account.energy_consumed_kwh), account.reason) == ("0.030", Reason.ENGINE_RESTART)


def test_a_plug_that_cannot_begin_the_charge_refuses_the_waiting_start() -> None:
    rig = Rig(plugged=False).linked()
    rig.hear(start())
    rig.disk_is_full = True
    effects = rig.line("plug")
    assert told(effects) == [Tell(ok=True, text="a car is plugged in")]
    refusal = to_monitor(effects)[0]
    assert isinstance(refusal, CommandResponse)
    assert (refusal.message_id, refusal.error) == ("c1", ErrorCode.ENGINE_REFUSED)
    assert rig.point.session_id is None


def test_switching_off_gives_the_account_a_last_chance_to_be_written(rig: Rig) -> None:
    rig.charging()
    rig.disk_is_full = True
    rig.after(1)
    rig.disk_is_full = False
    effects = rig.do(rig.point.shut_down(rig.clock.now()))
    assert [type(entry) for entry in written(effects)] == [SessionFinished]
    assert SessionStarted not in [type(entry) for entry in rig.ledger.entries()]
