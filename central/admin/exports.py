"""
Lists of Central written out as CSV or JSON, page by page, for the command line and the console.

A file is written beside its place and put there whole at the end: whatever interrupts an export leaves no half of one,
and what stood there before. CSV is that of RFC 4180, in UTF-8; its times are ISO 8601 in UTC. A text that a spreadsheet
would take for a formula gets an apostrophe in front. JSON is one array, of the rows as Central sends them.
"""

import csv
import io
import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO, get_args

from pydantic import JsonValue

from common.disk import sync_folder
from common.errors import BadSetting, CannotStart
from common.ids import random_id
from common.messages.operating import Command
from common.words import exports as words
from common.words.system import why

Kind = Literal["sessions", "events"]
Form = Literal["csv", "json"]
Row = Mapping[str, JsonValue]
KINDS: tuple[Kind, ...] = get_args(Kind)
FORMS: tuple[Form, ...] = get_args(Form)
#: What Central is asked for each.
COMMANDS: Mapping[Kind, Command] = {"sessions": "list_sessions", "events": "list_events"}
#: As a file's name this is standard output.
STANDARD_OUTPUT = "-"

COLUMNS: Mapping[Kind, tuple[str, ...]] = {
    "sessions": (
        *("session_id", "cp_id", "driver_id", "status", "started_at", "ended_at", "energy_consumed_kwh"),
        *("price_per_kwh", "total_cost", "reason", "energy_limit_kwh", "origin", "request_id"),
    ),
    "events": ("id", "at", "kind", "text", "cp_id", "session_id", "driver_id", "message_id"),
}
_TIMES = frozenset({"at", "started_at", "ended_at"})
_PLACES = {"energy_consumed_kwh": 3, "energy_limit_kwh": 3, "total_cost": 2}
#: What begins a formula somewhere; the wide ones do so in East Asian spreadsheets.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - as said


class Export(ABC):
    """One list on its way out. Pages go to `take`; that there are no more must be told to `finish`."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self.rows = 0
        self.is_finished = False

    def take(self, rows: JsonValue) -> None:
        """Write a page; what is no row is passed over."""
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict):
                self._write(row)
                self.rows += 1

    @abstractmethod
    def _write(self, row: Row) -> None: ...

    def finish(self) -> None:
        self.is_finished = True


class CsvExport(Export):
    def __init__(self, out: TextIO, kind: Kind) -> None:
        super().__init__(out)
        self._columns = COLUMNS[kind]
        self._writer = csv.writer(out, lineterminator="\r\n")
        self._writer.writerow(self._columns)

    def _write(self, row: Row) -> None:
        self._writer.writerow([cell(column, row.get(column)) for column in self._columns])


class JsonExport(Export):
    def _write(self, row: Row) -> None:
        self._out.write(("[\n" if self.rows == 0 else ",\n") + json.dumps(dict(row), ensure_ascii=False))

    def finish(self) -> None:
        self._out.write("[]\n" if self.rows == 0 else "\n]\n")
        super().finish()


def form_of(file: str, told: Form | None) -> Form:
    """As told, else by the file's ending; CSV for standard output."""
    if told is not None:
        return told
    if file == STANDARD_OUTPUT:
        return "csv"
    for form in FORMS:
        if file.lower().endswith(f".{form}"):
            return form
    raise BadSetting(words.NEITHER_FORM(file=file))


@contextmanager
def exported(file: str, kind: Kind, form: Form, *, force: bool = False) -> Iterator[Export]:
    """
    An export to a file, or to standard output where it is "-".

    Raises BadSetting where the file is there already, and CannotStart where it cannot be written. Leaving the block
    without `finish` leaves no file.
    """
    try:
        if file == STANDARD_OUTPUT:
            with _standard_output() as out:
                yield _begin(out, kind, form)
        else:
            yield from _in_file(file, kind, form, force=force)
    except BrokenPipeError:
        raise  # who read it has seen enough
    except OSError as wrong:
        raise CannotStart(words.CANNOT_WRITE(file=file, why=why(wrong.strerror or str(wrong)))) from None


def _in_file(file: str, kind: Kind, form: Form, *, force: bool) -> Iterator[Export]:
    target = Path(os.path.realpath(file))
    _check(target, file, force=force)
    beside = target.with_name(f".ev-export.{random_id()}.part")
    try:
        with beside.open("x", encoding="utf-8", newline="") as out:
            export = _begin(out, kind, form)
            yield export
            out.flush()
            os.fsync(out.fileno())
        if export.is_finished:
            _check(target, file, force=force)
            beside.replace(target)
            sync_folder(target.parent)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _check(target: Path, file: str, *, force: bool) -> None:
    if target.exists() and not target.is_file():
        raise BadSetting(words.NO_ORDINARY_FILE(file=file))
    if target.exists() and not force:
        raise BadSetting(words.FILE_IS_THERE(file=file))


def _begin(out: TextIO, kind: Kind, form: Form) -> Export:
    return CsvExport(out, kind) if form == "csv" else JsonExport(out)


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    """In UTF-8 and with the line ends as they are written, whatever the terminal's own are."""
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    try:
        yield out
        out.flush()
    finally:
        with suppress(OSError):
            out.detach()


def cell(column: str, value: JsonValue) -> str:
    """One value as it stands in CSV."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float() if column in _TIMES:
            return _moment(value)
        case int() | float():
            return f"{value:.{_PLACES[column]}f}" if column in _PLACES else str(value)
        case str():
            return _harmless(value)
        case _:
            return _harmless(json.dumps(value, ensure_ascii=False))


def _moment(seconds: float) -> str:
    try:
        found = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return str(seconds)
    return f"{found.isoformat(timespec='milliseconds')}Z"


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
