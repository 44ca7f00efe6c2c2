"""
What each command wants of a trip, and when it is done: one class a command. Pure, like the trip.

An errand hears every output before it is forgotten and may answer with wishes of its own. The errand of `run` stands in
itinerary.py.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from common.clock import Moment
from common.messages import (
    ChargeRequest,
    ChargeRequestResponse,
    ChargingHistoryResponse,
    Response,
    StopChargingResponse,
)
from driver.events import Hear, Note, Output, Show, Ticket, Unanswered
from driver.trip import ANSWER_WITHIN_S, BOOKS_PAGE, Trip

TICKET_WITHIN_S = 15.0
_MAY_START = "the charge may still start: look with ev-driver --driver-id {} history."


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an errand ended; without a failure it went well."""

    failure: str | None = None
    #: What the person should know that leaves, though nothing failed.
    parting: str | None = None


WELL = Verdict()


def refusal(response: Response) -> str:
    """Why not, in one sentence that ends with the code."""
    told = response.message.strip().rstrip(".") or "Central refuses without a reason"
    return f"{told} ({response.error})." if response.error else f"{told}."


def silence(driver_id: str, unanswered: Unanswered) -> str:
    """What it means that an answer did not come."""
    told = f"Central did not answer within {ANSWER_WITHIN_S:.0f} s"
    if isinstance(unanswered.request, ChargeRequest):
        return f"{told}; {_MAY_START.format(driver_id)}"
    return f"{told}; try again later."


class Errand(ABC):
    """What a command does."""

    #: Whether notifications must be listened for before it begins.
    needs_notices = False
    #: Whether it stays whatever happens, instead of failing when nobody can be reached at first.
    stays = False
    #: Whether it begins before anybody could be reached: it shows that, and asks when there is a way.
    begins_at_once = False

    def __init__(self, trip: Trip) -> None:
        self.trip = trip
        self.verdict: Verdict | None = None
        self.next_at: float | None = None

    @abstractmethod
    def begin(self, now: Moment) -> list[Output]: ...

    @abstractmethod
    def heard(self, output: Output, now: Moment) -> list[Output]: ...

    def tick(self, now: Moment) -> list[Output]:
        del now
        return []

    def interrupted(self) -> Verdict:
        """What to say to who does not want to wait any longer."""
        ride = self.trip.ride
        if ride is None:
            return Verdict("Interrupted before Central answered.")
        return Verdict(
            f"The charge goes on; stop it with: "
            f"ev-driver --driver-id {self.trip.driver_id} stop {ride.session_id} --cp {ride.cp_id}"
        )

    def failed(self, sentence: str) -> list[Output]:
        self.verdict = Verdict(sentence)
        return []

    def done(self) -> list[Output]:
        self.verdict = WELL
        return []


class Question(Errand):
    """Ask one thing, show the answer: `list` and `history`."""

    def __init__(self, trip: Trip, ask: Callable[[Moment], list[Output]]) -> None:
        super().__init__(trip)
        self._ask = ask

    def begin(self, now: Moment) -> list[Output]:
        return self._ask(now)

    def heard(self, output: Output, now: Moment) -> list[Output]:
        del now
        match output:
            case Show(Response() as answer):
                return self.done() if answer.succeeded else self.failed(refusal(answer))
            case Unanswered():
                return self.failed(silence(self.trip.driver_id, output))
        return []


