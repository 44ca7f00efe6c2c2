"""The commands of the tests end quietly when whoever reads them has seen enough (`python3 -m deploy simulate | head -1`)."""

import os
import subprocess
import sys

import pytest

COMMANDS = {
    "fuzz": ["-m", "tests.fuzz", "--frames", "20"],
    "simulate": ["-m", "tests.simulation", "--seeds", "1", "--minutes", "0.001"],
    "a story told by tasks": ["-m", "tests.simulation", "--minutes", "0.001", "--trace"],
    "faults": ["-m", "tests.faults", "--sum", os.devnull],
    "a thousand lines": [
        "-c",
        "from tests.saying import *\nend_with(lambda _: [say('x' * 99) for _ in range(999)] and 0)",
    ],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_command_that_nobody_reads_any_more_ends_without_a_traceback(command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run([sys.executable, *command], stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_a_command_that_is_read_ends_with_its_own_status() -> None:
    script = "from tests.saying import *\nend_with(lambda told: say(' '.join(told)) or 7)"
    ended = subprocess.run([sys.executable, "-c", script, "a", "b"], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (7, b"a b\n", b"")
