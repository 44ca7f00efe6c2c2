"""Monitor and Engine of one point, bound in memory: the same conversation as over their socket."""

from decimal import Decimal

import pytest

from charging_point.engine.ledger import Ledger, SessionAcked, SessionFinished, SessionMetered, SessionStarted
from charging_point.fleet.spec import PointTemplate
from common import messages as m
from common.auth import signature
from common.errors import ErrorCode
from tests.unit.fleet.conftest import Yard, start


def test_a_point_asks_to_be_let_in_once_its_engine_is_there() -> None:
    assert Yard().outside.did == ["note CP1 Engine is linked.", "join CP1"]


def test_a_point_proves_its_own_secret() -> None:
    yard = Yard(secret="hush")
    yard.pair.central_up(yard.clock.now())
    (proof,) = yard.outside.told_of(m.AuthRequest)
    assert proof.signature == signature("hush", "monitor", "CP1", proof.timestamp or 0.0, proof.nonce)


def test_a_command_reaches_engine_and_its_answer_comes_back_under_its_id() -> None:
    yard = Yard().register().charge()
    (answer,) = yard.outside.told_of(m.CommandResponse)
    assert (answer.message_id, answer.status, answer.session_id) == ("start-s1", "success", "s1")
    assert [told.status for told in yard.outside.told_of(m.StatusUpdate)] == ["ACTIVE", "CHARGING"]


def test_each_second_has_a_reading_that_is_in_the_journal_first() -> None:
    yard = Yard().register().charge().after(3.0)
    metered = [entry.energy_wh for entry in yard.outside.entries if isinstance(entry, SessionMetered)]
    told = [one.energy_consumed_kwh for one in yard.outside.published if isinstance(one, m.ChargingData)]
    assert (metered, told) == ([6, 12, 18], [Decimal("0.006"), Decimal("0.012"), Decimal("0.018")])


def test_a_charge_ends_in_one_account_over_both_ways_until_it_is_acknowledged() -> None:
    yard = Yard().register().charge(limit="0.012").after(3.0)
    (account,) = yard.outside.told_of(m.ChargeCompletion)
    assert [one for one in yard.outside.published if isinstance(one, m.ChargeCompletion)] == [account]
    assert (account.energy_consumed_kwh, account.reason) == (Decimal("0.012"), m.Reason.ENERGY_LIMIT)
    yard.hear(m.ChargeCompletionAck(message_id="ack", cp_id="CP1", session_id="s1"))
    assert (len(yard.pair.point.completions), yard.outside.entries[-1]) == (0, SessionAcked(session_id="s1"))
    assert yard.after(100.0).outside.told_of(m.ChargeCompletion) == [account]


def test_an_account_is_told_again_when_the_point_is_let_in_again() -> None:
    yard = Yard().register().charge(limit="0.012").after(3.0)
    yard.hear(m.ConnectionLost(message_id="gone", peer="Central", description="The link ended."))
    yard.register()
    assert [one.session_id for one in yard.outside.told_of(m.ChargeCompletion)] == ["s1", "s1"]


def test_a_point_goes_on_charging_while_central_is_away() -> None:
    yard = Yard().register().charge().after(2.0)
    yard.hear(m.ConnectionLost(message_id="gone", peer="Central", description="The link ended."))
    readings = len(yard.outside.published)
    assert len(yard.after(2.0).outside.published) == readings + 2


def test_without_kafka_readings_go_over_the_link() -> None:
    yard = Yard().register().charge()
    yard.pair.note_kafka(yard.clock.now(), is_up=False)
    yard.after(1.0)
    assert [one.relay for one in yard.outside.told_of(m.ChargingData)] == [True]


def test_what_an_earlier_run_left_open_is_closed_with_what_it_had_metered() -> None:
    left = SessionStarted(cp_id="CP1", session_id="s0", driver_id="D", price_per_kwh=Decimal("0.3"), started_at=1.0)
    yard = Yard(ledger=Ledger(cp_id="CP1", open=left, energy_wh=1500)).register()
    (account,) = yard.outside.told_of(m.ChargeCompletion)
    assert (account.session_id, account.energy_consumed_kwh, account.reason) == ("s0", Decimal("1.5"), "engine_restart")


def test_a_point_hears_and_beats_for_hours_without_losing_its_engine() -> None:
    yard = Yard().register().after(7200.0)
    assert len(yard.outside.told_of(m.HeartbeatRequest)) == 240
    assert (yard.pair.watch.engine.linked, yard.pair.watch.enrolment.registered) == (True, True)


