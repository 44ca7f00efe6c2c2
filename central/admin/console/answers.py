"""
How answers look to the operator. Rich stays in this file.

Names come from the network: nothing of them is read as markup, and what does not print is left out.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TextIO

from pydantic import JsonValue
from rich.console import Console
from rich.table import Table
from rich.text import Text

from common.ui.shapes import printable, when
from common.words import Text as Words
from common.words import admin as words
from common.words.admin_cli import NOTHING
from common.words.events import told

Entry = Mapping[str, JsonValue]


def _word(value: JsonValue) -> str:
    return "" if value is None else str(value)


def _number(places: int) -> Callable[[JsonValue], str]:
    def show(value: JsonValue) -> str:
        return f"{value:.{places}f}" if isinstance(value, int | float) and not isinstance(value, bool) else ""

    return show


def _when(value: JsonValue) -> str:
    return when(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _flag(value: JsonValue) -> str:
    return words.T_YES() if value is True else ""


#: List by list: the column's head, the entry's field, how it is shown.
Column = tuple[Words, str, Callable[[JsonValue], str]]
COLUMNS: dict[str, tuple[Column, ...]] = {
    "charging_points": (
        (words.POINT, "cp_id", _word),
        (words.T_STATUS, "status", _word),
        (words.T_DETAIL, "detail", _word),
        (words.T_OUT, "out_of_service", _flag),
        (words.PRICE, "price_per_kwh", _word),
        (words.T_MOST, "max_charging_rate_kw", _word),
        (words.DRIVER, "driver_id", _word),
        (words.SESSION, "session_id", _word),
        (words.KWH, "energy_consumed_kwh", _number(3)),
        (words.COST, "total_cost", _number(2)),
        (words.KW, "charging_rate", _number(1)),
        (words.T_SEEN, "last_seen_at", _when),
        (words.NAME, "name", _word),
    ),
    "sessions": (
        (words.SESSION, "session_id", _word),
        (words.POINT, "cp_id", _word),
        (words.DRIVER, "driver_id", _word),
        (words.T_STATUS, "status", _word),
        (words.STARTED, "started_at", _when),
        (words.T_ENDED, "ended_at", _when),
        (words.KWH, "energy_consumed_kwh", _number(3)),
        (words.PRICE, "price_per_kwh", _word),
        (words.COST, "total_cost", _number(2)),
        (words.REASON_HEAD, "reason", _word),
    ),
    "drivers": (
        (words.DRIVER, "driver_id", _word),
        (words.FIRST_SEEN, "first_seen_at", _when),
        (words.LAST_SEEN, "last_seen_at", _when),
        (words.TIMES, "sessions", _word),
        (words.KWH, "energy_consumed_kwh", _number(3)),
        (words.COST, "total_cost", _number(2)),
    ),
    "credentials": (
        (words.T_WHOSE, "role", _word),
        (words.T_ID, "id", _word),
        (words.T_ENROLLED, "created_at", _when),
        (words.T_BY, "created_by", _word),
        (words.T_CHANGED, "changed_at", _when),
        (words.T_BY, "changed_by", _word),
        (words.T_OLD_UNTIL, "old_counts_until", _when),
        (words.T_REVOKED, "revoked_at", _when),
    ),
}
_STORY = ("cp_id", "session_id", "driver_id", "message_id")


def show_json(data: Entry, out: TextIO) -> None:
    out.write(json.dumps(data) + "\n")
    out.flush()


def show_list(name: str, data: Entry, out: TextIO) -> None:
    """A table; an empty list says so instead."""
    entries = _entries(data.get(name))
    console = _console(out)
    if not entries:
        console.print(Text(NOTHING()))
        return
    table = Table(box=None, pad_edge=False)
    for head, _, show in COLUMNS[name]:
        table.add_column(head(), justify="left" if show in (_word, _when, _flag) else "right", overflow="fold")
    for entry in entries:
        table.add_row(*(Text(printable(show(entry.get(field)))) for _, field, show in COLUMNS[name]))
    console.print(table)


def show_story(data: Entry, out: TextIO) -> None:
    """The events of a trace, one a line, in order."""
    console = _console(out)
    for event in _entries(data.get("events")):
        story = " ".join(f"{name}={event[name]}" for name in _STORY if event.get(name) is not None)
        line = f"{_when(event.get('at'))}  {_word(event.get('kind')):18} {told(_word(event.get('text')))}  [{story}]"
        console.print(Text(printable(line)))


def show_figures(data: Entry, out: TextIO) -> None:
    """Nested figures as lines `path  value`."""
    lines = list(_figures(data, ""))
    width = max((len(path) for path, _ in lines), default=0)
    console = _console(out)
    for path, value in lines:
        console.print(Text(printable(f"{path:{width}}  {value}")))


def show_sentence(sentence: str, out: TextIO) -> None:
    _console(out).print(Text(printable(sentence)))


def _figures(value: JsonValue | Entry, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _figures(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for place, inner in enumerate(value, 1):
            yield from _figures(inner, f"{path}.{place}")
    else:
        yield path, "-" if value in (None, [], {}) else _word(value if not isinstance(value, Mapping) else None)


def _entries(value: JsonValue) -> Sequence[Entry]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _console(out: TextIO) -> Console:
    console = Console(file=out, highlight=False, markup=False, emoji=False, soft_wrap=True)
    if not console.is_terminal:
        # A pipe has no width: a table folded to 80 columns serves nobody.
        console.width = 400
    return console
