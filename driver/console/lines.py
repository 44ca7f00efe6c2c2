"""
What commands write on standard output, for a person or for a program.

Nothing from the network is read as markup, and what does not print is left out.
"""

import json
import logging
from decimal import Decimal
from typing import Protocol, TextIO

from pydantic import BaseModel
from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
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
from common.ui.shapes import bar, kw, kwh, money
from common.ui.theme import THEME
from common.words import driver as words
from driver.console.tables import points, reason_word, sessions, status_word, ticket
from driver.events import LateStart, Note, Progress, Show, Shown, Ticket, Unanswered

#: A pipe has no width: a table folded to 80 columns serves nobody.
_PIPE_WIDTH = 400
_WIDEST_BAR, _NARROWEST_BAR = 40, 6
_FULL = 100.0


class Screen(Protocol):
    """Where events are shown."""

    def show(self, event: Shown) -> None: ...

    def touch(self) -> None:
        """Something was heard or said: what shows more than events may look anew."""

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

    def touch(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _write(self, line: str) -> None:
        self._out.write(f"{line}\n")
        self._out.flush()


class HumanScreen:
    """Plain lines; on a terminal the progress of a charge is one line with a bar that changes."""

    def __init__(self, out: TextIO, limit_kwh: Decimal | None = None) -> None:
        self._console = Console(
            file=out, theme=THEME, highlight=False, markup=False, emoji=False, soft_wrap=True, legacy_windows=False
        )
        if not self._console.is_terminal:
            self._console.width = _PIPE_WIDTH
        self._limit_kwh = limit_kwh
        #: Whether a line can change.
        self._is_live = self._console.is_terminal and not self._console.is_dumb_terminal
        #: Whether the line that changes stands there.
        self._is_begun = False
        #: Status and progress in percent of each running session.
        self._known: dict[str, tuple[str, float]] = {}

    def show(self, event: Shown) -> None:
        match event:
            case Show(message):
                self._show_message(message)
            case LateStart(response):
                self._say(words.STARTED_LATE(cp=response.cp_id or words.A_POINT))
            case Note(sentence):
                self._say(sentence)
            case Progress():
                self._progress(event, "")
            case Ticket():
                self._say(ticket(event))
            case Unanswered():
                pass  # the errand's own sentence says more

    def touch(self) -> None:
        pass

    def close(self) -> None:
        """Leave the line of the progress as if it had never been there."""
        if self._is_begun:
            self._is_begun = False
            self._rewind()

    def _show_message(self, message: Message) -> None:
        match message:
            case AvailableCpsResponse() if message.succeeded:
                self._print(points(message) if message.charging_points else Text(words.NO_POINTS()))
            case ChargingHistoryResponse() if message.succeeded:
                self._print(sessions(message) if message.sessions else Text(words.NO_SESSIONS()))
            case ChargeRequestResponse() if message.succeeded:
                price = "" if message.price_per_kwh is None else words.AT_A_PRICE(price=f"{message.price_per_kwh:f}")
                self._say(words.CHARGES(cp=message.cp_id or words.THE_POINT, price=price, session=message.session_id))
            case StopChargingResponse() if message.succeeded:
                self._say(words.IS_STOPPING(session=message.session_id or words.AS_ASKED))
            case ChargingData():
                self._progress(message, f", {kw(message.charging_rate)} kW")
            case ChargingStatusUpdate():
                self._note_status(message)
            case ChargeCompletion():
                self._known.pop(message.session_id, None)
                told = {"figures": _figures(message), "reason": reason_word(message.reason)}
                self._say(words.HAS_ENDED(cp=message.cp_id, session=message.session_id, **told))

    def _note_status(self, update: ChargingStatusUpdate) -> None:
        before, _ = self._known.get(update.session_id, ("", 0.0))
        self._known[update.session_id] = (update.status, update.progress)
        if update.status != before and before:
            self._say(words.IS_NOW(cp=update.cp_id, status=status_word(update.status), session=update.session_id))

    def _progress(self, reading: ChargingData | Progress, rate: str) -> None:
        _, percent = self._known.get(reading.session_id, ("", 0.0))
        line = f"{reading.cp_id}: {_figures(reading)}{rate}"
        if self._limit_kwh and self._is_live:
            # The limit is known here; without live news nobody tells the percent.
            percent = min(_FULL, _FULL * float(reading.energy_consumed_kwh / self._limit_kwh))
        if percent:
            line = f"{line}, {percent:.0f} %"
        if self._is_live:
            self._rewind()
            self._console.print(self._with_bar(line, percent / _FULL), end="", soft_wrap=False, no_wrap=True)
            self._console.file.flush()
            self._is_begun = True
        else:
            self._print(Text(line))

    def make_room(self) -> None:
        """For the log, which writes to the same terminal: its lines stand above the one that changes."""
        for handler in logging.getLogger().handlers:
            handler.addFilter(self._step_aside)

    def _step_aside(self, record: logging.LogRecord) -> bool:
        del record
        self.close()
        return True

    def _with_bar(self, line: str, share: float) -> Text:
        """As wide as there is room, and never a second line: that one would stay."""
        room = self._console.width - 1
        width = min(_WIDEST_BAR, room - len(line) - 1)
        told = Text(line) if width < _NARROWEST_BAR else Text.assemble(bar(share, width), " ", line)
        told.truncate(room, overflow="ellipsis")
        return told

    def _rewind(self) -> None:
        self._console.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
        self._console.file.flush()

    def _say(self, line: str) -> None:
        self.close()
        self._print(Text("".join(c if c.isprintable() or c == "\n" else " " for c in line)))

    def _print(self, what: Table | Text) -> None:
        self._console.print(what)


def _figures(account: ChargingData | ChargeCompletion | Progress) -> str:
    return f"{kwh(account.energy_consumed_kwh)} kWh, {money(account.total_cost)}"
