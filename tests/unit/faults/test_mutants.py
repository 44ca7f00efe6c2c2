"""The mutants fit the tree of today: whoever changes the words that one replaces changes the mutant too."""

import compileall
from pathlib import Path

import pytest

from tests.faults.mutants import MUTANTS, PLAN, Mutant, Patch, mutated


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
