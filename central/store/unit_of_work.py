"""What one transaction may do, in the words of the domain. Everything of one unit is stored together or not at all."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    Table,
    any_,
    bindparam,
    delete,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from central.domain.points import Point
from central.domain.sessions import Origin, Session, Stop
from central.store import meters, readings, tables
from central.store.credentials import CredentialBook
from central.store.readings import Reading
from central.store.retention import Step
from central.store.roll import Roll
from central.store.tables import IS_CLAIMED, IS_OPEN
from common.kafka.bus import Outgoing, headers
from common.messages import ChargeCompletion, Message, PointStatus
from common.money import watt_hours
from common.routes import Topic
from common.telemetry import about

_Record = TypeVar("_Record", Point, Session)
#: The point that names a session, and the session.
SessionAt = tuple[str, str]
#: SQLite takes so many values in one list.
_LIST = 500
#: The kind of the events from which the takeovers of a point are counted.
TAKEN_OVER = "taken_over"
_MOST_TAKEOVERS = 1000
#: Outbox rows that one look takes in.
MOST_LOADED = 500


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A record that must be sent because of what was stored with it."""

    id: int
    record: Outgoing


class Registered(Protocol):
    """A link that a point registered on: the number of that registration decides whether it still counts."""

    @property
    def cp_id(self) -> str: ...
    @property
    def generation(self) -> int: ...


