"""The mutants fit the tree of today: whoever changes the words that one replaces changes the mutant too."""

import compileall
from pathlib import Path

import pytest

from tests.faults.harness.schedule import Fault, Kind
from tests.faults.mutants import MUTANTS, PLAN, Mutant, Patch, mutated
from tests.faults.rounds import _each_once, _Seen


def test_there_are_at_least_ten_each_with_a_name_and_a_sentence_of_its_own() -> None:
    assert len(MUTANTS) >= 10
    assert len({mutant.name for mutant in MUTANTS}) == len({mutant.sentence for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_its_words_are_in_the_tree_once_and_leave_a_program_that_compiles(mutant: Mutant, tmp_path: Path) -> None:
    tree = mutated(mutant, tmp_path / "tree")
    assert all(compileall.compile_file(tree / patch.path, quiet=2) for patch in mutant.patches)


def test_words_that_no_longer_fit_are_told(tmp_path: Path) -> None:
    mutant = Mutant("x", "y", [Patch("common/money.py", "words that nobody wrote", "")])
    with pytest.raises(ValueError, match="no longer has the words that x replaces"):
        mutated(mutant, tmp_path / "tree")


def test_faults_of_mutants_name_what_their_network_has() -> None:
    targets = PLAN.targets
    known = {*targets.programs, *targets.links, "records"}
    assert {fault.target for mutant in MUTANTS for fault in mutant.faults} <= known


def test_the_unchanged_program_runs_once_under_the_same_faults_of_two_mutants() -> None:
    cuts = [Fault(1, Kind.CUT, "monitor-CP001>central")]
    some = [
        Mutant("a", "A.", [], cuts),
        Mutant("b", "B.", [], list(cuts)),
        Mutant("c", "C.", []),
        Mutant("d", "D.", []),
    ]
    assert [mutant.name for mutant in _each_once(some)] == ["a", "c"]


@pytest.mark.parametrize(
    ("findings", "trouble", "is_mutated", "expected", "words"),
    [
        (("wrong",), "", True, True, "a: red (5 s). A.\n    wrong"),
        ((), "", True, False, "a: THE AUDITOR DID NOT NOTICE (5 s). A."),
        ((), "It does not start.", True, False, "a: It does not start. (5 s). A."),
        ((), "", False, True, "The unchanged program under the faults of a: right (5 s)."),
        (("wrong",), "", False, False, "The unchanged program under the faults of a: NOT RIGHT (5 s).\n    wrong"),
        (
            (),
            "It does not start.",
            False,
            False,
            "The unchanged program under the faults of a: It does not start. (5 s).",
        ),
    ],
)
def test_a_mutant_must_be_red_the_program_right_and_who_does_not_start_has_shown_nothing(
    findings: tuple[str, ...], trouble: str, is_mutated: bool, expected: bool, words: str
) -> None:
    seen = _Seen(Mutant("a", "A.", []), is_mutated, findings, 1, 5.0, trouble)
    assert (seen.is_as_it_should, str(seen)) == (expected, words)
