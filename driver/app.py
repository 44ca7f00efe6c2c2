"""
The errand of the app: what its person looks at, and what becomes of the answers. Pure.

Requests, patience and tickets are the trip's; what each key does stands in controls.py, how it looks in console/.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from common.clock import Moment
from common.messages import (
    AvailableCpsResponse,
    ChargeCompletion,
    ChargeRequest,
    ChargeRequestResponse,
    ChargingData,
    ChargingHistoryResponse,
    ChargingStatusUpdate,
    Message,
    PastSession,
    Response,
    StopChargingRequest,
)
from common.ui.editor import Editor
from common.words import driver as words
from driver.entries import is_id
from driver.errands import WELL, Errand, Verdict, refusal, with_advice
from driver.events import Hear, LateStart, Output, Progress, Send, Show, Ticket, Unanswered
from driver.gauge import Gauge
from driver.offers import Offers
from driver.past import PAGE, Past
from driver.position import Position
from driver.trip import Stage, Trip

#: How old the list of points may be while it is looked at.
REFRESH_S = 5.0
#: How long a sentence stands on the screen.
SAID_S = 12.0


class View(StrEnum):
    POINTS = "points"
    CHARGE = "charge"
    TICKET = "ticket"
    HISTORY = "history"
    HELP = "help"


class Dialog(StrEnum):
    """What is asked before anything else."""

    FILTER = "filter"
    LIMIT = "limit"
    STOP = "stop"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Said:
    sentence: str
    #: On the monotonic clock.
    at: float
    is_grave: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A charge that is being asked for."""

    cp_id: str
    limit_kwh: Decimal | None
    message_id: str | None


