"""
A load of drivers: charges are asked for at a fixed rate, followed, and stopped after a while. Pure.

The rate is open: the next request does not wait for the answer to the last one. Every latency counts from the moment that
was intended, also where the request left later, so that a slow Central cannot slow down who measures it.
"""

import heapq
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from charging_point.fleet.latency import Histogram
from common.clock import Moment
from common.ids import Ids
from common.messages import (
    ChargeCompletion,
    ChargeRequest,
    ChargeRequestResponse,
    ChargingData,
    ErrorResponse,
    Message,
    StopChargingRequest,
    StopChargingResponse,
)

#: After this a request counts as not answered.
ANSWER_WITHIN_S = 30.0
NO_ANSWER, SUCCESS = "no_answer", "success"


@dataclass(frozen=True, slots=True)
class LoadPlan:
    points: Sequence[str]
    drivers: Sequence[str]
    rate: float
    lasts_s: float
    charge_s: float
    energy_kwh: Decimal | None = None


@dataclass(slots=True)
class Outcomes:
    """Of one kind of request."""

    sent: int = 0
    by_code: Counter[str] = field(default_factory=Counter)
    latency: Histogram = field(default_factory=Histogram)
    #: Of those that were granted: a refusal that comes at once is no quick charge.
    granted: Histogram = field(default_factory=Histogram)

    def note(self, code: str, seconds: float) -> None:
        self.by_code[code] += 1
        self.latency.add(seconds)
        if code == SUCCESS:
            self.granted.add(seconds)

    def told(self) -> dict[str, Any]:
        return {
            "sent": self.sent,
            "outcomes": dict(self.by_code),
            "latency_ms": self.latency.told_ms(),
            "granted_latency_ms": self.granted.told_ms(),
        }


@dataclass(frozen=True, slots=True)
class _Asked:
    request: ChargeRequest | StopChargingRequest
    intended: float


@dataclass(frozen=True, slots=True, order=True)
class _Stop:
    at: float
    session_id: str
    cp_id: str
    driver_id: str


class Load:
    """Feed it time and answers; send what it gives back. It is over when nothing is left to be asked or answered."""

    def __init__(self, plan: LoadPlan, began: Moment, ids: Ids) -> None:
        self.charges, self.stops = Outcomes(), Outcomes()
        self.first_reading = Histogram()
        self.readings = self.tickets = 0
        self._plan = plan
        self._began = began.mono
        self._ids = ids
        self._asked: dict[str, _Asked] = {}
        self._stops: list[_Stop] = []
        #: Sessions that run, with when each was to begin; those that were heard of since are without that.
        self._running: dict[str, float | None] = {}
        self._ends_early = False
        self._looked_at = began.mono

    @property
    def due(self) -> float:
        """When (monotonic) there is something to send."""
        stop_at = self._stops[0].at if self._stops else math.inf
        return min(stop_at, self._next_at)

    @property
    def is_over(self) -> bool:
        return not self._asked and not self._stops and self._next_at == math.inf

    @property
    def waiting(self) -> int:
        return len(self._asked)

    @property
    def running(self) -> int:
        return len(self._running)

    @property
    def _next_at(self) -> float:
        after_s = self.charges.sent / self._plan.rate
        return math.inf if self._ends_early or after_s >= self._plan.lasts_s else self._began + after_s

    def end_early(self, now: Moment) -> None:
        """No more charges; those that run are stopped now."""
        self._ends_early = True
        self._stops = [_Stop(now.mono, stop.session_id, stop.cp_id, stop.driver_id) for stop in self._stops]

    def tick(self, now: Moment) -> Iterator[Message]:
        """What is to be sent by now."""
        while self._next_at <= now.mono:
            yield self._charge(self._next_at, now)
        while self._stops and self._stops[0].at <= now.mono:
            yield self._stop(heapq.heappop(self._stops), now)
        if now.mono - self._looked_at >= 1.0:
            self._looked_at = now.mono
            self._give_up(now)

    def hear(self, message: Message, now: Moment) -> None:
        match message:
            case ChargeRequestResponse():
                self._answered(message, now)
            case StopChargingResponse() | ErrorResponse():
                self._settle(message.message_id, _code(message), now)
            case ChargingData():
                self._read(message, now)
            case ChargeCompletion():
                if message.session_id in self._running:
                    del self._running[message.session_id]
                    self.tickets += 1
            case _:
                pass

    def report(self) -> dict[str, Any]:
        return {
            "requests": self.charges.told(),
            "stops": self.stops.told(),
            "first_reading_ms": self.first_reading.told_ms(),
            "readings": self.readings,
            "tickets": self.tickets,
        }

    def _charge(self, intended: float, now: Moment) -> Message:
        number = self.charges.sent
        self.charges.sent += 1
        request = ChargeRequest(
            message_id=self._ids(),
            timestamp=now.wall,
            cp_id=self._plan.points[number % len(self._plan.points)],
            driver_id=self._plan.drivers[number % len(self._plan.drivers)],
            energy_limit_kwh=self._plan.energy_kwh,
        )
        self._asked[request.message_id] = _Asked(request, intended)
        return request

    def _stop(self, stop: _Stop, now: Moment) -> Message:
        self.stops.sent += 1
        request = StopChargingRequest(
            message_id=self._ids(),
            timestamp=now.wall,
            cp_id=stop.cp_id,
            session_id=stop.session_id,
            driver_id=stop.driver_id,
        )
        self._asked[request.message_id] = _Asked(request, stop.at)
        return request

    def _answered(self, answer: ChargeRequestResponse, now: Moment) -> None:
        asked = self._settle(answer.message_id, _code(answer), now)
        if asked is None or answer.session_id is None or not answer.succeeded:
            return
        self._running.setdefault(answer.session_id, asked.intended)
        at = now.mono if self._ends_early else now.mono + self._plan.charge_s
        request = asked.request
        heapq.heappush(self._stops, _Stop(at, answer.session_id, request.cp_id, request.driver_id))

    def _settle(self, message_id: str, code: str, now: Moment) -> _Asked | None:
        asked = self._asked.pop(message_id, None)
        if asked is not None:
            outcomes = self.charges if isinstance(asked.request, ChargeRequest) else self.stops
            outcomes.note(code, now.mono - asked.intended)
        return asked

    def _read(self, reading: ChargingData, now: Moment) -> None:
        if reading.session_id not in self._running:
            return
        self.readings += 1
        intended = self._running[reading.session_id]
        if intended is not None:
            self._running[reading.session_id] = None
            self.first_reading.add(now.mono - intended)

    def _give_up(self, now: Moment) -> None:
        late = [one for one in self._asked.values() if now.mono - one.intended >= ANSWER_WITHIN_S]
        for one in late:
            self._settle(one.request.message_id, NO_ANSWER, now)


def _code(answer: ChargeRequestResponse | StopChargingResponse | ErrorResponse) -> str:
    return SUCCESS if answer.succeeded else str(answer.error or "failure")
