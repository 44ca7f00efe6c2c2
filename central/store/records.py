"""What a unit of work writes down for others: records to be sent, the story for `ev-admin trace`, what is kept apart."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from central.store import tables
from central.store.part import Part
from central.store.statements import Query, Statement, among, insert_new, insertion, itself
from common.kafka.bus import Outgoing, headers
from common.messages import ChargeCompletion, Message
from common.money import watt_hours
from common.routes import Topic
from common.telemetry import about

#: The kind of the events from which the takeovers of a point are counted.
TAKEN_OVER = "taken_over"
_MOST_TAKEOVERS = 1000
#: Outbox rows that one look takes in.
MOST_LOADED = 500
_NOBODY = {"cp_id": None, "session_id": None, "driver_id": None, "message_id": None}


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A record that must be sent because of what was stored with it."""

    id: int
    record: Outgoing


def _outbox_row(id_: int, topic: str, key: str, body: str, headers: str) -> OutboxRow:
    return OutboxRow(id_, Outgoing(Topic(topic), key, body.encode(), json.loads(headers)))


_O, _E = tables.outbox.c, tables.events.c
#: The newest of all points: however much happened at one, this reads no more.
_NEWEST = (
    select(_E.cp_id, _E.at, _E.id)
    .where(_E.kind == bindparam("kind"))
    .order_by(_E.id.desc())
    .limit(_MOST_TAKEOVERS)
    .subquery()
)
_TAKEOVERS = Query(
    select(_NEWEST.c.at)
    .where(_NEWEST.c.cp_id == bindparam("cp_id"))
    .order_by(_NEWEST.c.id.desc())
    .limit(bindparam("most")),
    itself,
)
_RECORD = Statement(lambda database: insertion(database, tables.events, "id"))
_SEND = Query(lambda database: insertion(database, tables.outbox, "id").returning(_O.id), itself)
_UNSENT = Query(
    select(_O.id, _O.topic, _O.key, _O.body, _O.headers)
    .where(_O.instance == bindparam("instance"))
    .order_by(_O.id)
    .limit(MOST_LOADED),
    _outbox_row,
)
_SENT = Statement(lambda database: delete(tables.outbox).where(among(database, _O.id, "ids")))
_QUARANTINE = insert_new(tables.quarantine, "id")


class RecordsPart(Part):
    def __init__(self, connection: Connection, instance: str, traceparent: str | None) -> None:
        super().__init__(connection, instance)
        #: Goes with what this unit leaves in the outbox.
        self._traceparent = traceparent
        self.outgoing: list[OutboxRow] = []
        self._events: list[dict[str, Any]] = []

    def finish(self) -> None:
        """Write what was put off to the end; whoever runs the unit calls it before the commit."""
        _RECORD.do_many(self._connection, self._events)

    def record(self, at: float, kind: str, text: str, source: Any = None, /, **ids: str | None) -> None:
        """Write one event into the story that `ev-admin trace` tells."""
        self._events.append({"at": at, "kind": kind, "text": text[:1000], **_NOBODY, **about(source, **ids)})

    def takeovers(self, cp_id: str, most: int) -> list[float]:
        """When links took this point over from each other, the newest so many, oldest first; as recorded."""
        return list(reversed(_TAKEOVERS.all(self._connection, kind=TAKEN_OVER, cp_id=cp_id, most=most)))

    def send(self, topic: Topic, key: str, message: Message, at: float) -> None:
        """Store a record to be sent once this unit is committed."""
        body = message.model_dump_json(exclude_none=True)
        record = Outgoing(topic, key, body.encode(), headers(message, self._traceparent))
        row = {
            "instance": self.instance,
            "topic": str(topic),
            "key": key,
            "headers": json.dumps(dict(record.headers)),
            "body": body,
            "at": at,
        }
        number = _SEND.one(self._connection, **row)
        assert number is not None
        self.outgoing.append(OutboxRow(number, record))

    def unsent(self) -> list[OutboxRow]:
        """What this instance has still to send, in order."""
        return _UNSENT.all(self._connection, instance=self.instance)

    def sent(self, ids: Sequence[int]) -> None:
        _SENT.do(self._connection, ids=ids)

    def quarantine(self, completion: ChargeCompletion, why: str, at: float) -> bool:
        """Keep a completion apart with everything it said; false when it said just that before."""
        row = {
            "at": at,
            "cp_id": completion.cp_id,
            "session_id": completion.session_id,
            "energy_wh": watt_hours(completion.energy_consumed_kwh),
            "total_cost": completion.total_cost,
            "reason": str(completion.reason),
            "why": why,
            "body": completion.model_dump_json(exclude_none=True),
        }
        return _QUARANTINE.one(self._connection, **row) is not None
