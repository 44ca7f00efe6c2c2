"""What each command wants and when it is done."""

from decimal import Decimal

from common.clock import ManualClock
from common.messages import StopChargingResponse
from driver.errands import Charge, Listen, Question, Stop, Verdict
from driver.events import Hear, Note, Show, Unanswered
from driver.trip import Trip
from tests.unit.driver.conftest import (
    Rig,
    ask_books,
    ask_charge,
    ask_stop,
    books,
    completion,
    granted,
    past,
    refused,
    stopping,
    ticket,
)

WELL = Verdict()
LOOK = "look with ev-driver --driver-id D1 history."


def charge(trip: Trip, clock: ManualClock, *, follow: bool) -> Rig:
    errand = Charge(trip, "CP1", Decimal(2), follow=follow)
    rig = Rig(trip, errand, clock)
    assert rig.begin() == [ask_charge()]
    return rig


def test_a_charge_that_is_not_followed_is_done_with_its_answer(trip: Trip, clock: ManualClock) -> None:
    rig = charge(trip, clock, follow=False)
    assert (rig.errand.verdict, rig.errand.needs_notices) == (None, False)
    rig.do(trip.take_answer(granted(), rig.now))
    assert rig.errand.verdict == WELL


def test_a_followed_charge_is_done_with_its_ticket(trip: Trip, clock: ManualClock) -> None:
    rig = charge(trip, clock, follow=True)
    rig.do(trip.take_answer(granted(), rig.now))
    rig.do(trip.take_completion(completion(), rig.now))
    assert (rig.errand.verdict, rig.errand.needs_notices) == (None, True)
    assert rig.do(trip.take_answer(books("m2", past()), rig.now)) == [ticket()]
    assert rig.errand.verdict == WELL


def test_a_refused_charge_fails_with_centrals_reason(trip: Trip, clock: ManualClock) -> None:
    rig = charge(trip, clock, follow=True)
    rig.do(trip.take_answer(refused(), rig.now))
    assert rig.errand.verdict == Verdict("CP1 is taken (cp_busy).")


def test_an_unanswered_request_that_nobody_signed_fails_and_says_that_a_secret_may_be_missing(
    trip: Trip, clock: ManualClock
) -> None:
    rig = charge(trip, clock, follow=True)
    assert rig.errand.heard(Unanswered(ask_charge().request, is_unsigned=True), rig.now) == []
    assert rig.errand.verdict == Verdict(
        f"Central did not answer within 15 s; the charge may still start: {LOOK} "
        "Perhaps this network demands a secret: ev-admin enroll driver D1 makes it, --secret-file gives it."
    )


def test_an_unanswered_charge_fails_and_says_that_it_may_still_start(trip: Trip, clock: ManualClock) -> None:
    rig = charge(trip, clock, follow=True)
    assert rig.wait(15) == [Unanswered(ask_charge().request)]
    assert rig.errand.verdict == Verdict(f"Central did not answer within 15 s; the charge may still start: {LOOK}")


def test_who_interrupts_a_followed_charge_is_told_that_it_goes_on(trip: Trip, clock: ManualClock) -> None:
    rig = charge(trip, clock, follow=True)
    assert rig.errand.interrupted() == Verdict(
        f"Interrupted before Central answered; the charge may still start: {LOOK}"
    )
    rig.do(trip.take_answer(granted(), rig.now))
    assert rig.errand.interrupted() == Verdict(
        "The charge goes on; stop it with: ev-driver --driver-id D1 stop S1 --cp CP1"
    )


def test_a_question_is_done_with_its_answer(trip: Trip, clock: ManualClock) -> None:
    rig = Rig(trip, Question(trip, lambda now: trip.list_sessions(100, now)), clock)
    assert rig.begin() == [ask_books("m1")]
    assert rig.do(trip.take_answer(books("m1", past()), rig.now)) == [Show(books("m1", past()))]
    assert rig.errand.verdict == WELL


def test_an_unanswered_question_fails(trip: Trip, clock: ManualClock) -> None:
    rig = Rig(trip, Question(trip, trip.list_points), clock)
    rig.begin()
    rig.wait(15)
    assert rig.errand.verdict == Verdict("Central did not answer within 15 s; try again later.")


