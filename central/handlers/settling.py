"""What a charge consumed: readings in batches, the final account, and the bill."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from central.context import Context, Source
from central.domain.plausible import most_wh
from central.domain.points import Event, Point
from central.domain.sessions import Session, State, Verdict, judge
from central.handlers import claiming
from central.handlers.losing import Losing
from central.handlers.strays import stop_stray
from central.links import Attached
from central.notices import data_notice, status_notice, ticket
from central.store.readings import Reading
from central.store.unit_of_work import SessionAt, UnitOfWork
from common import failpoints
from common.errors import BadMessage, ErrorCode, TransportLost
from common.failpoints import Place
from common.kafka.bus import outgoing
from common.messages import ChargeCompletion, ChargeCompletionAck, ChargingData, Message, PointStatus, Reason
from common.metrics import catalogue as figures
from common.metrics.measures import Measures
from common.money import watt_hours
from common.routes import Topic
from common.telemetry import about

log = logging.getLogger("ev.central.settling")


@dataclass(slots=True)
class Metered:
    """What a batch of readings changed, and what must follow once it is stored."""

    sessions: dict[SessionAt, Session]
    changed: dict[SessionAt, Session] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    proven: list[Session] = field(default_factory=list)
    strays: set[SessionAt] = field(default_factory=set)
    statuses: dict[str, PointStatus] = field(default_factory=dict)
    #: Readings that changed nothing, by why: counted once the unit is stored, which may be run more than once.
    left_out: Counter[str] = field(default_factory=Counter)


class Settling:
    def __init__(self, context: Context, losing: Losing) -> None:
        self._c = context
        self._losing = losing
        #: Stops of stray charges are not repeated with every reading: session -> not before.
        self._stopped: dict[str, float] = {}
        #: The power of points as it was last seen; looked up anew before anything is disbelieved by it.
        self._powers: dict[str, float] = {}

    # -- readings

    async def take_reading(self, data: ChargingData, source: Source) -> None:
        """A reading that came over a Monitor's link, because its Engine cannot reach Kafka."""
        if not data.relay:
            raise BadMessage(
                ErrorCode.NOT_ALLOWED, "charging_data goes over Kafka, or with relay: true.", data.message_id
            )
        attached = self._c.links.owned(data.cp_id, source.link)
        if attached is None:
            raise BadMessage(ErrorCode.UNKNOWN_CP, f"{data.cp_id} is not registered on this link.", data.message_id)
        await self.take_readings([data], attached)

    async def take_readings(self, batch: Sequence[ChargingData], by: Attached | None = None) -> None:
        """
        Store a batch in one transaction, then tell the drivers, and stop what should not charge. `by`: the link it came
        over, which must still count when it is stored.
        """
        now = self._c.wall()
        # Told before anybody does anything about a later commit: a ticket must not come before its last reading.
        metered = await self._c.store.write(
            lambda unit: self._meter(unit, batch, by, now), lambda it: self._tell(it, now) if it is not None else None
        )
        if metered is None:
            self._losing.let_go_stale(by)
            return
        for outcome, count in {"stored": len(metered.readings), **metered.left_out}.items():
            if count:
                self._c.measures.add(figures.READINGS, outcome, by=count)
        for cp_id, session_id in metered.strays:
            if self._may_stop(session_id):
                await stop_stray(self._c, cp_id, session_id)

    def _meter(
        self, unit: UnitOfWork, batch: Sequence[ChargingData], by: Attached | None, now: float
    ) -> Metered | None:
        if by is not None and unit.point_of(by) is None:
            return None
        metered = Metered(unit.sessions_to_meter({_named(data) for data in batch}))
        absurd = self._absurd(unit, batch, metered.sessions, now)
        metered.left_out["absurd"] = len(absurd)
        for data in batch:
            if id(data) not in absurd:
                _apply(metered, data, now)
        for session in metered.proven:
            metered.changed[session.cp_id, session.session_id] = self._accept_proven(unit, session, metered, now)
        unit.save_meters(metered.changed.values())
        unit.add_readings(metered.readings)
        metered.statuses = unit.statuses(sorted({session.cp_id for session in metered.changed.values()}))
        return metered

    def _absurd(
        self, unit: UnitOfWork, batch: Sequence[ChargingData], sessions: Mapping[SessionAt, Session], now: float
    ) -> set[int]:
        """Which readings claim more than their points can have given."""

        def suspects(among: Sequence[ChargingData]) -> list[ChargingData]:
            return [data for data in among if self._is_suspect(data, sessions.get(_named(data)), now)]

        found = suspects(batch)
        if found:
            self._powers |= unit.powers(sorted({data.cp_id for data in found}))
            found = suspects(found)
        return {id(data) for data in found}

    def _is_suspect(self, data: ChargingData, session: Session | None, now: float) -> bool:
        if session is None:
            return False
        most = most_wh(session, self._powers.get(session.cp_id, 0.0), now, self._c.settings.time_scale)
        return watt_hours(data.energy_consumed_kwh) > most

    def _accept_proven(self, unit: UnitOfWork, claimed: Session, metered: Metered, now: float) -> Session:
        """A claim whose charge shows before Engine's word: accepted, and a driver who asked is answered."""
        newest = metered.changed[claimed.cp_id, claimed.session_id]
        claiming.accept(unit, newest, now, "its readings show it")
        if claimed.origin != "point":
            answer = claiming.granted(claimed).model_copy(update={"timestamp": now})
            self._c.answers.keep(unit, claimed.driver_id, answer, None)
        return newest

    def _tell(self, metered: Metered, now: float) -> None:
        failpoints.reached(Place.METERED)
        if not self._c.settings.driver_notices:
            return
        for session in metered.changed.values():
            self._publish(session.driver_id, data_notice(session, self._c.ids(), now))
            # A point whose link is down still meters: its driver is told both.
            status = metered.statuses.get(session.cp_id, PointStatus.CHARGING)
            self._publish(session.driver_id, status_notice(session, status, self._c.ids(), now))

    def _publish(self, driver_id: str, notice: Message) -> None:
        try:
            self._c.publisher.publish(outgoing(Topic.DRIVER_RESPONSES, driver_id, notice))
        except TransportLost:
            # The next reading tells more than this one; only the ticket must arrive, and that is in the outbox.
            self._c.measures.add(figures.NOTICES_DROPPED)

    def _may_stop(self, session_id: str) -> bool:
        now = self._c.clock.now().mono
        self._stopped = {s: until for s, until in self._stopped.items() if until > now}
        if session_id in self._stopped:
            return False
        self._stopped[session_id] = now + 10.0
        return True

    # -- the final account

    async def complete(self, completion: ChargeCompletion, source: Source) -> None:
        """Store once, acknowledge always."""
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
        self._c.links.send(
            completion.cp_id,
            ChargeCompletionAck(
                message_id=completion.message_id,
                timestamp=now,
                cp_id=completion.cp_id,
                session_id=completion.session_id,
            ),
            settled.generation,
        )


