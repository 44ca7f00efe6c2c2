"""Starts at the point itself: Engine asks, Central decides, Monitor carries both. Pure."""

from charging_point.monitor.effects import Effects, Note, ToCentral, ToEngine
from charging_point.monitor.enrolment import Enrolment
from charging_point.monitor.health import EngineHealth
from charging_point.monitor.ordered import Ordered
from charging_point.monitor.relays import Relays
from charging_point.monitor.timings import LOCAL_START_SETTLED_S, LOCAL_START_TIMEOUT_S
from common.clock import Moment
from common.errors import ErrorCode
from common.messages import ErrorResponse, LocalStartRequest, LocalStartResponse


class LocalStarts:
    def __init__(self, *, engine: EngineHealth, enrolment: Enrolment) -> None:
        self._engine = engine
        self._enrolment = enrolment
        self._under_way: Relays[LocalStartRequest] = Relays()
        #: What Central may have allowed while the link to it broke; Engine was told no, and Central does not know that.
        self._unsettled: Relays[LocalStartRequest] = Relays()
        #: The start at the point that Central allowed last.
        self.ordered: Ordered | None = None

    def ask(self, request: LocalStartRequest, now: Moment) -> Effects:
        if not self._enrolment.registered:
            return [_denied(request, "Monitor has no link to Central.", now)]
        if request.message_id in self._under_way:
            return []
        if not self._under_way.put(request, now=now, timeout_s=LOCAL_START_TIMEOUT_S):
            return [_denied(request, "Too many starts wait for Central.", now, ErrorCode.OVERLOADED)]
        return [ToCentral(request)]

    def answered(self, answer: LocalStartResponse) -> Effects:
        """Passed on even when it comes late: only Engine knows whether it still wants the session."""
        asked = self._under_way.take(answer.message_id)
        if asked is not None and answer.session_id is not None:
            self.ordered = Ordered(
                answer.session_id, asked.request.driver_id, answer.price_per_kwh, asked.request.energy_limit_kwh
            )
        if self._engine.linked:
            return [ToEngine(answer)]
        return [Note("Engine is away and cannot be told of the start at the point.", grave=True, about=answer)]

    def failed(self, error: ErrorResponse, now: Moment) -> Effects | None:
        """Central could not take a request; None when the error belongs to something else."""
        relay = self._under_way.take(error.message_id)
        if relay is None:
            return None
        return [_denied(relay.request, error.message, now, error.error)]

    def lose_central(self, now: Moment) -> Effects:
        lost = self._under_way.take_all()
        for relay in lost:
            self._unsettled.put(relay.request, now=now, timeout_s=LOCAL_START_SETTLED_S)
        return [_denied(relay.request, "Central went away.", now) for relay in lost]

    def settle(self) -> Effects:
        """Central is back: asked again it says the same as before, and Engine gives back what it no longer wants."""
        return [ToCentral(relay.request) for relay in self._unsettled.take_all()]

    def lose_engine(self) -> None:
        self._under_way.take_all()

    def time_out(self, now: Moment) -> Effects:
        self._unsettled.take_overdue(now)
        late = self._under_way.take_overdue(now)
        return [_denied(relay.request, "Central did not answer in time.", now) for relay in late]

    def due(self) -> list[float]:
        return [*self._under_way.due(), *self._unsettled.due()]


def _denied(request: LocalStartRequest, sentence: str, now: Moment, error: ErrorCode | None = None) -> ToEngine:
    return ToEngine(
        LocalStartResponse(
            message_id=request.message_id,
            timestamp=now.wall,
            status="failure",
            message=sentence,
            error=error or ErrorCode.CP_DISCONNECTED,
        )
    )
