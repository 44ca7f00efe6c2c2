"""The file of points, and how they are worked through."""

from decimal import Decimal

import pytest

from common.clock import ManualClock
from common.errors import BadSetting
from driver.errands import Verdict
from driver.events import Note, Show, Unanswered
from driver.itinerary import Itinerary, read_points
from driver.trip import Trip
from tests.unit.driver.conftest import (
    Rig,
    ask_books,
    ask_charge,
    books,
    completion,
    granted,
    past,
    refused,
    ticket,
)


def test_a_file_has_one_point_a_line_and_may_explain_itself() -> None:
    text = "# my round\nCP1\n\n  CP-2.b  # the slow one\r\nCP1\n"
    assert read_points("round.txt", text) == ["CP1", "CP-2.b", "CP1"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("CP1\nCP 2\n", "round.txt, line 2: 'CP 2' is no cp_id (letters, digits, '.', '_' and '-')."),
        ("\n# nothing\n", "round.txt names no charging point; write one cp_id a line."),
    ],
)
def test_a_file_that_cannot_be_followed_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        read_points("round.txt", text)
    assert str(refusal.value) == sentence


def test_each_point_is_asked_in_turn_whatever_became_of_the_one_before(trip: Trip, clock: ManualClock) -> None:
    errand = Itinerary(trip, ["CP1", "CP2", "CP3"], pause_s=4, energy_limit_kwh=Decimal(2))
    rig = Rig(trip, errand, clock)
    assert rig.begin() == [ask_charge("m1", cp_id="CP1")]
    assert rig.do(trip.take_answer(refused("m1"), rig.now)) == [
        Show(refused("m1")),
        Note("CP1: CP1 is taken (cp_busy)."),
    ]
    assert rig.wait(3.9) == []
    assert rig.wait(0.1) == [ask_charge("m2", at=4, cp_id="CP2")]
    assert rig.wait(15) == [
        Unanswered(ask_charge("m2", at=4, cp_id="CP2").request),
        Note("CP2: Central did not answer within 15 s."),
    ]
    assert rig.wait(4) == [ask_charge("m3", at=23, cp_id="CP3")]
    rig.do(trip.take_answer(granted("m3"), rig.now))
    assert errand.verdict is None
    assert errand.interrupted().failure == "The charge goes on; stop it with: ev-driver --driver-id D1 stop S1 --cp CP3"
    rig.do(trip.take_completion(completion(), rig.now))
    rig.do(trip.take_answer(books("m4", past()), rig.now))
    assert errand.verdict == Verdict("2 of 3 charges did not happen.")


def test_a_charge_is_followed_to_its_ticket_before_the_next_is_asked_for(trip: Trip, clock: ManualClock) -> None:
    errand = Itinerary(trip, ["CP1", "CP1"], pause_s=4, energy_limit_kwh=Decimal(2))
    rig = Rig(trip, errand, clock)
    rig.begin()
    rig.do(trip.take_answer(granted("m1"), rig.now))
    assert rig.wait(5) == [ask_books("m2", at=5)]
    assert rig.do(trip.take_answer(books("m2", past()), rig.now)) == [ticket()]
    assert errand.interrupted() == Verdict("Interrupted; 1 of 2 charges did not happen.")
    assert rig.wait(4) == [ask_charge("m3", at=9)]
    rig.do(trip.take_answer(granted("m3", session_id="S2"), rig.now))
    rig.do(trip.take_completion(completion(session_id="S2"), rig.now))
    rig.do(trip.take_answer(books("m4", past(session_id="S2"), past()), rig.now))
    assert rig.said[-1] == ticket(session_id="S2")
    assert errand.verdict == Verdict()


def test_a_round_that_repeats_begins_again_after_its_last_point_whatever_became_of_it(
    trip: Trip, clock: ManualClock
) -> None:
    errand = Itinerary(trip, ["CP1", "CP2"], pause_s=4, energy_limit_kwh=Decimal(2), repeats=True)
    rig = Rig(trip, errand, clock)
    assert errand.stays
    rig.begin()
    rig.do(trip.take_answer(refused("m1"), rig.now))
    assert rig.wait(4) == [ask_charge("m2", at=4, cp_id="CP2")]
    rig.do(trip.take_answer(refused("m2"), rig.now))
    assert rig.wait(4) == [ask_charge("m3", at=8, cp_id="CP1")]
    rig.do(trip.take_answer(granted("m3"), rig.now))
    assert errand.interrupted().failure == "The charge goes on; stop it with: ev-driver --driver-id D1 stop S1 --cp CP1"
    rig.do(trip.take_completion(completion(), rig.now))
    rig.do(trip.take_answer(books("m4", past()), rig.now))
    assert rig.wait(4) == [ask_charge("m5", at=12, cp_id="CP2")]
    assert (errand.verdict, errand.interrupted()) == (None, Verdict())
