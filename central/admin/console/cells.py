"""Columns of the tables: each value of a row as a cell of exact width."""

from collections.abc import Callable

from central.admin.console.canvas import Column, Line, fit, pieces
from central.admin.rows import Row, number, status_of, word
from common.messages import Reason
from common.ui import shapes
from common.ui.theme import STATUS_STYLE
from common.words import admin as words
from common.words.points import STATUS

STATUS_WIDTH = 12
ID_WIDTH = 36
_REASONS = {reason.value: reason for reason in Reason}
Figure = Callable[[float], str]


def text(head: str, name: str, width: int, style: str = "") -> Column:
    return Column(head, width, lambda row: [(fit(word(row, name), width), style)])


def figure(head: str, name: str, width: int, show: Figure, style: str = "") -> Column:
    """Right-aligned; empty where there is none."""

    def cell(row: Row) -> Line:
        value = number(row, name)
        return [(fit("" if value is None else show(value), width, right=True), style)]

    return Column(head, width, cell, right=True)


def status_column() -> Column:
    return Column(words.STATUS_HEAD(), STATUS_WIDTH, lambda row: [status_cell(row, STATUS_WIDTH)])


def status_cell(row: Row, width: int) -> tuple[str, str]:
    status = status_of(row)
    return (
        (fit(word(row, "status"), width), "")
        if status is None
        else (fit(STATUS[status](), width), STATUS_STYLE[status])
    )


def progress_column(bar_width: int) -> Column:
    width = bar_width + 5

    def cell(row: Row) -> Line:
        value = number(row, "progress")
        return [(" " * width, "")] if value is None else progress(value, bar_width)

    return Column(words.PROGRESS(), width, cell)


def progress(value: float, bar_width: int) -> Line:
    return [*pieces(shapes.bar(value / 100, bar_width)), (f"{value:4.0f}%", "figure")]


def ago_column(head: str, name: str, now: float, width: int) -> Column:
    def cell(row: Row) -> Line:
        value = number(row, name)
        return [(fit(ago(value, now), width, right=True), "quiet")]

    return Column(head, width, cell, right=True)


def ago(value: float | None, now: float) -> str:
    return shapes.ago(None if value is None else max(0.0, now - value))


def when_column(head: str, name: str) -> Column:
    return Column(head, 19, lambda row: [(fit(shapes.when(number(row, name)), 19), "quiet")])


def took_column(now: float, width: int) -> Column:
    def cell(row: Row) -> Line:
        began, ended = number(row, "started_at"), number(row, "ended_at")
        took = "" if began is None else shapes.span((now if ended is None else ended) - began)
        return [(fit(took, width, right=True), "")]

    return Column(words.TOOK(), width, cell, right=True)


def state_column(width: int) -> Column:
    """A session's state."""

    def cell(row: Row) -> Line:
        state = word(row, "status")
        known = words.SESSION_STATE.get(state)
        return [(fit(state if known is None else known(), width), "good" if state == "CHARGING" else "")]

    return Column(words.STATUS_HEAD(), width, cell)


def reason_column(width: int) -> Column:
    def cell(row: Row) -> Line:
        said = word(row, "reason")
        known = _REASONS.get(said)
        return [(fit(said if known is None else shapes.reason(known), width), "quiet")]

    return Column(words.REASON_HEAD(), width, cell)
