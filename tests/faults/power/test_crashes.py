"""Whenever the power goes in these small histories, the program's next start finds all that it had promised to keep."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.mutants import mutated
from tests.faults.power.crashes import crashes, recorded
from tests.faults.power.mutants import MUTANTS, PowerMutant
from tests.faults.power.recoveries import RECOVERIES, recovered

pytestmark = pytest.mark.processes
#: SQLite's states are too many to see them all, and each costs a start of the database.
STATES = {"journal": 256, "books": 10, "export": 64}
_MEMORY = Path("/dev/shm")


@pytest.fixture
def again() -> Iterator[Path]:
    """Where the program starts again, some hundred times: in memory where it can be, as nothing of it is to last."""
    folder = Path(tempfile.mkdtemp(prefix="power-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None))
    yield folder / "disk"
    shutil.rmtree(folder)


@pytest.mark.parametrize("history", STATES)
def test_what_was_promised_is_found_whatever_the_disk_kept(history: str, tmp_path: Path, again: Path) -> None:
    trace = recorded(history, tmp_path / "run")
    wrong = [
        f"cut at step {crash.step}: {found}"
        for crash in crashes(trace, tmp_path / "run" / "disk", STATES[history])
        if (found := recovered(crash, again, RECOVERIES[history]))
    ]
    assert wrong == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_program_that_leaves_out_a_sync_is_noticed(mutant: PowerMutant, tmp_path: Path, again: Path) -> None:
    trace = recorded(mutant.history, tmp_path / "run", mutated(mutant.mutant, tmp_path / "tree"))
    assert any(
        recovered(crash, again, RECOVERIES[mutant.history])
        for crash in crashes(trace, tmp_path / "run" / "disk", STATES[mutant.history])
    )
