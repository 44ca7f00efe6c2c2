"""Read-only queries for console, command line and web: rows in, plain JSON values out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, func, or_, select, text, tuple_, union

from central.domain.sessions import OPEN, Session, State, Stop
from central.store import tables
from central.store.census import sessions_by_state, size_of
from central.store.tables import IS_CLAIMED, IS_OPEN
from common.messages import OfferedPoint, PastSession, PointStatus
from common.money import kwh

Json = dict[str, Any]
_POINTS, _SESSIONS, _EVENTS = tables.points.c, tables.sessions.c, tables.events.c
_LISTED = ("price_per_kwh", "total_cost")


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


def session(connection: Connection, session_id: str) -> Session | None:
    row = connection.execute(select(tables.sessions).where(_SESSIONS.session_id == session_id)).mappings().one_or_none()
    return Session(**row) if row is not None else None


def is_out_of_service(connection: Connection, cp_id: str) -> bool | None:
    """What the operator said of a point; None where there is no such point."""
    return connection.execute(select(_POINTS.out_of_service).where(_POINTS.cp_id == cp_id)).scalar_one_or_none()


def late_claims(connection: Connection, before: float, most: int) -> list[Session]:
    """Claims that nobody has concluded by their deadline."""
    query = select(tables.sessions).where(_SESSIONS.claim_deadline < before, IS_CLAIMED).limit(most)
    return [Session(**row) for row in connection.execute(query).mappings()]


def late_stops(connection: Connection, before: float, most: int) -> list[Stop]:
    """Stops that nobody has answered by their deadline."""
    query = select(tables.stops).where(tables.stops.c.deadline < before).limit(most)
    return [Stop(**row) for row in connection.execute(query).mappings()]


def kept_answers(connection: Connection, asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The answers, as JSON, to those of the requests (sender and message id) that have been answered."""
    answers = tables.answers.c
    query = select(answers.sender, answers.message_id, answers.body).where(
        tuple_(answers.sender, answers.message_id).in_(asked)
    )
    return {(row.sender, row.message_id): row.body for row in connection.execute(query)}


def points(connection: Connection, after: str, most: int) -> list[Json]:
    """Points with their running session, in order of id, from after a given one."""
    running = tables.sessions
    query = (
        select(
            tables.points,
            running.c.session_id,
            running.c.driver_id,
            running.c.energy_wh,
            running.c.total_cost,
            running.c.rate_kw,
            running.c.energy_limit_wh,
        )
        .select_from(tables.points.outerjoin(running, and_(running.c.cp_id == _POINTS.cp_id, IS_OPEN)))
        .where(_POINTS.cp_id > after)
        .order_by(_POINTS.cp_id)
        .limit(most)
    )
    return [_plain(row) for row in connection.execute(query).mappings()]


def sessions(connection: Connection, *, only_open: bool, after: str, most: int) -> list[Json]:
    """Sessions, newest first; `after` is the cursor "started_at/session_id" of the last one seen."""
    query = select(tables.sessions).order_by(_SESSIONS.started_at.desc(), _SESSIONS.session_id.desc()).limit(most)
    if only_open:
        query = query.where(IS_OPEN)
    if after:
        at, _, session_id = after.partition("/")
        started = float(at)
        query = query.where(
            # Said apart from what follows, or PostgreSQL reads everything newer first.
            _SESSIONS.started_at <= started,
            or_(
                _SESSIONS.started_at < started,
                and_(_SESSIONS.started_at == started, _SESSIONS.session_id < session_id),
            ),
        )
    return [_plain(row) for row in connection.execute(query).mappings()]


def drivers(connection: Connection, after: str, most: int) -> list[Json]:
    """Drivers with what they charged in all."""
    done = tables.sessions
    query = (
        select(
            tables.drivers,
            func.count(done.c.session_id).label("sessions"),
            func.coalesce(func.sum(done.c.energy_wh), 0).label("energy_wh"),
            func.sum(done.c.total_cost).label("total_cost"),
        )
        .select_from(
            tables.drivers.outerjoin(
                done, and_(done.c.driver_id == tables.drivers.c.driver_id, done.c.state != State.REFUSED)
            )
        )
        .where(tables.drivers.c.driver_id > after)
        .group_by(tables.drivers.c.driver_id)
        .order_by(tables.drivers.c.driver_id)
        .limit(most)
    )
    return [_plain(row) for row in connection.execute(query).mappings()]