def _named(data: ChargingData) -> SessionAt:
    """The session that a reading means: one of its own point, or none."""
    return data.cp_id, data.session_id


def _apply(metered: Metered, data: ChargingData, now: float) -> None:
    session = metered.changed.get(_named(data)) or metered.sessions.get(_named(data))
    if session is None:
        metered.left_out["unknown_session"] += 1
        return
    if session.state is State.REFUSED:
        metered.strays.add((session.cp_id, session.session_id))
        return
    energy = watt_hours(data.energy_consumed_kwh)
    if session.state is State.FINISHED or energy < session.energy_wh:
        metered.left_out["late"] += 1
        return
    if not session.is_news(energy, data.timestamp):
        metered.left_out["repeated"] += 1
        return
    if session.state is State.CLAIMED:
        metered.proven.append(session)
    metered.changed[_named(data)] = session.metered(energy, data.charging_rate, data.timestamp)
    at = min(data.timestamp or now, now)
    metered.readings.append(Reading(data.session_id, at, energy, data.charging_rate, stored_at=now))


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
    point = unit.point(completion.cp_id)  # locked first, as everywhere
    if by is not None and unit.point_of(by) is None:
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
        return verdict, _bill(unit, session, completion, now)
    return verdict, None


def _bill(unit: UnitOfWork, session: Session, completion: ChargeCompletion, now: float) -> Session:
    if session.state is State.CLAIMED:
        session = _accept_late(unit, session, now)
    energy = watt_hours(completion.energy_consumed_kwh)
    if energy < session.energy_wh:
        said = f"The final account has {energy} Wh, a reading had {session.energy_wh} Wh."
        unit.record(now, "discrepancy", said, completion)
    finished = session.completed(energy, completion.reason, min(completion.timestamp or now, now))
    if completion.total_cost != finished.total_cost:
        said = f"The point computed {completion.total_cost}, billed is {finished.total_cost}."
        unit.record(now, "discrepancy", said, completion)
    close(unit, finished, completion.message_id, now)
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


def close(unit: UnitOfWork, finished: Session, message_id: str, now: float) -> None:
    """Store a finished session, free its point, and tell the driver its ticket."""
    unit.save_session(finished)
    claiming.move(unit, finished.cp_id, Event.COMPLETED)
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
