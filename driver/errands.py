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
from common.words import errands as words
from common.words import errors as words_of_codes
from common.words import joined
from driver.events import Hear, Note, Output, Show, Ticket, Unanswered
from driver.trip import ANSWER_WITHIN_S, BOOKS_PAGE, Trip

TICKET_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an errand ended; without a failure it went well."""

    failure: str | None = None
    #: What the person should know that leaves, though nothing failed.
    parting: str | None = None


WELL = Verdict()


def refusal(response: Response) -> str:
    """Why not, in one sentence with the code."""
    return words_of_codes.refusal(response.error, response.message)


def silence(driver_id: str, unanswered: Unanswered) -> str:
    """What it means that an answer did not come."""
    if isinstance(unanswered.request, ChargeRequest):
        told = words.CENTRAL_SILENT_MAY_START(seconds=ANSWER_WITHIN_S, driver=driver_id)
    else:
        told = words.CENTRAL_SILENT(seconds=ANSWER_WITHIN_S)
    return with_advice(told, driver_id, unanswered)


def with_advice(told: str, driver_id: str, unanswered: Unanswered) -> str:
    """And what it may be that is missing."""
    return joined(told, words.PERHAPS_A_SECRET(driver=driver_id)) if unanswered.is_unsigned else told


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
            return Verdict(words.INTERRUPTED())
        return Verdict(words.GOES_ON(driver=self.trip.driver_id, session=ride.session_id, point=ride.cp_id))

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
        return Verdict(words.INTERRUPTED_MAY_START(driver=self.trip.driver_id))

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
        return self.failed(words.NO_TICKET_YET(seconds=TICKET_WITHIN_S, driver=self.trip.driver_id))

    def interrupted(self) -> Verdict:
        if self.next_at is None:
            return Verdict(words.INTERRUPTED())
        return Verdict(words.STOP_ACCEPTED(driver=self.trip.driver_id))

    def _find(self, response: Response, now: Moment) -> list[Output]:
        if not isinstance(response, ChargingHistoryResponse) or not response.succeeded:
            return self.failed(refusal(response))
        found = next((past for past in response.sessions if past.session_id == self._session_id), None)
        if found is None:
            whose = self.trip.driver_id
            return self.failed(words.NOT_AMONG_THE_LAST(session=self._session_id, count=BOOKS_PAGE, driver=whose))
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
