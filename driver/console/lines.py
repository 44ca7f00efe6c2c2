"""
What the person or the program in front of the driver sees, on standard output. Rich stays in this file.

Nothing from the network is read as markup, and what does not print is left out.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TextIO

from pydantic import BaseModel
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from common.codec import encode
from common.messages import (
    AvailableCpsResponse,
    ChargeCompletion,
    ChargeRequestResponse,
    ChargingData,
    ChargingHistoryResponse,
    ChargingStatusUpdate,
    Message,
    StopChargingResponse,
)
from driver.events import LateStart, Note, Progress, Show, Shown, Ticket, Unanswered

#: A pipe has no width: a table folded to 80 columns serves nobody.
_PIPE_WIDTH = 400


class Screen(Protocol):
    """Where events are shown."""

    def show(self, event: Shown) -> None: ...

    def close(self) -> None: ...


def say_listening(driver_id: str, out: TextIO) -> None:
    """The line that other programs wait for, whatever the form of the events."""
    out.write(f"ev-driver {driver_id} listening\n")
    out.flush()


class JsonScreen:
    """Every event is one JSON line."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def show(self, event: Shown) -> None:
        match event:
            case Show(message):
                self._write(encode(message).decode())
            case LateStart(response):
                self._write(encode(response).decode())
            case Unanswered(request):
                told = {"type": "timeout", "request": request.type, "message_id": request.message_id}
                self._write(json.dumps(told | {"cp_id": getattr(request, "cp_id", None)}))
            case BaseModel():
                self._write(event.model_dump_json())
            case Note():
                pass  # a program has the message itself

    def close(self) -> None:
        pass

    def _write(self, line: str) -> None:
        self._out.write(f"{line}\n")
        self._out.flush()


class HumanScreen:
    """Plain lines; on a terminal the progress of a charge is one line that changes."""

    def __init__(self, out: TextIO) -> None:
        self._console = Console(file=out, highlight=False, markup=False, emoji=False, soft_wrap=True)
        if not self._console.is_terminal:
            self._console.width = _PIPE_WIDTH
        self._live: Live | None = None
        #: Status and progress in percent of each running session.
        self._known: dict[str, tuple[str, float]] = {}

    def show(self, event: Shown) -> None:
        match event:
            case Show(message):
                self._show_message(message)
            case LateStart(response):
                self._say(f"{response.cp_id or 'A point'} started late, after no answer; the charge is being stopped.")
            case Note(sentence):
                self._say(sentence)
            case Progress():
                self._progress(event, "")
            case Ticket():
                self._say(_ticket(event))
            case Unanswered():
                pass  # the errand's own sentence says more

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _show_message(self, message: Message) -> None:
        match message:
            case AvailableCpsResponse() if message.succeeded:
                self._print(_points(message) if message.charging_points else Text("No charging points."))
            case ChargingHistoryResponse() if message.succeeded:
                self._print(_sessions(message) if message.sessions else Text("No sessions."))
            case ChargeRequestResponse() if message.succeeded:
                price = "" if message.price_per_kwh is None else f" at {message.price_per_kwh:f} a kWh"
                self._say(f"{message.cp_id or 'The point'} charges{price}; session {message.session_id}.")
            case StopChargingResponse() if message.succeeded:
                self._say(f"The charge is being stopped; session {message.session_id or 'as asked'}.")
            case ChargingData():
                self._progress(message, f", {message.charging_rate:.1f} kW")
            case ChargingStatusUpdate():
                self._note_status(message)
            case ChargeCompletion():
                self._known.pop(message.session_id, None)
                told = f"{_figures(message)} ({message.reason})"
                self._say(f"{message.cp_id} has ended: {told}; session {message.session_id}.")

    def _note_status(self, update: ChargingStatusUpdate) -> None:
        before, _ = self._known.get(update.session_id, ("", 0.0))
        self._known[update.session_id] = (update.status, update.progress)
        if update.status != before and before:
            self._say(f"{update.cp_id} is now {update.status}; session {update.session_id}.")

    def _progress(self, reading: ChargingData | Progress, rate: str) -> None:
        _, percent = self._known.get(reading.session_id, ("", 0.0))
        done = f", {percent:.0f} %" if percent else ""
        line = f"{reading.cp_id}: {_figures(reading)}{rate}{done}"
        if not self._console.is_terminal:
            self._print(Text(line))
            return
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(Text(line), refresh=True)

    def _say(self, line: str) -> None:
        self.close()
        self._print(Text(_printable(line)))

    def _print(self, what: Table | Text) -> None:
        self._console.print(what)


def _figures(account: ChargingData | ChargeCompletion | Progress | Ticket) -> str:
    return f"{account.energy_consumed_kwh:.3f} kWh, {account.total_cost:.2f}"


def _ticket(ticket: Ticket) -> str:
    price = "" if ticket.price_per_kwh is None else f" at {ticket.price_per_kwh:f}"
    lines = [
        f"Ticket {ticket.session_id}",
        f"  point   {ticket.cp_id}",
        f"  energy  {ticket.energy_consumed_kwh:.3f} kWh{price}",
        f"  cost    {ticket.total_cost:.2f}",
    ]
    if ticket.started_at is not None:
        lines.append(f"  from    {_when(ticket.started_at)} to {_when(ticket.ended_at)}")
    if ticket.reason is not None:
        lines.append(f"  ended   {ticket.reason}")
    return "\n".join(lines)


def _points(response: AvailableCpsResponse) -> Table:
    rows = [
        (
            point.cp_id,
            point.status,
            f"{point.price_per_kwh:f}",
            f"{point.max_charging_rate_kw:g}",
            point.name or "",
            point.address or "",
        )
        for point in response.charging_points
    ]
    caption = None if response.data is None else response.message
    return _table(("point", "status", "a kWh", "kW", "name", "address"), rows, caption, numbers={2, 3})


def _sessions(response: ChargingHistoryResponse) -> Table:
    rows = [
        (
            past.session_id,
            past.cp_id,
            past.status,
            _when(past.started_at),
            _when(past.ended_at),
            f"{past.energy_consumed_kwh:.3f}",
            f"{past.total_cost:.2f}",
            past.reason or "",
        )
        for past in response.sessions
    ]
    heads = ("session", "point", "status", "started", "ended", "kWh", "cost", "reason")
    return _table(heads, rows, None, numbers={5, 6})


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], caption: str | None, *, numbers: set[int]) -> Table:
    table = Table(box=None, pad_edge=False, caption=None if caption is None else Text(_printable(caption)))
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_printable(cell)) for cell in row))
    return table


def _when(timestamp: float | None) -> str:
    return "" if timestamp is None else datetime.fromtimestamp(timestamp).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
