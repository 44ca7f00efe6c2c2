"""The app's core as histories: keys, answers and time in; requests and what is to be seen out."""

from decimal import Decimal

import pytest

from common.errors import ErrorCode
from common.messages import (
    AvailableCpsRequest,
    ChargeRequest,
    ChargingHistoryRequest,
    ChargingStatusUpdate,
    ErrorResponse,
    PointStatus,
    StopChargingRequest,
    StopChargingResponse,
)
from driver.app import Dialog, View
from driver.console import help as help_page
from driver.controls import EVERYWHERE, KEYS
from driver.errands import WELL, Verdict
from driver.trip import Stage
from tests.unit.driver.conftest import books, completion, granted, past, reading, refused, stopping, ticket
from tests.unit.driver.phone import Phone, kinds, listed, sent


@pytest.fixture
def phone() -> Phone:
    return Phone()


def test_it_begins_with_the_points_and_a_look_for_a_session_that_runs(phone: Phone) -> None:
    assert kinds(sent(phone.rig.begin())) == ["available_cps_request", "charging_history_request"]
    phone.hear(listed("m1"), books("m2", past()))
    assert (phone.app.view, phone.shown, phone.app.gauge) == (View.POINTS, ["CP1", "CP2", "CP10"], None)


def test_the_list_is_asked_for_again_while_it_is_shown_and_never_twice_at_once(phone: Phone) -> None:
    phone.begin()
    assert phone.wait(4.9) == []
    (again,) = phone.wait(0.1)
    assert isinstance(again, AvailableCpsRequest)
    assert phone.wait(14) == []
    assert phone.press("r") == []
    phone.hear(listed(again.message_id))
    assert kinds(phone.press("r")) == ["available_cps_request"]


def test_nothing_is_asked_while_another_screen_is_shown_and_at_once_when_the_list_is_old(phone: Phone) -> None:
    phone.begin()
    assert phone.press("?") == []
    assert phone.wait(60) == []
    assert kinds(phone.press("escape")) == ["available_cps_request"]
    assert phone.app.view is View.POINTS


def test_an_answer_that_comes_after_the_list_was_left_asks_for_no_other(phone: Phone) -> None:
    phone.begin()
    (asked,) = phone.wait(5)
    phone.press("?")
    phone.hear(listed(asked.message_id))
    assert phone.wait(60) == []


def test_an_unanswered_list_stays_and_is_asked_for_again(phone: Phone) -> None:
    phone.begin()
    phone.wait(5)
    assert kinds(phone.wait(15)) == ["available_cps_request"]
    assert phone.shown == ["CP1", "CP2", "CP10"]
    assert phone.said == "Central did not answer; it is asked again."


def test_a_point_is_chosen_a_limit_given_and_the_charge_watched_to_its_ticket(phone: Phone) -> None:
    phone.begin()
    assert phone.press("down", "up", "enter") == []
    assert (phone.app.dialog, phone.app.point_id) == (Dialog.LIMIT, "CP1")
    phone.type("2")
    (asked,) = phone.press("enter")
    assert isinstance(asked, ChargeRequest)
    assert (asked.cp_id, asked.energy_limit_kwh) == ("CP1", Decimal(2))
    phone.hear(granted("m3"))
    assert (phone.app.view, phone.app.wanted) == (View.CHARGE, None)
    phone.rig.clock.advance(1)
    phone.hear(reading("0.5"))
    phone.rig.clock.advance(1)
    phone.hear(reading("1"))
    gauge = phone.gauge
    assert (gauge.energy_kwh, gauge.cost, gauge.rate_kw, gauge.share) == (Decimal(1), Decimal("0.1"), 22, 0.5)
    assert (list(gauge.rates_kw), gauge.seconds_left) == ([22, 22], 2.0)
    phone.hear(completion())
    assert not gauge.is_stale(phone.rig.now.mono + 60)
    assert (gauge.ended, gauge.energy_kwh, gauge.cost) == (True, Decimal(2), Decimal("0.6"))
    asked_again = phone.hear(books("m4", past()))
    assert (phone.app.view, phone.app.ticket, phone.app.gauge) == (View.TICKET, ticket(), None)
    # The list is old now, and another session may run.
    assert kinds(asked_again) == ["available_cps_request", "charging_history_request"]


