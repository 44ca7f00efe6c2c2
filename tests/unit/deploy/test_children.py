"""A started program: what it says, its log, its end. The programs here are real and tiny."""

import asyncio
import sys
from pathlib import Path

import pytest

from common.errors import CannotStart
from deploy import children
from deploy.children import Child
from tests.waiting import until

DEADLINE_S = 20.0


async def started(logs: Path, program: str, heard: list[str] | None = None) -> Child:
    on_line = heard.append if heard is not None else lambda _: None
    return await children.start("sample", [sys.executable, "-c", program], logs, on_line=on_line)


async def status(child: Child) -> int:
    return await asyncio.wait_for(child.ended, DEADLINE_S)


async def test_every_line_is_heard_and_kept_in_the_log(tmp_path: Path) -> None:
    heard: list[str] = []
    child = await started(tmp_path, "print('one'); print('two'); print('end', end='')", heard)
    assert await status(child) == 0
    assert heard == ["one", "two", "end"]
    assert child.log.read_text() == "one\ntwo\nend"


async def test_a_line_longer_than_any_buffer_is_no_error(tmp_path: Path) -> None:
    heard: list[str] = []
    child = await started(tmp_path, "print('x' * 300_000); print('end')", heard)
    assert await status(child) == 0
    assert "".join(heard) == "x" * 300_000 + "end"


async def test_the_last_words_are_the_sentence_of_the_error(tmp_path: Path) -> None:
    child = await started(tmp_path, "import sys; print('listening'); sys.exit('ev-sample: The port is taken.')")
    assert await status(child) == 1
    assert child.last_words() == "The port is taken."
    assert child.last_words(2) == "The port is taken."
    assert child.how_it_ended() == "ended with exit status 1"


async def test_the_last_words_of_a_json_log_are_its_message(tmp_path: Path) -> None:
    child = await started(tmp_path, """print('{"level": "error", "message": "The disk is full."}')""")
    await status(child)
    assert child.last_words() == "The disk is full."


async def test_a_program_that_said_nothing_has_no_last_words(tmp_path: Path) -> None:
    child = await started(tmp_path, "")
    await status(child)
    assert child.last_words() == "it said nothing."


async def test_the_log_of_the_last_run_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    for word in ("first", "second"):
        await status(await started(tmp_path, f"print('{word}')"))
    assert (tmp_path / "sample.log").read_text() == "second\n"
    assert (tmp_path / "sample.log.old").read_text() == "first\n"


async def test_a_program_is_asked_to_stop_and_else_killed(tmp_path: Path) -> None:
    heard: list[str] = []
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(60)"
    willing = await started(tmp_path, "import time; print('up'); time.sleep(60)", heard)
    await until(lambda: heard == ["up"])
    willing.end()
    assert await status(willing) == -15
    assert willing.how_it_ended() == "was killed by signal 15"
    stubborn = await started(tmp_path, deaf, heard)
    await until(lambda: heard == ["up", "up"])
    stubborn.end()
    stubborn.kill()
    assert await status(stubborn) == -9


async def test_a_program_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"^sample does not start: .*No such file"):
        await children.start("sample", ["/nowhere/program"], tmp_path)


@pytest.mark.usefixtures("in_chinese")
async def test_a_program_speaks_our_language_because_we_repeat_its_last_words(tmp_path: Path) -> None:
    child = await started(tmp_path, "import os, sys; sys.exit(os.environ['EV_LANG'])")
    await status(child)
    assert (child.last_words(), child.how_it_ended()) == ("zh", "已结束，退出状态 1")
