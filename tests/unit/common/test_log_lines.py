"""Log lines: nothing in them steers the terminal that shows them, forges another line, or breaks the JSON."""

import json
import logging

import pytest

from common.telemetry import HumanLines, JsonLines

HOSTILE = "\x1b]0;owned\x07\x9b2J\r\n23:59:59.999 info    All is well \u202e"
DISARMED = " ]0;owned  2J  23:59:59.999 info    All is well  "


def record(*, fails: bool = False) -> logging.LogRecord:
    wrong = (ValueError, ValueError(HOSTILE), None) if fails else None
    return logging.LogRecord("ev.test", logging.WARNING, __file__, 1, "It said: %s", (HOSTILE,), wrong)


def test_a_line_for_people_is_one_printable_line_whatever_a_peer_said() -> None:
    line = HumanLines().format(record())
    assert line.isprintable()
    assert line.endswith(f"It said: {DISARMED}")


def test_what_an_exception_quotes_does_not_steer_the_terminal_either() -> None:
    first, *traceback = HumanLines().format(record(fails=True)).split("\n")
    assert first.isprintable()
    assert [line for line in traceback if not line.isprintable()] == []
    assert traceback == ["    ValueError:  ]0;owned  2J ", "    23:59:59.999 info    All is well  "]


def test_a_line_for_programs_is_one_object_in_ascii_that_says_just_what_was_said() -> None:
    line = JsonLines().format(record(fails=True))
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["message"] == f"It said: {HOSTILE}"


@pytest.mark.parametrize("form", [HumanLines(), JsonLines()])
def test_a_line_has_an_end(form: logging.Formatter) -> None:
    endless = logging.LogRecord("ev.test", logging.INFO, __file__, 1, "x" * 1_000_000, (), None)
    assert len(form.format(endless)) < 2200
