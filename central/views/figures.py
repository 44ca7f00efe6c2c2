"""What the database counts: gauges for scrapers, and the operator's figures, apart by what they cost."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select, text

from central.domain.sessions import OPEN, State
from central.store import tables
from central.store.census import sessions_by_state, size_of
from central.store.tables import IS_OPEN
from central.views.rows import Json, plain
from common.messages import PointStatus
from common.money import kwh

_POINTS, _SESSIONS = tables.points.c, tables.sessions.c
_MOST_QUARANTINED = 20


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
    running, power = _running(connection)
    return Network(
        points={str(status): 0 for status in PointStatus} | _points(connection),
        open_sessions={str(state): 0 for state in OPEN} | running,
        power_kw=power,
        outbox=_count(connection, tables.outbox),
        quarantined=_count(connection, tables.quarantine),
    )


def current(connection: Connection) -> Json:
    """How the network is just now: costs as much as there are points, open sessions and records to send."""
    running, power = _running(connection)
    apart = select(tables.quarantine).order_by(tables.quarantine.c.id.desc()).limit(_MOST_QUARANTINED)
    return {
        "points": _points(connection),
        "sessions": running,
        "charging_rate": round(power, 3),
        "outbox": _count(connection, tables.outbox),
        "newest_quarantined": [plain(row) for row in connection.execute(apart).mappings()],
    }


def today(connection: Connection, day_start: float) -> Json:
    """Energy and money of the sessions that started since: costs as much as there are of them."""
    sums = select(func.coalesce(func.sum(_SESSIONS.energy_wh), 0), func.sum(_SESSIONS.total_cost))
    energy, cost = connection.execute(
        sums.where(_SESSIONS.started_at >= day_start, _SESSIONS.state != State.REFUSED)
    ).one()
    return {"energy_consumed_kwh": float(kwh(int(energy))), "total_cost": float(cost or 0)}


def accumulated(connection: Connection) -> Json:
    """What only grows: costs as much as there are sessions that were refused."""
    return {
        "sessions": {state: count for state, count in sessions_by_state(connection).items() if state not in OPEN},
        "readings": size_of(connection, "readings").rows,
        "quarantined": _count(connection, tables.quarantine),
    }


def _points(connection: Connection) -> dict[str, int]:
    return _counted(connection, select(_POINTS.status, func.count()).group_by(_POINTS.status))


def _running(connection: Connection) -> tuple[dict[str, int], float]:
    """Open sessions by their state, and the power of them all."""
    running = select(_SESSIONS.state, func.count(), func.coalesce(func.sum(_SESSIONS.rate_kw), 0.0)).where(IS_OPEN)
    rows = connection.execute(running.group_by(_SESSIONS.state)).all()
    return {str(row[0]): int(row[1]) for row in rows}, float(sum(row[2] for row in rows))


def _count(connection: Connection, table: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _counted(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return {str(row[0]): int(row[1]) for row in sorted(connection.execute(query), key=lambda row: str(row[0]))}
