"""Claims: a driver asks for a point; exactly one gets it. What is decided here is decided in one transaction."""

from dataclasses import dataclass

from pydantic import JsonValue

from central.answers import point_key, repeat_of, sender_key
from central.commands import At, Where
from central.domain.points import Event, Point
from central.domain.sessions import Origin, Session, State
from central.store.unit_of_work import UnitOfWork
from common.errors import ErrorCode, IllegalTransition
from common.messages import ChargeRequest, ChargeRequestResponse, LocalStartRequest, PointStatus
from common.money import watt_hours

TOO_OLD = "The request is older than 5 minutes; ask again."
_REFUSALS = {
    PointStatus.DISCONNECTED: (ErrorCode.CP_DISCONNECTED, "is not connected; choose another point or try later"),
    PointStatus.FAULTY: (ErrorCode.CP_FAULTY, "is out of order; choose another point"),
    PointStatus.STOPPED: (ErrorCode.CP_STOPPED, "is out of service; choose another point"),
    PointStatus.CHARGING: (ErrorCode.CP_BUSY, "is busy with another car; choose another point or try later"),
}


@dataclass(frozen=True, slots=True)
class Claimed:
    """The point is the driver's; now Engine must be asked, wherever its link is."""

    session: Session
    where: Where
    max_charging_rate_kw: float


@dataclass(frozen=True, slots=True)
class Refused:
    code: ErrorCode
    sentence: str
    #: When to ask again, where that is known.
    retry_after_s: float | None = None

    @property
    def data(self) -> dict[str, JsonValue] | None:
        return None if self.retry_after_s is None else {"retry_after_s": self.retry_after_s}


@dataclass(frozen=True, slots=True)
class Repeated:
    """The request was answered before; this is the answer."""

    answer: ChargeRequestResponse


@dataclass(frozen=True, slots=True)
class Waiting:
    """The request is known and its answer on the way."""


Outcome = Claimed | Refused | Repeated | Waiting


def claim(
    unit: UnitOfWork,
    request: ChargeRequest | LocalStartRequest,
    origin: Origin,
    session_id: str,
    now: float,
    wait: float,
) -> Outcome:
    """Check driver and point, and claim the point in one atomic step."""
    # The point first: its lock makes a copy of this request wait here, so that it finds what this one stored.
    point = unit.point(request.cp_id)
    before = known(unit, request)
    if before is not None:
        return before
    unit.saw_driver(request.driver_id, now)
    unit.record(now, "charge_requested", f"{request.driver_id} asks to charge at {request.cp_id}.", request)
    if point is None:
        return Refused(ErrorCode.UNKNOWN_CP, f"There is no charging point {request.cp_id}.")
    obstacle = _obstacle(point, now)
    if obstacle is not None:
        return obstacle
    limit = request.energy_limit_kwh
    session = Session(
        session_id=session_id,
        cp_id=request.cp_id,
        driver_id=request.driver_id,
        state=State.CLAIMED,
        origin=origin,
        request_id=request.message_id,
        price_per_kwh=point.price_per_kwh,
        claim_deadline=now + wait,
        started_at=now,
        energy_limit_wh=watt_hours(limit) if limit else None,
    )
    if isinstance(request, LocalStartRequest):
        _undo_unused(unit, request, now)
    if not unit.claim(session):
        return Refused(*_busy(request.cp_id))
    unit.record(
        now, "claimed", f"{request.cp_id} is claimed for {request.driver_id}.", session, message_id=request.message_id
    )
    return Claimed(session, whereabouts(unit, point), point.max_charging_rate_kw)


def _undo_unused(unit: UnitOfWork, request: LocalStartRequest, now: float) -> None:
    """A point that asks anew did not use what it was allowed before: that answer was lost, with a link or a Central."""
    before = unit.open_session_at(request.cp_id)
    if before is not None and before.state is State.CLAIMED and before.origin is Origin.POINT:
        refuse(unit, before, ErrorCode.ENGINE_TIMEOUT, "The point asks for another start instead.", now)


