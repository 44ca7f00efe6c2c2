"""The board of points: a card each, or a table where there are more points than cards fit."""

from collections.abc import Sequence

from rich.cells import cell_len

from central.admin.console import cells
from central.admin.console.canvas import Column, Line, filled, fit, pad, pieces, rule, table
from central.admin.grammar import sort_name
from central.admin.layout import CARD_HEIGHT, Area
from central.admin.rows import Row, number, status_of, word
from central.admin.wanted import Wanted
from common.messages import PointStatus
from common.ui import shapes
from common.ui.shapes import cut
from common.ui.theme import STATUS_STYLE
from common.words import admin as words
from common.words.points import STATUS

_BAR_WIDTH = 10
_LONGEST_NAME = 40
#: From these widths on there is room for names, and for a bar of progress.
_ROOMY, _WIDE = 98, 112
_GAP = 1


def points(wanted: Wanted, now: float) -> list[Line]:
    area, known = wanted.layout.points, wanted.known
    shown = known.points[: wanted.layout.point_rows]
    if known.total is None:
        body: Sequence[Line] = [[(words.WAITING(), "quiet")]]
    elif not shown:
        chosen = wanted.chosen
        body = [[((words.NO_POINT_FITS if chosen.search or chosen.states else words.NO_POINTS)(), "quiet")]]
    elif wanted.layout.as_cards:
        body = _cards(shown, area, wanted.layout.card_columns, now)
    else:
        body = table(_columns(area.width, now), shown, area.width)
    return filled([rule(words.POINTS(), _notes(wanted, len(shown)), area.width), *body], area.width, area.height)


def _notes(wanted: Wanted, shown: int) -> list[str]:
    """Which of them, and in which order."""
    if wanted.known.total is None:
        return []
    chosen, first, total = wanted.chosen, wanted.offset + 1, f"{wanted.known.total:,}"
    notes = (
        [words.RANGE(first=f"{first:,}", last=f"{first + shown - 1:,}", total=total)]
        if shown
        else [words.NONE_OF(total=total)]
    )
    notes.append((words.SORTED_DOWN if chosen.descending else words.SORTED)(key=sort_name(chosen.sort)))
    if chosen.states:
        notes.append(" ".join(STATUS[state]() for state in chosen.states))
    if chosen.search:
        notes.append(words.SEARCHED(text=chosen.search))
    return notes


# -- a table


def _columns(width: int, now: float) -> list[Column]:
    """All of them where there is room; a narrow screen does without names and the bar."""
    is_roomy, is_wide = width >= _ROOMY, width >= _WIDE
    found = [
        cells.text(words.POINT(), "cp_id", 14 if is_roomy else 12, "id"),
        cells.status_column(),
        cells.figure(words.PRICE(), "price_per_kwh", 7, shapes.price),
        cells.text(words.DRIVER(), "driver_id", 10),
        cells.figure(words.KWH(), "energy_consumed_kwh", 8, shapes.kwh),
        cells.figure(words.COST(), "total_cost", 7, shapes.money, "money"),
        cells.figure(words.KW(), "charging_rate", 5, shapes.kw),
    ]
    if is_wide:
        found.append(cells.progress_column(_BAR_WIDTH))
    elif is_roomy:
        found.append(cells.figure("%", "progress", 4, lambda value: f"{value:.0f}"))
    found.append(cells.ago_column(words.SEEN(), "last_seen_at", now, 10))
    taken = sum(column.width + 1 for column in found)
    if is_roomy:
        found.insert(1, cells.text(words.NAME(), "name", min(_LONGEST_NAME, width - taken - 1)))
    return found


# -- cards


def _cards(shown: Sequence[Row], area: Area, columns: int, now: float) -> list[Line]:
    width = (area.width + _GAP) // columns - _GAP
    drawn = [_card(row, width, now) for row in shown]
    lines: list[Line] = []
    for first in range(0, len(drawn), columns):
        row = drawn[first : first + columns]
        for height in range(CARD_HEIGHT):
            line: Line = []
            for card in row:
                line += [*card[height], (" " * _GAP, "")]
            lines.append(line)
    return lines


def _card(row: Row, width: int, now: float) -> list[Line]:
    status = status_of(row)
    style = "border" if status is None else STATUS_STYLE[status]
    state = cut(word(row, "status"), cells.STATUS_WIDTH) if status is None else STATUS[status]()
    inside = width - 4
    seen_at = number(row, "last_seen_at")
    seen = words.NEVER_SEEN() if seen_at is None else words.SEEN_AGO(ago=cells.ago(seen_at, now))
    return [
        _edge("╭", "╮", [(cut(word(row, "cp_id"), width - 18), "id")], [(state, style)], width),
        *(_inside(line, inside) for line in _content(row, status, inside)),
        _edge("╰", "╯", [], [(seen, "quiet")], width),
    ]


def _edge(begin: str, end: str, left: Line, right: Line, width: int) -> Line:
    line: Line = [(f"{begin}─", "border")]
    if left:
        line += [(" ", ""), *left, (" ", "")]
    tail: Line = [(" ", ""), *right, (" ", ""), (f"─{end}", "border")]
    room = width - sum(cell_len(text) for text, _ in (*line, *tail))
    return pad([*line, ("─" * max(0, room), "border"), *tail], width)


def _inside(line: Line, width: int) -> Line:
    return [("│ ", "border"), *pad(line, width), (" │", "border")]


def _content(row: Row, status: PointStatus | None, width: int) -> list[Line]:
    cost = number(row, "price_per_kwh")
    price = "" if cost is None else words.A_KWH(price=shapes.price(cost))
    first: Line = _two(word(row, "name"), "", price, "quiet", width)
    fault = word(row, "fault_type") if status is PointStatus.FAULTY else ""
    if word(row, "session_id"):
        return [[(cut(fault, width), "bad")] if fault else first, *_session(row, width)]
    most = number(row, "max_charging_rate_kw")
    power = "" if most is None else words.UP_TO(kw=f"{most:g}")
    kind = word(row, "connector_type")
    third = [(cut(word(row, "address"), width), "quiet")]
    if fault:
        detail = word(row, "detail")
        more: Line = [(cut(detail, width), "quiet")] if detail != fault else []
        return [first, [(cut(fault, width), "bad")], more, third]
    if status is PointStatus.STOPPED:
        return [
            first,
            [(cut(words.OUT_OF_SERVICE(), width), "warning")],
            _two(kind, "quiet", power, "quiet", width),
            third,
        ]
    return [first, _two(kind, "quiet", power, "quiet", width), third, []]


def _session(row: Row, width: int) -> list[Line]:
    if word(row, "session_status") == "CLAIMED":
        return [_two(word(row, "driver_id"), "", words.STARTING(), "quiet", width), [], []]
    power, progress = number(row, "charging_rate") or 0.0, number(row, "progress") or 0.0
    energy, cost = number(row, "energy_consumed_kwh") or 0.0, number(row, "total_cost") or 0.0
    return [
        _two(word(row, "driver_id"), "", f"{shapes.kw(power)} kW", "figure", width),
        [*pieces(shapes.bar(progress / 100, max(0, width - 5))), (f"{progress:4.0f}%", "figure")],
        _two(f"{shapes.kwh(energy)} kWh", "figure", shapes.money(cost), "money", width),
    ]


def _two(left: str, left_style: str, right: str, right_style: str, width: int) -> Line:
    """One at each end; the left one gives way."""
    end = cut(right, width)
    room = max(0, width - cell_len(end))
    return [(fit(left, max(0, room - 1)), left_style), (" " * min(1, room), ""), (end, right_style)]
