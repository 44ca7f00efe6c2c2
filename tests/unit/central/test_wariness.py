"""Guessing at secrets is slowed down where it comes from, and nowhere else."""

from central.wariness import Wariness
from common import messages as m
from common.clock import ManualClock
from common.errors import BadMessage


def proof(cp_id: str) -> m.AuthRequest:
    return m.AuthRequest(message_id="a", role="monitor", cp_id=cp_id, nonce="n", signature="wrong")


def outcome(wariness: Wariness, cp_id: str, host: str) -> str:
    """What becomes of one that turns out to be wrong, where it is looked at."""
    try:
        wariness.check(proof(cp_id), host)
    except BadMessage as bad:
        return f"{bad.code} {bad.retry_after_s}"
    wariness.note_wrong(proof(cp_id), host)
    return "looked at"


def test_an_id_that_is_not_proven_again_and_again_is_looked_at_once_in_ten_seconds() -> None:
    clock = ManualClock()
    wariness = Wariness(clock)
    assert [outcome(wariness, "CP1", "a") for _ in range(7)] == ["looked at"] * 5 + ["rate_limited 10"] * 2
    clock.advance(9.9)
    assert outcome(wariness, "CP1", "a") == "rate_limited 1"
    clock.advance(0.2)
    assert [outcome(wariness, "CP1", "a") for _ in range(2)] == ["looked at", "rate_limited 10"]


def test_nobody_locks_a_point_out_from_elsewhere_nor_its_neighbours() -> None:
    wariness = Wariness(ManualClock())
    for _ in range(50):
        outcome(wariness, "CP1", "evil")
    assert [outcome(wariness, *one) for one in (("CP1", "good"), ("CP2", "evil"))] == ["looked at", "looked at"]


def test_an_address_that_tries_one_id_after_the_other_is_slowed_down_too() -> None:
    clock = ManualClock()
    wariness = Wariness(clock)
    assert [outcome(wariness, f"CP{n}", "a") for n in range(102)] == ["looked at"] * 100 + ["rate_limited 1"] * 2
    clock.advance(1.0)
    assert [outcome(wariness, f"CP{n}", "a") for n in range(3)] == ["looked at"] * 2 + ["rate_limited 1"]
    assert outcome(wariness, "CP1", "b") == "looked at"
