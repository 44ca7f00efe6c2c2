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
from common.words.events import HAPPENINGS, KIND, kind, told

CENTRAL = Path(__file__).parents[3] / "central"
#: Kinds that the code computes, and what they can be.
COMPUTED = {
    "message.type": {message.tag() for message in get_args(Report)},
    "str(event)": {str(Event.STOP_CP), str(Event.RESUME_CP)},
}


def _records() -> Iterator[ast.Call]:
    """Each call of unit.record(at, kind, text, ...)."""
    for path in CENTRAL.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
                yield node


def recorded() -> Iterator[ast.expr]:
    """The kind in each of them."""
    return (call.args[1] for call in _records())


def _blanked(node: ast.expr) -> str | None:
    """A sentence of the code with X in its blanks; None for what is no literal."""
    match node:
        case ast.Constant(value=str(words)):
            return words
        case ast.JoinedStr(values=values):
            return "".join(str(value.value) if isinstance(value, ast.Constant) else "X" for value in values)
        case _:
            return None


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
        "1 point: in service.",
        "1 event.",
        "Something that a newer Central says.",
    ]
    assert [answer(told) for told in orders] == [
        "CP001：已停用。",
        "3 个充电桩：已恢复服务。CP001, CP002 尚未确认，连接后会再次下发。",
        "3 个充电桩：从下一个充电会话起每 kWh 0.45。",
        "会话 s1 即将结束。",
        "1 个充电桩：已恢复服务。",
        "共 1 条事件。",
        "Something that a newer Central says.",
    ]


def test_central_still_says_what_is_told() -> None:
    """The English of those answers, piece by piece, stands where Central makes them."""
    said = "".join(
        (CENTRAL / "handlers" / f"{name}.py").read_text(encoding="utf-8")
        for name in ("operating", "looking", "registrar")
    )
    pieces = {piece.strip(" .:") for text in ANSWERS for piece in re.split(r"\{\w+\}", text.en)}
    assert sorted(one for piece in pieces for one in piece.split(". ") if one.strip(" .:") not in said) == []


def test_english_events_are_shown_as_they_were_stored() -> None:
    assert told("P1 is claimed for D1.") == "P1 is claimed for D1."


@pytest.mark.usefixtures("in_chinese")
def test_every_sentence_of_an_event_is_told_in_chinese() -> None:
    said = {_blanked(call.args[2]) for call in _records()} - {None}
    assert len(said) >= 10
    assert [text for text in said if text != "X: X" and not re.search("[\u4e00-\u9fff]", told(str(text)))] == []
    assert [
        told(text)
        for text in (
            "P1 is FAULTY: over_current.",
            "P1 is disconnected: no heartbeat for 90 s.",
            "P1 charges for D1: Engine answered.",
            "The operator put P1 out of service.",
            "1406 Wh for 0.42, driver_stop.",
            "success: The charge ends; its ticket follows.",
            "cp_busy: P1 is busy with another car.",
            "Something that a newer Central says.",
        )
    ] == [
        "P1 故障：over_current。",
        "P1 已离线：90 秒没有心跳。",
        "P1 开始为 D1 充电：Engine 已应答。",
        "运营方将 P1 停用。",
        "1406 Wh，费用 0.42，用户停止。",
        "充电即将结束，随后出具账单。",
        "充电桩正在使用中（cp_busy：P1 is busy with another car）。",
        "Something that a newer Central says.",
    ]


def test_central_still_records_what_is_retold() -> None:
    said = "".join(path.read_text(encoding="utf-8") for path in (CENTRAL / "handlers").glob("*.py"))
    pieces = {piece.strip(" .:") for text in HAPPENINGS for piece in re.split(r"\{\w+\}", text.en)}
    assert sorted(piece for piece in pieces if piece not in said) == []