def trace(connection: Connection, story_id: str, most: int) -> list[Json]:
    """Every event of a message or a session, and of the sessions that the message belongs to."""
    # Step by step: as one query PostgreSQL would read every event there is.
    mentioned = select(_EVENTS.session_id).where(_EVENTS.message_id == story_id, _EVENTS.session_id.is_not(None))
    session_ids = {story_id, *connection.execute(mentioned.limit(most)).scalars()}
    asked = select(_SESSIONS.request_id).where(_SESSIONS.session_id.in_(session_ids))
    message_ids = {story_id, *connection.execute(asked).scalars()}
    told = union(
        select(tables.events).where(_EVENTS.session_id.in_(session_ids)),
        select(tables.events).where(_EVENTS.message_id.in_(message_ids)),
    )
    return [_plain(row) for row in connection.execute(told.order_by(told.selected_columns.id).limit(most)).mappings()]


def totals(connection: Connection, day_start: float) -> Json:
    """What the database counts for the operator's figures."""
    by_status = _counted(connection, select(_POINTS.status, func.count()).group_by(_POINTS.status))
    today = connection.execute(
        select(func.coalesce(func.sum(_SESSIONS.energy_wh), 0), func.sum(_SESSIONS.total_cost)).where(
            _SESSIONS.started_at >= day_start, _SESSIONS.state != State.REFUSED
        )
    ).one()
    now_kw = connection.execute(select(func.coalesce(func.sum(_SESSIONS.rate_kw), 0.0)).where(IS_OPEN)).scalar_one()
    apart = connection.execute(select(tables.quarantine).order_by(tables.quarantine.c.id.desc()).limit(20)).mappings()
    return {
        "points": by_status,
        "sessions": sessions_by_state(connection),
        "today": {"energy_consumed_kwh": float(kwh(int(today[0]))), "total_cost": float(today[1] or 0)},
        "charging_rate": round(float(now_kw), 3),
        "outbox": _count(connection, tables.outbox),
        "readings": size_of(connection, "readings").rows,
        "quarantined": _count(connection, tables.quarantine),
        "newest_quarantined": [_plain(row) for row in apart],
    }


def revision(connection: Connection) -> str | None:
    """Which schema the database has; asking also shows that it answers."""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Network:
    """Gauges of the whole network. Every status and state is there, if only with 0."""

    points: dict[str, int]
    open_sessions: dict[str, int]
    power_kw: float
    outbox: int
    quarantined: int


def network(connection: Connection) -> Network:
    points = _counted(connection, select(_POINTS.status, func.count()).group_by(_POINTS.status))
    running = select(_SESSIONS.state, func.count(), func.coalesce(func.sum(_SESSIONS.rate_kw), 0.0)).where(IS_OPEN)
    rows = connection.execute(running.group_by(_SESSIONS.state)).all()
    return Network(
        points={str(status): 0 for status in PointStatus} | points,
        open_sessions={str(state): 0 for state in OPEN} | {str(row[0]): int(row[1]) for row in rows},
        power_kw=float(sum(row[2] for row in rows)),
        outbox=_count(connection, tables.outbox),
        quarantined=_count(connection, tables.quarantine),
    )


def _count(connection: Connection, table: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _counted(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return {str(row[0]): int(row[1]) for row in sorted(connection.execute(query), key=lambda row: str(row[0]))}


def _plain(row: RowMapping) -> Json:
    """A row in the words and units of the wire."""
    found: Json = dict(row)
    if "energy_wh" in found:
        energy = found.pop("energy_wh")
        found["energy_consumed_kwh"] = None if energy is None else float(kwh(int(energy)))
    if "energy_limit_wh" in found:
        limit = found.pop("energy_limit_wh")
        found["energy_limit_kwh"] = None if limit is None else float(kwh(limit))
    if "rate_kw" in found:
        found["charging_rate"] = found.pop("rate_kw")
    if "state" in found:
        found["status"] = found.pop("state")
    for name in _LISTED:
        if found.get(name) is not None:
            found[name] = float(found[name])
    return found
