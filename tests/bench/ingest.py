"""
Telemetry from Kafka to the database, with everything that a running Central does.

Open sessions stand in a SQLite file and their readings wait in the embedded broker. A real Central takes them: they are
validated, judged, stored with their offsets, and drivers are told of them, or not (`--no-driver-notices`). Its CPU counts
from when the first part is stored until it has come to rest. Beside it a bare consumer counts the same records.
"""

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from sqlalchemy import create_engine

from central.store.engine import open_database
from common.kafka.bus import Outgoing
from common.routes import Topic
from tests.bench import programs
from tests.bench.backlog import PARTITIONS, Backlog
from tests.bench.frame import Run, Say, Scenario, Size
from tests.bench.programs import Program

#: Open sessions and readings of each.
_SIZES = {
    Size.TINY: [(12, 20)],
    Size.QUICK: [(1_008, 240)],
    Size.FULL: [(1_008, 300), (10_008, 30)],
}
#: This part of the records is stored before anything counts: Central has warmed up.
_WARM_UP = 0.2
_STORED_WITHIN_S = 300.0
_LOOK_S = 0.02
#: Nothing more comes of a topic that gave nothing for so long.
_SILENCE_S = 1.5


@dataclass(frozen=True, slots=True)
class _Mark:
    """What is stored, when, and what Central had used by then."""

    stored: int
    at: float
    cpu: float


class Waiting:
    """Records that wait in a broker before anybody reads them."""

    def __init__(self, kafka: str, backlog: Backlog) -> None:
        self._kafka = kafka
        admin = AdminClient({"bootstrap.servers": kafka})
        for made in admin.create_topics([NewTopic(str(topic), PARTITIONS, 1) for topic in Topic]).values():
            made.result()
        self._produce(backlog.readings())

    def _produce(self, records: Iterator[Outgoing]) -> None:
        producer = Producer({"bootstrap.servers": self._kafka, "partitioner": "murmur2", "linger.ms": 20})
        while some := list(islice(records, 10_000)):
            for one in some:
                headers: list[tuple[str, str | bytes | None]] = [(k, v.encode()) for k, v in one.headers.items()]
                producer.produce(str(one.topic), one.value, one.key.encode(), headers=headers)
            producer.flush()

    def notices(self) -> int:
        """What drivers were told; read, for the embedded broker's ends of partitions are not exact."""
        reader = Consumer({"bootstrap.servers": self._kafka, "group.id": "bench"})
        reader.assign([TopicPartition(str(Topic.DRIVER_RESPONSES), n, OFFSET_BEGINNING) for n in range(PARTITIONS)])
        found = 0
        while some := reader.consume(10_000, _SILENCE_S):
            found += len([one for one in some if one.error() is None])
        reader.close()
        return found

    def bare(self, records: int) -> float:
        """Records a CPU-second of a consumer that only counts."""
        words = [sys.executable, "-m", "tests.bench.bare", self._kafka, str(Topic.SESSION_DATA), str(records)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        counted, took = done.stdout.split()
        return int(counted) / max(float(took), 1e-9)


def _stored(database: sqlite3.Connection) -> int:
    """SQLite numbers the rows in the order in which they were stored."""
    (found,) = database.execute("SELECT coalesce(max(rowid), 0) FROM readings").fetchone()
    return int(found)


def _wait_stored(database: sqlite3.Connection, at_least: int, central: Program) -> _Mark:
    end = time.monotonic() + _STORED_WITHIN_S
    while time.monotonic() < end:
        found = _stored(database)
        if found >= at_least:
            return _Mark(found, time.monotonic(), central.cpu)
        time.sleep(_LOOK_S)
    raise SystemExit(
        f"Central stored {_stored(database)} of {at_least} readings in {_STORED_WITHIN_S:.0f} s; see its log."
    )


def _take_all(folder: Path, backlog: Backlog, kafka: Program, *, notifies: bool) -> dict[str, float]:
    """One Central and the whole backlog."""
    engine = open_database(f"sqlite:///{folder / 'central.db'}")
    backlog.open_sessions(engine)
    engine.dispose()
    told = [] if notifies else ["--no-driver-notices"]
    with (
        programs.central(folder, kafka.address, *told) as central,
        sqlite3.connect(f"file:{folder / 'central.db'}?mode=ro", uri=True) as database,
    ):
        before = kafka.cpu
        begin = _wait_stored(database, int(backlog.records * _WARM_UP), central)
        end = _wait_stored(database, backlog.records, central)
        central.rest()  # what drivers are told is on its way until then
        cpu, memory = central.cpu - begin.cpu, central.peak_mib
    looked = create_engine(f"sqlite:///{folder / 'central.db'}")
    if not backlog.is_stored(looked) or backlog.count_stored(looked) != backlog.records:
        raise SystemExit("Not every reading is stored once: this is a defect.")
    looked.dispose()
    records, seconds = end.stored - begin.stored, end.at - begin.at
    return {
        "records": records,
        "cpu_seconds": cpu,
        "records_per_cpu_second": records / max(cpu, 1 / programs.TICKS),
        "records_per_second": records / max(seconds, _LOOK_S),
        "memory_peak_mib": memory,
        "broker_cpu_seconds": kafka.cpu - before,
    }


def _word(*, notifies: bool) -> str:
    return "on" if notifies else "off"


def _run(backlog: Backlog, *, notifies: bool) -> Run:
    with tempfile.TemporaryDirectory(prefix="ev-bench-") as name, programs.broker(Path(name)) as kafka:
        waiting = Waiting(str(kafka.address), backlog)
        bare = waiting.bare(backlog.records)
        figures = _take_all(Path(name), backlog, kafka, notifies=notifies)
        notices = waiting.notices()
    ratio = figures["records_per_cpu_second"] / bare
    return Run(
        "ingest",
        {
            "notifications": _word(notifies=notifies),
            "sessions": backlog.sessions,
            "readings_each": backlog.readings_each,
            "database": "sqlite",
        },
        {**figures, "notices": notices, "bare_records_per_cpu_second": bare, "ratio_to_bare": ratio},
    )


def measure(size: Size, repeats: int, say: Say) -> Iterator[Run]:
    for sessions, each in _SIZES[size]:
        for notifies in (False, True) * repeats:
            say(
                f"ingest: {sessions * each:,} readings of {sessions:,} sessions, notifications {_word(notifies=notifies)}"
            )
            yield _run(Backlog(sessions, each), notifies=notifies)


SCENARIO = Scenario(
    "ingest",
    "telemetry from Kafka to committed in the database, in records a CPU-second of Central",
    measure,
    {"records_per_cpu_second": True, "ratio_to_bare": True, "memory_peak_mib": False},
)
