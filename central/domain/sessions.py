"""A session: one charge, from claim to ticket. The table says what may happen when."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from central.domain.billing import Tariff
from common.errors import IllegalTransition
from common.messages import ChargeCompletion, Reason
from common.money import watt_hours

#: Progress counts against this where the driver set no limit (protocol, section 4).
USUAL_CHARGE_WH = 50_000


class State(StrEnum):
    CLAIMED = "CLAIMED"
    CHARGING = "CHARGING"
    FINISHED = "FINISHED"
    REFUSED = "REFUSED"


#: While a session is in one of these its point belongs to it.
OPEN = (State.CLAIMED, State.CHARGING)


class Step(StrEnum):
    ACCEPTED = "accepted"
    METERED = "metered"
    REFUSED = "refused"
    COMPLETED = "completed"


TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.CLAIMED, Step.ACCEPTED): State.CHARGING,
    # Engine's word was lost or late, but it meters: that is acceptance enough.
    (State.CLAIMED, Step.METERED): State.CHARGING,
    (State.CLAIMED, Step.REFUSED): State.REFUSED,
    (State.CLAIMED, Step.COMPLETED): State.FINISHED,
    (State.CHARGING, Step.METERED): State.CHARGING,
    (State.CHARGING, Step.COMPLETED): State.FINISHED,
}


def progress(energy_wh: int, limit_wh: int | None) -> float:
    """Percent of what the driver wanted, else of a usual charge."""
    return min(100.0, round(100 * energy_wh / (limit_wh or USUAL_CHARGE_WH), 1))


class Origin(StrEnum):
    """Where the wish to charge came from, and so where its answer goes when the socket is gone."""

    SOCKET = "socket"
    KAFKA = "kafka"
    POINT = "point"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    session_id: str
    cp_id: str
    driver_id: str
    state: State
    origin: Origin
    request_id: str
    price_per_kwh: Decimal
    claim_deadline: float
    started_at: float
    ended_at: float | None = None
    energy_limit_wh: int | None = None
    energy_wh: int = 0
    rate_kw: float = 0.0
    total_cost: Decimal = Decimal("0.00")
    reason: Reason | None = None
    #: The point's own time of the newest reading that was stored.
    metered_at: float | None = None

    @property
    def tariff(self) -> Tariff:
        return Tariff(self.price_per_kwh)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def progress(self) -> float:
        return progress(self.energy_wh, self.energy_limit_wh)

    def _after(self, step: Step) -> State:
        state = TRANSITIONS.get((self.state, step))
        if state is None:
            raise IllegalTransition(f"Session {self.session_id} is {self.state}: {step} has no place there.")
        return state

    def accepted(self, at: float) -> "Session":
        return replace(self, state=self._after(Step.ACCEPTED), started_at=at)

    def refused(self, at: float) -> "Session":
        return replace(self, state=self._after(Step.REFUSED), ended_at=at)

    def is_news(self, energy_wh: int, at: float | None) -> bool:
        """
        Whether a reading says more than the newest one stored: more energy, or as much at a later time.

        Energy never falls within a session, so this holds for no reading that comes again, whatever the point's clock
        does meanwhile. A claim that is not yet accepted takes any reading: it shows that Engine charges.
        """
        if self.state is State.CLAIMED or energy_wh != self.energy_wh:
            return energy_wh >= self.energy_wh
        return at is not None and (self.metered_at is None or at > self.metered_at)

    def metered(self, energy_wh: int, rate_kw: float, at: float | None = None) -> "Session":
        """After a reading; one that is no news changes nothing."""
        state = self._after(Step.METERED)
        if not self.is_news(energy_wh, at):
            return self
        cost = self.tariff.bill(energy_wh)
        return replace(self, state=state, energy_wh=energy_wh, rate_kw=rate_kw, total_cost=cost, metered_at=at)

    def completed(self, energy_wh: int, reason: Reason, at: float) -> "Session":
        return replace(
            self,
            state=self._after(Step.COMPLETED),
            energy_wh=energy_wh,
            rate_kw=0.0,
            total_cost=self.tariff.bill(energy_wh),
            reason=reason,
            # The point's clock dates the end, as far as it makes sense beside the start.
            ended_at=max(at, self.started_at),
        )


@dataclass(frozen=True, slots=True)
class Stop:
    """A driver's wish to end its session, on its way to Engine; its answer is owed until the deadline."""

    driver_id: str
    message_id: str
    cp_id: str
    session_id: str
    deadline: float


class Verdict(StrEnum):
    """What a completion means for the session it names."""

    BILL = "bill"
    REPEATED = "repeated"
    QUARANTINE = "quarantine"


def judge(session: Session | None, completion: ChargeCompletion) -> Verdict:
    """Bill it, know it already, or keep it apart (protocol, section 6: late and repeated telemetry)."""
    if session is None:
        return Verdict.QUARANTINE
    energy = watt_hours(completion.energy_consumed_kwh)
    match session.state:
        case State.FINISHED:
            same = energy == session.energy_wh and completion.reason == session.reason
            return Verdict.REPEATED if same else Verdict.QUARANTINE
        case State.REFUSED:
            return Verdict.REPEATED if energy == 0 else Verdict.QUARANTINE
        case _:
            return Verdict.BILL
