"""The schedule of power cuts, and the command that runs it."""

from pathlib import Path

import pytest

from tests.faults import __main__ as faults
from tests.faults.power.cuts import cuts

MACHINES = ("central-1", "CP001", "CP002")


def test_the_same_seed_gives_the_same_cuts_and_another_gives_others() -> None:
    assert cuts(7, 30, MACHINES) == cuts(7, 30, MACHINES) != cuts(8, 30, MACHINES)


def test_every_machine_has_its_turn_alone_and_all_have_theirs_together() -> None:
    assert {cut.machines for cut in cuts(1, 60, MACHINES)} == {*((name,) for name in MACHINES), MACHINES}


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    assert cuts(3, 40, MACHINES)[:10] == cuts(3, 10, MACHINES)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--power", "--mutants", "nobody"], "there is no mutant nobody; know: synchronous_off, "),
        (["--power", "--points", "1"], "faults --power: --points: invalid choice: 1"),
        (["--power", "--broker", "apache"], "unrecognized arguments: --broker apache"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        faults.main(words)
    assert left.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_folder_with_files_is_not_written_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "evidence").mkdir()
    with pytest.raises(SystemExit):
        faults.main(["--power", "--keep", str(tmp_path)])
    assert "has files of an earlier run" in capsys.readouterr().err
