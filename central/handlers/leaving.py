"""Points whose link is lost: what becomes of them, and what their drivers hear. Decided for many in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from central.domain.points import Event, Point
from central.domain.sessions import Session
from central.notices import status_notice
from central.store.unit_of_work import UnitOfWork
from common.ids import Ids
from common.messages import PointStatus
from common.routes import Topic

#: A point whose Central went away has so long to come back at another before drivers hear that it is not connected.
MOVES_WITHIN_S = 10.0
#: Where a point was in one of these, a driver may want something of it before it is back.
_MOVING = (PointStatus.ACTIVE, PointStatus.CHARGING)
_OUT_OF_REACH = (PointStatus.FAULTY, PointStatus.DISCONNECTED)


@dataclass(frozen=True, slots=True)
class Loss:
    """A registration of a point whose link is lost. `moves`: its Central goes away, not the point."""

    cp_id: str
    generation: int
    why: str
    at: float
    moves: bool = False


def lose(unit: UnitOfWork, losses: Sequence[Loss], ids: Ids) -> list[bool]:
    """Which of them are lost now; false for a point that has registered anew meanwhile, here or elsewhere."""
    points = unit.points_at({loss.cp_id for loss in losses})
    ours: dict[str, Loss] = {}
    outcomes = []
    for loss in losses:
        point = points.get(loss.cp_id)
        is_ours = point is not None and (point.holder, point.generation) == (unit.instance, loss.generation)
        outcomes.append(is_ours and ours.setdefault(loss.cp_id, loss) is loss)
    part_with(unit, [(points[cp_id], loss) for cp_id, loss in ours.items()], ids)
    return outcomes


def part_with(unit: UnitOfWork, lost: Iterable[tuple[Point, Loss]], ids: Ids) -> None:
    """They are DISCONNECTED and nobody's, their sessions go on."""
    moved = [(_without_link(point, loss), loss) for point, loss in lost]
    unit.save_links(point for point, _ in moved)
    sessions = unit.open_sessions_at([point.cp_id for point, _ in moved])
    for point, loss in moved:
        unit.record(loss.at, "link_lost", f"{point.cp_id} is disconnected: {loss.why}.", cp_id=point.cp_id)
        tell_driver(unit, point, sessions.get(point.cp_id), ids, loss.at)


def _without_link(point: Point, loss: Loss) -> Point:
    may_move = loss.moves and point.status in _MOVING
    changes: dict[str, Any] = {
        "holder": None,
        "detail": None,
        "moving_until": loss.at + MOVES_WITHIN_S if may_move else None,
    }
    if point.status is PointStatus.DISCONNECTED:
        return replace(point, **changes)
    return point.after(Event.LINK_LOST, **changes)


def tell_driver(unit: UnitOfWork, point: Point, session: Session | None, ids: Ids, now: float) -> None:
    """Whoever charges at a point hears that it is out of order or out of reach."""
    if session is not None and point.status in _OUT_OF_REACH:
        notice = status_notice(session, point.status, ids(), now)
        unit.send(Topic.DRIVER_RESPONSES, session.driver_id, notice, now)
