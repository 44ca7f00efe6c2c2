"""Sessions, drivers, events, errors: lists that go on for pages."""

from collections.abc import Sequence

from central.admin.console import cells
from central.admin.console.canvas import Column, Line, filled, fit, pad, rule, table, width_of
from central.admin.known import Notice, Pages
from central.admin.layout import Area
from central.admin.rows import Row, count, number, word
from central.admin.wanted import Wanted
from common.ui import shapes
from common.ui.shapes import cut
from common.words import Text
from common.words import admin as words
from common.words.events import kind

_CLOCK_WIDTH, _KIND_WIDTH, _LEVEL_WIDTH, _POINT_WIDTH = 8, 16, 8, 12
_GRAVE = {"WARNING": "warning", "ERROR": "bad", "CRITICAL": "bad"}
_BAD_KINDS = {"refused": "warning", "discrepancy": "bad", "quarantined": "bad", "fault_notification": "bad"}
_BAD_KINDS |= {"link_lost": "warning", "stop_cp": "warning", "resume_cp": "good", "completed": "good"}


def running(wanted: Wanted) -> list[Line]:
    area, pages = wanted.layout.running, wanted.known.running
    sums = wanted.known.stats.get("sessions")
    total = sum(count(sums, name) for name in ("CLAIMED", "CHARGING")) if isinstance(sums, dict) else len(pages.rows)
    columns = [
        cells.text(words.SESSION(), "session_id", cells.ID_WIDTH, "id"),
        cells.text(words.POINT(), "cp_id", 11),
        cells.text(words.DRIVER(), "driver_id", 9),
        _energy_or_start(8),
        cells.figure(words.COST(), "total_cost", 7, shapes.money, "money"),
        cells.figure(words.KW(), "charging_rate", 5, shapes.kw),
    ]
    body = _listed(pages, columns, area, words.NO_SESSIONS)
    return filled([rule(words.RUNNING(), [f"{total:,}"], area.width), *body], area.width, area.height)


def _energy_or_start(width: int) -> Column:
    """What was charged; of a request that waits for its point, that it does."""
    energy = cells.figure(words.KWH(), "energy_consumed_kwh", width, shapes.kwh)

    def cell(row: Row) -> Line:
        if word(row, "status") == "CLAIMED":
            return [(fit(words.STARTING(), width, right=True), "warning")]
        return energy.show(row)

    return Column(energy.head, width, cell, right=True)


def sessions(wanted: Wanted, now: float) -> list[Line]:
    area, pages = wanted.layout.sessions, wanted.known.sessions
    notes = [*([words.ONLY_RUNNING()] if wanted.only_open else []), *_page_notes(pages)]
    head = rule(words.SESSIONS(), notes, area.width)
    if area.lines_each == 1:
        return filled([head, *_listed(pages, _session_columns(now), area, words.NO_SESSIONS)], area.width, area.height)
    lines: list[Line] = []
    for row in pages.rows[: area.entries]:
        lines += _session_in_two(row, now, area.width)
    return filled([head, *(lines or [_empty(pages, words.NO_SESSIONS)])], area.width, area.height)


def _session_columns(now: float) -> list[Column]:
    return [
        cells.text(words.SESSION(), "session_id", cells.ID_WIDTH, "id"),
        cells.text(words.POINT(), "cp_id", _POINT_WIDTH),
        cells.text(words.DRIVER(), "driver_id", 12),
        cells.state_column(9),
        cells.figure(words.KWH(), "energy_consumed_kwh", 9, shapes.kwh),
        cells.figure(words.COST(), "total_cost", 8, shapes.money, "money"),
        cells.when_column(words.STARTED(), "started_at"),
        cells.took_column(now, 13),
        cells.figure(words.PRICE(), "price_per_kwh", 7, shapes.price),
        cells.figure(words.KW(), "charging_rate", 6, shapes.kw),
        cells.reason_column(26),
    ]


def _session_in_two(row: Row, now: float, width: int) -> list[Line]:
    first = table(
        [
            cells.text("", "cp_id", _POINT_WIDTH),
            cells.text("", "driver_id", 12),
            cells.state_column(9),
            cells.figure("", "energy_consumed_kwh", 9, shapes.kwh),
            cells.figure("", "total_cost", 8, shapes.money, "money"),
            cells.when_column("", "started_at"),
        ],
        [row],
        width,
    )[1:]
    second = [
        ("  ", ""), (fit(word(row, "session_id"), cells.ID_WIDTH), "id"), (" ", ""),
        *cells.took_column(now, 13).show(row), ("  ", ""), *cells.reason_column(26).show(row),
    ]  # fmt: skip
    return [*first, pad(second, width)]


