"""Readings in batches: judged, coalesced and stored in one transaction, then told to the drivers. The hot path of Central."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import cast

from central.context import Context, Source
from central.domain.metering import Reading, StoredReading, meter
from central.domain.plausible import most_wh
from central.domain.sessions import Session, State
from central.handlers import claiming
from central.handlers.losing import Losing
from central.handlers.strays import stop_stray
from central.links import Attached
from central.notices import data_notice, status_notice
from central.store.unit_of_work import SessionAt, UnitOfWork
from common import failpoints
from common.errors import BadMessage, ErrorCode, TransportLost
from common.failpoints import Place
from common.kafka.bus import outgoing
from common.messages import ChargingData, Message, PointStatus
from common.metering import ENERGY_WH, Metering, metering
from common.metrics import catalogue as figures
from common.routes import Topic

#: What came of each session, in the order in which it came.
Series = Mapping[SessionAt, list[Metering]]
_energy_of = itemgetter(ENERGY_WH)
_STRAY_STOPPED_AGAIN_S = 10.0


@dataclass(slots=True)
class Metered:
    """What a batch of readings changed, and what must follow once it is stored."""

    changed: list[Session] = field(default_factory=list)
    readings: list[StoredReading] = field(default_factory=list)
    strays: list[SessionAt] = field(default_factory=list)
    statuses: dict[str, PointStatus] = field(default_factory=dict)
    #: Readings that changed nothing, by why: counted once the unit is stored, which may be run more than once.
    left_out: Counter[str] = field(default_factory=Counter)


class Meters:
    def __init__(self, context: Context, losing: Losing) -> None:
        self._c = context
        self._losing = losing
        #: Stops of stray charges are not repeated with every reading: session -> not before.
        self._stopped: dict[str, float] = {}
        #: The power of points as it was last seen; looked up anew before anything is disbelieved by it.
        self._powers: dict[str, float] = {}

    async def take_reading(self, data: ChargingData, source: Source) -> None:
        """A reading that came over a Monitor's link, because its Engine cannot reach Kafka."""
        if not data.relay:
            raise BadMessage(
                ErrorCode.NOT_ALLOWED, "charging_data goes over Kafka, or with relay: true.", data.message_id
            )
        attached = self._c.links.owned(data.cp_id, source.link)
        if attached is None:
            raise BadMessage(ErrorCode.UNKNOWN_CP, f"{data.cp_id} is not registered on this link.", data.message_id)
        await self.take_readings([metering(data)], attached)

    async def take_readings(self, batch: Sequence[Metering], by: Attached | None = None) -> None:
        """
        Store a batch in one transaction, then tell the drivers, and stop what should not charge. `by`: the link it came
        over, which must still count when it is stored.
        """
        now, series = self._c.wall(), _series(batch)
        # Told before anybody does anything about a later commit: a ticket must not come before its last reading.
        metered = await self._c.store.write(
            lambda unit: self._meter(unit, series, by, now), lambda it: self._tell(it, now) if it is not None else None
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

    # -- in the transaction

    def _meter(self, unit: UnitOfWork, series: Series, by: Attached | None, now: float) -> Metered | None:
        if by is not None and unit.point_of(by) is None:
            return None
        metered, proven = Metered(), list[tuple[Session, Session]]()
        sessions = unit.sessions_to_meter(series.keys())
        metered.left_out["unknown_session"] = sum(len(series[one]) for one in series.keys() - sessions.keys())
        believed = self._believed(unit, series, sessions, now, metered)
        for at, session in sessions.items():
            if session.state is State.REFUSED:
                metered.strays.append(at)
                continue
            judged = meter(session, believed[at], now, metered.readings)
            metered.left_out["late"] += judged.late
            metered.left_out["repeated"] += judged.repeated
            if judged.session is not session:
                metered.changed.append(judged.session)
                if session.state is State.CLAIMED:
                    proven.append((session, judged.session))
        for claimed, newest in proven:
            self._accept_proven(unit, claimed, newest, now)
        unit.save_meters(metered.changed)
        unit.add_readings(cast("list[Reading]", metered.readings))  # plain tuples, as there are so many
        if self._c.settings.driver_notices:
            metered.statuses = unit.statuses(sorted({session.cp_id for session in metered.changed}))
        return metered

    def _believed(
        self, unit: UnitOfWork, series: Series, sessions: Mapping[SessionAt, Session], now: float, metered: Metered
    ) -> Series:
        """What is left when readings that claim more than their points can have given are put aside."""

        def suspects(among: Mapping[SessionAt, Session]) -> dict[SessionAt, Session]:
            return {
                at: session
                for at, session in among.items()
                if max(map(_energy_of, series[at])) > self._most(session, now)
            }

        found = suspects(sessions)
        if found:
            self._powers |= unit.powers(sorted({session.cp_id for session in found.values()}))
            found = suspects(found)
        believed = dict(series)
        for at, session in found.items():
            most = self._most(session, now)
            believed[at] = [reading for reading in series[at] if reading[ENERGY_WH] <= most]
            metered.left_out["absurd"] += len(series[at]) - len(believed[at])
        return believed

    def _most(self, session: Session, now: float) -> float:
        return most_wh(session, self._powers.get(session.cp_id, 0.0), now, self._c.settings.time_scale)

    def _accept_proven(self, unit: UnitOfWork, claimed: Session, newest: Session, now: float) -> None:
        """A claim whose charge shows before Engine's word: accepted, and a driver who asked is answered."""
        claiming.accept(unit, newest, now, "its readings show it")
        if claimed.origin != "point":
            answer = claiming.granted(claimed).model_copy(update={"timestamp": now})
            self._c.answers.keep(unit, claimed.driver_id, answer, None)

    # -- once it is stored

    def _tell(self, metered: Metered, now: float) -> None:
        failpoints.reached(Place.METERED)
        if not self._c.settings.driver_notices:
            return
        for session in metered.changed:
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
        self._stopped[session_id] = now + _STRAY_STOPPED_AGAIN_S
        return True


def _series(batch: Sequence[Metering]) -> Series:
    found: defaultdict[SessionAt, list[Metering]] = defaultdict(list)
    for reading in batch:
        found[reading[:2]].append(reading)
    return found
