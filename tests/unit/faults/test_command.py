"""The command line of the fault harness: what it refuses before it starts anything, and how it tells what came of a run."""

from collections import Counter
from pathlib import Path

import pytest

from tests.faults import __main__ as command
from tests.faults.harness.plan import Plan
from tests.faults.harness.schedule import Kind
from tests.faults.harness.trial import Outcome
from tests.faults.report import report, sentence
from tests.saying import say


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--centrals", "2"], "several Centrals share PostgreSQL: --database postgres"),
        (["--mutants", "nobody"], "there is no mutant nobody; know: ack_before_commit, "),
        (["--points", "21"], "--points: invalid choice: 21"),
        (["--broker", "rabbit"], "--broker: invalid choice: 'rabbit'"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        command.main(words)
    assert left.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_folder_with_files_is_not_written_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "evidence").mkdir()
    with pytest.raises(SystemExit):
        command.main(["--keep", str(tmp_path)])
    assert "has files of an earlier run" in capsys.readouterr().err


def test_the_report_counts_what_landed_where_and_shows_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome(
        findings={"billed_as_metered": ["S1 is lost"], "answered_once": []},
        landed=Counter({Kind.KILL: 3}),
        missed=Counter({Kind.FAILPOINT: 2}),
        places=Counter({"central.billed": 1}),
    )
    report(Plan(seed=7), outcome, say)
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for line in (
        "kill -9 3",
        "kill -9 at a failpoint 0, 2 did not land",
        "central.billed 1 a final account is billed, and not acknowledged to its Engine",
        "billed_as_metered 1 faults",
        "- S1 is lost",
        "answered_once right",
        "THE NETWORK IS NOT RIGHT.",
        f"Again: {Plan(seed=7).command}",
    ):
        assert line in said, said
    assert any(line.startswith("central.claimed 0") and "nothing is shown about it" in line for line in said)


def test_a_run_without_a_failure_says_how_little_that_bounds() -> None:
    outcome = Outcome(landed=Counter({Kind.KILL: 50}), sessions=12, tickets=10, metered_wh=700)
    assert (
        sentence(outcome)
        == "10 of 12 sessions were billed for 700 Wh; 0 failures in 50 trials bounds the rate at 3/50."
    )
