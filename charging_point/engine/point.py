"""
The Engine as a whole: what can happen to it, and what it does then. Pure.

Order is the guarantee here: what was metered or decided stands in the journal before anybody hears of it, so a
restart never takes back what was said. The answers to Monitor's messages are made in handlers.py, out of these deeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from charging_point.engine.car import Car
from charging_point.engine.completions import Completions
from charging_point.engine.durability import REFUSAL, Durability, bearable, refused
from charging_point.engine.effects import Answer, Bind, Effect, Effects, Publish, ToMonitor
from charging_point.engine.ledger import (
    MOST_ENDED,
    Entry,
    Ledger,
    PointNamed,
    ServiceSet,
    SessionAcked,
    SessionFinished,
    SessionMetered,
    SessionStarted,
)
from charging_point.engine.meter import Meter
from charging_point.engine.refusal import Refusal
from charging_point.engine.session import Order, Session, State
from common.clock import Moment
from common.ids import Ids
from common.messages import (
    ChargeCompletion,
    CommandResponse,
    FaultNotification,
    PointStatus,
    Reason,
    RecoveryNotification,
)
from common.words import engine as words

JOURNAL_FAILURE = "journal_failure"
_MOST_REPEATS = 16


@dataclass(frozen=True, slots=True)
class Abilities:
    """What this Engine can do."""

    max_rate_kw: float = 22.0
    time_scale: float = 1.0
    plug_wait_s: float = 60.0


class Point:
    """Feed it what happens and the time; do what it returns, in order."""

    def __init__(self, abilities: Abilities, car: Car, ledger: Ledger, *, ids: Ids, kafka_is_up: bool) -> None:
        self.car = car
        self.max_rate_kw = abilities.max_rate_kw
        self.cp_id = ledger.cp_id
        self.out_of_service = ledger.out_of_service
        self.fault: str | None = None
        self.is_linked = False
        #: Nothing begins any more: a session that began now would have nobody to end it.
        self.is_switched_off = False
        self.session = Session(time_scale=abilities.time_scale, plug_wait_s=abilities.plug_wait_s, ids=ids)
        self.completions = Completions()
        #: The account of the charge that ended last, whether acknowledged or not.
        self.last: ChargeCompletion | None = None
        self.time_scale = abilities.time_scale
        self._plug_wait_s = abilities.plug_wait_s
        self._found = ledger
        self._ended = list(ledger.ended)
        self._ids = ids
        self.kafka_is_up = kafka_is_up
        self._journaled_wh = 0
        self._starts_to_answer: list[str] = []
        self._recovery_untold = False
        self._journal = Durability()

    # ---- how it is

    @property
    def status(self) -> PointStatus:
        if self.fault or self._journal.is_broken:
            return PointStatus.FAULTY
        if self.is_charging:
            return PointStatus.CHARGING
        return PointStatus.STOPPED if self.out_of_service else PointStatus.ACTIVE

    @property
    def is_charging(self) -> bool:
        return self.session.state is State.CHARGING

    @property
    def can_account(self) -> bool:
        """Whether the journal takes entries."""
        return not self._journal.is_broken

    @property
    def session_id(self) -> str | None:
        return self.session.order.session_id if self.session.order else None

    @property
    def is_bound_to_its_name(self) -> bool:
        """Whether a Monitor, a charge or an account still belongs to the name it has now."""
        return self.is_linked or self.session.state is not State.IDLE or bool(self.completions)

    def has_ended(self, session_id: str) -> bool:
        return session_id in self.completions or session_id in self._ended

    def refusal(self) -> Refusal | None:
        """Why no charge can begin now."""
        if self.is_switched_off:
            return Refusal(words.SWITCHED_OFF)
        if self.out_of_service:
            return Refusal(words.OUT_OF_SERVICE)
        if self.fault:
            return Refusal(words.HAS_FAULT, self.fault)
        if self._journal.is_broken:
            return Refusal(words.JOURNAL_BROKEN)
        if self.session_id is not None:
            return Refusal(words.BUSY, self.session_id)
        return None

    # ---- sessions

    def start(self, order: Order, now: Moment, command_id: str | None = None) -> Effects:
        """Begin, or wait for a plug. `refusal()` was None. A command is answered when the charge runs."""
        self.car.driven_by(order.driver_id)
        if self.car.plugged:
            answer: Effects = [Answer(_started(command_id, order))] if command_id else []
            return self._begin(order, now, answer, write=True)
        self.session.await_plug(order, now)
        self._starts_to_answer = [command_id] if command_id else []
        # A session that Central opened already must survive a restart; a command not yet accepted need not.
        return self._journal.write(order.entry(now)) if order.at_point else []

    def join(self, command_id: str) -> Effects:
        """The start of the present session again: the same answer, once there is one."""
        order = self.session.order
        assert order is not None
        if self.is_charging:
            return [Answer(_started(command_id, order))]
        if order.at_point:
            return [Answer(refused(command_id, order.session_id, "The session began at the point."))]
        self._starts_to_answer = [*self._starts_to_answer, command_id][-_MOST_REPEATS:]
        return []

    def close_unstarted(self, order: Order, reason: Reason, now: Moment) -> Effects:
        """Central opened a session that cannot run here any more: its account is empty."""
        return self._report(self.session.account(order, 0, reason, now), now)

    def end(self, reason: Reason, why_not: str, now: Moment) -> Effects:
        """End whatever there is; a start that only waited for a plug is refused with `why_not`."""
        order = self.session.order
        if order is None:
            return []
        if self.is_charging or order.at_point:
            self._starts_to_answer = []
            return self._report(self.session.finish(reason, now), now)
        self.session.cancel()
        unanswered, self._starts_to_answer = self._starts_to_answer, []
        return [ToMonitor(refused(one, order.session_id, why_not)) for one in unanswered]

    def acknowledge(self, session_id: str) -> Effects:
        if not self.completions.acknowledge(session_id):
            return []
        self._ended = [*self._ended, session_id][-MOST_ENDED:]
        return self._journal.write(SessionAcked(session_id=session_id))

    def _begin(self, order: Order, now: Moment, answers: Effects, *, write: bool) -> Effects:
        meter = Meter(self.car, max_kw=min(self.max_rate_kw, order.max_kw), limit_wh=order.limit_wh)
        self.session.begin(order, meter, now)
        self._journaled_wh = 0
        return [*(self._journal.write(order.entry(now)) if write else []), *answers]

    def _report(self, completion: ChargeCompletion, now: Moment) -> Effects:
        self.last = completion
        self.completions.add(completion, now, held=self._journal.is_broken)
        written = self._journal.write(SessionFinished(completion=completion))
        return [*written, *self._send([completion])] if written else []

    # ---- the car, faults, service

    def plug(self, now: Moment) -> Effects:
        self.car.plug()
        order = self.session.order
        if order is None or self.is_charging:
            return []
        answers: Effects = [ToMonitor(_started(one, order)) for one in self._starts_to_answer]
        self._starts_to_answer = []
        return self._begin(order, now, answers, write=not order.at_point)

    def unplug(self, now: Moment) -> Effects:
        ended = self.end(Reason.UNPLUGGED, "The car was unplugged.", now) if self.is_charging else []
        self.car.unplug()
        return ended

    def fail(self, fault_type: str, now: Moment) -> Effects:
        self.fault = fault_type
        return [*self._tell_fault(), *self.end(Reason.FAULT, f"The point has a fault: {fault_type}.", now)]

    def recover(self) -> Effects:
        self.fault = None
        return self._tell_recovery()

    def leave_service(self, now: Moment) -> Effects:
        self.out_of_service = True
        written = self._journal.write(ServiceSet(out_of_service=True))
        return [*written, *self.end(Reason.ADMIN_STOP, "The point is out of service.", now)]

    def enter_service(self) -> Effects:
        self.out_of_service = False
        return self._journal.write(ServiceSet(out_of_service=False))

    def _tell_fault(self) -> Effects:
        fault = self.fault or (JOURNAL_FAILURE if self._journal.is_broken else None)
        if fault is None or self.cp_id is None:
            return []
        described = "The journal of the Engine cannot be written." if fault == JOURNAL_FAILURE else None
        self._recovery_untold = False
        return [
            ToMonitor(
                FaultNotification(message_id=self._ids(), cp_id=self.cp_id, fault_type=fault, description=described)
            )
        ]

    def _tell_recovery(self) -> Effects:
        """Once nothing is wrong any more; kept for the next Monitor when there is none to hear it."""
        if self.fault or self._journal.is_broken or self.cp_id is None:
            return self._tell_fault()
        self._recovery_untold = not self.is_linked
        return [ToMonitor(RecoveryNotification(message_id=self._ids(), cp_id=self.cp_id))]

    # ---- ways to Central

    def link(self, cp_id: str, answer: Answer, now: Moment) -> Effects:
        """Monitor is there: it hears what it may have missed."""
        named = self._journal.write(PointNamed(cp_id=cp_id)) if cp_id != self.cp_id else []
        self.cp_id, self.is_linked = cp_id, True
        missed = self._tell_recovery() if self._recovery_untold else self._tell_fault()
        owed = [ToMonitor(completion) for completion in self.completions.resend(now)]
        return [*named, Bind(), answer, *missed, *owed]

    def unlink(self) -> Effects:
        self.is_linked = False
        return []

    def note_kafka(self, now: Moment, *, is_up: bool) -> Effects:
        is_back = is_up and not self.kafka_is_up
        self.kafka_is_up = is_up
        return [Publish(completion) for completion in self.completions.resend(now)] if is_back else []

    # ---- time

    def tick(self, now: Moment) -> Effects:
        owed = self._send(self.completions.due(now))
        return [*self._tick_session(now), *owed, *self._probe_journal(now)]

    def seconds_left(self, now: Moment) -> float | None:
        """Until the next tick is due; None when nothing is pending."""
        least = self.session.seconds_left(now)
        for wait in (self.completions.seconds_left(now), self._journal.seconds_left(now)):
            if wait is not None and (least is None or wait < least):
                least = wait
        return least

    def _tick_session(self, now: Moment) -> Effects:
        if self.session.plug_is_late(now):
            return self.end(Reason.UNPLUGGED, f"No car was plugged in within {self._plug_wait_s:g} s.", now)
        reached = self.session.reached(now)
        if reached is not None:
            return self.end(reached, "", now)
        found = self.session.reading(now)
        if found is None:
            return []
        energy_wh, reading = found
        fresh = energy_wh > self._journaled_wh
        self._journaled_wh = energy_wh
        written = (
            self._journal.write(SessionMetered(session_id=reading.session_id, energy_wh=energy_wh)) if fresh else []
        )
        # While Kafka is away the reading goes the other way round: Monitor passes it on.
        relayed = reading if self.kafka_is_up else reading.model_copy(update={"relay": True})
        return [*written, Publish(reading), ToMonitor(relayed)]

    def restart(self, now: Moment) -> Effects:
        """Once, at the start: close what the journal left open, and say again what was not acknowledged."""
        for completion in self._found.owed.values():
            self.completions.add(completion, now)
        owed: Effects = [Publish(completion) for completion in self.completions.sendable()]
        if self._found.open is None:
            return owed
        last = self.session.account(self._found.open, self._found.energy_wh, Reason.ENGINE_RESTART, now)
        return [*owed, *self._report(last, now)]

    def shut_down(self, now: Moment) -> Effects:
        self.is_switched_off = True
        self._journal.probe_now(now)  # the last chance for what could not be written yet
        return [*self.end(Reason.POWER_LOSS, words.SWITCHED_OFF.en, now), *self._probe_journal(now)]

    # ---- a journal that cannot be written

    def journal_failed(self, entry: Entry, undone: Sequence[Effect], now: Moment) -> Effects:
        """`entry` was not written and `undone` stood behind it. Gives what may be done all the same."""
        is_start, is_new = isinstance(entry, SessionStarted), not self._journal.is_broken
        for completion in self._journal.failed(entry, undone, now):
            self.completions.add(completion, now, held=True)
        order = self.session.order
        if is_start and order is not None and not order.at_point:
            self.session.cancel()
        ended = self.end(Reason.FAULT, REFUSAL, now)
        return [*bearable(undone, is_start=is_start), *(self._tell_fault() if is_new else []), *ended]

    def journal_works(self, now: Moment) -> Effects:
        """Everything that waited was written: now it may be told."""
        self._journal.works()
        self.completions.release(now)
        return [*self._send(self.completions.sendable()), *self._tell_recovery()]

    def _probe_journal(self, now: Moment) -> Effects:
        if not self._journal.is_broken:
            return []
        return self._journal.probe(now, ServiceSet(out_of_service=self.out_of_service))

    @staticmethod
    def _send(completions: Sequence[ChargeCompletion]) -> Effects:
        """On both paths, with the same message_id: whichever is first is the one that counts."""
        return [way(completion) for completion in completions for way in (Publish, ToMonitor)]


def _started(command_id: str, order: Order) -> CommandResponse:
    return CommandResponse(
        message_id=command_id, status="success", message="The charge has begun.", session_id=order.session_id
    )
