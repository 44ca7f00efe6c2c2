"""The points in the database, as part of a unit of work: who reads one locks it."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlalchemy import bindparam, select, update

from central.domain.points import Point
from central.store import tables
from central.store.part import Part, columns, maker, values
from central.store.statements import Query, Statement, among, insert_new, parameters
from common.messages import PointStatus

_C = tables.points.c
_ALL = select(*columns(tables.points, Point)).with_for_update()
_make = maker(Point)
_POINT = Query(_ALL.where(_C.cp_id == bindparam("cp_id")), _make)
_HELD = Query(_ALL.where(_C.holder == bindparam("holder")).order_by(_C.cp_id), _make)
_EVERY = Query(_ALL.order_by(_C.cp_id), _make)
_STATUSES = Query(
    lambda database: select(_C.cp_id, _C.status).where(among(database, _C.cp_id, "cp_ids")),
    lambda cp_id, status: (cp_id, status),
)
_POWERS = Query(
    lambda database: select(_C.cp_id, _C.max_charging_rate_kw).where(among(database, _C.cp_id, "cp_ids")),
    lambda cp_id, power: (cp_id, power),
)
_ADD = insert_new(tables.points)
_SAVE = Statement(
    update(tables.points)
    .where(_C.cp_id == bindparam("of"))
    .values(parameters(tables.points, "cp_id"))  # all but its key
)
#: What events change. Whoever writes a column that is in an index has that index written too, changed or not.
_MOVE = Statement(
    update(tables.points)
    .where(_C.cp_id == bindparam("of"))
    .values({name: bindparam(name, type_=_C[name].type) for name in ("status", "out_of_service", "fault_type")})
)
_SAW = Statement(
    update(tables.points)
    .where(_C.cp_id == bindparam("of"), _C.holder == bindparam("by"), _C.generation == bindparam("under"))
    .values(last_seen_at=bindparam("at"))
)


class Registered(Protocol):
    """A link that a point registered on: the number of that registration decides whether it still counts."""

    @property
    def cp_id(self) -> str: ...
    @property
    def generation(self) -> int: ...


class PointsPart(Part):
    def point(self, cp_id: str) -> Point | None:
        """The point, locked against others until this unit ends."""
        return _POINT.one(self._connection, cp_id=cp_id)

    def point_of(self, link: Registered) -> Point | None:
        """The point, locked, where this link is the one that speaks for it; None when a newer one does, here or elsewhere."""
        point = self.point(link.cp_id)
        if point is None or (point.holder, point.generation) != (self.instance, link.generation):
            return None
        return point

    def points_held(self) -> list[Point]:
        """The points whose link this instance holds, or held before it died."""
        return _HELD.all(self._connection, holder=self.instance)

    def every_point(self) -> list[Point]:
        return _EVERY.all(self._connection)

    def statuses(self, cp_ids: Sequence[str]) -> dict[str, PointStatus]:
        return dict(_STATUSES.all(self._connection, cp_ids=cp_ids)) if cp_ids else {}

    def powers(self, cp_ids: Sequence[str]) -> dict[str, float]:
        """The most that each point gives, in kW."""
        return dict(_POWERS.all(self._connection, cp_ids=cp_ids)) if cp_ids else {}

    def add_point(self, point: Point) -> None:
        """Unless another Central just did."""
        _ADD.one(self._connection, **values(point))

    def save_point(self, point: Point) -> None:
        self.save_points([point])

    def move_point(self, point: Point) -> None:
        """What an event changed of a point, and nothing else of it."""
        told = {"status": point.status, "out_of_service": point.out_of_service, "fault_type": point.fault_type}
        _MOVE.do(self._connection, of=point.cp_id, **told)

    def save_points(self, points: Iterable[Point]) -> None:
        """Many at once, in the one order in which everybody takes them: then no two wait for each other."""
        ordered = sorted(points, key=lambda point: point.cp_id)
        _SAVE.do_many(self._connection, [{**values(point), "of": point.cp_id} for point in ordered])

    def saw_points(self, seen: Iterable[tuple[str, int, float]]) -> None:
        """Note the last heartbeats of many points at once; a link that no longer speaks for its point notes nothing."""
        rows = [
            {"of": cp_id, "by": self.instance, "under": generation, "at": at} for cp_id, generation, at in sorted(seen)
        ]
        _SAW.do_many(self._connection, rows)