class Charge(Errand):
    """Ask for a charge at one point and, when it is followed, wait for its ticket."""

    def __init__(self, trip: Trip, cp_id: str, energy_limit_kwh: Decimal | None, *, follow: bool) -> None:
        super().__init__(trip)
        self._cp_id = cp_id
        self._energy_limit_kwh = energy_limit_kwh
        self._follow = follow
        self.needs_notices = follow

    def begin(self, now: Moment) -> list[Output]:
        return self.trip.charge(self._cp_id, self._energy_limit_kwh, now)

    def heard(self, output: Output, now: Moment) -> list[Output]:
        del now
        match output:
            case Show(Response() as answer):
                return self._take(answer)
            case Unanswered():
                return self.failed(silence(self.trip.driver_id, output))
            case Ticket():
                return self.done()
        return []

    def interrupted(self) -> Verdict:
        if self.trip.ride is not None:
            return super().interrupted()
        return Verdict(f"Interrupted before Central answered; {_MAY_START.format(self.trip.driver_id)}")

    def _take(self, answer: Response) -> list[Output]:
        started = isinstance(answer, ChargeRequestResponse) and answer.succeeded and answer.session_id
        if not started:
            return self.failed(refusal(answer))
        return [] if self._follow else self.done()


class Stop(Errand):
    """End a session and wait for its ticket; finds out where it runs when that was not said."""

    needs_notices = True

    def __init__(self, trip: Trip, session_id: str, cp_id: str | None) -> None:
        super().__init__(trip)
        self._session_id = session_id
        self._cp_id = cp_id
        # The ticket comes another way than the answer and may overtake it; both are waited for.
        self._has_ticket = False
        self._is_answered = False

    def begin(self, now: Moment) -> list[Output]:
        if self._cp_id is None:
            return self.trip.look_up_sessions(now)
        return self._stop(self._cp_id, None, now)

    def heard(self, output: Output, now: Moment) -> list[Output]:
        match output:
            case Hear(response):
                return self._find(response, now)
            case Show(Response() as answer):
                return self._take(answer, now)
            case Unanswered():
                return self.done() if self._has_ticket else self.failed(silence(self.trip.driver_id, output))
            case Ticket():
                self._has_ticket = True
                return self.done() if self._is_answered else []
        return []

    def tick(self, now: Moment) -> list[Output]:
        if self.next_at is None or now.mono < self.next_at:
            return []
        return self.failed(
            f"The stop was accepted but no ticket came within {TICKET_WITHIN_S:.0f} s; "
            f"look for it with ev-driver --driver-id {self.trip.driver_id} history."
        )

    def interrupted(self) -> Verdict:
        if self.next_at is None:
            return Verdict("Interrupted before Central answered.")
        return Verdict(
            f"The stop was accepted; look for the ticket with ev-driver --driver-id {self.trip.driver_id} history."
        )

    def _find(self, response: Response, now: Moment) -> list[Output]:
        if not isinstance(response, ChargingHistoryResponse) or not response.succeeded:
            return self.failed(refusal(response))
        found = next((past for past in response.sessions if past.session_id == self._session_id), None)
        if found is None:
            return self.failed(
                f"{self._session_id} is not among the last {BOOKS_PAGE} sessions of {self.trip.driver_id}; "
                "if it is an older one, name its point with --cp."
            )
        return self._stop(found.cp_id, found.price_per_kwh, now)

    def _stop(self, cp_id: str, price_per_kwh: Decimal | None, now: Moment) -> list[Output]:
        self.trip.join(self._session_id, cp_id, price_per_kwh, now)
        return self.trip.stop(self._session_id, cp_id, now)

    def _take(self, answer: Response, now: Moment) -> list[Output]:
        if not (isinstance(answer, StopChargingResponse) and answer.succeeded):
            return self.failed(refusal(answer))
        self._is_answered = True
        self.next_at = now.mono + TICKET_WITHIN_S
        return self.done() if self._has_ticket else []


class Listen(Errand):
    """Stay and show everything the driver is told, until interrupted."""

    needs_notices = True
    stays = True

    def begin(self, now: Moment) -> list[Output]:
        del now
        return []

    def heard(self, output: Output, now: Moment) -> list[Output]:
        del now
        match output:
            case Show(Response() as answer) if not answer.succeeded:
                return [Note(refusal(answer))]
        return []

    def interrupted(self) -> Verdict:
        return WELL