class UnitOfWork:
    """
    One transaction. `instance` names the Central that will send what goes to the outbox.

    On PostgreSQL others write at the same time. Whoever needs a point and its session locks the point first, and many
    of a kind are locked in the order of their ids; where that fails the database gives one unit up and it runs again,
    so a unit is a function that changes nothing but the database.
    """

    def __init__(self, connection: Connection, instance: str, traceparent: str | None = None) -> None:
        self._connection = connection
        self._dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        #: Goes with what this unit leaves in the outbox.
        self._traceparent = traceparent
        self.instance = instance
        self.outgoing: list[OutboxRow] = []
        self.roll = Roll(connection, instance)
        self.credentials = CredentialBook(connection, self._dialect)
        self._events: list[dict[str, Any]] = []

    def finish(self) -> None:
        """Write what was put off to the end; whoever runs the unit calls it before the commit."""
        if self._events:
            self._connection.execute(insert(tables.events), self._events)

    # -- points

    def point(self, cp_id: str) -> Point | None:
        """The point, locked against others until this unit ends."""
        query = select(tables.points).where(tables.points.c.cp_id == cp_id).with_for_update()
        return _one(Point, self._connection.execute(query).one_or_none())

    def point_of(self, link: Registered) -> Point | None:
        """The point, locked, where this link is the one that speaks for it; None when a newer one does, here or elsewhere."""
        point = self.point(link.cp_id)
        if point is None or (point.holder, point.generation) != (self.instance, link.generation):
            return None
        return point

    def points_held(self) -> list[Point]:
        """The points whose link this instance holds, or held before it died."""
        query = select(tables.points).where(tables.points.c.holder == self.instance)
        return _all(Point, self._connection, query.order_by(tables.points.c.cp_id).with_for_update())

    def every_point(self) -> list[Point]:
        return _all(Point, self._connection, select(tables.points).order_by(tables.points.c.cp_id).with_for_update())

    def statuses(self, cp_ids: Sequence[str]) -> dict[str, PointStatus]:
        found: dict[str, PointStatus] = {}
        for start in range(0, len(cp_ids), _LIST):
            query = select(tables.points.c.cp_id, tables.points.c.status)
            some = query.where(self._among(tables.points.c.cp_id, cp_ids[start : start + _LIST]))
            found |= {row.cp_id: row.status for row in self._connection.execute(some)}
        return found

    def powers(self, cp_ids: Sequence[str]) -> dict[str, float]:
        """The most that each point gives, in kW."""
        found: dict[str, float] = {}
        for start in range(0, len(cp_ids), _LIST):
            query = select(tables.points.c.cp_id, tables.points.c.max_charging_rate_kw)
            some = query.where(self._among(tables.points.c.cp_id, cp_ids[start : start + _LIST]))
            found |= {row.cp_id: row.max_charging_rate_kw for row in self._connection.execute(some)}
        return found

    def add_point(self, point: Point) -> None:
        """Unless another Central just did."""
        self._insert_new(tables.points, _values(point))

    def save_point(self, point: Point) -> None:
        self.save_points([point])

    def save_points(self, points: Iterable[Point]) -> None:
        """Many at once, in the one order in which everybody takes them: then no two wait for each other."""
        self._save(tables.points, "cp_id", points)

    def saw_points(self, seen: Iterable[tuple[str, int, float]]) -> None:
        """Note the last heartbeats of many points at once; a link that no longer speaks for its point notes nothing."""
        rows = [{"who": cp_id, "by": generation, "at": at} for cp_id, generation, at in sorted(seen)]
        if rows:
            points = tables.points
            ours = update(points).where(
                points.c.cp_id == bindparam("who"),
                points.c.holder == self.instance,
                points.c.generation == bindparam("by"),
            )
            self._connection.execute(ours.values(last_seen_at=bindparam("at")), rows)

    # -- sessions

    def claim(self, session: Session) -> bool:
        """The one conditional write that gives a point to a driver; false when the point is taken."""
        return self._insert_new(tables.sessions, _values(session))

    def session(self, session_id: str, *, cp_id: str, driver_id: str | None = None) -> Session | None:
        """A session by its id and by whose it is: who knows or guesses the id of another's finds nothing."""
        query = select(tables.sessions).where(
            tables.sessions.c.session_id == session_id, tables.sessions.c.cp_id == cp_id
        )
        if driver_id is not None:
            query = query.where(tables.sessions.c.driver_id == driver_id)
        return _one(Session, self._connection.execute(query.with_for_update()).one_or_none())

    def is_another_drivers(self, session_id: str, cp_id: str, driver_id: str) -> bool:
        query = select(tables.sessions.c.session_id).where(
            tables.sessions.c.session_id == session_id,
            tables.sessions.c.cp_id == cp_id,
            tables.sessions.c.driver_id != driver_id,
        )
        return self._connection.execute(query).first() is not None

    def point_and_session(self, session_id: str) -> tuple[Point | None, Session | None]:
        """For operators, who may name any session: the session and its point, which is locked first."""
        cp_id = self._connection.execute(
            select(tables.sessions.c.cp_id).where(tables.sessions.c.session_id == session_id)
        ).scalar_one_or_none()
        if cp_id is None:
            return None, None
        return self.point(cp_id), self.session(session_id, cp_id=cp_id)

    def sessions_at(self, asked: Collection[SessionAt]) -> dict[SessionAt, Session]:
        """Many sessions, each at the point that names it."""
        found: list[Session] = []
        for some in self._parts(asked):
            query = select(tables.sessions).where(*some)
            found += _all(Session, self._connection, query.order_by(tables.sessions.c.session_id).with_for_update())
        sessions = {(session.cp_id, session.session_id): session for session in found}
        return {one: sessions[one] for one in asked if one in sessions}

    def sessions_to_meter(self, asked: Collection[SessionAt]) -> dict[SessionAt, Session]:
        """As `sessions_at`; where a reading may turn a claim into a charge, its point is locked before."""
        claimed = select(tables.sessions.c.cp_id).where(IS_CLAIMED)
        for some in self._parts(asked):
            points = select(tables.points.c.cp_id).where(tables.points.c.cp_id.in_(claimed.where(*some)))
            self._connection.execute(points.order_by(tables.points.c.cp_id).with_for_update())
        return self.sessions_at(asked)

    def _parts(self, asked: Collection[SessionAt]) -> Iterator[tuple[ColumnElement[bool], ColumnElement[bool]]]:
        """So many at once as a query takes: sessions of these ids at these points, whose pairs are told apart afterwards."""
        ordered = sorted(asked, key=lambda one: one[1])
        for start in range(0, len(ordered), _LIST):
            some = ordered[start : start + _LIST]
            at = sorted({cp_id for cp_id, _ in some})
            ids = [session_id for _, session_id in some]
            yield self._among(tables.sessions.c.session_id, ids), self._among(tables.sessions.c.cp_id, at)

    def session_requested(self, driver_id: str, request_id: str, at_point: str | None = None) -> Session | None:
        """
        The session that a request opened before, if it is a repeated one: the driver's own, or that of a driver at the
        point which asks. Neither learns of the other's.
        """
        sessions = tables.sessions.c
        query = select(tables.sessions).where(sessions.driver_id == driver_id, sessions.request_id == request_id)
        if at_point is None:
            query = query.where(sessions.origin != Origin.POINT)
        else:
            query = query.where(sessions.origin == Origin.POINT, sessions.cp_id == at_point)
        return _one(Session, self._connection.execute(query.limit(1)).one_or_none())

    def open_session_at(self, cp_id: str) -> Session | None:
        query = select(tables.sessions).where(tables.sessions.c.cp_id == cp_id, IS_OPEN).with_for_update()
        return _one(Session, self._connection.execute(query).one_or_none())

    def save_session(self, session: Session) -> None:
        self.save_sessions([session])

    def save_sessions(self, sessions: Iterable[Session]) -> None:
        """Many at once, in order as `save_points`."""
        self._save(tables.sessions, "session_id", sessions)

    def save_meters(self, sessions: Collection[Session]) -> None:
        """What readings changed of sessions that this unit has locked, and nothing else of them."""
        if sessions:
            meters.save(self._connection, sessions)

    # -- stops on their way

    def add_stop(self, stop: Stop) -> bool:
        """False when it is on its way already."""
        return self._insert_new(tables.stops, asdict(stop))

    def stops_at(self, cp_id: str) -> list[Stop]:
        query = select(tables.stops).where(tables.stops.c.cp_id == cp_id).order_by(tables.stops.c.message_id)
        return [Stop(**row._mapping) for row in self._connection.execute(query)]  # noqa: SLF001 - as below

    def end_stop(self, driver_id: str, message_id: str) -> None:
        stops = tables.stops
        self._connection.execute(delete(stops).where(stops.c.driver_id == driver_id, stops.c.message_id == message_id))

    # -- readings

    def add_readings(self, batch: Sequence[Reading]) -> None:
        if batch:
            readings.append(self._connection, batch)

    def make_days(self, now: float) -> list[str]:
        """See that there is room for the readings of the days to come; gives what was made."""
        return readings.make_days(self._connection, now)

    def let_go(self, step: Step, before: float) -> bool:
        """One step of forgetting; says whether there may be more."""
        return step(self._connection, before)

    # -- drivers, answers, events

    def saw_driver(self, driver_id: str, at: float) -> None:
        new = self._dialect.insert(tables.drivers).values(driver_id=driver_id, first_seen_at=at, last_seen_at=at)
        self._connection.execute(new.on_conflict_do_update(index_elements=["driver_id"], set_={"last_seen_at": at}))

    def answer(self, sender: str, message_id: str) -> str | None:
        """The JSON of the answer that this sender's request got before."""
        query = select(tables.answers.c.body).where(
            tables.answers.c.sender == sender, tables.answers.c.message_id == message_id
        )
        return self._connection.execute(query).scalar_one_or_none()

    def keep_answer(self, sender: str, answer: Message, at: float) -> None:
        self._insert_new(
            tables.answers,
            {
                "sender": sender,
                "message_id": answer.message_id,
                "body": answer.model_dump_json(exclude_none=True),
                "at": at,
            },
        )

    def forget_answers(self, before: float) -> None:
        self._connection.execute(delete(tables.answers).where(tables.answers.c.at < before))

    def record(self, at: float, kind: str, text: str, source: Any = None, /, **ids: str | None) -> None:
        """Write one event into the story that `ev-admin trace` tells."""
        nobody = {"cp_id": None, "session_id": None, "driver_id": None, "message_id": None}
        self._events.append({"at": at, "kind": kind, "text": text[:1000], **nobody, **about(source, **ids)})

    def takeovers(self, cp_id: str, most: int) -> list[float]:
        """When links took this point over from each other, the newest so many, oldest first; as recorded."""
        events = tables.events.c
        # The newest of all points: however much happened at one, this reads no more.
        newest = (
            select(events.cp_id, events.at, events.id)
            .where(events.kind == TAKEN_OVER)
            .order_by(events.id.desc())
            .limit(_MOST_TAKEOVERS)
            .subquery()
        )
        query = select(newest.c.at).where(newest.c.cp_id == cp_id).order_by(newest.c.id.desc()).limit(most)
        return list(reversed(self._connection.execute(query).scalars().all()))

    # -- outbox, quarantine

    def send(self, topic: Topic, key: str, message: Message, at: float) -> None:
        """Store a record to be sent once this unit is committed."""
        record = Outgoing(
            topic,
            key,
            message.model_dump_json(exclude_none=True).encode(),
            headers(message, self._traceparent),
        )
        done = self._connection.execute(
            insert(tables.outbox).values(
                instance=self.instance,
                topic=str(topic),
                key=key,
                headers=json.dumps(dict(record.headers)),
                body=record.value.decode(),
                at=at,
            )
        )
        assert done.inserted_primary_key is not None
        self.outgoing.append(OutboxRow(done.inserted_primary_key[0], record))

    def unsent(self) -> list[OutboxRow]:
        """What this instance has still to send, in order."""
        query = select(tables.outbox).where(tables.outbox.c.instance == self.instance).order_by(tables.outbox.c.id)
        return [
            OutboxRow(row.id, Outgoing(Topic(row.topic), row.key, row.body.encode(), json.loads(row.headers)))
            for row in self._connection.execute(query.limit(_LIST))
        ]

    def sent(self, ids: Sequence[int]) -> None:
        for start in range(0, len(ids), _LIST):
            self._connection.execute(delete(tables.outbox).where(tables.outbox.c.id.in_(ids[start : start + _LIST])))

    def quarantine(self, completion: ChargeCompletion, why: str, at: float) -> bool:
        """Keep a completion apart with everything it said; false when it said just that before."""
        return self._insert_new(
            tables.quarantine,
            {
                "at": at,
                "cp_id": completion.cp_id,
                "session_id": completion.session_id,
                "energy_wh": watt_hours(completion.energy_consumed_kwh),
                "total_cost": completion.total_cost,
                "reason": str(completion.reason),
                "why": why,
                "body": completion.model_dump_json(exclude_none=True),
            },
        )

    def _save(self, table: Table, key: str, records: Iterable[Point | Session]) -> None:
        rows = sorted((_values(record) for record in records), key=lambda row: str(row[key]))
        if rows:
            changed: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != key}
            query = update(table).where(table.c[key] == bindparam(f"new_{key}")).values(changed)
            self._connection.execute(query, [{f"new_{name}": value for name, value in row.items()} for row in rows])

    def _among(self, column: ColumnElement[str], some: Sequence[str]) -> ColumnElement[bool]:
        """Whether it is one of them. PostgreSQL takes them as one value, which is quicker to send than hundreds."""
        if self._dialect is postgresql:
            return column == any_(literal(list(some), postgresql.ARRAY(String)))
        return column.in_(some)

    def _insert_new(self, table: Table, values: dict[str, Any]) -> bool:
        """Insert unless a unique constraint is in the way; says whether it did."""
        # What comes back says it on every database; row counts of inserts do not.
        query = (
            self._dialect.insert(table).values(**values).on_conflict_do_nothing().returning(*table.primary_key.columns)
        )
        return self._connection.execute(query).first() is not None


def _values(record: Point | Session) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _one(kind: type[_Record], row: Row[Any] | None) -> _Record | None:
    return None if row is None else kind(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name has the underscore


def _all(kind: type[_Record], connection: Connection, query: Select[Any]) -> list[_Record]:
    return [kind(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - as above
