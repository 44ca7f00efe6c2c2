"""The points in the database, as part of a unit of work: who reads one locks it."""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from sqlalchemy import bindparam, select, update

from central.domain.points import Point
from central.store import tables
from central.store.part import Part, columns, maker, values
from central.store.statements import Query, Statement, among, insertion, parameters
from common.messages import PointStatus

_C = tables.points.c
_ALL = select(*columns(tables.points, Point)).with_for_update()
_make = maker(Point)
_POINT = Query(_ALL.where(_C.cp_id == bindparam("cp_id")), _make)
_MANY = Query(lambda database: _ALL.where(among(database, _C.cp_id, "cp_ids")).order_by(_C.cp_id), _make)
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
_ADD = Statement(lambda database: insertion(database, tables.points).on_conflict_do_nothing())
_SAVE = Statement(
    update(tables.points)
    .where(_C.cp_id == bindparam("of"))
    .values(parameters(tables.points, "cp_id"))  # all but its key
)
#: What registering and leaving change of a point that says the same of itself as before.
_OF_LINKS = (
    *("status", "detail", "fault_type", "holder", "generation"),
    *("registered_at", "last_seen_at", "moving_until"),
)
_SAVE_LINK = Statement(
    update(tables.points)
    .where(_C.cp_id == bindparam("of"))
    .values({name: bindparam(name, type_=_C[name].type) for name in _OF_LINKS})
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

    def points_at(self, cp_ids: Collection[str]) -> dict[str, Point]:
        """Many points, locked; those that nobody knows are left out."""
        return {point.cp_id: point for point in _MANY.all(self._connection, cp_ids=cp_ids)} if cp_ids else {}

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
        self.add_points([point])

    def add_points(self, points: Iterable[Point]) -> None:
        """Those that another Central did not just add."""
        _ADD.do_many(self._connection, [values(point) for point in sorted(points, key=_id)])

    def save_point(self, point: Point) -> None:
        self.save_points([point])

    def move_point(self, point: Point) -> None:
        """What an event changed of a point, and nothing else of it."""
        told = {"status": point.status, "out_of_service": point.out_of_service, "fault_type": point.fault_type}
        _MOVE.do(self._connection, of=point.cp_id, **told)

    def save_points(self, points: Iterable[Point]) -> None:
        """Many at once, in the one order in which everybody takes them: then no two wait for each other."""
        ordered = sorted(points, key=_id)
        _SAVE.do_many(self._connection, [{**values(point), "of": point.cp_id} for point in ordered])

    def save_links(self, points: Iterable[Point]) -> None:
        """As `save_points`, of points of which nothing changed but their link and their state."""
        ordered = sorted(points, key=_id)
        _SAVE_LINK.do_many(
            self._connection, [{"of": p.cp_id, **{name: getattr(p, name) for name in _OF_LINKS}} for p in ordered]
        )

    def saw_points(self, seen: Iterable[tuple[str, int, float]]) -> None:
        """Note the last heartbeats of many points at once; a link that no longer speaks for its point notes nothing."""
        rows = [
            {"of": cp_id, "by": self.instance, "under": generation, "at": at} for cp_id, generation, at in sorted(seen)
        ]
        _SAW.do_many(self._connection, rows)


def _id(point: Point) -> str:
    return point.cp_id
