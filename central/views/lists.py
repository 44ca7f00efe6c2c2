"""
The lists that an operator looks at, each in the words of its command (common/messages/operating.py).

What a page costs must not grow with what the network has seen: every list is read along an index, from where its page
begins. Where several columns are asked for at once, only the one that fits fewest rows leads.
"""

from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    TextClause,
    and_,
    func,
    or_,
    select,
    union,
    union_all,
)

from central.domain.sessions import OPEN, State, progress
from central.store import tables
from central.store.tables import IS_OPEN, IS_REFUSED
from central.views.rows import Json, plain
from common.messages.operating import ListEvents, ListPoints, ListSessions

_POINTS, _SESSIONS, _EVENTS = tables.points.c, tables.sessions.c, tables.events.c
_ORDERS: dict[str, ColumnElement[Any]] = {
    "name": func.lower(_POINTS.name),
    "status": _POINTS.status,
    "price": _POINTS.price_per_kwh,
    "power": _SESSIONS.rate_kw,
    "energy": _SESSIONS.energy_wh,
    "cost": _SESSIONS.total_cost,
    "seen": _POINTS.last_seen_at,
}
Where = ColumnElement[bool] | TextClause


def points(
    connection: Connection, wanted: ListPoints, *, after: str, skip: int, most: int
) -> tuple[list[Json], int | None]:
    """Points with their running session, and, for a search, how many match it in all."""
    matching = _matching(wanted)
    running = (
        _SESSIONS.session_id,
        _SESSIONS.state.label("session_status"),
        _SESSIONS.started_at,
        _SESSIONS.driver_id,
        _SESSIONS.energy_wh,
        _SESSIONS.total_cost,
        _SESSIONS.rate_kw,
        _SESSIONS.energy_limit_wh,
    )
    beside = tables.points.outerjoin(tables.sessions, and_(_SESSIONS.cp_id == _POINTS.cp_id, IS_OPEN))
    query = select(tables.points, *running).select_from(beside).where(*matching).order_by(*_order(wanted))
    if after:
        query = query.where(_POINTS.cp_id > after)
    rows = connection.execute(query.offset(skip).limit(most)).mappings()
    found = [_with_progress(plain(row), row["energy_wh"], row["energy_limit_wh"]) for row in rows]
    if not wanted.is_search:
        return found, None
    return found, connection.execute(select(func.count()).select_from(tables.points).where(*matching)).scalar_one()


def _matching(wanted: ListPoints) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.search:
        places = (_POINTS.cp_id, _POINTS.name, _POINTS.address)
        # SQLite, and PostgreSQL in some locales, know capitals of English letters only: the usual forms of others are tried.
        forms = {wanted.search, wanted.search.lower(), wanted.search.upper(), wanted.search.capitalize()}
        tried = [wanted.search] if wanted.search.isascii() else sorted(forms)
        found.append(or_(*(place.icontains(form, autoescape=True) for place in places for form in tried)))
    if wanted.status:
        found.append(_POINTS.status.in_(wanted.status))
    return found


def _order(wanted: ListPoints) -> list[ColumnElement[Any]]:
    if wanted.sort == "cp_id":
        return [_POINTS.cp_id.desc() if wanted.descending else _POINTS.cp_id.asc()]
    key = _ORDERS[wanted.sort]
    return [(key.desc() if wanted.descending else key.asc()).nulls_last(), _POINTS.cp_id.asc()]


def _with_progress(row: Json, energy_wh: int | None, limit_wh: int | None) -> Json:
    return {**row, "progress": None if energy_wh is None else progress(energy_wh, limit_wh)}


def sessions(connection: Connection, wanted: ListSessions, most: int) -> list[Json]:
    """Newest first; `after` is the cursor "started_at/session_id" of the last one seen."""
    states = {State(status) for status in wanted.status or State}
    if wanted.open:
        states &= set(OPEN)
    wheres: list[Where] = []
    started: ColumnElement[float] = _SESSIONS.started_at
    if states <= set(OPEN):
        # Few: sorting them is quicker than to look through all of them in order. SQLite must be made to.
        wheres.append(IS_OPEN)
        started = _SESSIONS.started_at + 0
    elif states == {State.REFUSED}:
        wheres.append(IS_REFUSED)
    if states not in (set(State), set(OPEN), {State.REFUSED}):
        wheres.append(_SESSIONS.state.in_(sorted(states)))
    wheres += _leading((_SESSIONS.cp_id, wanted.cp_id), (_SESSIONS.driver_id, wanted.driver_id))
    if wanted.after:
        wheres += _older(wanted.after, started)
    query = select(tables.sessions).where(*wheres).order_by(started.desc(), _SESSIONS.session_id.desc()).limit(most)
    return [plain(row) for row in connection.execute(query).mappings()]


def _older(cursor: str, started: ColumnElement[float]) -> list[Where]:
    at, _, session_id = cursor.partition("/")
    then = float(at)
    return [
        # Said apart from what follows, or PostgreSQL reads everything newer first.
        started <= then,
        or_(started < then, and_(started == then, _SESSIONS.session_id < session_id)),
    ]


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
    return [plain(row) for row in connection.execute(query).mappings()]


def events(connection: Connection, wanted: ListEvents, most: int) -> tuple[list[Json], int]:
    """Events, newest first, and the highest number of all; `after` is the number of the last one seen."""
    newest = connection.execute(select(func.max(_EVENTS.id))).scalar_one() or 0
    wheres: list[Where] = []
    if wanted.since is not None and wanted.since <= newest:
        wheres.append(_EVENTS.id > wanted.since)
    bounds = (wanted.before, int(wanted.after) if wanted.after else None)
    wheres += [_EVENTS.id < bound for bound in bounds if bound is not None]
    kinds = wanted.kind or (None,)
    pages = [_newest_events(wanted, kind, wheres, most) for kind in dict.fromkeys(kinds)]
    query: Any = pages[0]
    if len(pages) > 1:
        # Each kind along its own index: in one query all of them would be read and sorted.
        query = union_all(*(select(page.subquery()) for page in pages))
        query = query.order_by(query.selected_columns.id.desc()).limit(most)
    return [plain(row) for row in connection.execute(query).mappings()], newest


def _newest_events(wanted: ListEvents, kind: str | None, wheres: list[Where], most: int) -> Select[Any]:
    asked = ((_EVENTS.session_id, wanted.session_id), (_EVENTS.cp_id, wanted.cp_id), (_EVENTS.kind, kind))
    return select(tables.events).where(*wheres, *_leading(*asked)).order_by(_EVENTS.id.desc()).limit(most)


def _leading(*asked: tuple[Column[Any], str | None]) -> list[ColumnElement[bool]]:
    """The first column that is asked for finds its rows by its index; of those the others choose."""
    told = [(column, value) for column, value in asked if value is not None]
    # Without statistics SQLite takes any index; one it does not know for such takes none.
    return [(column.concat("") if place else column) == value for place, (column, value) in enumerate(told)]


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
    return [plain(row) for row in connection.execute(told.order_by(told.selected_columns.id).limit(most)).mappings()]
