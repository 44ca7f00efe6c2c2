"""How points join, stay and leave: authentication, registration, heartbeats, reports, and the loss of a link."""

import logging
from dataclasses import replace

from central.context import Context, Source
from central.domain.points import Event, Point, told_by
from central.domain.sessions import Origin, State
from central.handlers import claiming
from central.links import Attached
from central.notices import status_notice
from central.store.unit_of_work import UnitOfWork
from common.errors import BadMessage, ErrorCode, IllegalTransition
from common.messages import (
    AuthRequest,
    AuthResponse,
    ErrorResponse,
    FaultNotification,
    HeartbeatRequest,
    HeartbeatResponse,
    PointStatus,
    RecoveryNotification,
    RegisterRequest,
    RegisterResponse,
    StatusUpdate,
)
from common.metrics import catalogue as figures
from common.net.link import Link
from common.routes import Topic
from common.telemetry import about

log = logging.getLogger("ev.central.enrolment")

#: A living point's heartbeat reaches the database within this (see `note_heartbeats`).
NOTED_WITHIN_S = 30.0
#: What a registration may bring; a field it leaves out stays as it was.
_DETAILS = (
    "max_charging_rate_kw",
    "name",
    "station_id",
    "charge_point_id",
    "connector_id",
    "connector_type",
    "address",
    "latitude",
    "longitude",
    "vendor",
    "model",
    "firmware_version",
)


