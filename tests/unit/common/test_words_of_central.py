"""What Central says to people far away: every code and every kind of event has its words, and English stays Central's own."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from central.domain.points import Event
from central.handlers.reporting import Report
from common.errors import ErrorCode
from common.words.errors import CODE, as_told, refusal
from common.words.events import KIND, kind

CENTRAL = Path(__file__).parents[3] / "central"
#: Kinds that the code computes, and what they can be.
COMPUTED = {
    "message.type": {message.tag() for message in get_args(Report)},
    "str(event)": {str(Event.STOP_CP), str(Event.RESUME_CP)},
}


def recorded() -> Iterator[ast.expr]:
    """The kind in each call of unit.record(at, kind, ...)."""
    for path in CENTRAL.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
                yield node.args[1]


def test_every_code_has_its_sentence() -> None:
    assert set(CODE) == set(ErrorCode)


def test_every_kind_of_event_has_its_words() -> None:
    kinds: set[str] = set()
    for node in recorded():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            kinds.add(node.value)
        else:
            kinds |= COMPUTED[ast.unparse(node)]
    assert set(KIND) == kinds


def test_in_english_a_refusal_is_in_centrals_own_words() -> None:
    assert [
        refusal(ErrorCode.CP_BUSY, "CP-1 is busy with another car; choose another point or try later."),
        refusal(ErrorCode.CP_BUSY, ""),
        refusal(None, "No. "),
        refusal(None, ""),
    ] == [
        "CP-1 is busy with another car; choose another point or try later (cp_busy).",
        "Central refuses without a reason (cp_busy).",
        "No.",
        "Central refuses without a reason.",
    ]


@pytest.mark.usefixtures("in_chinese")
def test_in_chinese_the_code_is_explained_and_centrals_words_follow_where_they_say_more() -> None:
    assert [
        refusal(ErrorCode.CP_BUSY, "CP-1 is busy with another car."),
        refusal(ErrorCode.CP_BUSY, ""),
        refusal(ErrorCode.ENGINE_TIMEOUT, "The charging point did not answer in time."),
        refusal(None, "No."),
        refusal(None, ""),
    ] == [
        "充电桩正在使用中（cp_busy：CP-1 is busy with another car）。",
        "充电桩正在使用中（cp_busy）。",
        "充电桩未及时应答（engine_timeout）。",
        "中央系统拒绝了请求：No。",
        "中央系统拒绝了请求，未说明原因。",
    ]


@pytest.mark.usefixtures("in_chinese")
def test_what_is_logged_stays_in_centrals_words() -> None:
    assert as_told(ErrorCode.CP_BUSY, "CP-1 is busy.") == "CP-1 is busy (cp_busy)."


@pytest.mark.usefixtures("in_chinese")
def test_an_unknown_kind_is_shown_as_it_stands() -> None:
    assert (kind("refused"), kind("something_new")) == ("已拒绝", "something_new")
