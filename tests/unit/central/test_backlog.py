"""What there is to do already goes before what makes more, and that is not kept waiting for ever."""

import threading

import pytest

from central.store.backlog import Backlog, BacklogEnded, BacklogFull


def filled(first: int, beginnings: int) -> Backlog[str]:
    backlog: Backlog[str] = Backlog(100)
    for number in range(max(first, beginnings)):
        if number < beginnings:
            backlog.put(f"begins {number}", begins=True)
        if number < first:
            backlog.put(f"{number}")
    return backlog


def test_what_begins_something_goes_behind_all_else_each_row_in_its_order() -> None:
    backlog = filled(3, 2)
    assert (len(backlog), backlog.foremost) == (5, ["0", "begins 0"])
    assert backlog.take(4) == ["0", "1", "2", "begins 0"]
    assert backlog.take(4) == ["begins 1"]
    assert (len(backlog), backlog.foremost) == (0, [])


def test_one_in_eight_is_of_what_begins_however_much_else_waits() -> None:
    backlog = filled(20, 3)
    taken = backlog.take(8) + backlog.take(10)
    assert [place for place, one in enumerate(taken) if one.startswith("begins")] == [7, 15]
    assert [one for one in taken if not one.startswith("begins")] == [str(number) for number in range(16)]


def test_no_more_waits_than_may_of_either_kind() -> None:
    backlog: Backlog[str] = Backlog(2)
    backlog.put("a")
    backlog.put("b", begins=True)
    for begins in (False, True):
        with pytest.raises(BacklogFull):
            backlog.put("c", begins=begins)
    assert backlog.take(9) == ["a", "b"]


def test_after_the_end_what_waits_is_still_taken_and_nothing_more_comes() -> None:
    backlog = filled(1, 1)
    backlog.end()
    with pytest.raises(BacklogEnded):
        backlog.put("late")
    assert backlog.take(1) == ["0"]
    assert backlog.take(9) == ["begins 0"]
    assert backlog.take(9) == []
    assert backlog.take(9) == []


def test_who_takes_waits_until_there_is_something_or_the_end() -> None:
    backlog: Backlog[str] = Backlog(9)
    taken: list[list[str]] = []

    def take_all() -> None:
        while some := backlog.take(9):
            taken.append(some)

    takers = [threading.Thread(target=take_all) for _ in range(2)]
    for taker in takers:
        taker.start()
    backlog.put("a")
    backlog.end()
    for taker in takers:
        taker.join(10)
    assert (taken, [taker.is_alive() for taker in takers]) == ([["a"]], [False, False])
