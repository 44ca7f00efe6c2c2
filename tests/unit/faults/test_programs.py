"""A program of the harness: started again where it may refuse to start, told of where it may not end."""

import os
import sys
from pathlib import Path

from tests.faults.harness.programs import Program
from tests.waiting import until

#: Refuses to start until a file is there; then says so and waits, or ends at once.
_WORDS = """
import pathlib, sys, time
if not pathlib.Path(sys.argv[1]).exists():
    sys.exit("Cannot use it yet.")
print("it is there", flush=True)
sys.stdin.read() if sys.argv[2] == "stay" else sys.exit("It just ends.")
"""


def program(folder: Path, *, excuse: str | None, then: str = "stay") -> Program:
    command = [sys.executable, "-c", _WORDS, str(folder / "needed"), then]
    return Program("one", command, folder, os.environ, says="it is there", excuse=excuse)


async def test_who_may_refuse_to_start_is_started_again_until_it_does(tmp_path: Path) -> None:
    one = program(tmp_path, excuse="Cannot use it")
    await one.start()
    await until(lambda: len(one.began) > 1)
    (tmp_path / "needed").touch()
    await one.ready()
    assert one.is_running
    await one.kill()
    assert one.ended_alone == []


async def test_who_is_killed_while_it_waits_to_be_started_again_stays_away(tmp_path: Path) -> None:
    one = program(tmp_path, excuse="Cannot use it")
    await one.start()
    await one.gone()
    await one.kill()
    began = len(one.began)
    (tmp_path / "needed").touch()
    await one.start()
    await one.ready()
    await one.kill()
    assert (len(one.began), one.ended_alone) == (began + 1, [])


async def test_an_end_without_an_excuse_is_told(tmp_path: Path) -> None:
    one = program(tmp_path, excuse=None)
    await one.start()
    await one.gone()
    assert one.ended_alone == ["one ended by itself with status 1: Cannot use it yet."]


async def test_an_end_after_it_was_there_is_told_whatever_its_words(tmp_path: Path) -> None:
    (tmp_path / "needed").touch()
    one = program(tmp_path, excuse="It just ends", then="end")
    await one.start()
    await one.gone()
    assert one.ended_alone == ["one ended by itself with status 1: It just ends."]
