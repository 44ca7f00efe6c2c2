"""The results file of long runs: what is added is there after a crash, what it holds is summed up, and a run goes on from it."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults import __main__ as command
from tests.faults.campaign import Goal, run_rounds
from tests.faults.harness.plan import Plan
from tests.faults.results import Round, append, read, summary

FIRST = Round(
    seed=7,
    command="python3 -m deploy faults --seed 7",
    setting="embedded broker, sqlite",
    minutes=90.0,
    landed={"kill -9": 3, "link closed": 1},
    missed={"disk full": 1},
    kills={"central": 2, "engine": 1},
    places={"central.billed": 1},
    sessions=12,
    tickets=10,
    metered_wh=1500,
    took_s=100.5,
    ended_at="2026-11-21T22:00:00+00:00",
)
SECOND = replace(FIRST, seed=8, command="python3 -m deploy faults --seed 8", metered_wh=1000)
WRONG = replace(SECOND, findings=("billed_as_metered: S1 is lost",))


def test_a_round_is_read_as_it_was_added_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "new" / "results.jsonl"
    assert read(file) == []
    append(file, FIRST)
    append(file, WRONG)
    with file.open("a") as torn:
        torn.write('{"seed": 9, "comm')
    assert read(file) == [FIRST, WRONG]
    append(file, SECOND)
    assert read(file) == [FIRST, WRONG, SECOND]
    assert '"verdict": "right"' in file.read_text().splitlines()[0]


def test_the_sum_counts_all_rounds_and_says_what_it_bounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(tmp_path / "a", FIRST)
    append(tmp_path / "b", SECOND)
    assert command.main(["--sum", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for line in (
        "rounds 2, 2 of them right",
        "hours of faults 3.0",
        "faults that landed 8",
        "kill -9 6",
        "central 4",
        "engine 2",
        "sessions 24",
        "tickets 20, 2.5 kWh in all",
        "embedded broker, sqlite: 2 rounds (seeds 7 to 8), 3.0 h, 6 kills",
        "link closed 2",
        "central.billed 2",
        "central.claimed never: nothing is shown about it",
        "No failure in 8 trials bounds the rate at 3/8 (with 95 % confidence).",
    ):
        assert line in said, said


def test_the_sum_shows_what_was_wrong_and_bounds_nothing() -> None:
    said = list(summary([FIRST, WRONG]))
    assert said[0].endswith("2, 1 of them right")
    assert said[-2:] == ["WRONG: python3 -m deploy faults --seed 8", "  - billed_as_metered: S1 is lost"]
    assert not [line for line in said if "bounds" in line]


@pytest.mark.parametrize(
    ("goal", "reached"),
    [(Goal(rounds=2), True), (Goal(rounds=3), False), (Goal(hours=3.0), True), (Goal(hours=3.1), False)],
)
def test_the_goal_counts_what_the_file_holds_already(goal: Goal, reached: bool) -> None:
    assert goal.is_reached([FIRST, SECOND]) is reached


def test_a_long_run_that_has_reached_its_goal_runs_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    append(tmp_path / "results", FIRST)
    assert run_rounds(Plan(), Goal(rounds=1), tmp_path / "results", said.append)
    assert said == [f"1 rounds are in {tmp_path}/results; their sum: python3 -m deploy faults --sum {tmp_path}/results"]


def test_a_long_run_does_not_go_on_after_a_round_that_was_wrong(tmp_path: Path) -> None:
    said: list[str] = []
    append(tmp_path / "results", WRONG)
    assert not run_rounds(Plan(), Goal(rounds=5), tmp_path / "results", said.append)
    assert said == [
        f"{tmp_path}/results has a round that was not right: see it with --sum, and give another file with --results."
    ]
