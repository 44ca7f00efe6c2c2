"""What a charge came to: the final account, and the bill. Its readings are in metering.py."""

import logging
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal

from central.context import Context, Source
from central.domain.plausible import most_wh
from central.domain.points import Event, Point
from central.domain.sessions import Session, State, Verdict, judge
from central.handlers import claiming
from central.handlers.losing import Losing
from central.links import Attached
from central.notices import ticket
from central.store.unit_of_work import UnitOfWork
from common import failpoints
from common.errors import BadMessage, ErrorCode
from common.failpoints import Place
from common.messages import ChargeCompletion, ChargeCompletionAck, PointStatus, Reason
from common.metrics import catalogue as figures
from common.metrics.measures import Measures
from common.money import watt_hours
from common.routes import Topic
from common.telemetry import about

log = logging.getLogger("ev.central.settling")

#: Accounts that are known without a look into the database: they come twice, over a link and over Kafka.
_MOST_KNOWN = 10_000


class Settling:
    def __init__(self, context: Context, losing: Losing) -> None:
        self._c = context
        self._losing = losing
        #: What was stored and acknowledged lately, by session.
        self._known: OrderedDict[str, _Said] = OrderedDict()

    async def complete(self, completion: ChargeCompletion, source: Source) -> None:
        """Store once, acknowledge always; what Kafka brings of an account that was acknowledged over a link needs nothing more."""
        if source.link is None and self._known.get(completion.session_id) == _said(completion):
            self._c.measures.add(figures.COMPLETIONS, Verdict.REPEATED)
            return
        by = None if source.link is None else self._c.links.owned(completion.cp_id, source.link)
        if source.link is not None and by is None:
            sentence = f"{completion.cp_id} is not registered on this link."
            raise BadMessage(ErrorCode.UNKNOWN_CP, sentence, completion.message_id)
        now = self._c.wall()
        settled = await self._c.store.write(
            lambda unit: settle(unit, completion, now, self._c.settings.time_scale, by=by)
        )
        if settled is None:
            # Not acknowledged either: Engine tells it again to whoever speaks for its point.
            self._losing.let_go_stale(by)
            return
        verdict, bill = settled.verdict, settled.bill
        self._c.measures.add(figures.COMPLETIONS, verdict)
        if bill is not None:
            _count_bill(self._c.measures, bill)
        if bill is not None:
            attached = self._c.links.find(completion.cp_id)
            if attached is not None and attached.status is PointStatus.CHARGING:
                attached.status = PointStatus.ACTIVE
        if verdict is Verdict.QUARANTINE:
            log.warning("A completion was put into quarantine.", extra=about(completion))
        failpoints.reached(Place.BILLED)
        if self._acknowledge(completion, now, settled.generation) and verdict is not Verdict.QUARANTINE:
            self._note_known(completion)

    def _acknowledge(self, completion: ChargeCompletion, now: float, generation: int) -> bool:
        ack = ChargeCompletionAck(
            message_id=completion.message_id,
            timestamp=now,
            cp_id=completion.cp_id,
            session_id=completion.session_id,
        )
        return self._c.links.send(completion.cp_id, ack, generation)

    def _note_known(self, completion: ChargeCompletion) -> None:
        self._known[completion.session_id] = _said(completion)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)


#: What an account says: its point, energy, cost and reason.
_Said = tuple[str, Decimal, Decimal, Reason]


