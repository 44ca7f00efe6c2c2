"""
Reads a history from the folder of evidence that a run leaves, and from its database. The formats, each on its own:

- `journals/POINT/NUMBER`: an Engine's journal, `{"crc32":"........","entry":{...}}` a line, oldest file first; the
  checksum is over the bytes of the entry. A last line without its end, or with zeros in it, was never promised.
- `told/DRIVER.jsonl`: `{"asked": message}` or `{"told": message, "at": Unix time}` a line, in order.
- `topics/TOPIC.jsonl`: `{"partition", "offset", "key", "value", "at"}` a line.
- `orders.jsonl`: `{"cp_id", "command", "value", "confirmed"}` a line; `monitors.json`: point -> state; `remains.json`, in
  it `lives`: when the one Central was started, each time, and the end; null where there were several.
- the database: energy in whole watt-hours, money in hundredths, prices in ten-thousandths.
"""

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.faults.audit.history import Booked, Entry, Event, History, KeptApart, Order, Point, Remains, Told

_OPEN, _MIDDLE = b'{"crc32":"', b'","entry":'
_BODY = len(_OPEN) + 8 + len(_MIDDLE)
Row = Sequence[Any]

_SESSIONS = (
    "SELECT session_id, cp_id, driver_id, request_id, state, energy_wh, price_per_kwh, total_cost, reason FROM sessions"
)
_EVENTS = "SELECT kind, cp_id, session_id FROM events ORDER BY id"
_QUARANTINE = "SELECT cp_id, session_id, energy_wh FROM quarantine"
_POINTS = "SELECT cp_id, status, out_of_service, price_per_kwh FROM points"


def read_history(folder: Path, database: str) -> History:
    tables = _read_tables(database)
    remains = json.loads((folder / "remains.json").read_text(encoding="utf-8"))
    topics = {path.stem: list(_lines(path)) for path in sorted((folder / "topics").glob("*.jsonl"))}
    return History(
        journals={place.name: journal(sorted(place.iterdir())) for place in sorted((folder / "journals").iterdir())},
        booked=[_booked(row) for row in tables[_SESSIONS]],
        events=[Event(*row) for row in tables[_EVENTS]],
        quarantine=[KeptApart(*row) for row in tables[_QUARANTINE]],
        points=[Point(row[0], row[1], bool(row[2]), Decimal(row[3]).scaleb(-4)) for row in tables[_POINTS]],
        told=[_told(path, topics.get("driver_responses", [])) for path in sorted((folder / "told").glob("*.jsonl"))],
        orders=[Order(**line) for line in _lines(folder / "orders.jsonl")],
        monitors=json.loads((folder / "monitors.json").read_text(encoding="utf-8")),
        remains=Remains(
            outbox=tables["SELECT count(*) FROM outbox"][0][0],
            stops=tables["SELECT count(*) FROM stops"][0][0],
            dead_letters=[f"{line['key']}: {json.dumps(line['value'])}" for line in topics.get("dead_letters", [])],
            lag=remains["lag"],
            orphans=remains["orphans"],
            ended_alone=remains["ended_alone"],
            queues={name: (most, bound) for name, (most, bound) in remains["queues"].items()},
            unrest=remains["unrest"],
        ),
        lives=remains["lives"],
    )


def journal(files: Sequence[Path]) -> list[Entry]:
    """All entries about sessions that one Engine ever wrote; raises ValueError for a damaged line."""
    found: list[Entry] = []
    for path in files:
        *whole, _ = path.read_bytes().split(b"\n")
        for number, line in enumerate(whole, start=1):
            if number == len(whole) and b"\0" in line:
                continue  # a power cut in the middle of a write
            body = line[_BODY:-1]
            if line[len(_OPEN) : len(_OPEN) + 8] != f"{zlib.crc32(body):08x}".encode():
                raise ValueError(f"{path} is damaged at line {number}")
            entry = _entry(json.loads(body))
            if entry is not None:
                found.append(entry)
    return found


def _entry(said: Mapping[str, Any]) -> Entry | None:
    match said["entry"]:
        case "started":
            price = Decimal(str(said["price_per_kwh"]))
            return Entry(said["cp_id"], "started", said["session_id"], price=price)
        case "metered":
            return Entry("", "metered", said["session_id"], energy_wh=said["energy_wh"])
        case "finished":
            account = said["completion"]
            energy = int(Decimal(str(account["energy_consumed_kwh"])) * 1000)
            return Entry(account["cp_id"], "finished", account["session_id"], energy, reason=account["reason"])
        case "acked":
            return Entry("", "acked", said["session_id"])
        case _:
            return None  # its name, its service: no session


def _booked(row: Row) -> Booked:
    session_id, cp_id, driver_id, request_id, state, energy_wh, price, cost, reason = row
    money = Decimal(price).scaleb(-4), Decimal(cost).scaleb(-2)
    return Booked(session_id, cp_id, driver_id, request_id, state, energy_wh, *money, reason)


def _told(path: Path, responses: Sequence[Mapping[str, Any]]) -> Told:
    lines = list(_lines(path))
    if any(line.get("program") for line in lines):
        own = [line for line in responses if line["key"] == path.stem]
        heard_at = [float(line["at"]) for line in own]
        return Told(path.stem, heard=[line["value"] for line in own], is_program=True, heard_at=heard_at)
    asked = [line["asked"] for line in lines if "asked" in line]
    told = [line for line in lines if "told" in line]
    return Told(path.stem, asked, [line["told"] for line in told], heard_at=[float(line["at"]) for line in told])


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """JSON with its numbers as decimals: a float has no place in an audit."""
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line, parse_float=Decimal)


def _read_tables(database: str) -> dict[str, list[Row]]:
    queries = (_SESSIONS, _EVENTS, _QUARANTINE, _POINTS, "SELECT count(*) FROM outbox", "SELECT count(*) FROM stops")
    if database.startswith("postgresql"):
        import psycopg

        with psycopg.connect(database) as server:
            return {query: list(server.execute(query)) for query in queries}
    file = sqlite3.connect(f"file:{database.removeprefix('sqlite:///')}?mode=ro", uri=True)
    try:
        return {query: list(file.execute(query)) for query in queries}
    finally:
        file.close()
