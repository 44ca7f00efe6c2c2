"""Events polled piece by piece, and their numbers that may begin anew."""

from typing import Any

from central.admin.asking import Answer
from central.admin.known import Known


def told(*ids: int, newest: int, following: str | None = None) -> Answer:
    data: dict[str, Any] = {"events": [{"id": number} for number in ids], "newest": newest}
    return Answer(ok=True, sentence="", data=data | ({"next": following} if following else {}))


def ids(known: Known) -> list[object]:
    return [row["id"] for row in known.events]


def test_only_newer_events_are_asked_for_with_some_room_for_late_ones() -> None:
    known = Known()
    assert known.events_args(40) == {"limit": 40}
    known.take_events(told(30, 28, newest=30, following="28"))
    assert known.events_args(40) == {"limit": 300, "since": 20}


def test_events_are_merged_newest_first_and_late_ones_find_their_place() -> None:
    known = Known()
    known.take_events(told(30, 28, newest=30))
    known.take_events(told(31, 30, 29, 28, newest=31))
    assert ids(known) == [31, 30, 29, 28]


def test_after_a_gap_only_the_newest_are_kept() -> None:
    known = Known()
    known.take_events(told(2, 1, newest=2))
    many = range(400, 380, -1)
    known.take_events(told(*many, newest=400, following="381"))
    assert ids(known) == list(many)


def test_a_database_that_begins_anew_is_shown_anew() -> None:
    known = Known()
    known.take_events(told(30, 29, newest=30))
    known.take_events(told(2, 1, newest=2))
    assert ids(known) == [2, 1]