def test_what_is_no_amount_is_told_and_kept_to_be_mended(phone: Phone) -> None:
    phone.begin().press("enter")
    phone.type("2.0001")
    assert phone.press("enter") == []
    assert phone.app.fault == "'2.0001' is no amount: a number above 0 with at most 3 decimals."
    assert (phone.app.dialog, phone.app.entry.text) == (Dialog.LIMIT, "2.0001")
    phone.press("backspace")
    (asked,) = phone.press("enter")
    assert isinstance(asked, ChargeRequest)
    assert asked.energy_limit_kwh == Decimal("2.000")


def test_no_amount_is_no_limit_and_escape_is_no_charge(phone: Phone) -> None:
    phone.begin()
    assert phone.press("enter", "escape") == []
    assert (phone.app.dialog, phone.trip.stage) == (None, Stage.RESTING)
    (asked,) = phone.press("enter", "enter")
    assert isinstance(asked, ChargeRequest)
    assert asked.energy_limit_kwh is None


def test_a_refusal_is_told_and_the_list_stays_and_is_asked_for_anew(phone: Phone) -> None:
    phone.begin().press("enter", "enter")
    assert kinds(phone.hear(refused("m3"))) == ["available_cps_request"]
    assert (phone.said, phone.app.view) == ("CP1 is taken (cp_busy).", View.POINTS)
    assert (phone.app.wanted, phone.shown) == (None, ["CP1", "CP2", "CP10"])


def test_a_charge_that_is_not_answered_is_told_and_stopped_if_it_starts_late(phone: Phone) -> None:
    phone.begin().press("enter", "enter")
    assert "charging_history_request" in kinds(phone.wait(15))
    assert phone.said == "Central did not answer for CP1; should the charge still start, it is stopped."
    (stop,) = phone.hear(granted("m3"))
    assert isinstance(stop, StopChargingRequest)
    assert phone.said == "CP1 started late, after no answer; the charge is being stopped."
    assert phone.app.view is View.POINTS


def test_a_charge_of_which_only_the_answer_was_lost_is_found_and_a_late_answer_does_not_stop_it(phone: Phone) -> None:
    phone.begin().press("enter", "enter")
    (look,) = [one for one in phone.wait(15) if isinstance(one, ChargingHistoryRequest)]
    phone.hear(books(look.message_id, past("0.1", ended=False)))
    assert (phone.app.view, phone.gauge.session_id) == (View.CHARGE, "S1")
    assert phone.hear(granted("m3")) == []


def test_one_charge_at_a_time(phone: Phone) -> None:
    phone.begin().press("enter", "enter")
    assert (phone.press("enter"), phone.said) == ([], "Asking for a charge at CP1 …")
    phone.hear(granted("m3"))
    phone.press("p")
    assert (phone.press("enter"), phone.said) == ([], "One charge at a time; c shows the one that runs.")
    phone.press("c")
    assert phone.app.view is View.CHARGE


def test_a_session_that_runs_already_is_watched(phone: Phone) -> None:
    phone.begin(books("m2", past("1.5", ended=False), past(session_id="S0")))
    assert (phone.app.view, phone.said) == (View.CHARGE, "This charge was running already.")
    gauge = phone.gauge
    assert (gauge.session_id, gauge.energy_kwh, gauge.started_at) == ("S1", Decimal("1.5"), 1_800_000_000.0)
    assert (gauge.limit_kwh, gauge.share, gauge.rate_kw) == (None, None, None)
    status = ChargingStatusUpdate(
        message_id="u", session_id="S1", cp_id="CP1", driver_id="D1", status=PointStatus.CHARGING, progress=30
    )
    phone.hear(status, reading("1.6"))
    assert (gauge.share, gauge.rate_kw) == (0.3, 22)
    phone.hear(completion())
    phone.hear(books("m3", past()))
    assert phone.app.view is View.TICKET


def test_who_asked_for_a_charge_meanwhile_is_not_given_another(phone: Phone) -> None:
    phone.rig.begin()
    phone.hear(listed("m1"))
    phone.charge()
    phone.hear(books("m2", past(session_id="S0", ended=False)))
    assert (phone.gauge.session_id, phone.app.view) == ("S1", View.CHARGE)