def whereabouts(unit: UnitOfWork, point: Point | None) -> Where:
    """Which Central has the point's link, as the database says."""
    if point is None or point.holder is None:
        return Where(At.NOWHERE)
    return Where(At.HERE if point.holder == unit.instance else At.ELSEWHERE, point.generation)


def pending(session: Session | None, now: float) -> Session | None:
    """The open session of a point, where it is a claim whose start may have been lost while the point moved to us."""
    if session is None or session.state is not State.CLAIMED or session.origin is Origin.POINT:
        return None
    return session if session.claim_deadline > now else None


def known(unit: UnitOfWork, request: ChargeRequest | LocalStartRequest) -> Repeated | Waiting | None:
    """What a repeated request is to hear; None for a new one."""
    body = unit.answer(sender_of(request), request.message_id)
    if body is not None:
        return Repeated(repeat_of(ChargeRequestResponse, body, request.message_id))
    at_point = request.cp_id if isinstance(request, LocalStartRequest) else None
    earlier = unit.session_requested(request.driver_id, request.message_id, at_point)
    if earlier is None:
        return None
    if earlier.state is State.CLAIMED and earlier.origin is not Origin.POINT:
        return Waiting()
    if earlier.state is State.REFUSED:
        return Repeated(refused(earlier, ErrorCode.ENGINE_TIMEOUT, "The charging point did not answer in time."))
    return Repeated(granted(earlier))


def sender_of(request: ChargeRequest | LocalStartRequest) -> str:
    """Under whom the answer is kept."""
    return point_key(request.cp_id) if isinstance(request, LocalStartRequest) else sender_key(request.driver_id)


def _busy(cp_id: str) -> tuple[ErrorCode, str]:
    code, words = _REFUSALS[PointStatus.CHARGING]
    return code, f"{cp_id} {words}."


def _obstacle(point: Point, now: float) -> Refused | None:
    status = PointStatus.STOPPED if point.out_of_service else point.status
    # A point whose Central went away is expected at another in a moment, and its start sent there.
    is_moving = status is PointStatus.DISCONNECTED and (point.moving_until or 0.0) > now
    if status is PointStatus.ACTIVE or is_moving:
        return None
    code, words = _REFUSALS[status]
    return Refused(code, f"{point.cp_id} {words}.")


def granted(session: Session) -> ChargeRequestResponse:
    return ChargeRequestResponse(
        message_id=session.request_id,
        status="success",
        message=f"Charging at {session.cp_id} for {session.price_per_kwh} a kWh.",
        session_id=session.session_id,
        cp_id=session.cp_id,
        price_per_kwh=session.price_per_kwh,
    )


def refused(session: Session, code: ErrorCode, sentence: str) -> ChargeRequestResponse:
    return ChargeRequestResponse(
        message_id=session.request_id, status="failure", error=code, message=sentence, cp_id=session.cp_id
    )


def accept(unit: UnitOfWork, session: Session, now: float, how: str, point: Point | None = None) -> Session:
    """Engine charges: the session runs and its point is CHARGING. `point`: as this unit has read it, where it has."""
    running = session.accepted(now) if session.state is State.CLAIMED else session
    unit.save_session(running)
    move(unit, session.cp_id, Event.START_ACCEPTED, point)
    unit.record(now, "start_accepted", f"{session.cp_id} charges for {session.driver_id}: {how}.", running)
    return running


def refuse(unit: UnitOfWork, session: Session, code: ErrorCode, sentence: str, now: float) -> None:
    """Undo a claim: no energy, no cost, the point is free again."""
    unit.save_session(session.refused(now))
    unit.record(now, "refused", f"{code}: {sentence}", session, message_id=session.request_id)


def move(unit: UnitOfWork, cp_id: str, event: Event, point: Point | None = None) -> Point | None:
    """
    Apply an event to a point where its table has a place for it; else leave the point as it is.

    `point`: as this unit has read it, where it has, and not changed it since.
    """
    point = point or unit.point(cp_id)
    if point is None:
        return None
    try:
        moved = point.after(event)
    except IllegalTransition:
        # Two reports of one thing on two paths meet here: the second finds its work done.
        return point
    unit.move_point(moved)
    return moved