class Enrolment:
    def __init__(self, context: Context) -> None:
        self._c = context
        #: Points that are just being registered, and by which link.
        self._joining: dict[str, Link] = {}

    async def authenticate(self, request: AuthRequest, source: Source) -> None:
        assert source.link is not None  # the catalogue has no other route
        refusal = self._c.proofs.check(request, source.link)
        if refusal is not None:
            self._c.measures.add(figures.AUTH_REFUSED)
            log.warning("%s %s was not believed: %s.", request.role, request.claimed_id, refusal, extra=about(request))
        source.link.send(
            AuthResponse(
                message_id=request.message_id,
                timestamp=self._c.wall(),
                status="success" if refusal is None else "failure",
                error=refusal,
                message="Welcome."
                if refusal is None
                else "The proof was not accepted; check the id, the secret and the clock.",
            )
        )

    # -- registration

    async def register(self, request: RegisterRequest, source: Source) -> None:
        assert source.link is not None  # the catalogue has no other route
        if not self._may_take(request, source.link):
            source.link.send(_refused(request, self._c.wall()))
            return
        now = self._c.wall()
        self._joining[request.cp_id] = source.link
        try:
            point = await self._c.store.write(lambda unit: self._enrol(unit, request, now))
        finally:
            del self._joining[request.cp_id]
        self._c.links.attach(request.cp_id, source.link, point.generation, point.status)
        log.info("%s registered from %s.", request.cp_id, source.link.peer, extra=about(request))
        source.link.send(
            RegisterResponse(
                message_id=request.message_id,
                timestamp=self._c.wall(),
                status="success",
                message=f"{request.cp_id} is registered.",
                heartbeat_interval_s=self._c.settings.heartbeat_interval,
                price_per_kwh=point.price_per_kwh,
                out_of_service=point.out_of_service,
            )
        )

    def _may_take(self, request: RegisterRequest, link: Link) -> bool:
        """Protocol, section 3: who proves the secret wins; without secrets the older link stays."""
        if request.cp_id in self._joining:
            return False
        older = self._c.links.find(request.cp_id)
        if older is None or older.link is link:
            return True
        if not self._c.proofs.required:
            self._c.measures.add(figures.REGISTRATIONS_REFUSED)
            return False
        self._supersede(older.link, request.cp_id)
        return True

    def _supersede(self, link: Link, cp_id: str) -> None:
        self._c.links.detach(cp_id)
        log.warning("%s moved to a newer link that proved its secret.", cp_id, extra=about(cp_id=cp_id))
        sentence = f"A newer link proved the secret of {cp_id}; this one no longer speaks for it."
        link.refuse(BadMessage(ErrorCode.SUPERSEDED, sentence))
        if not self._c.links.on(link):
            link.close_soon()

    def _enrol(self, unit: UnitOfWork, request: RegisterRequest, now: float) -> Point:
        found = unit.point(request.cp_id)
        brought = {name: value for name in _DETAILS if (value := getattr(request, name)) is not None}
        point = found or Point(
            cp_id=request.cp_id,
            price_per_kwh=request.price_per_kwh
            if request.price_per_kwh is not None
            else self._c.settings.default_price,
            max_charging_rate_kw=request.max_charging_rate_kw,
        )
        if point.status is not PointStatus.DISCONNECTED:
            # Its old link is gone, or was another Central's that died: the loss was only not told yet.
            point = point.after(Event.LINK_LOST)
        point = replace(
            point.after(Event.REGISTERED),
            **brought,
            detail=None,
            holder=unit.instance,
            generation=point.generation + 1,
            registered_at=now,
            last_seen_at=now,
        )
        if found is None:
            unit.add_point(point)
        else:
            unit.save_point(point)
        unit.record(now, "registered", f"{request.cp_id} registered at {unit.instance}.", request)
        return point

    # -- what a Monitor says of its point

    async def hear_heartbeat(self, request: HeartbeatRequest, source: Source) -> None:
        assert source.link is not None  # the catalogue has no other route
        attached = self._c.links.owned(request.cp_id, source.link)
        if attached is None:
            answer = HeartbeatResponse(
                message_id=request.message_id,
                timestamp=self._c.wall(),
                status="failure",
                error=ErrorCode.UNKNOWN_CP,
                message=f"{request.cp_id} is not registered on this link; register first.",
            )
        else:
            self._c.links.heard(attached)
            answer = HeartbeatResponse(message_id=request.message_id, timestamp=self._c.wall(), status="success")
        source.link.send(answer)
        if attached is not None and told_by(attached.status, request.status) is not None:
            await self._report(request.cp_id, request.status, request, source, detail=None)

    async def hear_status(self, update: StatusUpdate, source: Source) -> None:
        await self._report(update.cp_id, update.status, update, source, detail=update.detail)

    async def hear_fault(self, fault: FaultNotification, source: Source) -> None:
        await self._report(fault.cp_id, PointStatus.FAULTY, fault, source, fault_type=fault.fault_type)

    async def hear_recovery(self, recovery: RecoveryNotification, source: Source) -> None:
        await self._report(recovery.cp_id, PointStatus.ACTIVE, recovery, source)

    async def _report(
        self,
        cp_id: str,
        reported: PointStatus,
        message: StatusUpdate | HeartbeatRequest | FaultNotification | RecoveryNotification,
        source: Source,
        detail: str | None = None,
        fault_type: str | None = None,
    ) -> None:
        attached = self._c.links.owned(cp_id, source.link)
        if attached is None:
            raise BadMessage(ErrorCode.UNKNOWN_CP, f"{cp_id} is not registered on this link.", message.message_id)
        now = self._c.wall()

        def work(unit: UnitOfWork) -> Point | None:
            point = unit.point(cp_id)
            if point is None:
                return None
            if isinstance(message, RecoveryNotification) and point.status is not PointStatus.FAULTY:
                return point
            moved = replace(_told(point, reported), detail=detail)
            if moved.status is PointStatus.FAULTY:
                known = fault_type or moved.fault_type or detail
                moved = replace(moved, fault_type=known, detail=detail or known)
            if moved != point:
                unit.save_point(moved)
            if reported is PointStatus.CHARGING:
                self._accept_local(unit, cp_id, now)
            if moved.status is not point.status or fault_type is not None:
                words = f"{cp_id} is {moved.status}" + (f": {fault_type}." if fault_type else ".")
                unit.record(now, message.type, words, message)
                self._tell_driver(unit, moved, now)
            return moved

        point = await self._c.store.write(work)
        if point is not None:
            attached.status = point.status

    def _accept_local(self, unit: UnitOfWork, cp_id: str, now: float) -> None:
        """A start at the point has no command to answer: that it charges is its acceptance."""
        session = unit.open_session_at(cp_id)
        if session is not None and session.state is State.CLAIMED and session.origin is Origin.POINT:
            running = claiming.accept(unit, session, now, "the point says so")
            notice = status_notice(running, PointStatus.CHARGING, self._c.ids(), now)
            unit.send(Topic.DRIVER_RESPONSES, running.driver_id, notice, now)

    def _tell_driver(self, unit: UnitOfWork, point: Point, now: float) -> None:
        if point.status not in (PointStatus.FAULTY, PointStatus.DISCONNECTED):
            return
        session = unit.open_session_at(point.cp_id)
        if session is not None:
            notice = status_notice(session, point.status, self._c.ids(), now)
            unit.send(Topic.DRIVER_RESPONSES, session.driver_id, notice, now)

    async def hear_error(self, error: ErrorResponse, source: Source) -> None:
        """The other end could not take what we sent: worth a line, nothing else follows from it."""
        self._c.measures.add(figures.PEER_ERRORS)
        peer = source.link.peer if source.link else "Kafka"
        log.warning("%s answered %s: %s", peer, error.error, error.message, extra=about(error))

    # -- the loss of a link

    async def lose_link(self, link: Link) -> None:
        """A link ended: its points are DISCONNECTED, their sessions go on."""
        self._c.proofs.forget(link)
        for attached in self._c.links.on(link):
            await self.lose_point(attached, "its link closed")

    async def lose_point(self, attached: Attached, why: str) -> None:
        """Mark a point lost, unless it has registered anew meanwhile, here or elsewhere."""
        if not self._c.links.is_current(attached):
            return
        cp_id, now = attached.cp_id, self._c.wall()

        def work(unit: UnitOfWork) -> None:
            point = unit.point(cp_id)
            if point is not None and point.holder == unit.instance and point.generation == attached.generation:
                unit.save_point(self.lost(unit, point, now, why))

        # Only what is stored is let go: should the database be away, the point is found silent later and tried again.
        await self._c.store.write(work)
        if self._c.links.is_current(attached):
            self._c.links.detach(cp_id)
        log.info("%s is disconnected: %s.", cp_id, why, extra=about(cp_id=cp_id))

    def lost(self, unit: UnitOfWork, point: Point, now: float, why: str) -> Point:
        moved = replace(
            point if point.status is PointStatus.DISCONNECTED else point.after(Event.LINK_LOST),
            holder=None,
            detail=None,
        )
        unit.record(now, "link_lost", f"{point.cp_id} is disconnected: {why}.", cp_id=point.cp_id)
        self._tell_driver(unit, moved, now)
        return moved

    async def recover_held(self) -> None:
        """At start: what this instance held when it last ran has lost its link with it."""
        now = self._c.wall()

        def work(unit: UnitOfWork) -> None:
            for point in unit.points_held():
                unit.save_point(self.lost(unit, point, now, "Central was restarted"))

        await self._c.store.write(work)

    async def drop_silent(self) -> None:
        """Points without a heartbeat for too long are lost, though their link may still look alive."""
        since = self._c.clock.now().mono - self._c.settings.heartbeat_timeout
        for attached in self._c.links.silent_since(since):
            if attached.heard_mono >= since:  # it was heard while another was being written
                continue
            await self.lose_point(attached, f"no heartbeat for {self._c.settings.heartbeat_timeout:.0f} s")
            if not self._c.links.on(attached.link):
                attached.link.abort()

    async def drop_abandoned(self) -> None:
        """Points of a Central that died: nobody else would tell that they are gone."""
        now = self._c.wall()
        before = now - self._c.settings.heartbeat_timeout - NOTED_WITHIN_S

        def work(unit: UnitOfWork) -> None:
            for point in unit.points_abandoned(before):
                unit.save_point(self.lost(unit, point, now, f"{point.holder} is gone"))

        await self._c.store.write(work)

    async def note_heartbeats(self) -> None:
        """Write the newest heartbeats into the database, many at once."""
        fresh = [a for a in self._c.links.every() if a.heard_wall != a.noted_wall]
        if not fresh:
            return
        seen = [(a.cp_id, a.heard_wall) for a in fresh]
        await self._c.store.write(lambda unit: unit.saw_points(seen))
        for attached, (_, at) in zip(fresh, seen, strict=True):
            attached.noted_wall = at


def _told(point: Point, reported: PointStatus) -> Point:
    event = told_by(point.status, reported)
    if event is None:
        return point
    try:
        return point.after(event)
    except IllegalTransition as wrong:
        log.info("A report changes nothing: %s", wrong, extra=about(cp_id=point.cp_id))
        return point


def _refused(request: RegisterRequest, now: float) -> RegisterResponse:
    sentence = f"{request.cp_id} is already connected over another link; stop that one first."
    return RegisterResponse(
        message_id=request.message_id,
        timestamp=now,
        status="failure",
        error=ErrorCode.ALREADY_CONNECTED,
        message=sentence,
        reason=sentence,
    )
