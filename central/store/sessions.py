"""The sessions in the database, as part of a unit of work. Whoever needs a point and its session has locked the point first."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Select, bindparam, select, update

from central.domain.points import Point
from central.domain.sessions import Origin, Session
from central.store import meters, tables
from central.store.part import columns, maker, values
from central.store.points import PointsPart
from central.store.statements import Query, Statement, among, insert_new, itself, parameters
from central.store.tables import IS_CLAIMED, IS_OPEN

#: The point that names a session, and the session.
SessionAt = tuple[str, str]

_C = tables.sessions.c
_ID = _C.session_id == bindparam("session_id")
_AT = _C.cp_id == bindparam("cp_id")
_DRIVER = _C.driver_id == bindparam("driver_id")
_ALL = select(*columns(tables.sessions, Session))
_make = maker(Session)


def _those(query: Select[Any], database: str) -> Select[Any]:
    """Sessions of these ids at these points; the pairs are told apart afterwards."""
    return query.where(among(database, _C.session_id, "session_ids"), among(database, _C.cp_id, "cp_ids"))


_SESSION = Query(_ALL.where(_ID, _AT).with_for_update(), _make)
_OWN_SESSION = Query(_ALL.where(_ID, _AT, _DRIVER).with_for_update(), _make)
_ANOTHERS = Query(select(_C.session_id).where(_ID, _AT, _C.driver_id != bindparam("driver_id")), itself)
_POINT_OF = Query(select(_C.cp_id).where(_ID), itself)
_MANY = Query(lambda database: _those(_ALL, database).order_by(_C.session_id).with_for_update(), _make)
_LOCK_CLAIMED = Query(
    lambda database: (
        select(tables.points.c.cp_id)
        .where(tables.points.c.cp_id.in_(_those(select(_C.cp_id).where(IS_CLAIMED), database)))
        .order_by(tables.points.c.cp_id)
        .with_for_update()
    ),
    itself,
)
_ASKED = _ALL.where(_DRIVER, _C.request_id == bindparam("request_id")).limit(1)
_REQUESTED = Query(_ASKED.where(_C.origin != bindparam("origin", type_=_C.origin.type)), _make)
_REQUESTED_THERE = Query(_ASKED.where(_C.origin == bindparam("origin", type_=_C.origin.type), _AT), _make)
_OPEN = Query(_ALL.where(_AT, IS_OPEN).with_for_update(), _make)
_OPEN_AT = Query(
    lambda database: _ALL.where(among(database, _C.cp_id, "cp_ids"), IS_OPEN).order_by(_C.session_id).with_for_update(),
    _make,
)
_ADD = insert_new(tables.sessions)
#: Who asked for what is settled with the claim; whoever writes it again has its indexes written again.
_SETTLED = (
    "session_id",
    "cp_id",
    "driver_id",
    "origin",
    "request_id",
    "price_per_kwh",
    "claim_deadline",
    "energy_limit_wh",
)
_SAVE = Statement(
    update(tables.sessions).where(_C.session_id == bindparam("of")).values(parameters(tables.sessions, *_SETTLED))
)
_END = Statement(
    update(tables.sessions)
    .where(_C.session_id == bindparam("of"))
    .values(parameters(tables.sessions, *_SETTLED, "started_at"))
)


class SessionsPart(PointsPart):
    def claim(self, session: Session) -> bool:
        """The one conditional write that gives a point to a driver; false when the point is taken."""
        return _ADD.one(self._connection, **values(session)) is not None

    def session(self, session_id: str, *, cp_id: str, driver_id: str | None = None) -> Session | None:
        """A session by its id and by whose it is: who knows or guesses the id of another's finds nothing."""
        if driver_id is None:
            return _SESSION.one(self._connection, session_id=session_id, cp_id=cp_id)
        return _OWN_SESSION.one(self._connection, session_id=session_id, cp_id=cp_id, driver_id=driver_id)

    def is_another_drivers(self, session_id: str, cp_id: str, driver_id: str) -> bool:
        asked = {"session_id": session_id, "cp_id": cp_id, "driver_id": driver_id}
        return _ANOTHERS.one(self._connection, **asked) is not None

    def point_and_session(self, session_id: str) -> tuple[Point | None, Session | None]:
        """For operators, who may name any session: the session and its point, which is locked first."""
        cp_id = _POINT_OF.one(self._connection, session_id=session_id)
        if cp_id is None:
            return None, None
        return self.point(cp_id), self.session(session_id, cp_id=cp_id)

    def sessions_at(self, asked: Collection[SessionAt]) -> dict[SessionAt, Session]:
        """Many sessions, each at the point that names it."""
        found = _MANY.all(self._connection, **_lists(asked)) if asked else []
        sessions = {(session.cp_id, session.session_id): session for session in found}
        return {one: sessions[one] for one in asked if one in sessions}

    def sessions_to_meter(self, asked: Collection[SessionAt]) -> dict[SessionAt, Session]:
        """As `sessions_at`; where a reading may turn a claim into a charge, its point is locked before."""
        if asked:
            _LOCK_CLAIMED.all(self._connection, **_lists(asked))
        return self.sessions_at(asked)

    def session_requested(self, driver_id: str, request_id: str, at_point: str | None = None) -> Session | None:
        """
        The session that a request opened before, if it is a repeated one: the driver's own, or that of a driver at the
        point which asks. Neither learns of the other's.
        """
        asked = {"driver_id": driver_id, "request_id": request_id, "origin": Origin.POINT}
        if at_point is None:
            return _REQUESTED.one(self._connection, **asked)
        return _REQUESTED_THERE.one(self._connection, cp_id=at_point, **asked)

    def open_session_at(self, cp_id: str) -> Session | None:
        return _OPEN.one(self._connection, cp_id=cp_id)

    def open_sessions_at(self, cp_ids: Collection[str]) -> dict[str, Session]:
        """Of many points; each has one at most."""
        return {one.cp_id: one for one in _OPEN_AT.all(self._connection, cp_ids=cp_ids)} if cp_ids else {}

    def save_session(self, session: Session) -> None:
        self.save_sessions([session])

    def end_session(self, session: Session) -> None:
        """Of one that ran: when it began stays as it is."""
        _END.do(self._connection, **values(session), of=session.session_id)

    def save_sessions(self, sessions: Iterable[Session]) -> None:
        """Many at once, in order as `save_points`."""
        ordered = sorted(sessions, key=lambda session: session.session_id)
        _SAVE.do_many(self._connection, [{**values(session), "of": session.session_id} for session in ordered])

    def save_meters(self, sessions: Collection[Session]) -> None:
        """What readings changed of sessions that this unit has locked, and nothing else of them."""
        if sessions:
            meters.save(self._connection, sessions)


def _lists(asked: Collection[SessionAt]) -> dict[str, list[str]]:
    return {"session_ids": sorted(one[1] for one in asked), "cp_ids": sorted({one[0] for one in asked})}
