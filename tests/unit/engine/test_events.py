"""Histories of what happens at the point itself: car, card, faults; and the lines that simulate it."""

from decimal import Decimal

import pytest

from charging_point.engine.effects import Tell, ToMonitor, WriteJournal
from charging_point.engine.ledger import SessionFinished, SessionStarted
from common.errors import ErrorCode
from common.messages import (
    ChargeCompletion,
    ChargingData,
    CommandResponse,
    ConnectionLost,
    ErrorResponse,
    FaultNotification,
    LocalStartRequest,
    LocalStartResponse,
    Message,
    Reason,
    RecoveryNotification,
)
from tests.unit.engine.conftest import Rig, init, start, stop, to_monitor, told, written

GONE = ConnectionLost(message_id="e", peer="x", description="The link ended.")


def yes(message_id: str = "m1", session_id: str = "s1") -> LocalStartResponse:
    return LocalStartResponse(
        message_id=message_id, status="success", session_id=session_id, price_per_kwh=Decimal("0.5")
    )


def reasons(messages: list[Message]) -> list[Reason]:
    return [message.reason for message in messages if isinstance(message, ChargeCompletion)]


def types(messages: list[Message]) -> list[str]:
    return [message.type for message in messages]


def test_unplugging_ends_the_charge_and_the_next_car_arrives_as_described(rig: Rig) -> None:
    rig.charging()
    rig.after(10)
    effects = rig.line("unplug")
    assert reasons(to_monitor(effects)) == [Reason.UNPLUGGED]
    assert told(effects) == [Tell(ok=True, text="the car is unplugged")]
    assert rig.point.car.battery.soc_percent == 20
    assert rig.line("unplug") == [Tell(ok=False, text="no car is plugged in")]


def test_a_full_battery_ends_the_charge() -> None:
    rig = Rig(soc=99.9).charging()
    effects = rig.after(3600)
    assert SessionFinished in [type(entry) for entry in written(effects)]
    assert set(reasons(to_monitor(effects))) == {Reason.VEHICLE_FULL}


def test_the_stop_button_ends_the_charge_once(rig: Rig) -> None:
    rig.charging()
    effects = rig.line("stop")
    assert reasons(to_monitor(effects)) == [Reason.DRIVER_STOP]
    assert rig.line("stop") == [Tell(ok=False, text="nothing is being charged")]


def test_a_fault_is_told_ends_the_charge_and_refuses_starts_until_recovery(rig: Rig) -> None:
    rig.charging()
    effects = rig.line("fault ground failure")
    assert to_monitor(effects)[0] == FaultNotification(message_id="m1", cp_id="CP1", fault_type="ground failure")
    assert reasons(to_monitor(effects)) == [Reason.FAULT]

    (refusal,) = to_monitor(rig.hear(start("s2")))
    assert isinstance(refusal, CommandResponse)
    assert (refusal.error, refusal.message) == (ErrorCode.ENGINE_REFUSED, "The point has a fault: ground failure.")

    assert to_monitor(rig.line("recover")) == [RecoveryNotification(message_id="m3", cp_id="CP1")]
    assert rig.line("recover") == [Tell(ok=False, text="there is no fault to recover from")]
    rig.hear(start("s2"))
    assert rig.point.is_charging


def test_a_fault_refuses_a_start_that_waits_for_a_plug() -> None:
    rig = Rig(plugged=False).linked()
    rig.hear(start())
    assert types(to_monitor(rig.line("fault x"))) == ["fault_notification", "command_response"]


def test_a_new_monitor_hears_of_a_fault_and_of_a_recovery_that_it_missed(rig: Rig) -> None:
    rig.linked().line("fault x")
    assert types(to_monitor(rig.hear(init()))) == ["command_response", "fault_notification"]
    rig.hear(GONE)
    rig.line("recover")
    assert types(to_monitor(rig.hear(init()))) == ["command_response", "recovery_notification"]
    assert types(to_monitor(rig.hear(init()))) == ["command_response"]


def test_a_swipe_asks_central_and_its_yes_begins_the_charge_with_a_reading_at_once(rig: Rig) -> None:
    rig.linked()
    assert rig.line("swipe D7 0.5") == [
        ToMonitor(
            LocalStartRequest(
                message_id="m1",
                timestamp=1_800_000_000,
                cp_id="CP1",
                driver_id="D7",
                energy_limit_kwh=Decimal("0.5"),
            )
        ),
        Tell(ok=True, text="asked Central whether D7 may charge"),
    ]
    started = SessionStarted(
        cp_id="CP1", session_id="s1", driver_id="D7", price_per_kwh=Decimal("0.5"), started_at=1_800_000_000
    )
    assert rig.hear(yes()) == [WriteJournal(started)]
    first, *_, last = to_monitor(rig.after(60))
    assert isinstance(first, ChargingData)
    assert first.energy_consumed_kwh == 0
    assert isinstance(last, ChargeCompletion)
    assert (last.energy_consumed_kwh, last.total_cost, last.reason) == (
        Decimal("0.5"),
        Decimal("0.25"),
        Reason.ENERGY_LIMIT,
    )


