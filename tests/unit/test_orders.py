"""What a developer's command says of a mistake: one sentence, before anything runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.faults import __main__ as faults
from tests.fuzz import __main__ as fuzz
from tests.simulation import __main__ as simulation

Main = Callable[[list[str]], int]


@pytest.mark.parametrize(
    ("main", "arguments", "sentence"),
    [
        (simulation.main, ["--seeds", "0"], "simulate: --seeds: must be a whole number, 1 or more (it is '0')"),
        (simulation.main, ["--seed", "x"], "simulate: --seed: must be a whole number, 0 or more (it is 'x')"),
        (simulation.main, ["--minutes", "nan"], "simulate: --minutes: must be a number above 0 (it is 'nan')"),
        (faults.main, ["--minutes", "0"], "faults: --minutes: must be a number above 0 (it is '0')"),
        (faults.main, ["--hours", "inf"], "faults: --hours: must be a number above 0 (it is 'inf')"),
        (faults.main, ["--centrals", "2"], "faults: several Centrals share PostgreSQL: --database postgres"),
        (faults.main, ["--power", "--cuts", "0"], "faults --power: --cuts: must be a whole number, 1 or more (it is '0')"),
        (fuzz.main, ["--frames", "-3"], "fuzz: --frames: must be a whole number, 1 or more (it is '-3')"),
        (bench.main, ["--runs", "0"], "bench: --runs: must be a whole number, 1 or more (it is '0')"),
        (bench.main, ["ingest", "--json", "/"], "bench: --json: / is a folder; name a file in it"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_that_names_the_option(
    main: Main, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    program = f"python3 -m deploy {sentence.split(':', maxsplit=1)[0]}"
    assert (ended.value.code, *capsys.readouterr()) == (
        2,
        "",
        f"python3 -m deploy {sentence}. Try {program} --help.\n",
    )


def test_a_file_that_cannot_be_written_is_told_before_the_run_and_one_that_can_is_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "nowhere" / "runs.json"
    with pytest.raises(SystemExit):
        bench.main(["catalogue", "--json", str(missing)])
    with pytest.raises(SystemExit):
        bench.main(["nosuch", "--json", str(tmp_path / "runs.json")])
    cannot, unknown = capsys.readouterr().err.splitlines()
    assert cannot.startswith(
        f"python3 -m deploy bench: --json: {missing} cannot be written (No such file or directory)"
    )
    assert unknown.startswith("python3 -m deploy bench: there is no scenario nosuch; know: catalogue, ingest,")
    assert not list(tmp_path.iterdir())
