"""
The watch over one charging point: between one Engine and Central. Pure.

Feed it what happens (links up and down, messages, ticks) with the time; do what it gives back, in that order. It owns
no link and no timer: `due()` says when it next wants a tick, so that one process can run thousands of watches.
"""

from collections import OrderedDict

from charging_point.monitor.commands import Commands
from charging_point.monitor.complaints import Complaints
from charging_point.monitor.condition import Fault, Source
from charging_point.monitor.effects import (
    CloseCentral,
    CloseEngine,
    Effects,
    Note,
    OpenCentral,
    Registered,
    ToCentral,
    ToEngine,
)
from charging_point.monitor.enrolment import Enrolment
from charging_point.monitor.health import EngineHealth
from charging_point.monitor.local_starts import LocalStarts
from charging_point.monitor.ordered import Ordered
from charging_point.monitor.standing import Standing
from charging_point.monitor.timings import LONGEST_PATIENCE_S, Timings
from common.clock import Moment
from common.errors import ErrorCode
from common.ids import Ids
from common.messages import (
    AuthResponse,
    ChargeCompletion,
    ChargeCompletionAck,
    ChargingData,
    CommandResponse,
    ConnectionFailed,
    ConnectionLost,
    ErrorResponse,
    FaultNotification,
    HealthCheckResponse,
    HeartbeatResponse,
    LocalStartRequest,
    LocalStartResponse,
    Message,
    PointStatus,
    RecoveryNotification,
    RegisterRequest,
    RegisterResponse,
    Response,
)

#: What Engine says of its point by name; it may speak for no other.
FromEngine = ChargingData | ChargeCompletion | FaultNotification | RecoveryNotification | LocalStartRequest

#: Completions kept for Central. Engine's journal has them all; beyond this the oldest waits for Engine to repeat it.
MOST_COMPLETIONS = 1000
#: Errors by which Central says that this link no longer speaks for the point.
_ENROLMENT_ENDED = (ErrorCode.SUPERSEDED, ErrorCode.NOT_AUTHENTICATED, ErrorCode.AUTH_FAILED, ErrorCode.UNKNOWN_CP)
_UNREACHABLE = Fault("engine_unreachable", "Monitor has no link to Engine.")
_REPORTED_BY_HEALTH = Fault("engine_fault", "Engine reports that it is faulty.")


