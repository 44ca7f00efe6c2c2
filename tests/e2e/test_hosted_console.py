"""The operator's console as ev-central and ev-up open it on their terminal."""

import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import alive, run
from tests.terminal import CTRL_C, Terminal
from tests.waiting import wait_until

pytestmark = pytest.mark.processes
ROOT = Path(__file__).parents[2]
F5 = "\x1b[15~"
#: Nobody listens there: Central serves TCP all the same.
NO_KAFKA = ("--kafka", "127.0.0.1:9")


def at_terminal(tmp_path: Path, *words: str) -> Terminal:
    env = {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(tmp_path / "state")}
    return Terminal((sys.executable, "-m", *words), cwd=tmp_path, env=env)


@pytest.fixture
def central(tmp_path: Path) -> Iterator[Terminal]:
    """A Central that wants proofs from everybody."""
    with at_terminal(tmp_path, "central", "--port", "0", *NO_KAFKA, "--auth") as terminal:
        terminal.wait_for("0 points")
        yield terminal


def test_ev_central_opens_it_and_lets_it_in_where_everybody_must_prove_who_they_are(central: Terminal) -> None:
    found = re.search(r"connected +(\S+)", central.text)
    assert found is not None
    refused = run("central.admin", "--central", found[1], "cps")
    assert (refused.returncode, "not_authenticated" in refused.stderr) == (1, True)
    central.type("quit\r")
    central.wait_for("ev-central")
    central.type("yes\r")
    assert central.wait() == 0
    assert central.is_restored


def test_what_central_complains_of_is_on_the_screen_and_not_across_it(central: Terminal) -> None:
    central.wait_for("Kafka DOWN")
    central.type(F5)
    central.wait_for("Kafka at 127.0.0.1:9 does not answer")
    assert "connected" in central.lines[0]


def test_ctrl_c_stops_ev_central_in_good_order(central: Terminal) -> None:
    central.type(CTRL_C)
    assert central.wait() == 0
    assert central.is_restored


def test_without_the_console_ev_central_writes_its_log(tmp_path: Path) -> None:
    with at_terminal(tmp_path, "central", "--port", "0", *NO_KAFKA, "--no-console") as terminal:
        terminal.wait_for("ev-central listening on")
        assert b"\x1b[?1049h" not in terminal.written
        terminal.type(CTRL_C)
        assert terminal.wait() == 0


@pytest.fixture
def up(tmp_path: Path) -> Iterator[tuple[Terminal, dict[str, Any]]]:
    words = ("deploy.up", "--points", "1", "--no-driver", "--central-port", "0", "--data-dir", "data")
    with at_terminal(tmp_path, *words) as terminal:
        terminal.wait_for("CP001")
        terminal.wait_for("ACTIVE")
        yield terminal, json.loads((tmp_path / "data" / "ready.json").read_text())


def test_a_program_of_ev_up_that_dies_is_told_on_the_screen(up: tuple[Terminal, dict[str, Any]]) -> None:
    terminal, ready = up
    os.kill(ready["points"][0]["pids"]["monitor"], signal.SIGKILL)
    terminal.wait_for("DISCONNECTED")
    terminal.type(F5)
    terminal.wait_for("CP001-monitor was killed by signal 9")
    terminal.type(CTRL_C)
    assert terminal.wait() == 1
    assert "Stopped: nothing is left running." in terminal.text
    assert terminal.is_restored


def test_when_ev_up_is_killed_everything_ends_and_the_terminal_is_given_back(
    up: tuple[Terminal, dict[str, Any]],
) -> None:
    terminal, ready = up
    terminal.kill(signal.SIGKILL)
    assert terminal.wait() == -signal.SIGKILL
    terminal.wait_until_restored()
    wait_until(lambda: not any(map(alive, ready["pids"].values())), what="the end of the network")
