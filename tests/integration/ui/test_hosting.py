"""A console that a program hosts: it has the terminal, and whichever of the two ends, the terminal is given back."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal import CTRL_C, Terminal

pytestmark = pytest.mark.processes
ROOT = Path(__file__).parents[3]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    program = (sys.executable, "-m", "tests.integration.ui.host")
    with Terminal(program, columns=160, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}) as shown:
        shown.wait_for("size 160x30")
        yield shown


def pid_of_console(terminal: Terminal) -> int:
    found = re.search(r"pid (\d+)", terminal.text)
    assert found is not None
    return int(found[1])


def test_it_is_told_where_central_is_and_who_hosts_it(terminal: Terminal) -> None:
    words = "--central 127.0.0.1:1 --max-frame-bytes 1 --lang en console --hosted-by host --notices-fd "
    assert words in terminal.text


def test_who_quits_the_console_is_told_to_the_host(terminal: Terminal) -> None:
    terminal.type("q")
    terminal.wait_for("quit True, told to stop False")
    assert terminal.wait() == 0
    assert terminal.is_restored


def test_ctrl_c_ends_both(terminal: Terminal) -> None:
    terminal.type(CTRL_C)
    assert terminal.wait() == 0
    assert terminal.is_restored


def test_a_host_told_to_stop_ends_its_console_first(terminal: Terminal) -> None:
    terminal.kill(signal.SIGTERM)
    assert terminal.wait() == 0
    terminal.wait_for("quit False, told to stop True")
    assert terminal.is_restored


def test_a_console_that_dies_costs_the_host_nothing_but_itself(terminal: Terminal) -> None:
    os.kill(pid_of_console(terminal), signal.SIGKILL)
    terminal.wait_for("host: The console was killed by signal 9; everything else goes on. Ctrl-C stops it.")
    terminal.wait_until_restored()
    terminal.wait_for("quit False, told to stop False")
    terminal.type(CTRL_C)
    assert terminal.wait() == 0