def test_a_no_or_an_error_to_a_swipe_begins_nothing_and_frees_the_next(rig: Rig) -> None:
    rig.linked().line("swipe D1")
    assert rig.hear(LocalStartResponse(message_id="m1", status="failure", error=ErrorCode.CP_BUSY)) == []
    rig.line("swipe D1")
    assert rig.hear(ErrorResponse(message_id="m2", error=ErrorCode.CP_DISCONNECTED, message="no Central")) == []
    assert told(rig.line("swipe D1"))[0].ok
    assert rig.point.session_id is None


def test_a_yes_that_comes_twice_begins_one_charge(rig: Rig) -> None:
    rig.linked().line("swipe D1")
    rig.hear(yes())
    assert rig.hear(yes()) == []
    assert rig.point.session_id == "s1"


def test_a_yes_to_a_question_from_before_a_restart_is_closed_with_an_empty_account(rig: Rig) -> None:
    rig.linked().line("swipe D1")
    again = Rig(rig.ledger).linked()
    assert reasons(to_monitor(again.hear(yes()))) == [Reason.ENGINE_RESTART]
    assert again.hear(yes()) == []


@pytest.mark.parametrize(
    ("event", "reason"),
    [("fault x", Reason.FAULT), ("wait", Reason.DRIVER_STOP), ("switch off", Reason.POWER_LOSS)],
)
def test_a_yes_that_cannot_be_used_any_more_is_closed_with_an_empty_account(
    rig: Rig, event: str, reason: Reason
) -> None:
    rig.linked().line("swipe D1")
    if event == "wait":
        rig.clock.advance(10)
    elif event == "switch off":
        rig.do(rig.point.shut_down(rig.clock.now()))
    else:
        rig.line(event)
    (entry,) = written(rig.hear(yes()))
    assert isinstance(entry, SessionFinished)
    account = entry.completion
    assert (account.session_id, str(account.energy_consumed_kwh), account.reason) == ("s1", "0", reason)
    assert rig.point.session_id is None


def test_a_session_begun_at_the_point_waits_for_its_plug_and_ends_in_an_account_even_over_a_restart() -> None:
    rig = Rig(plugged=False).linked()
    rig.line("swipe D1")
    assert [type(entry) for entry in written(rig.hear(yes()))] == [SessionStarted]
    assert reasons(to_monitor(Rig(rig.ledger).done)) == [Reason.ENGINE_RESTART]
    assert reasons(to_monitor(rig.after(60))) == [Reason.UNPLUGGED]


def test_a_plug_begins_the_session_that_was_started_at_the_point() -> None:
    rig = Rig(plugged=False).linked()
    rig.line("swipe D1")
    rig.hear(yes())
    assert rig.line("plug") == [Tell(ok=True, text="a car is plugged in")]
    assert rig.point.is_charging
    assert reasons(to_monitor(rig.hear(stop()))) == [Reason.DRIVER_STOP]


def test_a_swipe_needs_a_monitor_a_free_point_and_no_open_question(rig: Rig) -> None:
    def refusal() -> str:
        (tell,) = rig.line("swipe D1")
        assert isinstance(tell, Tell)
        assert not tell.ok
        return tell.text

    assert refusal() == "no Monitor is connected, so nobody can be asked"
    rig.linked().line("swipe D1")
    assert refusal() == "Central is being asked already"
    rig.hear(yes())
    assert refusal() == "The point is busy with session s1."


def test_changing_the_car_does_not_change_what_was_metered(rig: Rig) -> None:
    rig.charging()
    rig.clock.advance(100)
    assert rig.line("battery 100") == [Tell(ok=True, text="the battery holds 100 kWh")]
    assert rig.line("soc 90") == [Tell(ok=True, text="the battery is at 90 %")]
    reading = to_monitor(rig.after(1))[0]
    assert isinstance(reading, ChargingData)
    assert reading.energy_consumed_kwh == Decimal(1)
    assert reading.charging_rate == pytest.approx(36 * 0.525, rel=0.01)
    rig.line("soc 100")
    assert reasons(to_monitor(rig.after(1))) == [Reason.VEHICLE_FULL]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (
            "dance",
            (
                "there is no such event; know: plug, unplug, swipe DRIVER [KWH], stop, fault TYPE, recover, "
                "battery KWH, soc PERCENT"
            ),
        ),
        ("soc", "say it so: soc PERCENT"),
        ("soc 101", "PERCENT must be a number from 0 to 100; say it so: soc PERCENT"),
        ("soc nan", "PERCENT must be a number from 0 to 100; say it so: soc PERCENT"),
        ("battery 0", "KWH must be a number from 0.1 to 10000; say it so: battery KWH"),
        ("swipe D/1", "DRIVER must be 1 to 36 characters of A-Z a-z 0-9 . _ -; say it so: swipe DRIVER [KWH]"),
        (
            "swipe D1 0.0001",
            "KWH must be a number from 0 to 1000000 with at most 3 decimals; say it so: swipe DRIVER [KWH]",
        ),
        ("fault \x1b[2J", "TYPE must be printable and at most 200 characters; say it so: fault TYPE"),
        ("plug", "a car is plugged in already"),
    ],
)
def test_a_wrong_line_is_answered_with_how_to_say_it_and_does_nothing(rig: Rig, line: str, answer: str) -> None:
    assert rig.linked().line(line) == [Tell(ok=False, text=answer)]
