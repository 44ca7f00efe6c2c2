"""A short run of the simulation: fixed seeds are right, the same each time, and awake for what is wrong."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.simulation import __main__ as command
from tests.simulation.books import Database
from tests.simulation.mutants import MUTANTS, find
from tests.simulation.trial import Verdict, try_seed

MINUTES = command.MINUTES
SEEDS = range(1, 25)


@pytest.fixture(scope="module")
def database() -> Database:
    return Database()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_is_right(seed: int, database: Database) -> None:
    verdict = try_seed(seed, MINUTES, database)
    assert {check: found for check, found in verdict.findings.items() if found} == {}, command.command(seed, MINUTES)


def test_most_seeds_charge_and_are_broken_meanwhile(database: Database) -> None:
    verdicts = [try_seed(seed, MINUTES, database) for seed in range(1, 11)]
    assert sum(verdict.sessions > 0 for verdict in verdicts) > 5
    assert sum(bool(verdict.landed) for verdict in verdicts) > 5


def test_the_same_seed_gives_the_same_trace_after_any_other(database: Database) -> None:
    first = try_seed(3, MINUTES, database).trace
    try_seed(4, MINUTES, database)
    assert try_seed(3, MINUTES, database).trace == first
    assert try_seed(4, MINUTES, database).trace != first


def test_the_same_seed_gives_the_same_trace_in_another_process(database: Database) -> None:
    """Where strings hash to other numbers, and objects stand at other addresses."""
    script = f"from tests.simulation.rounds import try_one\nprint(try_one((3, {MINUTES})).trace)"
    env = {**os.environ, "PYTHONHASHSEED": "4711"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=env,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == try_seed(3, MINUTES, database).trace


def test_telling_the_story_changes_nothing(database: Database) -> None:
    story: list[str] = []
    assert try_seed(5, MINUTES, database, story.append).trace == try_seed(5, MINUTES, database).trace
    assert any('"type":"charge_completion"' in line for line in story)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("name", "first"), [("last_reading_dropped", 1), ("lookup_without_point", 1), ("late_readings_taken", 121)]
)
def test_a_mutant_is_found_among_the_seeds_that_run_by_themselves(name: str, first: int) -> None:
    """From where it is found soon: the seeds before are as right with it as without."""
    seed, findings = find(name, first, 60, MINUTES)
    assert seed is not None
    assert seed <= command.SEEDS
    assert any(findings.values())


def test_every_mutant_of_the_simulation_is_one_of_the_harness() -> None:
    assert len(MUTANTS) >= 10


def test_a_seed_that_is_not_right_is_told_with_the_command_that_replays_it(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = Verdict(
        17, {"answered_once": ["D1 got no answer to its charge_request r2"], "escaped": []}, "", Counter()
    )
    command._report(verdict, 0.5)
    assert capsys.readouterr().out == (
        "Seed 17 is not right:\n"
        "  answered_once: D1 got no answer to its charge_request r2\n"
        "Again: python3 -m deploy simulate --seed 17 --minutes 0.5 --trace\n\n"
    )


def test_a_command_for_a_mutant_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["--mutants", "typo"])
    assert ended.value.code == 2
    assert "there is no mutant typo" in capsys.readouterr().err
