"""Single things that handlers and drivers ask for."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select, tuple_

from central.domain.sessions import Session, State, Stop
from central.store import tables
from central.store.part import columns, maker
from central.store.statements import Query, itself
from central.store.tables import IS_CLAIMED, IS_OPEN
from common.messages import OfferedPoint, PastSession, PointStatus
from common.money import kwh

_POINTS, _SESSIONS, _STOPS = tables.points.c, tables.sessions.c, tables.stops.c
#: Asked again and again, so written once.
_LATE_CLAIMS = Query(
    select(*columns(tables.sessions, Session))
    .where(_SESSIONS.claim_deadline < bindparam("before"), IS_CLAIMED)
    .limit(bindparam("most")),
    maker(Session),
)
_LATE_STOPS = Query(
    select(*columns(tables.stops, Stop)).where(_STOPS.deadline < bindparam("before")).limit(bindparam("most")), Stop
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
    query = (
        select(tables.sessions)
        .where(_SESSIONS.driver_id == driver_id, _SESSIONS.state.in_((State.CHARGING, State.FINISHED)))
        .order_by(_SESSIONS.started_at.desc(), _SESSIONS.session_id)
        .limit(most)
    )
    if before is not None:
        query = query.where(_SESSIONS.started_at < before)
    return [
        PastSession(
            session_id=row["session_id"],
            cp_id=row["cp_id"],
            status=row["state"],
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            energy_consumed_kwh=kwh(row["energy_wh"]),
            total_cost=row["total_cost"],
            price_per_kwh=row["price_per_kwh"],
            reason=row["reason"],
        )
        for row in connection.execute(query).mappings()
    ]


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


def late_claims(connection: Connection, before: float, most: int) -> list[Session]:
    """Claims that nobody has concluded by their deadline."""
    return _LATE_CLAIMS.all(connection, before=before, most=most)


def late_stops(connection: Connection, before: float, most: int) -> list[Stop]:
    """Stops that nobody has answered by their deadline."""
    return _LATE_STOPS.all(connection, before=before, most=most)


def kept_answers(connection: Connection, asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The answers, as JSON, to those of the requests (sender and message id) that have been answered."""
    answers = tables.answers.c
    query = select(answers.sender, answers.message_id, answers.body).where(
        tuple_(answers.sender, answers.message_id).in_(asked)
    )
    return {(row.sender, row.message_id): row.body for row in connection.execute(query)}
