"""A ticket on the screen, readable like a receipt, and the history that it can be read in again."""

from rich.cells import cell_len
from rich.text import Text

from common.messages import PastSession
from common.ui.shapes import cut, kwh, money, price, reason, span, when
from common.ui.terminal import Size
from common.words import driver as words
from driver.app import App
from driver.console.frame import Hint, column, pad, room
from driver.events import Ticket

_WIDEST_TICKET = 62
_ABOVE = 2
_LONGEST_ID = 20
_WHEN, _KWH, _COST, _TOOK = 21, 11, 10, 17
TICKET_HINTS = (
    Hint("Esc", words.DO_BACK),
    Hint("p", words.DO_POINTS),
    Hint("h", words.DO_HISTORY),
)
HISTORY_HINTS = (
    Hint("↑↓", words.DO_CHOOSE),
    Hint("Enter", words.DO_TICKET),
    Hint("r", words.DO_REFRESH),
    Hint("p", words.DO_POINTS),
    Hint("Esc", words.DO_BACK),
)


def ticket(app: App, size: Size) -> list[Text]:
    told = app.ticket
    if told is None:
        return []
    width = min(_WIDEST_TICKET, size.columns - 2)
    inside = width - 4
    point = app.offers.point(told.cp_id)
    name = "" if point is None else point.name or ""
    address = "" if point is None else point.address or ""
    still = told.started_at is not None and told.ended_at is None
    lines = [
        _row(words.LABEL_POINT(), f"{told.cp_id}  {name}".rstrip(), inside),
        *([_row(words.LABEL_ADDRESS(), address, inside)] if address else []),
        _row(words.LABEL_DRIVER(), told.driver_id, inside),
        _row(words.LABEL_SESSION(), told.session_id, inside),
        *_times(told, inside),
        None,
        _row(words.LABEL_ENERGY(), f"{kwh(told.energy_consumed_kwh)} kWh", inside, style="figure"),
        _row(words.LABEL_PRICE(), "" if told.price_per_kwh is None else price(told.price_per_kwh), inside),
        None,
        _row(words.LABEL_TOTAL(), money(told.total_cost), inside, style="money"),
    ]
    title = words.TICKET_OPEN() if still else words.TICKET_TITLE()
    box = _box(title, lines, width)
    left = max(0, (size.columns - width) // 2)
    above = max(0, (room(size) - len(box)) // 3)
    return [Text()] * above + [Text.assemble(" " * left, line) for line in box]


def _times(told: Ticket, inside: int) -> list[Text]:
    """Dates and reason, as far as they are known: a ticket made without the books has no dates."""
    lines = []
    if told.started_at is not None:
        lines.append(_row(words.LABEL_FROM(), when(told.started_at), inside))
    if told.ended_at is not None:
        lines.append(_row(words.LABEL_TO(), when(told.ended_at), inside))
        if told.started_at is not None:
            lines.append(_row(words.LABEL_TOOK(), span(told.ended_at - told.started_at), inside))
    if told.reason is not None:
        lines.append(_row(words.LABEL_ENDED(), reason(told.reason), inside))
    return lines


def _row(label: str, value: str, width: int, style: str = "") -> Text:
    told = cut(value, width - cell_len(label) - 2)
    gap = " " * (width - cell_len(label) - cell_len(told))
    return Text.assemble((label, "label"), gap, (told, style))


def _box(title: str, lines: list[Text | None], width: int) -> list[Text]:
    """None stands for a line across."""
    head = cut(f" {title} ", width - 6)
    top = Text.assemble(("┌──", "border"), (head, "title"), ("─" * (width - 4 - cell_len(head)) + "┐", "border"))
    across = Text(f"├{'─' * (width - 2)}┤", style="border")
    rows = [across if line is None else Text.assemble(("│ ", "border"), line, (" │", "border")) for line in lines]
    return [top, *rows, Text(f"└{'─' * (width - 2)}┘", style="border")]


def history(app: App, size: Size) -> list[Text]:
    past = app.past
    past.cursor.fit(len(past.sessions), room(size) - _ABOVE)
    lines = [_summary(app)]
    if not past.sessions:
        told = words.HISTORY_EMPTY if past.is_told and not app.is_paging else words.HISTORY_ASKED
        return [*lines, Text(), Text(f" {told}", style="quiet")]
    cursor = past.cursor
    rows = past.sessions[cursor.top : cursor.top + cursor.rows]
    ids = column([row.cp_id for row in rows] + [words.HEAD_POINT()], 6, _LONGEST_ID)
    rest = max(0, size.columns - 2 - _WHEN - ids - _KWH - _COST - 2 - _TOOK - 2)
    lines.append(_line(" ", _heads(), ids, rest, "label"))
    for place, row in enumerate(rows):
        chosen = cursor.top + place == cursor.index
        lines.append(_line("▸" if chosen else " ", _cells(row), ids, rest, "chosen" if chosen else ""))
    return lines


def _summary(app: App) -> Text:
    past = app.past
    told = Text.assemble(" ", (words.HISTORY_TITLE(), "title"))
    if past.sessions:
        count = words.HISTORY_COUNT(n=len(past.sessions), energy=kwh(past.energy_kwh), cost=money(past.cost))
        told.append(f"  {count}", style="figure")
    if past.sessions and (app.is_paging or past.was_full):
        told.append(f"  {words.HISTORY_ASKED if app.is_paging else words.HISTORY_MORE}", style="quiet")
    return told


def _heads() -> tuple[str, ...]:
    heads = (
        words.HEAD_STARTED,
        words.HEAD_POINT,
        words.HEAD_KWH,
        words.HEAD_COST,
        words.HEAD_TOOK,
        words.HEAD_ENDED,
    )
    return tuple(head() for head in heads)


def _cells(past: PastSession) -> tuple[str, ...]:
    took = words.STILL_RUNS() if past.ended_at is None else span(past.ended_at - past.started_at)
    return (
        when(past.started_at),
        past.cp_id,
        kwh(past.energy_consumed_kwh),
        money(past.total_cost),
        took,
        reason(past.reason),
    )


def _line(mark: str, cells: tuple[str, ...], ids: int, rest: int, style: str) -> Text:
    started, cp_id, energy, cost, took, ended = cells
    figures = f"{pad(energy, _KWH, right=True)}{pad(cost, _COST, right=True)}"
    told = f"{pad(started, _WHEN)}{pad(cp_id, ids)}{figures}  {pad(took, _TOOK)}  {pad(ended, rest)}"
    return Text(f"{mark} {told}", style=style)