def test_a_stop_looks_up_the_point_and_waits_for_the_ticket(trip: Trip, clock: ManualClock) -> None:
    rig = Rig(trip, Stop(trip, "S1", None), clock)
    assert rig.begin() == [ask_books("m1")]
    found = books("m1", past("1", ended=False))
    assert rig.do(trip.take_answer(found, rig.now)) == [Hear(found), ask_stop("m2")]
    assert rig.do(trip.take_answer(stopping("m2"), rig.now)) == [Show(stopping("m2"))]
    assert rig.errand.verdict is None
    assert rig.do(trip.take_completion(completion(), rig.now)) == [Show(completion()), ask_books("m3")]
    assert rig.do(trip.take_answer(books("m3", past()), rig.now)) == [ticket()]
    assert rig.errand.verdict == WELL


def test_a_ticket_that_overtakes_the_answer_to_the_stop_waits_for_it(trip: Trip, clock: ManualClock) -> None:
    rig = Rig(trip, Stop(trip, "S1", "CP1"), clock)
    rig.begin()
    rig.do(trip.take_completion(completion(), rig.now))
    assert rig.do(trip.take_answer(books("m2", past()), rig.now)) == [ticket()]
    assert rig.errand.verdict is None
    rig.do(trip.take_answer(stopping("m1"), rig.now))
    assert rig.errand.verdict == WELL


def test_a_ticket_is_enough_when_the_answer_to_the_stop_is_lost(trip: Trip, clock: ManualClock) -> None:
    rig = Rig(trip, Stop(trip, "S1", "CP1"), clock)
    rig.begin()
    rig.do(trip.take_completion(completion(), rig.now))
    rig.do(trip.take_answer(books("m2", past()), rig.now))
    rig.wait(15)
    assert rig.errand.verdict == WELL


def test_a_stop_that_knows_the_point_asks_nothing_first(trip: Trip, clock: ManualClock) -> None:
    rig = Rig(trip, Stop(trip, "S1", "CP1"), clock)
    assert rig.begin() == [ask_stop("m1")]


def test_a_stop_of_a_session_nobody_knows_fails_before_it_is_asked_for(trip: Trip, clock: ManualClock) -> None:
    rig = Rig(trip, Stop(trip, "S1", None), clock)
    rig.begin()
    unknown = books("m1", past(session_id="S9"))
    assert rig.do(trip.take_answer(unknown, rig.now)) == [Hear(unknown)]
    assert rig.errand.verdict == Verdict(
        "S1 is not among the last 100 sessions of D1; if it is an older one, name its point with --cp."
    )


def test_a_refused_stop_fails(trip: Trip, clock: ManualClock) -> None:
    rig = Rig(trip, Stop(trip, "S1", "CP1"), clock)
    rig.begin()
    no = StopChargingResponse(message_id="m1", status="failure", message="It has ended.")
    assert rig.do(trip.take_answer(no, rig.now)) == [Show(no)]
    assert rig.errand.verdict == Verdict("It has ended.")


def test_a_stop_without_a_ticket_fails_after_15_s(trip: Trip, clock: ManualClock) -> None:
    rig = Rig(trip, Stop(trip, "S1", "CP1"), clock)
    rig.begin()
    rig.do(trip.take_answer(stopping("m1"), rig.now))
    rig.wait(14)
    assert rig.errand.verdict is None
    assert rig.errand.interrupted() == Verdict(
        "The stop was accepted; look for the ticket with ev-driver --driver-id D1 history."
    )
    rig.wait(1)
    assert rig.errand.verdict == Verdict(
        "The stop was accepted but no ticket came within 15 s; look for it with ev-driver --driver-id D1 history."
    )


def test_who_listens_is_told_refusals_in_words_and_stays(trip: Trip, clock: ManualClock) -> None:
    listen = Listen(trip)
    assert listen.begin(clock.now()) == []
    assert listen.heard(Show(refused()), clock.now()) == [Note("CP1 is taken (cp_busy).")]
    assert listen.heard(Show(granted()), clock.now()) == []
    assert (listen.verdict, listen.interrupted()) == (None, WELL)