class App(Errand):
    """Stays until its person quits."""

    needs_notices = True
    begins_at_once = True

    def __init__(self, trip: Trip, position: Position | None = None) -> None:
        super().__init__(trip)
        self.view = View.POINTS
        self.dialog: Dialog | None = None
        self.offers = Offers(position)
        self.past = Past()
        self.gauge: Gauge | None = None
        self.ticket: Ticket | None = None
        #: The ticket of the charge that this app watched last; the one above may be an old one that is looked at.
        self.last_ticket: Ticket | None = None
        self.said: Said | None = None
        #: What is typed into a dialog, and why it was not taken.
        self.entry = Editor(lambda *_: ())
        self.fault = ""
        #: The point that the limit is asked for, and then the charge.
        self.point_id = ""
        self.wanted: Wanted | None = None
        self._backs: list[View] = []
        self._listing: str | None = None
        self._paging: str | None = None
        self._is_first_page = True
        self._stop_asked: str | None = None

    # -- the errand

    def begin(self, now: Moment) -> list[Output]:
        return [*self.refresh_points(now), *self.trip.look_up_sessions(now)]

    def tick(self, now: Moment) -> list[Output]:
        due = self.next_at is not None and now.mono >= self.next_at
        return self.refresh_points(now) if due else []

    def heard(self, output: Output, now: Moment) -> list[Output]:
        match output:
            case Show(Response() as answer):
                return self._hear_answer(answer, now)
            case Show(message):
                self._hear_news(message, now)
            case Hear(response):
                return self._pick_up(response, now)
            case Progress() if self.gauge is not None:
                self.gauge.read_books(output, now.mono)
                self._learn_price(self.gauge)
            case Ticket():
                return self._end(output, now)
            case Unanswered():
                return self._miss(output, now)
            case LateStart(response):
                self.say(words.STARTED_LATE(cp=response.cp_id or words.A_POINT()), now, is_grave=True)
        return []

    def interrupted(self) -> Verdict:
        """What the person should know that leaves now."""
        if self.trip.ride is not None:
            return Verdict(parting=super().interrupted().failure)
        if self.wanted is not None:
            return Verdict(parting=words.QUIT_ASKED(cp=self.wanted.cp_id, driver_id=self.trip.driver_id))
        return WELL

    # -- what Central answers

    def _hear_answer(self, answer: Response, now: Moment) -> list[Output]:
        if answer.message_id == self._listing:
            return self._take_points(answer, now)
        if answer.message_id == self._paging:
            return self._take_page(answer, now)
        if self.wanted is not None and answer.message_id == self.wanted.message_id:
            return self._take_start(answer, self.wanted, now)
        if self.gauge is not None and answer.message_id == self._stop_asked:
            self.gauge.stopping = answer.succeeded
        if not answer.succeeded:
            self.say(refusal(answer), now, is_grave=True)
        return []

    def _take_points(self, answer: Response, now: Moment) -> list[Output]:
        self._listing = None
        self.next_at = now.mono + REFRESH_S if self.view is View.POINTS else None
        if isinstance(answer, AvailableCpsResponse) and answer.succeeded:
            self.offers.take(answer, now.mono)
        else:
            self.say(refusal(answer), now, is_grave=True)
        return []

    def _take_page(self, answer: Response, now: Moment) -> list[Output]:
        self._paging = None
        if isinstance(answer, ChargingHistoryResponse) and answer.succeeded:
            self.past.take(answer, first=self._is_first_page)
        else:
            self.say(refusal(answer), now, is_grave=True)
        return []

    def _take_start(self, answer: Response, wanted: Wanted, now: Moment) -> list[Output]:
        self.wanted = None
        ride = self.trip.ride
        if ride is None or not isinstance(answer, ChargeRequestResponse):
            self.say(refusal(answer), now, is_grave=True)
            # What stands in the list was wrong, or it is no longer right.
            return self.refresh_points(now)
        self.gauge = Gauge(
            ride.session_id, ride.cp_id, now.wall, ride.price_per_kwh, limit_kwh=wanted.limit_kwh, told_at=now.mono
        )
        self.said = None
        return self.go(View.CHARGE, now)

    def _pick_up(self, response: Response, now: Moment) -> list[Output]:
        """A session of this driver that runs already, begun elsewhere or before, is watched from now on."""
        sessions = response.sessions if isinstance(response, ChargingHistoryResponse) else ()
        running = next((past for past in sessions if past.ended_at is None), None)
        if running is None or self.trip.stage is not Stage.RESTING:
            return []
        self.watch(running, now)
        if self.view is View.POINTS and self.dialog is None:
            self.say(words.PICKED_UP(), now)
            return self.go(View.CHARGE, now)
        self.say(words.ANOTHER_RUNS(cp=running.cp_id), now)
        return []

    def watch(self, running: PastSession, now: Moment) -> None:
        self.trip.join(running.session_id, running.cp_id, running.price_per_kwh, now)
        self.gauge = Gauge.of(running, now.mono)

    def _hear_news(self, message: Message, now: Moment) -> None:
        gauge = self.gauge
        if gauge is None:
            return
        match message:
            case ChargingData():
                gauge.read(message, now.mono)
            case ChargingStatusUpdate():
                gauge.take(message)
            case ChargeCompletion():
                gauge.ended = True
                gauge.energy_kwh, gauge.cost = message.energy_consumed_kwh, message.total_cost

    def _learn_price(self, gauge: Gauge) -> None:
        if self.trip.ride is not None:
            gauge.price_per_kwh = self.trip.ride.price_per_kwh

    def _end(self, ticket: Ticket, now: Moment) -> list[Output]:
        self.gauge, self.last_ticket = None, ticket
        if self.dialog in {Dialog.STOP, Dialog.QUIT}:
            self.dialog = None
        if self.view is View.CHARGE:
            self.ticket, self.view, self.said = ticket, View.TICKET, None
        else:
            self._backs = [View.TICKET if view is View.CHARGE else view for view in self._backs]
            energy = f"{ticket.energy_consumed_kwh:.3f}"
            self.say(words.TICKET_THERE(cp=ticket.cp_id, energy=energy, cost=f"{ticket.total_cost:.2f}"), now)
        asked = self.refresh_points(now)
        pages = self.ask_page(now, first=True) if self.view is View.HISTORY else []
        return [*asked, *pages, *self.trip.look_up_sessions(now)]

    def _miss(self, unanswered: Unanswered, now: Moment) -> list[Output]:
        match unanswered.request:
            case ChargeRequest(cp_id=cp_id):
                self.wanted = None
                self._say_silent(words.CHARGE_NOT_ANSWERED(cp=cp_id), unanswered, now)
                return self.trip.look_up_sessions(now)  # perhaps only the answer was lost
            case StopChargingRequest():
                if self.gauge is not None:
                    self.gauge.stopping = False
                self._say_silent(words.STOP_NOT_ANSWERED(), unanswered, now)
            case request if request.message_id == self._listing:
                self._listing = None
                self._say_silent(words.NOT_ANSWERED(), unanswered, now)
                return self.refresh_points(now) if self.view is View.POINTS else []
            case request if request.message_id == self._paging:
                self._paging = None
                return self.ask_page(now, first=self._is_first_page) if self.view is View.HISTORY else []
            case _:
                return self.trip.look_up_sessions(now)  # whether a session runs must be known
        return []

    def _say_silent(self, told: str, unanswered: Unanswered, now: Moment) -> None:
        self.say(with_advice(told, self.trip.driver_id, unanswered), now, is_grave=True)

    # -- requests

    def ask_charge(self, cp_id: str, limit_kwh: Decimal | None, now: Moment) -> list[Output]:
        outputs = self.trip.charge(cp_id, limit_kwh, now)
        self.wanted = Wanted(cp_id, limit_kwh, _id_of(outputs))
        return outputs

    def ask_stop(self, gauge: Gauge, now: Moment) -> list[Output]:
        outputs = self.trip.stop(gauge.session_id, gauge.cp_id, now)
        gauge.stopping, self._stop_asked = True, _id_of(outputs)
        return outputs

    def refresh_points(self, now: Moment) -> list[Output]:
        """Ask again, unless an answer is on its way."""
        if self._listing is not None:
            return []
        outputs = self.trip.list_points(now)
        self._listing, self.next_at = _id_of(outputs), None
        return outputs

    def ask_page(self, now: Moment, *, first: bool) -> list[Output]:
        outputs = self.trip.list_sessions(PAGE, now, None if first else self.past.before)
        self._paging, self._is_first_page = _id_of(outputs), first
        return outputs

    def ask_older(self, now: Moment) -> list[Output]:
        return [] if self.is_paging or self.past.is_whole else self.ask_page(now, first=False)

    @property
    def is_paging(self) -> bool:
        return self._paging is not None

    @property
    def unlisted(self) -> str | None:
        """What was typed as a filter and fits nothing, where it may be the id of a point that Central did not list."""
        typed = self.offers.words.strip()
        return typed if not self.offers.shown and self.offers.told_at is not None and is_id(typed) else None

    # -- from screen to screen

    def go(self, view: View, now: Moment) -> list[Output]:
        if view is self.view:
            return []
        # From the points everything begins: behind them there is nothing to go back to.
        self._backs = [] if view is View.POINTS else [*(v for v in self._backs if v is not view), self.view]
        return self._show(view, now)

    def go_back(self, now: Moment) -> list[Output]:
        before = self._backs.pop() if self._backs else View.POINTS
        if before is View.CHARGE and self.gauge is None:
            before = View.POINTS
        if before is View.HISTORY and self.past.is_told:
            self.view = before  # as it was left
            return []
        return self._show(before, now)

    def open(self, dialog: Dialog, text: str = "") -> None:
        """Ask this before anything else."""
        self.dialog, self.fault = dialog, ""
        self.entry.text, self.entry.cursor = text, len(text)

    def say(self, sentence: str, now: Moment, *, is_grave: bool = False) -> None:
        self.said = Said(sentence, now.mono, is_grave)

    def _show(self, view: View, now: Moment) -> list[Output]:
        self.view = view
        if view is View.HISTORY and not self.is_paging:
            return self.ask_page(now, first=True)
        if view is not View.POINTS:
            self.next_at = None
            return []
        told_at = self.offers.told_at
        if told_at is None or now.mono - told_at >= REFRESH_S:
            return self.refresh_points(now)
        self.next_at = None if self._listing else told_at + REFRESH_S
        return []


def _id_of(outputs: list[Output]) -> str | None:
    return next((output.request.message_id for output in outputs if isinstance(output, Send)), None)