def test_the_time_that_is_left_follows_the_pace_of_the_last_readings(phone: Phone) -> None:
    phone.begin().charge()
    for energy in ("0.010", "0.020", "0.5", "1"):
        phone.rig.clock.advance(15)
        phone.hear(reading(energy))
    # Half a kWh in the last fifteen seconds, one more to come.
    assert phone.gauge.seconds_left == 30


def test_the_look_for_a_running_session_is_repeated_until_it_is_answered(phone: Phone) -> None:
    phone.rig.begin()
    phone.hear(listed("m1"))
    phone.press("?")
    (again,) = phone.wait(15)
    assert isinstance(again, ChargingHistoryRequest)
    phone.hear(books(again.message_id, past("1.5", ended=False)))
    # Nobody is torn from what they look at.
    assert (phone.app.view, phone.said) == (View.HELP, "Another charge of yours runs at CP1; c shows it.")


def test_when_no_news_comes_the_books_say_how_the_charge_stands(phone: Phone) -> None:
    phone.begin().charge()
    phone.hear(reading("0.5"))
    (look,) = phone.wait(5)
    assert phone.gauge.is_stale(phone.rig.now.mono)
    phone.hear(books(look.message_id, past("1.2", ended=False)))
    gauge = phone.gauge
    assert (gauge.energy_kwh, gauge.cost, gauge.rate_kw) == (Decimal("1.2"), Decimal("0.6"), None)
    assert not gauge.is_stale(phone.rig.now.mono)


def test_a_stop_is_asked_for_only_after_a_yes(phone: Phone) -> None:
    phone.begin().charge()
    assert phone.press("s", "n") == []
    assert phone.press("s", "x") == []
    assert phone.app.dialog is Dialog.STOP
    (stop,) = phone.press("y")
    assert isinstance(stop, StopChargingRequest)
    assert (stop.session_id, stop.cp_id, phone.gauge.stopping) == ("S1", "CP1", True)
    phone.hear(stopping(stop.message_id))
    assert phone.gauge.stopping
    no = StopChargingResponse(
        message_id=phone.press("s", "y")[0].message_id,
        status="failure",
        message="Engine does not answer.",
        error=ErrorCode.ENGINE_TIMEOUT,
    )
    phone.hear(no)
    assert (phone.gauge.stopping, phone.said) == (False, "Engine does not answer (engine_timeout).")


def test_an_unanswered_stop_may_be_tried_again(phone: Phone) -> None:
    phone.begin().charge().press("s", "y")
    phone.wait(15)
    assert phone.gauge.stopping is False
    assert phone.said == "Central did not answer; the charge may go on. Try s again."


def test_a_ticket_that_comes_while_something_else_is_looked_at_is_told_and_found_with_c(phone: Phone) -> None:
    phone.begin().charge().press("p")
    phone.hear(completion())
    phone.hear(books("m4", past()))
    assert (phone.app.view, phone.said) == (
        View.POINTS,
        "The charge at CP1 has ended: 2.000 kWh, 0.60. c shows the ticket.",
    )
    phone.press("c")
    assert (phone.app.view, phone.app.ticket) == (View.TICKET, ticket())
    phone.press("escape")
    assert phone.app.view is View.POINTS


def test_a_question_that_the_end_of_the_charge_answers_goes_away(phone: Phone) -> None:
    phone.begin().charge().press("s")
    phone.hear(completion())
    phone.hear(books("m4", past()))
    assert (phone.app.dialog, phone.app.view) == (None, View.TICKET)


def test_the_history_pages_on_at_its_end_and_its_tickets_are_read_again(phone: Phone) -> None:
    phone.begin()
    (first,) = phone.press("h")
    assert isinstance(first, ChargingHistoryRequest)
    assert (first.limit, first.before) == (50, None)
    phone.hear(books(first.message_id, past(session_id="S3"), past(session_id="S2")))
    assert (phone.app.past.energy_kwh, phone.app.past.cost) == (Decimal(4), Decimal("1.2"))
    (second,) = phone.press("down")
    assert isinstance(second, ChargingHistoryRequest)
    assert second.before == 1_800_000_000.0
    assert phone.press("up", "down") == []
    phone.hear(books(second.message_id, past(session_id="S1")))
    (third,) = phone.press("end", "enter")
    assert (phone.app.view, phone.app.ticket) == (View.TICKET, ticket())
    assert phone.press("escape") == []
    assert (phone.app.view, phone.app.past.cursor.index) == (View.HISTORY, 2)
    phone.hear(books(third.message_id))
    assert phone.press("end") == []
    phone.press("enter")
    assert phone.press("escape") == []