class Watch:
    def __init__(
        self, announcement: RegisterRequest, *, ids: Ids, timings: Timings | None = None, secret: str | None = None
    ) -> None:
        self._timings = timings or Timings()
        self._ids = ids
        self.cp_id = announcement.cp_id
        self.standing = Standing(self.cp_id, ids=ids)
        self.enrolment = Enrolment(announcement, timings=self._timings, ids=ids, secret=secret)
        self.engine = EngineHealth(self.cp_id, timings=self._timings, ids=ids)
        self.commands = Commands(
            self.cp_id, ids=ids, engine=self.engine, enrolment=self.enrolment, standing=self.standing
        )
        self.local_starts = LocalStarts(engine=self.engine, enrolment=self.enrolment)
        #: The newest reading and the newest account, for panels.
        self.reading: ChargingData | None = None
        self.account: ChargeCompletion | None = None
        #: What a kWh costs here, as Central has it once it has said so.
        self.price_per_kwh = announcement.price_per_kwh
        self._completions: OrderedDict[str, ChargeCompletion] = OrderedDict()
        self._engine_trouble = Complaints()
        self._central_trouble = Complaints()
        #: Until when Engine has time to appear before Central is asked in without it.
        self._engine_expected_by: float | None = None

    @property
    def waits_for_engine(self) -> bool:
        """Whether Central is not asked in yet, because Engine still has time to appear."""
        return self._engine_expected_by is not None

    def owes(self, session_id: str) -> bool:
        """Whether Central has still to acknowledge this account."""
        return session_id in self._completions

    def ordered(self) -> Ordered | None:
        """What was ordered with the running session, where it went through here."""
        found = (self.commands.ordered, self.local_starts.ordered)
        return next((one for one in found if one and one.session_id == self.standing.session_id), None)

    # -- time

    def start(self, now: Moment) -> None:
        self._engine_expected_by = now.mono + self._timings.answer_s

    def due(self) -> float | None:
        """When (monotonic) the next tick has something to do."""
        expected = [] if self._engine_expected_by is None else [self._engine_expected_by]
        links = [*self.engine.due(), *self.enrolment.due()]
        return min([*expected, *links, *self.commands.due(), *self.local_starts.due()], default=None)

    def tick(self, now: Moment) -> Effects:
        effects: Effects = []
        if self._engine_expected_by is not None and now.mono >= self._engine_expected_by:
            effects += self._engine_trouble.once(
                "Engine has not answered yet; Monitor goes on without it and keeps trying."
            )
            effects += self.standing.fault(Source.ENGINE_LINK, _UNREACHABLE, now) + self._ask_central_in()
        if why := self.engine.why_lost(now):
            effects += self._leave_engine(why, now)
        if why := self.enrolment.why_lost(now):
            effects += self._leave_central(why, now)
        effects += self.commands.time_out(now) + self.local_starts.time_out(now)
        if self.engine.confirmed_by_waiting(now):
            effects += self.standing.recover(Source.ENGINE_LINK, now)
        return [*effects, *self.engine.check(now), *self.enrolment.beat(self.standing.status, now)]

    # -- the link to Engine

    def engine_up(self, now: Moment) -> Effects:
        return self._lose_engine(now) + self.engine.greet(now)

    def engine_down(self, event: ConnectionLost | ConnectionFailed, now: Moment) -> Effects:
        if isinstance(event, ConnectionLost) and self.engine.away:
            return []  # Monitor left it and has said why
        said = self._engine_trouble.once(f"{event.description} Monitor keeps trying to reach Engine.")
        return said + self._lose_engine(now)

    def _greeted(self, answer: Response, now: Moment) -> Effects:
        if not answer.succeeded:
            return self._leave_engine(f"Engine refuses to serve {self.cp_id}: {answer.message or answer.error}", now)
        self._engine_trouble.over()
        effects = [Note("Engine is linked."), *self.engine.greeted(now)]
        return [*effects, *self._ask_central_in(), *self.commands.agree_on_service(now)]

    def _ask_central_in(self) -> Effects:
        """Once: when Engine is there, or when it had time enough to be."""
        if self._engine_expected_by is None:
            return []
        self._engine_expected_by = None
        return [OpenCentral()]

    def _leave_engine(self, why: str, now: Moment) -> Effects:
        self.engine.why_left = why
        said = self._engine_trouble.once(f"{why.rstrip('.')}. Monitor keeps trying to reach it.")
        return [*said, CloseEngine(), *self._lose_engine(now)]

    def _lose_engine(self, now: Moment) -> Effects:
        was_linked = self.engine.linked
        self.engine.lose()
        self.local_starts.lose_engine()
        unanswered = self.commands.lose_engine(now)
        return unanswered + (self.standing.fault(Source.ENGINE_LINK, _UNREACHABLE, now) if was_linked else [])

    # -- the link to Central

    def central_up(self, now: Moment) -> Effects:
        return self._lose_central(now) + self.enrolment.begin(now)

    def central_down(self, event: ConnectionLost | ConnectionFailed, now: Moment) -> Effects:
        if isinstance(event, ConnectionLost) and self.enrolment.away:
            return []  # Monitor left it and has said why
        said = self._central_trouble.once(f"{event.description} Monitor keeps trying to reach Central.")
        return said + self._lose_central(now)

    def authenticated(self, answer: AuthResponse, now: Moment) -> Effects:
        if not self.enrolment.awaits(answer.message_id):
            return []
        if not answer.succeeded:
            why = f"Central does not accept the proof: {answer.message or answer.error}"
            return self._leave_central(why, now, after_s=_asked_patience_s(answer))
        return self.enrolment.proved(now)

    def registered(self, answer: RegisterResponse, now: Moment) -> Effects:
        if not self.enrolment.awaits(answer.message_id):
            return []
        if not answer.succeeded:
            why = answer.reason or answer.message or answer.error
            sentence = f"Central refuses to register {self.cp_id}: {why}"
            return self._leave_central(sentence, now, after_s=_asked_patience_s(answer))
        self.enrolment.accepted(answer, now)
        self._central_trouble.over()
        if answer.price_per_kwh is not None:
            self.price_per_kwh = answer.price_per_kwh
        effects = [Registered(), *self.standing.register(answer.out_of_service, now)]
        effects += [ToCentral(completion) for completion in self._completions.values()]
        effects += self.local_starts.settle()
        return effects + self.commands.agree_on_service(now)

    def heartbeat_heard(self, answer: HeartbeatResponse, now: Moment) -> Effects:
        if answer.succeeded or not self.enrolment.registered:
            self.enrolment.heard(now)
            return []
        return self._leave_central(f"Central refuses a heartbeat: {answer.message or answer.error}", now)

    def central_refuses(self, error: ErrorResponse, now: Moment) -> Effects:
        """Central could not take a message of ours."""
        words = error.message or str(error.error)
        denied = self.local_starts.failed(error, now)
        if denied is not None:
            return denied
        if self.enrolment.awaits(error.message_id) or error.error in _ENROLMENT_ENDED:
            why = f"Central no longer takes this link for {self.cp_id}: {words}"
            return self._leave_central(why, now, after_s=_asked_patience_s(error))
        return [Note(f"Central could not take a message: {words}", grave=True, about=error)]

    def _leave_central(self, why: str, now: Moment, after_s: float = 0.0) -> Effects:
        if self.enrolment.away:
            return []
        self.enrolment.why_left = why
        said = self._central_trouble.once(f"{why.rstrip('.')}. Monitor keeps trying.")
        return [*said, CloseCentral(after_s), *self._lose_central(now)]

    def _lose_central(self, now: Moment) -> Effects:
        self.enrolment.lose()
        return self.standing.lose_link(now) + self.local_starts.lose_central(now)

    def _up(self, message: Message) -> Effects:
        """Nothing is queued for a Central that is away."""
        return [ToCentral(message)] if self.enrolment.registered else []

    # -- what Engine says

    def answered(self, answer: CommandResponse, now: Moment) -> Effects:
        return (
            self._greeted(answer, now) if self.engine.awaits(answer.message_id) else self.commands.answered(answer, now)
        )

    def engine_refuses(self, error: ErrorResponse, now: Moment) -> Effects:
        """Engine could not take a message of ours, or of Central's."""
        return self._greeted(error, now) if self.engine.awaits(error.message_id) else self.commands.failed(error, now)

    def health_heard(self, answer: HealthCheckResponse, now: Moment) -> Effects:
        """Engine says how it is: whatever was missed while it was away is put right."""
        if not self.engine.linked:
            return []
        if not answer.succeeded:
            return self._leave_engine(f"Engine says it is not well: {answer.message or answer.error}", now)
        self.engine.answered(answer.engine_status, now)
        effects = self.standing.start(None, now) if answer.is_charging else self.standing.complete(now)
        if self.engine.out_of_service and not self.enrolment.ever_registered:
            effects += self.standing.stop(now)
        if answer.engine_status is not PointStatus.FAULTY:
            effects += self.standing.recover(Source.ENGINE, now)
        elif self.standing.fault_of(Source.ENGINE) is None:
            effects += self.standing.fault(Source.ENGINE, _REPORTED_BY_HEALTH, now)
        return [*effects, *self.standing.recover(Source.ENGINE_LINK, now), *self.commands.agree_on_service(now)]

    def read(self, reading: ChargingData, now: Moment) -> Effects:
        if reading.cp_id != self.cp_id:
            return [self._strange(reading, now)]
        self.reading = reading
        is_news = reading.session_id != self.standing.session_id
        effects = self.standing.start(reading.session_id, now) if is_news else []
        return effects + (self._up(reading) if reading.relay else [])

    def complete(self, completion: ChargeCompletion, now: Moment) -> Effects:
        """Keep the final account until Central has it."""
        if completion.cp_id != self.cp_id:
            return [self._strange(completion, now)]
        self._completions[completion.session_id] = self.account = completion
        if len(self._completions) > MOST_COMPLETIONS:
            self._completions.popitem(last=False)
        effects = self._up(completion)
        if completion.session_id == self.standing.session_id:
            return effects + self.standing.complete(now)
        # An old account, or the end of a session that Monitor never saw by name: Engine knows which.
        return effects + (self.engine.ask(now) if self.standing.charging and self.engine.linked else [])

    def allowed(self, answer: LocalStartResponse, now: Moment) -> Effects:
        del now
        return self.local_starts.answered(answer)

    def acknowledged(self, ack: ChargeCompletionAck, now: Moment) -> Effects:
        del now
        if ack.cp_id != self.cp_id:
            return [Note(f"Central acknowledged a completion of {ack.cp_id}, which is not here.", about=ack)]
        self._completions.pop(ack.session_id, None)
        return [ToEngine(ack)] if self.engine.linked else []

    def engine_fault(self, report: FaultNotification, now: Moment) -> Effects:
        if report.cp_id != self.cp_id:
            return [self._strange(report, now)]
        fault = Fault(report.fault_type, report.description)
        return self.standing.fault(Source.ENGINE, fault, now, report)

    def engine_recovery(self, report: RecoveryNotification, now: Moment) -> Effects:
        if report.cp_id != self.cp_id:
            return [self._strange(report, now)]
        return self.standing.recover(Source.ENGINE, now, report)

    def _strange(self, message: FromEngine, now: Moment) -> ToEngine:
        return ToEngine(
            ErrorResponse(
                message_id=message.message_id,
                timestamp=now.wall,
                error=ErrorCode.UNKNOWN_CP,
                message=f"This Monitor watches {self.cp_id}, not {message.cp_id}.",
            )
        )

    def ask_for_start(self, request: LocalStartRequest, now: Moment) -> Effects:
        return self.local_starts.ask(request, now) if request.cp_id == self.cp_id else [self._strange(request, now)]

    # -- the operator at the Monitor

    def simulate_fault(self, fault: Fault, now: Moment) -> Effects:
        return self.standing.fault(Source.OPERATOR, fault, now)

    def end_simulated_fault(self, now: Moment) -> Effects:
        return self.standing.recover(Source.OPERATOR, now)


def _asked_patience_s(refusal: Response) -> float:
    """How long Central asks to be left alone, where it says so; whatever else stands there is no number of seconds."""
    asked = (refusal.data or {}).get("retry_after_s")
    if isinstance(asked, bool) or not isinstance(asked, int | float) or not asked > 0:
        return 0.0
    return float(min(asked, LONGEST_PATIENCE_S))
