"""A backlog of telemetry for a bench: open sessions in a database, and readings of them that Centrals see all at once."""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import count

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from sqlalchemy import Engine, NullPool, create_engine, func, insert, make_url, select, text

from central.domain.points import Point
from central.domain.sessions import Origin, Session, State
from central.ingest import groups
from central.store import tables
from central.store.engine import connect_database, migrate, read_address
from central.store.part import values
from common.kafka.bus import Outgoing, outgoing
from common.kafka.partition import partition_of
from common.messages import ChargingData, PointStatus
from common.routes import Topic

PARTITIONS = 12
PRICE = Decimal("0.30")
#: What a point meters from one reading to the next: 22 kW for a second.
STEP_WH = 6
RATE_KW = 22.0
_SETTLED_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Backlog:
    """As many readings for each session, and as many sessions in each partition."""

    sessions: int
    readings_each: int

    @property
    def records(self) -> int:
        return self.sessions * self.readings_each

    @property
    def last_wh(self) -> int:
        return STEP_WH * self.readings_each

    def points(self) -> list[str]:
        """Names that fill the partitions evenly."""
        room, found = Counter[int](), []
        for number in count(1):
            name = f"CP{number:06}"
            place = partition_of(name, PARTITIONS)
            if room[place] < self.sessions // PARTITIONS:
                room[place] += 1
                found.append(name)
            if len(found) == self.sessions:
                return found
        raise AssertionError

    def open_sessions(self, engine: Engine) -> None:
        now = time.time()
        points = [
            Point(cp_id=cp_id, status=PointStatus.CHARGING, price_per_kwh=PRICE, max_charging_rate_kw=RATE_KW)
            for cp_id in self.points()
        ]
        sessions = [_session(point.cp_id, now) for point in points]
        with engine.begin() as connection:
            connection.execute(insert(tables.points), [values(point) for point in points])
            connection.execute(insert(tables.sessions), [values(session) for session in sessions])

    def readings(self) -> Iterator[Outgoing]:
        """Second after second, as points report."""
        began, points = time.time() - self.readings_each, self.points()
        for second in range(1, self.readings_each + 1):
            energy = Decimal(STEP_WH * second).scaleb(-3)
            for cp_id in points:
                message = ChargingData(
                    message_id=str(uuid.uuid4()),
                    timestamp=began + second,
                    cp_id=cp_id,
                    session_id=_session_id(cp_id),
                    energy_consumed_kwh=energy,
                    total_cost=Decimal("0.00"),
                    charging_rate=RATE_KW,
                )
                yield outgoing(Topic.SESSION_DATA, cp_id, message)

    def is_stored(self, engine: Engine) -> bool:
        """A session's last reading is stored after all others of it."""
        behind = select(func.count()).where(tables.sessions.c.energy_wh < self.last_wh)
        with engine.connect() as connection:
            return connection.execute(behind).scalar_one() == 0

    def count_stored(self, engine: Engine) -> int:
        with engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(tables.readings)).scalar_one()


def _session_id(cp_id: str) -> str:
    return f"session-{cp_id}"


def _session(cp_id: str, now: float) -> Session:
    return Session(
        session_id=_session_id(cp_id),
        cp_id=cp_id,
        driver_id=f"D-{cp_id}",
        state=State.CHARGING,
        origin=Origin.KAFKA,
        request_id=f"r-{cp_id}",
        price_per_kwh=PRICE,
        claim_deadline=now,
        started_at=now,
    )


class Databases:
    """Databases of a bench's own on a PostgreSQL server, each a copy of one that was filled once."""

    def __init__(self, server: str, backlog: Backlog) -> None:
        self._server = read_address(server)
        self._stem = f"ev_bench_{uuid.uuid4().hex[:8]}"
        self._made: list[str] = []
        template = self._address(self._make("template"))
        engine = connect_database(template, "bench")
        migrate(engine)
        backlog.open_sessions(engine)
        engine.dispose()

    @contextmanager
    def copy(self) -> Iterator[tuple[str, Engine]]:
        """The address of a fresh one, and an engine to look at it."""
        address = self._address(self._make(str(len(self._made)), f"TEMPLATE {self._stem}_template"))
        self._tell("CHECKPOINT")  # what the copy left to be written is not the bench's
        engine = create_engine(read_address(address))
        yield address, engine
        engine.dispose()

    def drop(self) -> None:
        self._tell(*(f"DROP DATABASE {name} WITH (FORCE)" for name in self._made))

    def _make(self, suffix: str, how: str = "") -> str:
        name = f"{self._stem}_{suffix}"
        self._tell(f"CREATE DATABASE {name} {how}")
        self._made.append(name)
        return name

    def _address(self, name: str) -> str:
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)

    def _tell(self, *statements: str) -> None:
        engine = create_engine(self._server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))


