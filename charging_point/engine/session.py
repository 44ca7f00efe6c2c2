"""
One charge after another at the point: the state machine from the order to the final account. Pure.

Why something happens is the business of point.py; here stands what can follow what.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from charging_point.engine.curve import PowerCurve
from charging_point.engine.ledger import SessionStarted
from charging_point.engine.meter import Meter
from common.clock import Moment
from common.errors import IllegalTransition
from common.ids import Ids
from common.messages import ChargeCompletion, ChargingData, Reason
from common.money import cost, kwh


class State(StrEnum):
    IDLE = "idle"
    WAITING_FOR_PLUG = "waiting for plug"
    CHARGING = "charging"


class Step(StrEnum):
    AWAIT_PLUG = "await plug"
    BEGIN = "begin"
    FINISH = "finish"
    CANCEL = "cancel"


#: What is not in here raises and changes nothing. FINISH yields a completion; CANCEL is for what nobody accepted.
TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.IDLE, Step.AWAIT_PLUG): State.WAITING_FOR_PLUG,
    (State.IDLE, Step.BEGIN): State.CHARGING,
    (State.WAITING_FOR_PLUG, Step.BEGIN): State.CHARGING,
    (State.WAITING_FOR_PLUG, Step.FINISH): State.IDLE,
    (State.WAITING_FOR_PLUG, Step.CANCEL): State.IDLE,
    (State.CHARGING, Step.FINISH): State.IDLE,
    (State.CHARGING, Step.CANCEL): State.IDLE,
}

READING_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """A charge that was ordered. At the point: Central opened the session already, so it must end in a completion."""

    cp_id: str
    session_id: str
    driver_id: str
    price_per_kwh: Decimal
    max_kw: float
    limit_wh: int | None = None
    at_point: bool = False

    def entry(self, now: Moment) -> SessionStarted:
        return SessionStarted(
            cp_id=self.cp_id,
            session_id=self.session_id,
            driver_id=self.driver_id,
            price_per_kwh=self.price_per_kwh,
            started_at=now.wall,
        )


class Session:
    """The one place for a charge. `time_scale` seconds are simulated in each real one."""

    def __init__(self, *, time_scale: float, plug_wait_s: float, ids: Ids) -> None:
        self.state = State.IDLE
        self.order: Order | None = None
        #: Since when it charges; the power at each reading of this charge, or of the last one.
        self.began: Moment | None = None
        self.curve = PowerCurve()
        self._meter: Meter | None = None
        self._time_scale = time_scale
        self._plug_wait_s = plug_wait_s
        self._ids = ids
        self._plug_deadline = 0.0
        self._metered_until = 0.0
        self._next_reading_at = 0.0

    def await_plug(self, order: Order, now: Moment) -> None:
        self._take(Step.AWAIT_PLUG)
        self.order = order
        self._plug_deadline = now.mono + self._plug_wait_s

    def begin(self, order: Order, meter: Meter, now: Moment) -> None:
        self._take(Step.BEGIN)
        self.order, self._meter = order, meter
        self.began, self.curve = now, PowerCurve()
        self.curve.add(meter.power_kw)
        self._metered_until = now.mono
        # Central learns from the first reading that a charge ordered at the point runs: it gets one at once.
        self._next_reading_at = now.mono + (0.0 if order.at_point else READING_EVERY_S)

    def cancel(self) -> None:
        self._take(Step.CANCEL)
        self.order = self._meter = None

    def finish(self, reason: Reason, now: Moment) -> ChargeCompletion:
        """The final account; a limit that was reached by now is the truer reason."""
        self._take(Step.FINISH)
        order, meter = self.order, self._meter
        assert order is not None
        self.advance(now)
        self.order = self._meter = None
        energy_wh = meter.energy_wh if meter else 0
        return self.account(order, energy_wh, (meter and meter.reached) or reason, now)

    def account(self, order: Order | SessionStarted, energy_wh: int, reason: Reason, now: Moment) -> ChargeCompletion:
        return ChargeCompletion(
            message_id=self._ids(),
            timestamp=now.wall,
            cp_id=order.cp_id,
            session_id=order.session_id,
            energy_consumed_kwh=kwh(energy_wh),
            total_cost=cost(energy_wh, order.price_per_kwh),
            reason=reason,
        )

    def reached(self, now: Moment) -> Reason | None:
        """Meter until now; why the charge is over, if it is."""
        self.advance(now)
        return self._meter.reached if self._meter else None

    def reading(self, now: Moment) -> tuple[int, ChargingData] | None:
        """The metered watt-hours and the reading that tells them, when one is due."""
        order, meter = self.order, self._meter
        if order is None or meter is None or now.mono < self._next_reading_at:
            return None
        self.advance(now)
        power_kw, energy_wh = meter.power_kw, meter.energy_wh
        self.curve.add(power_kw)
        # A late tick keeps the rhythm; after a pause nobody wants a burst of what was missed.
        self._next_reading_at = max(self._next_reading_at, now.mono - READING_EVERY_S / 2) + READING_EVERY_S
        return energy_wh, ChargingData(
            message_id=self._ids(),
            timestamp=now.wall,
            cp_id=order.cp_id,
            session_id=order.session_id,
            energy_consumed_kwh=kwh(energy_wh),
            total_cost=cost(energy_wh, order.price_per_kwh),
            charging_rate=power_kw,
        )

    @property
    def meter(self) -> Meter | None:
        """That of the running charge."""
        return self._meter

    @property
    def power_kw(self) -> float:
        """What flows now."""
        return self._meter.power_kw if self._meter else 0.0

    def seconds_to_end(self, now: Moment) -> float | None:
        """Real seconds until the limit or the full battery ends the charge; infinite when no power is offered."""
        if self._meter is None:
            return None
        return max(0.0, self._metered_until + self._meter.seconds_left / self._time_scale - now.mono)

    def seconds_to_plug(self, now: Moment) -> float | None:
        """How long a start still waits for a plug."""
        return max(0.0, self._plug_deadline - now.mono) if self.state is State.WAITING_FOR_PLUG else None

    def plug_is_late(self, now: Moment) -> bool:
        return self.state is State.WAITING_FOR_PLUG and now.mono >= self._plug_deadline

    def seconds_left(self, now: Moment) -> float | None:
        """Until this session wants to be asked again: a late plug, a reading, the limit or the full battery."""
        if self._meter is None:
            return self.seconds_to_plug(now)
        reading_in = max(0.0, self._next_reading_at - now.mono)
        # Asked thousands of times a second in a process of many points: how the battery fills matters near the end only.
        if self._metered_until + self._meter.least_seconds_left / self._time_scale - now.mono >= reading_in:
            return reading_in
        over_in = self.seconds_to_end(now)
        return reading_in if over_in is None else min(over_in, reading_in)

    def advance(self, now: Moment) -> None:
        """Count what flowed until now: before anything about the car changes, and before anything is told."""
        passed = now.mono - self._metered_until
        if passed <= 0.0:
            return
        if self._meter is not None:
            self._meter.advance(passed * self._time_scale)
        self._metered_until = now.mono

    def _take(self, step: Step) -> None:
        try:
            self.state = TRANSITIONS[self.state, step]
        except KeyError:
            raise IllegalTransition(f"An Engine that is {self.state} cannot {step}.") from None
