"""What Central says to people far away: every code and every kind of event has its words, and English stays Central's own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from central.domain.points import Event
from central.handlers.reporting import Report
from common.errors import ErrorCode
from common.words.admin_cli import ANSWERS, answer
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


@pytest.mark.usefixtures("in_chinese")
def test_what_central_says_to_an_order_that_it_obeyed_is_told_in_chinese() -> None:
    orders = [
        "CP001: out of service.",
        "3 points: in service. Not confirmed by CP001, CP002; told again when connected.",
        "3 points: 0.45 a kWh from the next session on.",
        "Session s1 ends.",
        "Something that a newer Central says.",
    ]
    assert [answer(told) for told in orders] == [
        "CP001：已停用。",
        "3 个充电桩：已恢复服务。CP001, CP002 尚未确认，连接后会再次下发。",
        "3 个充电桩：从下一个充电会话起每 kWh 0.45。",
        "会话 s1 即将结束。",
        "Something that a newer Central says.",
    ]


def test_central_still_says_what_is_told() -> None:
    """The English of those answers, piece by piece, stands where Central makes them."""
    said = "".join(
        (CENTRAL / "handlers" / f"{name}.py").read_text(encoding="utf-8") for name in ("operating", "looking")
    )
    pieces = {piece.strip(" .:") for text in ANSWERS for piece in re.split(r"\{\w+\}", text.en)}
    assert sorted(one for piece in pieces for one in piece.split(". ") if one.strip(" .:") not in said) == []
