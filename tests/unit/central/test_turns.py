"""Turns: who is back first from a commit still waits for those that committed before."""

from central.store.turns import Turns


def test_whoever_comes_early_waits_for_all_that_took_a_number_before() -> None:
    turns: Turns[str] = Turns()
    first, second, third, fourth = (turns.take() for _ in range(4))
    assert turns.come(second, "second") == []
    assert turns.come(fourth, "fourth") == []
    assert turns.come(first, "first") == ["first", "second"]
    assert turns.come(third, "") == ["", "fourth"]
    assert turns.come(turns.take(), "fifth") == ["fifth"]