class Topics:
    """The topics of one run. Its readings are one transaction: no Central sees the first before the last is there."""

    def __init__(self, address: str) -> None:
        self.prefix = f"bench-{uuid.uuid4().hex[:8]}."
        self._address = address
        self._admin = AdminClient({"bootstrap.servers": address})
        group, read = next(
            (group, topics) for group, topics in groups(alone=False).items() if Topic.SESSION_DATA in topics
        )
        self._group = f"{self.prefix}{group}"
        self._shared = PARTITIONS * len(read)
        #: Where each partition of readings ends.
        self._ends: dict[int, int] = {}
        new = [NewTopic(f"{self.prefix}{topic}", PARTITIONS, 1) for topic in Topic]
        for made in self._admin.create_topics(new).values():
            made.result()

    def dealt(self) -> list[dict[str, int]]:
        """How many partitions of each topic each Central has; nothing before the group is there."""
        try:
            members = self._admin.describe_consumer_groups([self._group])[self._group].result().members
        except KafkaException:
            return []
        held = [member.assignment.topic_partitions if member.assignment else [] for member in members]
        return [dict(Counter(place.topic for place in places)) for places in held]

    def wait_dealt(self, centrals: int) -> list[int]:
        """The partitions of readings of each Central, once every Central has some and every partition a Central."""

        def all_there() -> bool:
            held = [sum(places.values()) for places in self.dealt()]
            return len(held) == centrals and all(held) and sum(held) == self._shared

        wait(all_there, _SETTLED_WITHIN_S, "that the Centrals share the partitions")
        return sorted(places.get(f"{self.prefix}{Topic.SESSION_DATA}", 0) for places in self.dealt())

    def write(self, records: Sequence[Outgoing], *, before: Callable[[], None]) -> None:
        """All of them; `before` is called just before they can be seen."""
        producer = Producer(
            {
                "bootstrap.servers": self._address,
                "transactional.id": self.prefix,
                "partitioner": "murmur2",
                "linger.ms": 5,
            }
        )
        producer.init_transactions()
        producer.begin_transaction()
        for record in records:
            headers: list[tuple[str, str | bytes | None]] = [
                (name, value.encode()) for name, value in record.headers.items()
            ]
            while True:
                try:
                    producer.produce(
                        f"{self.prefix}{record.topic}", record.value, record.key.encode(), headers=headers,
                        on_delivery=lambda _, done: self._note(done.partition(), done.offset()),
                    )  # fmt: skip
                except BufferError:
                    producer.poll(0.1)
                else:
                    break
        producer.flush()
        before()
        producer.commit_transaction()

    def _note(self, partition: int | None, offset: int | None) -> None:
        if partition is not None and offset is not None:
            self._ends[partition] = max(self._ends.get(partition, 0), offset + 1)

    def is_committed(self) -> bool:
        """Whether nothing is left of it for the group."""
        telemetry = f"{self.prefix}{Topic.SESSION_DATA}"
        asked = [TopicPartition(telemetry, partition) for partition in self._ends]
        answer = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(self._group, asked)])
        found = answer[self._group].result().topic_partitions
        return all(place.offset >= self._ends[place.partition] for place in found)

    def notices(self) -> int:
        """What the Centrals told drivers."""
        reader = Consumer({"bootstrap.servers": self._address, "group.id": f"{self.prefix}bench"})
        name = f"{self.prefix}{Topic.DRIVER_RESPONSES}"
        ends = [reader.get_watermark_offsets(TopicPartition(name, n), timeout=10)[1] for n in range(PARTITIONS)]
        reader.close()
        return sum(ends)

    def delete(self) -> None:
        for done in self._admin.delete_topics([f"{self.prefix}{topic}" for topic in Topic]).values():
            done.result()


def wait(condition: Callable[[], bool], within_s: float, what: str) -> None:
    """As `tests.waiting.wait_until`, but seldom enough not to be part of what is measured."""
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"It did not come within {within_s:.0f} s: {what}.")
        time.sleep(_LOOK_EVERY_S)
