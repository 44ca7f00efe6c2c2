"""The states of a point on Monitor's side, step by step."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charging_point.monitor.condition import TRANSITIONS, Condition, Event, Fault, Source
from common.errors import IllegalTransition
from common.messages import PointStatus

SMOKE = Fault("smoke", "It smokes.")

STEPS: dict[str, tuple[Event, Callable[[Condition], Any]]] = {
    "register": (Event.REGISTERED, lambda c: c.register()),
    "register stopped": (Event.REGISTERED, lambda c: c.register(out_of_service=True)),
    "lose link": (Event.LINK_LOST, lambda c: c.lose_link()),
    "start": (Event.START_ACCEPTED, lambda c: c.start()),
    "complete": (Event.COMPLETED, lambda c: c.complete()),
    "stop": (Event.STOP_CP, lambda c: c.stop()),
    "resume": (Event.RESUME_CP, lambda c: c.resume()),
    "engine fault": (Event.FAULT, lambda c: c.fault(Source.ENGINE, SMOKE)),
    "operator fault": (Event.FAULT, lambda c: c.fault(Source.OPERATOR, SMOKE)),
    "engine recovery": (Event.RECOVERED, lambda c: c.recover(Source.ENGINE)),
    "operator recovery": (Event.RECOVERED, lambda c: c.recover(Source.OPERATOR)),
}


def walk(*steps: str) -> list[PointStatus]:
    condition = Condition()
    reached = []
    for step in steps:
        STEPS[step][1](condition)
        reached.append(condition.status)
    return reached


A, C, F = PointStatus.ACTIVE, PointStatus.CHARGING, PointStatus.FAULTY
S, D = PointStatus.STOPPED, PointStatus.DISCONNECTED


def test_a_point_charges_and_is_free_again() -> None:
    assert walk("register", "start", "complete", "lose link") == [A, C, A, D]


def test_a_charge_that_began_while_central_was_away_shows_when_it_is_back() -> None:
    assert walk("start", "register", "lose link", "complete", "register") == [D, C, D, D, A]


def test_stop_cp_waits_for_the_running_session_to_end() -> None:
    assert walk("register", "start", "stop", "complete", "resume") == [A, C, C, S, A]


def test_a_fault_shows_while_central_is_out_of_reach_and_ends_in_disconnected() -> None:
    assert walk("engine fault", "engine recovery") == [F, D]
    assert walk("register", "engine fault", "lose link", "register", "engine recovery") == [A, F, F, F, A]


def test_a_point_is_well_again_when_its_last_fault_has_ended() -> None:
    steps = ["register", "start", "engine fault", "operator fault", "complete", "engine recovery", "operator recovery"]
    assert walk(*steps) == [A, C, F, F, F, F, A]


def test_a_fault_hides_that_the_point_goes_out_of_service() -> None:
    assert walk("register", "operator fault", "stop", "operator recovery") == [A, F, F, S]


def test_centrals_word_on_the_service_wins_at_registration() -> None:
    assert walk("stop", "register") == [D, S]
    assert walk("register", "lose link", "register stopped") == [A, D, S]
    told = Condition()
    told.stop()
    told.register(out_of_service=False)
    assert told.status is A


def test_a_fault_and_a_pending_stop_have_a_finer_word() -> None:
    condition = Condition()
    told = []
    for step in ("register", "start", "stop", "engine fault", "engine recovery", "complete"):
        STEPS[step][1](condition)
        told.append(condition.detail)
    assert told == [None, None, "Finishing", "smoke", "Finishing", None]


@pytest.mark.parametrize(
    ("before", "step"),
    [
        ([], "lose link"),
        ([], "engine recovery"),
        (["register"], "register"),
        (["register"], "complete"),
        (["register"], "resume"),
        (["register", "start"], "start"),
        (["register", "stop"], "start"),
        (["register", "stop"], "stop"),
    ],
)
def test_a_step_that_the_table_does_not_have_raises_and_changes_nothing(before: list[str], step: str) -> None:
    condition = Condition()
    for one in before:
        STEPS[one][1](condition)
    known = (condition.facts, condition.status)
    with pytest.raises(IllegalTransition, match="has no step for"):
        STEPS[step][1](condition)
    assert (condition.facts, condition.status) == known


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=30))
def test_every_history_stays_within_the_table(steps: list[str]) -> None:
    condition = Condition()
    for step in steps:
        before = condition.status
        event, take = STEPS[step]
        try:
            take(condition)
        except IllegalTransition:
            assert condition.status is before
        else:
            assert condition.status in TRANSITIONS[before, event]
        assert condition.status is condition.facts.status()


def test_every_end_that_the_table_names_can_be_reached() -> None:
    reached: set[tuple[PointStatus, Event, PointStatus]] = set()
    seen: set[tuple[bool, bool, bool, frozenset[Source]]] = set()
    todo: list[list[str]] = [[]]
    while todo:
        path = todo.pop()
        for name, (event, take) in STEPS.items():
            condition = Condition()
            for step in path:
                STEPS[step][1](condition)
            before = condition.status
            try:
                take(condition)
            except IllegalTransition:
                continue
            reached.add((before, event, condition.status))
            facts = condition.facts
            state = (facts.registered, facts.charging, facts.out_of_service, frozenset(facts.faults))
            if state not in seen:
                seen.add(state)
                todo.append([*path, name])
    assert reached == {(before, event, after) for (before, event), ends in TRANSITIONS.items() for after in ends}
