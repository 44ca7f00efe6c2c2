"""Points that register: which link gets them, and what waits for them. Decided for many in one transaction."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from central.domain import contest
from central.domain.points import Event, Point
from central.domain.sessions import Session, Stop
from central.handlers import claiming
from central.links import Attached
from central.store.unit_of_work import UnitOfWork
from common.messages import PointStatus, RegisterRequest
from common.net.link import Link
from common.telemetry import about

log = logging.getLogger("ev.central.enrolment")

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
_TWO_DEVICES = "perhaps two devices have its secret; give it a new one"


@dataclass(frozen=True, slots=True)
class Wish:
    """A link wants to speak for a point. `older`: another live link of it here; `proven`: who asks has its secret."""

    request: RegisterRequest
    link: Link
    older: Attached | None
    at: float
    is_proven: bool
    default_price: Decimal


@dataclass(frozen=True, slots=True)
class Enrolled:
    """
    The point is ours. What was asked of it while it moved, or lost on the way, goes out to it: `pending` is a claim whose
    start is to be sent, perhaps again, and `stops` are what drivers want ended.
    """

    point: Point
    pending: Session | None
    #: Its registration says something else of it than the one before.
    is_changed: bool
    stops: Sequence[tuple[Stop, Session]] = ()


@dataclass(frozen=True, slots=True)
class HeldBy:
    """Another Central that is on the roll has the point's link."""

    name: str


@dataclass(frozen=True, slots=True)
class Contested:
    """The point has changed hands too often lately: the next link has to wait."""

    wait_s: int


Outcome = Enrolled | HeldBy | Contested


@dataclass(slots=True)
class _Found:
    """What the database holds of the points that are asked for."""

    points: Mapping[str, Point]
    sessions: Mapping[str, Session]
    stops: dict[str, list[tuple[Stop, Session]]] = field(default_factory=dict)


def enrol(unit: UnitOfWork, wishes: Sequence[Wish]) -> list[Outcome]:
    """Each of them is for another point."""
    found = _find(unit, wishes)
    outcomes = [_decide(unit, wish, found) for wish in wishes]
    joined = [one for one in outcomes if isinstance(one, Enrolled)]
    unit.save_links(one.point for one in joined if not one.is_changed)
    unit.save_points(one.point for one in joined if one.is_changed)
    return outcomes


def _find(unit: UnitOfWork, wishes: Sequence[Wish]) -> _Found:
    """The points are locked, and those that nobody knew are there now."""
    cp_ids = [wish.request.cp_id for wish in wishes]
    points = unit.points_at(cp_ids)
    new = [_new(wish) for wish in wishes if wish.request.cp_id not in points]
    if new:
        unit.add_points(new)
        points |= unit.points_at([point.cp_id for point in new])
    found = _Found(points, unit.open_sessions_at(cp_ids))
    for stop in unit.stops_at(cp_ids):
        session = unit.session(stop.session_id, cp_id=stop.cp_id, driver_id=stop.driver_id)
        if session is not None:
            found.stops.setdefault(stop.cp_id, []).append((stop, session))
    return found


def _new(wish: Wish) -> Point:
    """A point nobody knew; of two Centrals that meet it at once, one brings its price."""
    request = wish.request
    price = request.price_per_kwh if request.price_per_kwh is not None else wish.default_price
    return Point(cp_id=request.cp_id, price_per_kwh=price, max_charging_rate_kw=request.max_charging_rate_kw)


def _decide(unit: UnitOfWork, wish: Wish, found: _Found) -> Outcome:
    request, now = wish.request, wish.at
    point = found.points[request.cp_id]
    displaced = _displaced(unit, point, wish.older)
    if displaced is not None:
        if not wish.is_proven:
            return HeldBy(displaced)
        contested = _take_over(unit, wish, displaced)
        if contested is not None:
            return contested
    if point.status is not PointStatus.DISCONNECTED:
        # Its old link is gone, or was another Central's that died: the loss was only not told yet.
        point = point.after(Event.LINK_LOST)
    changes = _changes(point, request)
    point = point.after(
        Event.REGISTERED,
        **changes,
        detail=None,
        holder=unit.instance,
        generation=point.generation + 1,
        registered_at=now,
        last_seen_at=now,
        moving_until=None,
    )
    unit.record(now, "registered", f"{request.cp_id} registered at {unit.instance}.", request)
    pending = claiming.pending(found.sessions.get(request.cp_id), now)
    return Enrolled(point, pending, bool(changes), found.stops.get(request.cp_id, ()))


def _changes(point: Point, request: RegisterRequest) -> dict[str, Any]:
    told = {name: value for name in _DETAILS if (value := getattr(request, name)) is not None}
    return {name: value for name, value in told.items() if value != getattr(point, name)}


def _displaced(unit: UnitOfWork, point: Point, older: Attached | None) -> str | None:
    """The Central whose link of the point is alive as far as one knows; None where nothing is in the way."""
    if point.holder == unit.instance:
        # What this Central held without a live link is a loss that was only not told yet.
        return unit.instance if older is not None and older.generation == point.generation else None
    return point.holder if point.holder is not None and unit.roll.is_there(point.holder) else None


def _take_over(unit: UnitOfWork, wish: Wish, displaced: str) -> Contested | None:
    """A link that proved the secret takes the point from another, and is recorded; unless that happens all the time."""
    request, older, now = wish.request, wish.older, wish.at
    before = unit.takeovers(request.cp_id, contest.MOST)
    wait_s = contest.wait_s(before, now)
    if wait_s:
        return Contested(wait_s)
    if displaced != unit.instance:
        unit.roll.note_taken(displaced)
    was = f"{older.link.peer} at {displaced}" if older is not None and displaced == unit.instance else displaced
    taken = f"A link from {wish.link.peer} at {unit.instance} took {request.cp_id} over from {was}."
    unit.record(now, "taken_over", taken, request)
    if contest.row([*before, now], now) == contest.FREE:
        unit.record(now, "contested", f"{request.cp_id} changes hands again and again: {_TWO_DEVICES}.", request)
        log.warning("%s changes hands again and again: %s.", request.cp_id, _TWO_DEVICES, extra=about(request))
    return None