def test_a_history_that_is_not_answered_is_asked_for_again_only_while_it_is_shown(phone: Phone) -> None:
    phone.begin().press("h")
    (again,) = [one for one in phone.wait(15) if isinstance(one, ChargingHistoryRequest)]
    assert again.limit == 50
    phone.press("?")
    assert [one for one in phone.wait(15) if isinstance(one, ChargingHistoryRequest)] == []


def test_a_session_that_runs_is_watched_from_the_history(phone: Phone) -> None:
    phone.begin()
    (page,) = phone.press("h")
    phone.hear(books(page.message_id, past("1", ended=False)))
    phone.press("enter")
    assert (phone.app.view, phone.gauge.session_id, phone.trip.stage) == (View.CHARGE, "S1", Stage.CHARGING)


def test_an_error_that_answers_a_question_is_told(phone: Phone) -> None:
    phone.begin()
    (page,) = phone.press("h")
    phone.hear(ErrorResponse(message_id=page.message_id, error=ErrorCode.RATE_LIMITED, message="Slower."))
    assert (phone.said, phone.app.is_paging) == ("Slower (rate_limited).", False)


def test_the_filter_takes_letters_and_enter_takes_the_point(phone: Phone) -> None:
    phone.begin().press("/")
    phone.type("yARd")
    assert (phone.app.dialog, phone.shown) == (Dialog.FILTER, ["CP10"])
    phone.press("enter")
    assert (phone.app.dialog, phone.app.point_id) == (Dialog.LIMIT, "CP10")
    phone.press("escape", "escape")
    assert phone.shown == ["CP1", "CP2", "CP10"]


def test_escape_ends_the_filter_and_shows_all_again(phone: Phone) -> None:
    phone.begin().press("/")
    phone.type("yard")
    phone.press("escape")
    assert (phone.app.dialog, phone.shown) == (None, ["CP1", "CP2", "CP10"])


def test_a_point_that_central_did_not_list_can_be_asked_for_by_its_id(phone: Phone) -> None:
    phone.begin().press("/")
    phone.type("CP77")
    assert (phone.shown, phone.app.unlisted) == ([], "CP77")
    phone.press("enter")
    (asked,) = phone.press("enter")
    assert isinstance(asked, ChargeRequest)
    assert asked.cp_id == "CP77"


def test_what_can_be_no_id_is_not_asked_for(phone: Phone) -> None:
    phone.begin().press("/")
    phone.type("no such place")
    assert (phone.press("enter"), phone.app.dialog) == ([], None)


def test_who_quits_at_rest_is_not_asked(phone: Phone) -> None:
    phone.begin().press("q")
    assert phone.app.verdict == WELL


def test_who_quits_while_charging_is_asked_and_told_how_to_stop_it(phone: Phone) -> None:
    phone.begin().charge().press("q")
    assert (phone.app.dialog, phone.app.verdict) == (Dialog.QUIT, None)
    phone.press("n")
    assert phone.app.dialog is None
    phone.press("q", "y")
    told = "The charge goes on; stop it with: ev-driver --driver-id D1 stop S1 --cp CP1"
    assert phone.app.verdict == Verdict(parting=told)


def test_who_leaves_while_a_charge_is_asked_for_is_told_that_it_may_start(phone: Phone) -> None:
    phone.begin().press("enter", "enter", "q")
    assert phone.app.dialog is Dialog.QUIT
    told = "The charge at CP1 was asked for and may still start; look for it with ev-driver --driver-id D1 app."
    assert phone.app.interrupted() == Verdict(parting=told)


def test_c_without_a_charge_says_that_there_is_none(phone: Phone) -> None:
    phone.begin().press("c")
    assert (phone.app.view, phone.said) == (View.POINTS, "No charge runs, and there is no ticket yet.")


def test_every_key_is_on_the_page_of_help() -> None:
    told = {name for _, keys in help_page.KEYS for name, _ in keys} | {"f1"}
    called = {"enter": "Enter", "escape": "Esc"}
    used = {called.get(name, name) for keys in (*KEYS.values(), EVERYWHERE) for name in keys}
    assert used - told == set()
