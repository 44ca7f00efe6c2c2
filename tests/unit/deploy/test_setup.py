"""`python3 -m deploy`: what it installs when, and what it says. Run on a copy, so that no real .venv is touched."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
#: Plays the Python of .venv: shows how it was called, and gives the exit status 7.
_FAKE_PYTHON = '#!/bin/sh\necho "$PWD: $*"\nexit 7\n'


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files of a fresh clone that the set-up reads."""
    modules = [f"deploy/{name}.py" for name in ("__init__", "__main__", "language")]
    modules += [f"common/{name}.py" for name in ("__init__", "columns", "words/__init__", "words/deploy")]
    modules += [f"common/words/{name}.py" for name in ("net", "system")]
    for name in (*modules, "pyproject.toml", "constraints.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def load(clone: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup_of_a_clone", clone / "deploy" / "__main__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def deploy(clone: Path, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy", *words],
        cwd=clone,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.fixture
def installed(clone: Path) -> Path:
    """A clone whose .venv was finished for running, not for tests."""
    python = clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(_FAKE_PYTHON)
    python.chmod(0o755)
    (clone / ".venv" / ".ev-at-work").write_text("")
    (clone / ".venv" / ".ev-installed").write_text(load(clone)._wanted(""))
    return clone


def test_help_is_shown_without_installing_anything(clone: Path) -> None:
    for words in ([], ["help"], ["--help"]):
        done = deploy(clone, *words)
        assert (done.returncode, done.stdout.splitlines()[0]) == (0, "usage: python3 -m deploy COMMAND [ARGUMENTS]")
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("words", [["nonsense"], ["check", "more"]])
def test_a_wrong_command_is_a_sentence_and_status_2(clone: Path, words: list[str]) -> None:
    done = deploy(clone, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"deploy: there is no command {' '.join(words)!r}.")


def test_a_second_run_becomes_the_program_at_once(installed: Path) -> None:
    done = deploy(installed, "up", "--points", "2", "--once")
    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout == f"{installed}: -m deploy.up --points 2 --once\n"


def test_the_tests_and_the_faults_run_with_what_was_installed_for_tests(installed: Path) -> None:
    (installed / ".venv" / ".ev-installed").write_text(load(installed)._wanted("dev"))
    assert deploy(installed, "faults", "--seed", "7").stdout == f"{installed}: -m tests.faults --seed 7\n"
    assert deploy(installed, "simulate", "--seed", "7").stdout == f"{installed}: -m tests.simulation --seed 7\n"
    assert deploy(installed, "bench", "ingest").stdout == f"{installed}: -m tests.bench ingest\n"
    done = deploy(installed, "test", "-x")
    assert done.stdout == f"{installed}: -m pytest -n auto --dist worksteal -x\n"


def test_what_was_installed_for_tests_is_enough_for_running_and_not_the_other_way_round(installed: Path) -> None:
    setup = load(installed)
    assert (setup._is_installed(""), setup._is_installed("dev")) == (True, False)
    (installed / ".venv" / ".ev-installed").write_text(setup._wanted("dev"))
    assert (setup._is_installed(""), setup._is_installed("dev"), setup._is_installed("fuzz")) == (True, True, False)
    (installed / ".venv" / ".ev-installed").write_text(setup._wanted("fuzz"))
    assert (setup._is_installed(""), setup._is_installed("dev"), setup._is_installed("fuzz")) == (True, True, True)


@pytest.mark.parametrize(
    "change",
    [
        lambda clone: (clone / "constraints.txt").write_text("rich==1\n"),
        lambda clone: (clone / "pyproject.toml").write_text("[project]\n"),
        lambda clone: (clone / ".venv" / ".ev-at-work").write_text("installing\n"),
        lambda clone: (clone / ".venv" / ".ev-installed").unlink(),
        lambda clone: (clone / ".venv" / "bin" / "python").unlink(),
    ],
    ids=["other pins", "other project", "interrupted", "never finished", "no Python"],
)
def test_what_changed_or_was_interrupted_is_installed_again(installed: Path, change: Callable[[Path], object]) -> None:
    change(installed)
    assert load(installed)._is_installed("") is False


def test_a_moved_clone_is_installed_again(installed: Path) -> None:
    moved = installed.with_name(f"{installed.name}-moved")
    installed.rename(moved)
    assert load(moved)._is_installed("") is False


def test_without_a_package_index_it_says_so_and_the_next_run_starts_from_nothing(clone: Path) -> None:
    nowhere = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(clone), "PIP_CONFIG_FILE": os.devnull}
    done = deploy(clone, "up", env=nowhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert "deploy: making" in done.stderr
    assert "deploy: pip could not install the project; is a package index in reach? It said:\n" in done.stderr
    assert "Traceback" not in done.stderr
    (clone / ".venv" / "left-behind").write_text("half a package")
    again = deploy(clone, "up", env=nowhere)
    assert again.returncode == 1
    assert "deploy: making" in again.stderr
    assert not (clone / ".venv" / "left-behind").exists()


def test_no_address_of_a_package_index_stands_in_the_pins() -> None:
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert pins
    assert all("://" not in pin and pin.count("==") == 1 for pin in pins)
