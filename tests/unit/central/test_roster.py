"""Who lives and who is dead, told by beats that go on or stand still."""

from central.domain.roster import Beat, Roster

A1, A2, B1 = Beat("a", 1, 1), Beat("a", 1, 2), Beat("b", 1, 1)


def test_a_beat_that_stands_still_for_four_seconds_and_four_looks_is_dead() -> None:
    roster = Roster("me")
    assert [roster.look([A1], second) for second in (0.0, 1.0, 2.0, 3.0)] == [[]] * 4
    assert roster.look([A1], 4.0) == [A1]


def test_a_beat_that_goes_on_lives() -> None:
    roster = Roster("me")
    for second in range(20):
        assert roster.look([Beat("a", 1, second)], float(second)) == []


def test_a_new_process_of_the_name_is_somebody_new() -> None:
    roster = Roster("me")
    for second in (0.0, 1.0, 2.0, 3.0):
        roster.look([A2], second)
    assert roster.look([Beat("a", 2, 2)], 4.0) == []


def test_few_looks_prove_nothing_however_long_they_took() -> None:
    roster = Roster("me")
    assert [roster.look([A1], second) for second in (0.0, 2.5, 5.0)] == [[], [], []]


def test_after_a_pause_watching_begins_anew() -> None:
    roster = Roster("me")
    for second in (0.0, 1.0, 2.0, 3.0):
        roster.look([A1], second)
    assert [roster.look([A1], second) for second in (60.0, 61.0, 62.0, 63.0)] == [[]] * 4
    assert roster.look([A1], 64.0) == [A1]


def test_one_does_not_watch_oneself() -> None:
    roster = Roster("a")
    for second in range(10):
        assert roster.look([A1, Beat("b", 1, second)], float(second)) == []
    assert roster.others == ["b"]


def test_who_left_the_roll_is_forgotten() -> None:
    roster = Roster("me")
    roster.look([A1, B1], 0.0)
    roster.look([B1], 1.0)
    assert (roster.beat_of("a"), roster.beat_of("b")) == (None, B1)
