"""What a Monitor says of its point: heartbeats, states, faults and recoveries."""

import logging
from dataclasses import replace

from central.context import Context, Source
from central.domain.points import Point, told_by
from central.domain.sessions import Origin, State
from central.handlers import claiming
from central.handlers.leaving import tell_driver
from central.handlers.losing import Losing
from central.notices import status_notice
from central.store.unit_of_work import UnitOfWork
from common.errors import BadMessage, ErrorCode, IllegalTransition
from common.messages import (
    ErrorResponse,
    FaultNotification,
    HeartbeatRequest,
    HeartbeatResponse,
    PointStatus,
    RecoveryNotification,
    StatusUpdate,
)
from common.metrics import catalogue as figures
from common.routes import Topic
from common.telemetry import about

log = logging.getLogger("ev.central.reporting")

Report = StatusUpdate | HeartbeatRequest | FaultNotification | RecoveryNotification


class Reporting:
    def __init__(self, context: Context, losing: Losing) -> None:
        self._c = context
        self._losing = losing

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
        message: Report,
        source: Source,
        detail: str | None = None,
        fault_type: str | None = None,
    ) -> None:
        attached = self._c.links.owned(cp_id, source.link)
        if attached is None:
            raise BadMessage(ErrorCode.UNKNOWN_CP, f"{cp_id} is not registered on this link.", message.message_id)
        now = self._c.wall()

        def work(unit: UnitOfWork) -> Point | None:
            point = unit.point_of(attached)
            if point is None:
                return None
            return self._hear(unit, point, reported, message, now, detail, fault_type)

        point = await self._c.store.write(work)
        if point is None:
            self._losing.let_go_stale(attached)
        else:
            attached.status = point.status

    def _hear(
        self,
        unit: UnitOfWork,
        point: Point,
        reported: PointStatus,
        message: Report,
        now: float,
        detail: str | None,
        fault_type: str | None,
    ) -> Point:
        if isinstance(message, RecoveryNotification) and point.status is not PointStatus.FAULTY:
            return point
        moved = replace(_told(point, reported), detail=detail)
        if moved.status is PointStatus.FAULTY:
            known = fault_type or moved.fault_type or detail
            moved = replace(moved, fault_type=known, detail=detail or known)
        if moved != point:
            unit.save_point(moved)
        if reported is PointStatus.CHARGING:
            self._accept_local(unit, point.cp_id, now)
        if moved.status is not point.status or fault_type is not None:
            words = f"{point.cp_id} is {moved.status}" + (f": {fault_type}." if fault_type else ".")
            unit.record(now, message.type, words, message)
            tell_driver(unit, moved, unit.open_session_at(moved.cp_id), self._c.ids, now)
        return moved

    def _accept_local(self, unit: UnitOfWork, cp_id: str, now: float) -> None:
        """A start at the point has no command to answer: that it charges is its acceptance."""
        session = unit.open_session_at(cp_id)
        if session is not None and session.state is State.CLAIMED and session.origin is Origin.POINT:
            running = claiming.accept(unit, session, now, "the point says so")
            notice = status_notice(running, PointStatus.CHARGING, self._c.ids(), now)
            unit.send(Topic.DRIVER_RESPONSES, running.driver_id, notice, now)

    async def hear_error(self, error: ErrorResponse, source: Source) -> None:
        """The other end could not take what we sent: worth a line, nothing else follows from it."""
        self._c.measures.add(figures.PEER_ERRORS)
        peer = source.link.peer if source.link else "Kafka"
        log.warning("%s answered %s: %s", peer, error.error, error.message, extra=about(error))


def _told(point: Point, reported: PointStatus) -> Point:
    event = told_by(point.status, reported)
    if event is None:
        return point
    try:
        return point.after(event)
    except IllegalTransition as wrong:
        log.info("A report changes nothing: %s", wrong, extra=about(cp_id=point.cp_id))
        return point
