"""What a simulated network left behind, as the history that the auditor of tests/faults judges."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from charging_point.engine.ledger import ENTRY
from common.routes import Topic
from tests.faults.audit import reading
from tests.faults.audit.history import Entry, Event, History, KeptApart, Point, Remains, Told
from tests.simulation.loop import BEGINS_AT
from tests.simulation.programs import DriverProgram
from tests.simulation.world import World

_ASKING = ("charge_request", "stop_charging_request")
_REQUESTS = (Topic.CHARGE_REQUESTS, Topic.STOP_REQUESTS)
#: These say that nothing was decided: what got one of them as its answer is not asked any more.
_UNDECIDED = ("overloaded", "rate_limited")
#: A fault may cost an answer that was due so long after it.
_RECOVERY_S = 45.0
Message = dict[str, Any]


def collect(world: World, unrest: str, faults: list[tuple[float, float]]) -> History:
    """`faults`: from when to when something was broken, on the loop's clock."""
    rows = world.database.rows
    return History(
        journals={cp_id: list(_journal(engine.entries)) for cp_id, engine in world.engines.items()},
        booked=[reading._booked(row) for row in rows(reading._SESSIONS)],
        events=[Event(*row) for row in rows(reading._EVENTS)],
        quarantine=[KeptApart(*row) for row in rows(reading._QUARANTINE)],
        points=[Point(row[0], row[1], bool(row[2]), Decimal(row[3]).scaleb(-4)) for row in rows(reading._POINTS)],
        told=[
            *(_told(driver, world, faults) for driver in world.drivers),
            *(_told_without_app(one, world) for one in world.scale.cards if one not in world.scale.drivers),
        ],
        orders=world.operator.orders,
        monitors={cp_id: monitor.state for cp_id, monitor in world.monitors.items()},
        remains=Remains(
            outbox=rows("SELECT count(*) FROM outbox")[0][0],
            stops=rows("SELECT count(*) FROM stops")[0][0],
            lag=world.broker.lag(),
            dead_letters=[f"{one['key']}: {one['value']}" for one in _records(world, Topic.DEAD_LETTERS)],
            unrest=unrest,
        ),
        lives=_lives(world),
    )


def _lives(world: World) -> list[float] | None:
    if len(world.centrals) > 1:
        return None
    return [BEGINS_AT + at for at in (*world.centrals[0].started_at, world.loop.time())]


def _journal(entries: list[Any]) -> Iterator[Entry]:
    for entry in entries:
        found = reading._entry(json.loads(ENTRY.dump_json(entry, exclude_none=True)))
        if found is not None:
            yield found


def _records(world: World, *topics: Topic) -> Iterator[Message]:
    for place, log in sorted(world.broker.logs.items()):
        if place[0] in topics:
            for record, at in zip(log, world.broker.written_at[place], strict=True):
                yield {"key": record.key, "value": _read(record.value), "at": BEGINS_AT + at}


def _read(line: bytes) -> Message:
    return dict(json.loads(line, parse_float=Decimal))


def _told(driver: DriverProgram, world: World, faults: list[tuple[float, float]]) -> Told:
    """What came over its connections, and what Kafka has for it: a driver reads that from whenever it began."""
    heard = [(_read(line), BEGINS_AT + at) for at, line in world.lines[driver.name]]
    responses = (one for one in _records(world, Topic.DRIVER_RESPONSES) if one["key"] == driver.driver_id)
    heard += [(one["value"], one["at"]) for one in responses]
    asked = [
        *world.asked[driver.name],
        *(one["value"] for one in _records(world, *_REQUESTS) if one["key"] == driver.driver_id),
    ]
    answered = {one["message_id"] for one, _ in heard if one["type"] != "error_response"}
    excused = _excused(driver, [one for one, _ in heard], faults)
    due = [one for one in asked if one["message_id"] in answered or one["message_id"] not in excused]
    mine = f"{driver.name}.{driver.starts}."
    due = [one for one in due if one["message_id"] in answered or one["message_id"].startswith(mine)]
    return Told(
        driver.driver_id,
        [one for one in due if one["type"] in _ASKING],
        [one for one, _ in heard],
        heard_at=[at for _, at in heard],
    )


def _told_without_app(driver_id: str, world: World) -> Told:
    """Who charges with a card alone asks nothing; what it is told lies in Kafka."""
    mine = [one for one in _records(world, Topic.DRIVER_RESPONSES) if one["key"] == driver_id]
    return Told(driver_id, [], [one["value"] for one in mine], heard_at=[one["at"] for one in mine])


def _excused(driver: DriverProgram, heard: list[Message], faults: list[tuple[float, float]]) -> set[str]:
    """Requests that no answer is due to: put off, or given up when something was broken or had just been."""
    put_off = {one["message_id"] for one in heard if one.get("error") in _UNDECIDED}
    given_up = {
        message_id
        for message_id, at in driver.given_up.items()
        if any(began <= at <= ended + _RECOVERY_S for began, ended in faults)
    }
    return put_off | given_up