def drivers(wanted: Wanted, now: float) -> list[Line]:
    area, pages = wanted.layout.drivers, wanted.known.drivers
    columns = [
        cells.text(words.DRIVER(), "driver_id", 24, "id"),
        cells.figure(words.TIMES(), "sessions", 8, lambda value: f"{value:,.0f}"),
        cells.figure(words.KWH(), "energy_consumed_kwh", 12, shapes.kwh),
        cells.figure(words.COST(), "total_cost", 11, shapes.money, "money"),
        cells.ago_column(words.LAST_SEEN(), "last_seen_at", now, 12),
        cells.when_column(words.FIRST_SEEN(), "first_seen_at"),
    ]
    body = _listed(pages, columns, area, words.NO_DRIVERS)
    return filled([rule(words.DRIVERS(), _page_notes(pages), area.width), *body], area.width, area.height)


def _listed(pages: Pages, columns: Sequence[Column], area: Area, nothing: Text) -> list[Line]:
    if not pages.rows:
        return [_empty(pages, nothing)]
    return table(columns, pages.rows[: area.rows], area.width)


def _empty(pages: Pages, nothing: Text) -> Line:
    return [(nothing() if pages.loaded else words.WAITING(), "quiet")]


def _page_notes(pages: Pages) -> list[str]:
    number_of = len(pages.before) + 1
    more = pages.following is not None
    return [words.PAGE_OF(n=number_of)] if more or number_of > 1 else []


# -- events and errors: their ids are whole, so that `trace` can take them from the screen


def events(wanted: Wanted) -> list[Line]:
    area, known = wanted.layout.events, wanted.known
    shown = (known.older.rows if wanted.is_back_in_time else known.events)[: area.entries]
    notes = _page_notes(known.older) if wanted.is_back_in_time else []
    lines = [line for row in shown for line in event(row, area.width, two=area.lines_each > 1)]
    waits = known.newest is None
    body = lines or [[((words.WAITING if waits else words.NO_EVENTS)(), "quiet")]]
    return filled([rule(words.EVENTS(), notes, area.width), *body], area.width, area.height)


def event(row: Row, width: int, *, two: bool) -> list[Line]:
    name = word(row, "kind")
    line: Line = [
        (fit(shapes.clock(number(row, "at")), _CLOCK_WIDTH), "quiet"), (" ", ""),
        (fit(kind(name), _KIND_WIDTH), _BAD_KINDS.get(name, "")), (" ", ""),
    ]  # fmt: skip
    return _with_id(line, word(row, "text"), word(row, "message_id") or word(row, "session_id"), width, two=two)


def errors(wanted: Wanted) -> list[Line]:
    area, known = wanted.layout.errors, wanted.known
    told = known.complaints()
    first = wanted.errors_from
    shown = told[first : first + area.entries]
    notes = [words.RANGE(first=first + 1, last=first + len(shown), total=len(told))] if len(told) > area.entries else []
    lines = [line for notice in shown for line in _notice(notice, area.width, two=area.lines_each > 1)]
    body = lines or [[(words.NO_ERRORS(), "quiet")]]
    return filled([rule(words.ERRORS(), notes, area.width), *body], area.width, area.height)


def _notice(notice: Notice, width: int, *, two: bool) -> list[Line]:
    level = words.LEVEL.get(notice.level)
    line: Line = [
        (fit(shapes.clock(notice.at), _CLOCK_WIDTH), "quiet"), (" ", ""),
        (fit(notice.level.lower() if level is None else level(), _LEVEL_WIDTH), _GRAVE.get(notice.level, "")), (" ", ""),
    ]  # fmt: skip
    return _with_id(line, notice.text, notice.message_id, width, two=two)


def _with_id(line: Line, text: str, story: str, width: int, *, two: bool) -> list[Line]:
    indent = width_of(line)
    if not two:
        room = max(0, width - indent - cells.ID_WIDTH - 1)
        return [[*line, (fit(text, room), ""), (" ", ""), (cut(story, cells.ID_WIDTH), "id")]]
    under: Line = [(" " * (_CLOCK_WIDTH + 1), ""), (cut(story, width - _CLOCK_WIDTH - 1), "id")]
    return [[*line, (cut(text, max(0, width - indent)), "")], under]