def test_a_process_that_stood_still_for_minutes_binds_its_engines_anew() -> None:
    yard = Yard().register().charge()
    yard.clock.advance(300.0)
    yard.after(10.0)
    assert (yard.pair.watch.engine.linked, yard.pair.point.is_linked, yard.pair.point.is_charging) == (True, True, True)


# -- a journal that takes its time


def test_nothing_is_told_before_it_is_durable() -> None:
    yard = Yard().register()
    yard.outside.holds = True
    yard.charge()
    assert (yard.outside.told_of(m.CommandResponse), yard.pair.is_writing) == ([], True)
    yard.outside.holds = False
    yard.pair.written(yard.clock.now())
    assert [one.status for one in yard.outside.told_of(m.CommandResponse)] == ["success"]


def test_engine_hears_nothing_while_it_writes_and_everything_after() -> None:
    yard = Yard().register()
    yard.outside.holds = True
    yard.charge()
    yard.hear(m.StopChargingCommand(message_id="stop", cp_id="CP1", session_id="s1"))
    assert yard.pair.point.is_charging
    yard.outside.holds = False
    yard.pair.written(yard.clock.now())
    assert [one.message_id for one in yard.outside.told_of(m.CommandResponse)] == ["start-s1", "stop"]
    assert isinstance(yard.outside.entries[-1], SessionFinished)


def test_a_start_that_cannot_be_written_is_refused() -> None:
    yard = Yard().register()
    yard.outside.holds = True
    yard.charge()
    yard.outside.holds = False
    yard.pair.not_written(yard.clock.now())
    (answer,) = yard.outside.told_of(m.CommandResponse)
    assert (answer.error, yard.pair.point.is_charging) == (ErrorCode.ENGINE_REFUSED, False)
    assert [one.fault_type for one in yard.outside.told_of(m.FaultNotification)] == ["journal_failure"]


# -- a Central that lies


@pytest.mark.parametrize(
    "strange",
    [
        m.StartChargingCommand.model_validate(start().model_dump() | {"cp_id": "CP2", "message_id": "x"}),
        m.ChargeCompletionAck(message_id="x", cp_id="CP2", session_id="s1"),
        m.LocalStartResponse(message_id="x", status="success", session_id="s9", price_per_kwh=Decimal(1)),
        m.ErrorResponse(message_id="x", error=ErrorCode.INVALID_MESSAGE, message="No."),
    ],
)
def test_what_is_not_for_the_point_does_not_disturb_its_charge(strange: m.Message) -> None:
    yard = Yard().register().charge()
    yard.hear(strange)
    assert (yard.pair.point.session_id, yard.pair.point.is_charging) == ("s1", True)


def test_a_point_that_is_switched_off_begins_nothing_any_more_and_owes_until_its_account_is_acknowledged() -> None:
    yard = Yard().register().charge().after(2.0)
    yard.pair.shut_down(yard.clock.now())
    assert yard.pair.owes(yard.clock.now())
    yard.hear(m.ChargeCompletionAck(message_id="ack", cp_id="CP1", session_id="s1"))
    yard.charge("s2")
    answer = yard.outside.told_of(m.CommandResponse)[-1]
    assert (answer.session_id, answer.error, answer.message) == (
        *("s2", ErrorCode.ENGINE_REFUSED),
        "The Engine is being switched off.",
    )
    assert not yard.pair.owes(yard.clock.now())


def test_a_yes_that_comes_while_the_point_is_switched_off_is_waited_for_and_closed_with_nothing() -> None:
    yard = Yard(PointTemplate(id="CP{n}", count=1, arrivals_per_hour=60.0)).register()
    while not yard.outside.told_of(m.LocalStartRequest):
        yard.after(1.0)
    (asked,) = yard.outside.told_of(m.LocalStartRequest)
    yard.pair.shut_down(yard.clock.now())
    assert yard.pair.owes(yard.clock.now())
    yes = m.LocalStartResponse(
        message_id=asked.message_id, status="success", session_id="late", price_per_kwh=Decimal("0.3")
    )
    yard.hear(yes)
    (account,) = yard.outside.told_of(m.ChargeCompletion)
    assert (account.session_id, account.energy_consumed_kwh, account.reason) == (
        "late",
        Decimal(0),
        m.Reason.POWER_LOSS,
    )
