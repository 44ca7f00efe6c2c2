"""Single things that handlers and drivers ask for."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select, text

from central.domain.sessions import Session, State, Stop
from central.store import tables
from central.store.part import columns, maker
from central.store.statements import Query, among, itself
from central.store.tables import IS_CLAIMED, IS_OPEN
from common.messages import OfferedPoint, PastSession, PointStatus
from common.money import kwh

_POINTS, _SESSIONS, _STOPS, _ANSWERS = tables.points.c, tables.sessions.c, tables.stops.c, tables.answers.c
_session = maker(Session)
#: Asked again and again, so written once.
_LATE_CLAIMS = Query(
    select(*columns(tables.sessions, Session))
    .where(_SESSIONS.claim_deadline < bindparam("before"), IS_CLAIMED)
    .limit(bindparam("most")),
    _session,
)
_LATE_STOPS = Query(
    select(*columns(tables.stops, Stop)).where(_STOPS.deadline < bindparam("before")).limit(bindparam("most")), Stop
)
_OUT_AT = Query(
    select(_POINTS.cp_id).where(_POINTS.holder == bindparam("holder"), _POINTS.out_of_service.is_(other=True)),
    itself,
)
_PAST = (
    select(*columns(tables.sessions, Session))
    .where(_SESSIONS.driver_id == bindparam("driver_id"), text("state IN ('CHARGING', 'FINISHED')"))
    .order_by(_SESSIONS.started_at.desc(), _SESSIONS.session_id)
    .limit(bindparam("most"))
)
_HISTORY = Query(_PAST, lambda *row: _past(_session(*row)))
_HISTORY_BEFORE = Query(_PAST.where(_SESSIONS.started_at < bindparam("before")), lambda *row: _past(_session(*row)))
#: Requests of these senders under these ids; the pairs are told apart afterwards.
_KEPT = Query(
    lambda database: select(_ANSWERS.sender, _ANSWERS.message_id, _ANSWERS.body).where(
        among(database, _ANSWERS.sender, "senders"), among(database, _ANSWERS.message_id, "message_ids")
    ),
    lambda *row: row,
)
_IS_OPEN_AT = Query(
    select(_SESSIONS.session_id).where(
        _SESSIONS.session_id == bindparam("session_id"), _SESSIONS.cp_id == bindparam("cp_id"), IS_OPEN
    ),
    itself,
)


def offered_points(connection: Connection, most: int) -> tuple[list[OfferedPoint], int]:
    """Points for a driver, those that can charge now first, and how many there are in all."""
    total = connection.execute(select(func.count()).select_from(tables.points)).scalar_one()
    free_first = (_POINTS.status != PointStatus.ACTIVE, _POINTS.cp_id)
    rows = connection.execute(select(tables.points).order_by(*free_first).limit(most)).mappings()
    return [
        OfferedPoint(
            cp_id=row["cp_id"],
            status=row["status"],
            price_per_kwh=row["price_per_kwh"],
            max_charging_rate_kw=row["max_charging_rate_kw"],
            name=row["name"],
            address=row["address"],
            latitude=row["latitude"],
            longitude=row["longitude"],
        )
        for row in rows
    ], total


def history(connection: Connection, driver_id: str, most: int, before: float | None) -> list[PastSession]:
    """A driver's sessions, newest first; requests that came to nothing are not among them."""
    if before is None:
        return _HISTORY.all(connection, driver_id=driver_id, most=most)
    return _HISTORY_BEFORE.all(connection, driver_id=driver_id, most=most, before=before)


def _past(one: Session) -> PastSession:
    return PastSession(
        session_id=one.session_id,
        cp_id=one.cp_id,
        status=one.state,
        started_at=one.started_at,
        ended_at=one.ended_at,
        energy_consumed_kwh=kwh(one.energy_wh),
        total_cost=one.total_cost,
        price_per_kwh=one.price_per_kwh,
        reason=one.reason,
    )


def is_open_at(connection: Connection, session_id: str, cp_id: str) -> bool:
    """Whether this session runs at this point."""
    return _IS_OPEN_AT.one(connection, session_id=session_id, cp_id=cp_id) is not None


def refused_session(connection: Connection, session_id: str, holder: str) -> Session | None:
    """A session that was refused, at a point whose link this Central holds."""
    query = (
        select(tables.sessions)
        .join(tables.points, _POINTS.cp_id == _SESSIONS.cp_id)
        .where(_SESSIONS.session_id == session_id, _SESSIONS.state == State.REFUSED, _POINTS.holder == holder)
    )
    row = connection.execute(query).mappings().one_or_none()
    return Session(**row) if row is not None else None


def is_out_of_service(connection: Connection, cp_id: str) -> bool | None:
    """What the operator said of a point; None where there is no such point."""
    return connection.execute(select(_POINTS.out_of_service).where(_POINTS.cp_id == cp_id)).scalar_one_or_none()


def out_of_service_at(connection: Connection, holder: str) -> set[str]:
    """The points of this Central that the operator took out of service."""
    return set(_OUT_AT.all(connection, holder=holder))


def late_claims(connection: Connection, before: float, most: int) -> list[Session]:
    """Claims that nobody has concluded by their deadline."""
    return _LATE_CLAIMS.all(connection, before=before, most=most)


def late_stops(connection: Connection, before: float, most: int) -> list[Stop]:
    """Stops that nobody has answered by their deadline."""
    return _LATE_STOPS.all(connection, before=before, most=most)


def kept_answers(connection: Connection, asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The answers, as JSON, to those of the requests (sender and message id) that have been answered."""
    senders, message_ids = (sorted(set(some)) for some in zip(*asked, strict=True))
    found = {
        (sender, message_id): body
        for sender, message_id, body in _KEPT.all(connection, senders=senders, message_ids=message_ids)
    }
    return {one: found[one] for one in asked if one in found}
