"""
What a driver has asked and been told: pending requests, the session that is followed, its way to the ticket.

Pure: feed it wishes, messages and ticks; send and show what it returns. What a command wants of a trip stands in
errands.py, how messages travel in post.py.
"""

from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, StrEnum, auto
from typing import TypeVar

from common.clock import Moment
from common.errors import IllegalTransition
from common.ids import Ids
from common.messages import (
    AvailableCpsRequest,
    AvailableCpsResponse,
    ChargeCompletion,
    ChargeRequest,
    ChargeRequestResponse,
    ChargingData,
    ChargingHistoryRequest,
    ChargingHistoryResponse,
    ChargingStatusUpdate,
    ErrorResponse,
    PastSession,
    Response,
    StopChargingRequest,
    StopChargingResponse,
)
from driver.events import Hear, LateStart, Output, Request, Send, Show, Unanswered
from driver.ride import Notice, Notices, Ride


class Stage(StrEnum):
    RESTING = "resting"
    ASKING = "asking"
    CHARGING = "charging"
    SETTLING = "settling"


class Step(StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    JOINED = "joined"
    COMPLETED = "completed"
    SETTLED = "settled"


TRANSITIONS: dict[tuple[Stage, Step], Stage] = {
    (Stage.RESTING, Step.ASKED): Stage.ASKING,
    (Stage.ASKING, Step.ACCEPTED): Stage.CHARGING,
    (Stage.ASKING, Step.REFUSED): Stage.RESTING,
    # A session that runs already, to be followed to its ticket.
    (Stage.RESTING, Step.JOINED): Stage.CHARGING,
    # The completion came: Central's books have the dates.
    (Stage.CHARGING, Step.COMPLETED): Stage.SETTLING,
    # The books showed the end before any completion did.
    (Stage.CHARGING, Step.SETTLED): Stage.RESTING,
    (Stage.SETTLING, Step.SETTLED): Stage.RESTING,
}


class Purpose(Enum):
    """Why something was asked, and so what becomes of its answer."""

    WISH = auto()  # shown
    LOOKUP = auto()  # heard by the errand
    BOOKS = auto()  # how the followed session stands: the trip's own
    CLEAN_UP = auto()  # a late start being stopped: the trip's own


ANSWERS: dict[type[Request], type[Response]] = {
    AvailableCpsRequest: AvailableCpsResponse,
    ChargeRequest: ChargeRequestResponse,
    ChargingHistoryRequest: ChargingHistoryResponse,
    StopChargingRequest: StopChargingResponse,
}

#: Central itself gives Engine 10 s; who waits less gives up charges that then start.
ANSWER_WITHIN_S = 15.0
#: Notifications come each second: after this silence the books are asked. Without Kafka they are all there is.
QUIET_WITH_KAFKA_S = 5.0
QUIET_ALONE_S = 1.0
SETTLE_WITHIN_S = 10.0
_LOOK_AGAIN_S = 1.0
#: So many sessions back the followed one is looked for.
BOOKS_PAGE = 100
_MOST_REMEMBERED = 256

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Asked:
    request: Request
    deadline: float
    purpose: Purpose


class Trip:
    """One driver's dealings with Central. `hears_all`: show everything, not only what this trip asked for."""

    def __init__(self, driver_id: str, *, ids: Ids, quiet_s: float, hears_all: bool = False) -> None:
        self.driver_id = driver_id
        self.stage = Stage.RESTING
        self.ride: Ride | None = None
        self.quiet_s = quiet_s
        self._ids = ids
        self._hears_all = hears_all
        self._pending: dict[str, Asked] = {}
        self._given_up: OrderedDict[str, ChargeRequest] = OrderedDict()
        self._answered: OrderedDict[str, None] = OrderedDict()
        #: Completions overtake answers: they come another way. Kept while a charge is asked for.
        self._early: OrderedDict[str, ChargeCompletion] = OrderedDict()
        self._notices = Notices()
        self._look_at = 0.0
        self._settle_by = 0.0

    # Wishes

    def list_points(self, now: Moment) -> list[Output]:
        request = AvailableCpsRequest(message_id=self._ids(), timestamp=now.wall, driver_id=self.driver_id)
        return self._ask(request, now, Purpose.WISH)

    def list_sessions(self, limit: int, now: Moment, before: float | None = None) -> list[Output]:
        """The newest, or those that began before a time."""
        return self._ask(self._history(limit, now, before), now, Purpose.WISH)

    def look_up_sessions(self, now: Moment) -> list[Output]:
        """As above, but the answer is for the errand and not for the screen."""
        return self._ask(self._history(BOOKS_PAGE, now), now, Purpose.LOOKUP)

    def charge(self, cp_id: str, energy_limit_kwh: Decimal | None, now: Moment) -> list[Output]:
        self._step(Step.ASKED)
        self._early.clear()
        request = ChargeRequest(
            message_id=self._ids(),
            timestamp=now.wall,
            cp_id=cp_id,
            driver_id=self.driver_id,
            energy_limit_kwh=energy_limit_kwh,
        )
        return self._ask(request, now, Purpose.WISH)

    def join(self, session_id: str, cp_id: str, price_per_kwh: Decimal | None, now: Moment) -> None:
        """Follow a session that was started elsewhere."""
        self._step(Step.JOINED)
        self.ride = Ride(self.driver_id, session_id, cp_id, price_per_kwh)
        self._look_at = now.mono + self.quiet_s

    def stop(self, session_id: str, cp_id: str, now: Moment) -> list[Output]:
        return self._ask(self._stop_request(session_id, cp_id, now), now, Purpose.WISH)

    def repeat(self) -> list[Output]:
        """What is unanswered once more, with the ids it had: the way it went may have lost it."""
        return [Send(asked.request) for asked in self._pending.values()]

    # What Central says

    def take_answer(self, response: Response, now: Moment) -> list[Output]:
        asked = self._pending.get(response.message_id)
        if asked is None:
            return self._take_unasked(response, now)
        if not isinstance(response, (ANSWERS[type(asked.request)], ErrorResponse)):
            return []
        del self._pending[response.message_id]
        self._remember(response)
        match asked.purpose:
            case Purpose.BOOKS:
                return self._read_books(response, now)
            case Purpose.LOOKUP:
                return [Hear(response)]
            case Purpose.CLEAN_UP:
                return []
        outputs: list[Output] = [Show(response)]
        if isinstance(asked.request, ChargeRequest):
            outputs += self._begin_ride(asked.request, response, now)
        return outputs

    def take_reading(self, reading: ChargingData, now: Moment) -> list[Output]:
        if not self._concerns(reading, now):
            return []
        if self.ride is not None:
            self.ride.read(reading)
        return [Show(reading)]

    def take_status(self, status: ChargingStatusUpdate, now: Moment) -> list[Output]:
        return [Show(status)] if self._concerns(status, now) else []

    def take_completion(self, completion: ChargeCompletion, now: Moment) -> list[Output]:
        if self.stage is Stage.ASKING:
            _keep(self._early, completion.session_id, completion)
        if not self._concerns(completion, now):
            return []
        outputs: list[Output] = [Show(completion)]
        if self.stage is Stage.CHARGING and self._is_followed(completion):
            outputs += self._settle(completion, now)
        return outputs

    # Time

    def tick(self, now: Moment) -> list[Output]:
        outputs: list[Output] = []
        for asked in [asked for asked in self._pending.values() if now.mono >= asked.deadline]:
            outputs += self._give_up(asked)
        if self.stage is Stage.SETTLING and now.mono >= self._settle_by:
            outputs += self._end_ride(None)
        if self._may_look() and now.mono >= self._look_at:
            outputs += self._ask(self._history(BOOKS_PAGE, now), now, Purpose.BOOKS)
        return outputs

    @property
    def next_at(self) -> float | None:
        """When the next tick is due, on the monotonic clock."""
        times = [asked.deadline for asked in self._pending.values()]
        if self.stage is Stage.SETTLING:
            times.append(self._settle_by)
        if self._may_look():
            times.append(self._look_at)
        return min(times, default=None)

    # Inside

    def _step(self, step: Step) -> None:
        after = TRANSITIONS.get((self.stage, step))
        if after is None:
            raise IllegalTransition(f"A driver who is {self.stage} has no step {step!r}.")
        self.stage = after

    def _ask(self, request: Request, now: Moment, purpose: Purpose) -> list[Output]:
        self._pending[request.message_id] = Asked(request, now.mono + ANSWER_WITHIN_S, purpose)
        return [Send(request)]

    def _history(self, limit: int, now: Moment, before: float | None = None) -> ChargingHistoryRequest:
        return ChargingHistoryRequest(
            message_id=self._ids(), timestamp=now.wall, driver_id=self.driver_id, limit=limit, before=before
        )

    def _stop_request(self, session_id: str, cp_id: str, now: Moment) -> StopChargingRequest:
        return StopChargingRequest(
            message_id=self._ids(),
            timestamp=now.wall,
            cp_id=cp_id,
            session_id=session_id,
            driver_id=self.driver_id,
        )

    def _take_unasked(self, response: Response, now: Moment) -> list[Output]:
        """An answer repeated, one to another program of this driver, or one that comes too late."""
        late = self._given_up.pop(response.message_id, None)
        started = response.session_id if isinstance(response, ChargeRequestResponse) else None
        followed = self.ride is not None and self.ride.session_id == started
        if late is not None and isinstance(response, ChargeRequestResponse) and started and not followed:
            stop = self._stop_request(started, late.cp_id, now)
            return [LateStart(response), *self._ask(stop, now, Purpose.CLEAN_UP)]
        if self._hears_all and response.message_id not in self._answered:
            self._remember(response)
            return [Show(response)]
        return []

    def _remember(self, response: Response) -> None:
        _keep(self._answered, response.message_id, None)

    def _begin_ride(self, request: ChargeRequest, response: Response, now: Moment) -> list[Output]:
        granted = isinstance(response, ChargeRequestResponse) and response.succeeded and response.session_id
        if not isinstance(response, ChargeRequestResponse) or not granted:
            self._step(Step.REFUSED)
            return []
        self._step(Step.ACCEPTED)
        self.ride = Ride(self.driver_id, granted, request.cp_id, response.price_per_kwh)
        self._look_at = now.mono + self.quiet_s
        early = self._early.get(granted)
        return [] if early is None else self.take_completion(early, now)

    def _concerns(self, notice: Notice, now: Moment) -> bool:
        """Whether to show it. News of the followed session also puts off the next look into the books."""
        followed = self._is_followed(notice)
        if not (followed or self._hears_all) or not self._notices.is_news(notice):
            return False
        if followed and self.stage is Stage.CHARGING:
            self._look_at = now.mono + self.quiet_s
        return True

    def _is_followed(self, notice: Notice) -> bool:
        return self.ride is not None and notice.session_id == self.ride.session_id

    def _settle(self, completion: ChargeCompletion, now: Moment) -> list[Output]:
        assert self.ride is not None
        self._step(Step.COMPLETED)
        self.ride.completion = completion
        self._settle_by = now.mono + SETTLE_WITHIN_S
        # A look from before the end would say nothing of it.
        self._drop_looks()
        return self._ask(self._history(BOOKS_PAGE, now), now, Purpose.BOOKS)

    def _may_look(self) -> bool:
        looking = any(asked.purpose is Purpose.BOOKS for asked in self._pending.values())
        return self.stage in {Stage.CHARGING, Stage.SETTLING} and not looking

    def _read_books(self, response: Response, now: Moment) -> list[Output]:
        if self.ride is None:
            return []
        self._look_at = now.mono + (self.quiet_s if self.stage is Stage.CHARGING else _LOOK_AGAIN_S)
        sessions = response.sessions if isinstance(response, ChargingHistoryResponse) else ()
        past = next((one for one in sessions if one.session_id == self.ride.session_id), None)
        if past is None:
            return []
        if past.ended_at is not None:
            return self._end_ride(past)
        progress = self.ride.progress(past)
        return [] if progress is None else [progress]

    def _end_ride(self, past: PastSession | None) -> list[Output]:
        ride = self.ride
        assert ride is not None
        self._step(Step.SETTLED)
        self._drop_looks()
        self.ride = None
        account = past or ride.completion
        assert account is not None
        return [ride.ticket(account)]

    def _drop_looks(self) -> None:
        self._pending = {m: asked for m, asked in self._pending.items() if asked.purpose is not Purpose.BOOKS}

    def _give_up(self, asked: Asked) -> list[Output]:
        del self._pending[asked.request.message_id]
        if isinstance(asked.request, ChargeRequest):
            _keep(self._given_up, asked.request.message_id, asked.request)
            self._step(Step.REFUSED)
        shown = asked.purpose in {Purpose.WISH, Purpose.LOOKUP}
        return [Unanswered(asked.request)] if shown else []


def _keep(memory: OrderedDict[str, Value], key: str, value: Value) -> None:
    """Remember, and forget the oldest when there is too much."""
    memory[key] = value
    if len(memory) > _MOST_REMEMBERED:
        memory.popitem(last=False)