def _said(completion: ChargeCompletion) -> _Said:
    return completion.cp_id, completion.energy_consumed_kwh, completion.total_cost, completion.reason


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a completion: the session as it was billed, and the registration whose link is told so."""

    verdict: Verdict
    bill: Session | None
    generation: int


def settle(
    unit: UnitOfWork, completion: ChargeCompletion, now: float, time_scale: float, *, by: Attached | None = None
) -> Settled | None:
    """Bill a completion, or recognise it, or keep it apart; None where it came over a link that no longer counts."""
    # Locked first, as everywhere.
    point = unit.point(completion.cp_id) if by is None else unit.point_of(by)
    if by is not None and point is None:
        return None
    # Knowing a session's id gives a point no say about another's session: by its own point it is not found.
    session = unit.session(completion.session_id, cp_id=completion.cp_id)
    verdict, bill = _judged(unit, completion, session, point, now, time_scale)
    return Settled(verdict, bill, point.generation if point else 0)


def _judged(
    unit: UnitOfWork,
    completion: ChargeCompletion,
    session: Session | None,
    point: Point | None,
    now: float,
    time_scale: float,
) -> tuple[Verdict, Session | None]:
    verdict = judge(session, completion)
    if verdict is Verdict.QUARANTINE:
        why = "no such session at this point" if session is None else f"differs from what is stored ({session.state})"
        if unit.quarantine(completion, why, now):
            unit.record(now, "quarantined", f"A completion was kept apart: {why}.", completion)
    elif verdict is Verdict.BILL and session is not None:
        power_kw = point.max_charging_rate_kw if point else 0.0
        if watt_hours(completion.energy_consumed_kwh) > most_wh(session, power_kw, now, time_scale):
            return Verdict.QUARANTINE, _close_absurd(unit, session, completion, power_kw, now)
        return verdict, _bill(unit, session, completion, point, now)
    return verdict, None


def _bill(unit: UnitOfWork, session: Session, completion: ChargeCompletion, point: Point | None, now: float) -> Session:
    if session.state is State.CLAIMED:
        session, point = _accept_late(unit, session, now), None  # it has changed
    energy = watt_hours(completion.energy_consumed_kwh)
    if energy < session.energy_wh:
        said = f"The final account has {energy} Wh, a reading had {session.energy_wh} Wh."
        unit.record(now, "discrepancy", said, completion)
    finished = session.completed(energy, completion.reason, min(completion.timestamp or now, now))
    if completion.total_cost != finished.total_cost:
        said = f"The point computed {completion.total_cost}, billed is {finished.total_cost}."
        unit.record(now, "discrepancy", said, completion)
    close(unit, finished, completion.message_id, now, point)
    return finished


def _close_absurd(
    unit: UnitOfWork, session: Session, completion: ChargeCompletion, power_kw: float, now: float
) -> Session:
    """The charge is over, its account cannot be: kept apart for the operator, while what was metered before is billed."""
    why = f"more energy than {power_kw:g} kW could give in its time"
    if unit.quarantine(completion, why, now):
        unit.record(now, "quarantined", f"A completion was kept apart: {why}.", completion)
    if session.state is State.CLAIMED:
        session = _accept_late(unit, session, now)
    finished = session.completed(session.energy_wh, completion.reason, min(completion.timestamp or now, now))
    close(unit, finished, completion.message_id, now)
    return finished


def _count_bill(measures: Measures, bill: Session) -> None:
    measures.add(figures.BILLED_ENERGY, by=bill.energy_wh)
    measures.add(figures.BILLED_MONEY, by=float(bill.total_cost))


def _accept_late(unit: UnitOfWork, session: Session, now: float) -> Session:
    """The charge is over before Engine's word or a reading came: the driver still gets its answer first."""
    running = claiming.accept(unit, session, now, "its final account shows it")
    if session.origin != "point":
        answer = claiming.granted(session).model_copy(update={"timestamp": now})
        unit.keep_answer(f"driver:{session.driver_id}", answer, now)
        unit.send(Topic.DRIVER_RESPONSES, session.driver_id, answer, now)
    return running


def close(unit: UnitOfWork, finished: Session, message_id: str, now: float, point: Point | None = None) -> None:
    """Store a finished session, free its point (`point`: as this unit has read it), and tell the driver its ticket."""
    unit.end_session(finished)
    claiming.move(unit, finished.cp_id, Event.COMPLETED, point)
    words = f"{finished.energy_wh} Wh for {finished.total_cost}, {finished.reason}."
    unit.record(now, "completed", words, finished, message_id=message_id)
    unit.send(Topic.DRIVER_RESPONSES, finished.driver_id, ticket(finished, message_id, now), now)


async def close_lost(context: Context, session: Session, reason: Reason, by: Attached | None) -> bool:
    """
    Engine says that it knows no such session and holds no account of it: bill what was last metered. False where that was
    said over a link (`by`) that no longer counts: then nobody knows, and nothing changes.
    """
    now, message_id = context.wall(), context.ids()

    def work(unit: UnitOfWork) -> tuple[bool, Session | None]:
        unit.point(session.cp_id)  # locked first, as everywhere
        if by is not None and unit.point_of(by) is None:
            return False, None
        present = unit.session(session.session_id, cp_id=session.cp_id)
        if present is None or not present.is_open:
            return True, None
        if present.state is State.CLAIMED:
            present = _accept_late(unit, present, now)
        unit.record(now, "discrepancy", "The point no longer knows this session; its last reading is billed.", present)
        finished = present.completed(present.energy_wh, reason, now)
        close(unit, finished, message_id, now)
        return True, finished

    counts, bill = await context.store.write(work)
    if bill is not None:
        _count_bill(context.measures, bill)
    return counts
