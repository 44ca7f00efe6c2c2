"""All that is written to Kafka, from the first record on: for the audit, for the drivers' ears, and to be written again."""

import asyncio
import json
import random
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka import Message as RawRecord

from common.clock import SystemClock
from common.routes import Topic
from tests.faults.harness.access import Access

_KEPT = 500
_ANSWER_S = 5.0
_GROUPS = {True: ("central",), False: ("central", "central-telemetry")}
_SHARED = (
    Topic.CHARGE_REQUESTS,
    Topic.STOP_REQUESTS,
    Topic.CPS_REQUESTS,
    Topic.SESSION_DATA,
    Topic.SESSION_COMPLETE,
)
_ENGINES = (Topic.SESSION_DATA, Topic.SESSION_COMPLETE)
_AGAIN = (*_ENGINES, Topic.CHARGE_REQUESTS, Topic.STOP_REQUESTS)
#: Who never registered, and yet writes to Kafka; with authentication on, a point whose secret was stolen.
LIAR = "LIAR"


class Topics:
    """One thread reads everything; `on_response` hears in the loop what Centrals tell drivers: key and message."""

    def __init__(
        self, broker: str, folder: Path, on_response: Callable[[str, dict[str, Any]], None], access: Access
    ) -> None:
        self._access = access
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._on_response = on_response
        self._loop = asyncio.get_running_loop()
        self._broker = broker
        self._common = {"bootstrap.servers": broker, "client.id": "recorder", "reconnect.backoff.max.ms": 1000}
        self._consumer = Consumer(
            {
                **self._common, "group.id": "recorder", "enable.auto.commit": False, "fetch.wait.max.ms": 50,
                "auto.offset.reset": "earliest", "enable.partition.eof": True,
            },
            logger=_quiet,
        )  # fmt: skip
        self._producer = Producer(
            {**self._common, "client.id": "load", "partitioner": "murmur2", "acks": "all", "linger.ms": 0,
             "enable.idempotence": True, "message.timeout.ms": 20_000},
            logger=_quiet,
        )  # fmt: skip
        self._recent: dict[str, deque[RawRecord]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self._next: dict[tuple[str, int], int] = {}
        #: Where each partition ended when this reader came to its end.
        self._ends: dict[tuple[str, int], int] = {}
        self._places_read: list[tuple[str, int]] = []
        self._askers: dict[str, Consumer] = {}
        self._stopping = False
        self._files: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._read, name="recorder", daemon=True)

    async def start(self) -> None:
        """Returns once all topics are there and are read."""
        places = await asyncio.to_thread(self._places)
        self._places_read = places
        self._consumer.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in places])
        self._thread.start()

    def _places(self) -> list[tuple[str, int]]:
        end = 120
        while end:
            end -= 1
            try:
                found = self._consumer.list_topics(timeout=5).topics
            except KafkaException:
                continue
            if all(str(topic) in found and found[topic].partitions for topic in Topic):
                return [(str(topic), number) for topic in Topic for number in found[topic].partitions]
            threading.Event().wait(0.5)
        raise RuntimeError("Central did not make its topics.")

    def _read(self) -> None:
        while not self._stopping:
            record = self._consumer.poll(0.2)
            self._producer.poll(0)
            if record is None:
                continue
            wrong = record.error()
            if wrong is None:
                self._keep(record)
            elif wrong.code() == KafkaError._PARTITION_EOF:
                self._ends[record.topic() or "", record.partition() or 0] = record.offset() or 0

    def _keep(self, record: RawRecord) -> None:
        topic, number, offset = record.topic() or "", record.partition() or 0, record.offset() or 0
        self._next[topic, number] = offset + 1
        self._recent[topic].append(record)
        key = (record.key() or b"").decode()
        value = _json(record.value() or b"")
        heard_at = SystemClock().now().wall
        line = {"partition": number, "offset": offset, "key": key, "value": value, "at": heard_at}
        file = self._files.setdefault(topic, None) or (self._folder / f"{topic}.jsonl").open("a", encoding="utf-8")
        self._files[topic] = file
        file.write(json.dumps(line) + "\n")
        file.flush()  # the audit reads it while this still runs
        if topic == Topic.DRIVER_RESPONSES and isinstance(value, dict):
            self._loop.call_soon_threadsafe(self._on_response, key, value)

    # -- writing

    def write(self, topic: Topic, key: str, message: dict[str, Any], lost: Callable[[], None] = lambda: None) -> None:
        """`lost` is called in the loop when the broker did not take it in time."""

        def report(wrong: Any, _: RawRecord) -> None:
            if wrong is not None:
                self._loop.call_soon_threadsafe(lost)

        value = json.dumps(message).encode()
        headers = [("type", message["type"].encode()), ("message_id", message["message_id"].encode())]
        headers += self._access.headers("point" if topic in _ENGINES else "driver", key, value)
        self._producer.produce(str(topic), value, key.encode(), headers=headers, on_delivery=report)

    def write_again(self, count: int, *, late: bool, chance: random.Random) -> int:
        """Records as they were, once more: the newest, or such as are long past. How many it were."""
        done = 0
        for topic in _AGAIN:
            kept = list(self._recent[topic])
            some = kept[: max(1, len(kept) // 2)] if late else kept[-count:]
            for record in chance.sample(some, min(count, len(some))):
                self._producer.produce(str(topic), record.value(), record.key(), headers=record.headers())
                done += 1
        return done

    def lie(self, count: int, chance: random.Random) -> int:
        """Final accounts and readings of sessions that run elsewhere, under the name of a point of one's own."""
        done = 0
        kept = list(self._recent[Topic.SESSION_DATA])[-count:]
        for record in chance.sample(kept, len(kept)):
            true = _json(record.value() or b"")
            said = {**true, "cp_id": LIAR, "energy_consumed_kwh": 99.0, "total_cost": 1.0, "message_id": f"lie-{done}"}
            self.write(Topic.SESSION_DATA, LIAR, said)
            said = {name: value for name, value in said.items() if name not in ("charging_rate", "relay")}
            self.write(Topic.SESSION_COMPLETE, LIAR, {**said, "type": "charge_completion", "reason": "unplugged"})
            done += 2
        return done

    # -- at the end

    def lag(self, *, alone: bool) -> dict[str, int]:
        """What Centrals did not read and commit, by topic; as far as this reader has come itself."""
        found: dict[str, int] = {}
        for group in _GROUPS[alone]:
            places = [TopicPartition(*place) for place in self._next if self._is_read_by(group, place[0], alone=alone)]
            try:
                committed = self._of_group(group).committed(places, timeout=_ANSWER_S)
            except KafkaException as wrong:
                found[f"{group} (its offsets are not told: {wrong.args[0].str()})"] = 1
                continue
            for place in committed:
                behind = max(0, self._next[place.topic, place.partition] - max(0, place.offset))
                found[place.topic] = found.get(place.topic, 0) + behind
        return {topic: count for topic, count in found.items() if count}

    def _of_group(self, group: str) -> Consumer:
        """Asks for a group's offsets; it reads nothing and is no member. Kept: to close one may take for ever."""
        if group not in self._askers:
            self._askers[group] = Consumer(
                {**self._common, "group.id": group, "enable.auto.commit": False}, logger=_quiet
            )
        return self._askers[group]

    @staticmethod
    def _is_read_by(group: str, topic: str, *, alone: bool) -> bool:
        if topic not in tuple(map(str, _SHARED)):
            return False
        return alone or (topic == Topic.SESSION_DATA) is (group == "central-telemetry")

    def behind(self) -> int:
        """Partitions that this reader has not read to the end, as its last fetch told."""
        return sum(self._ends.get(place) != self._next.get(place, 0) for place in self._places_read)

    async def stop(self) -> None:
        self._stopping = True
        await asyncio.to_thread(self._producer.flush, 3)
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)
        self._consumer.close()
        for file in self._files.values():
            file.close()


def _json(value: bytes | str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return str(value)


class _Quiet:
    """librdkafka complains of the faults that this run makes: nobody wants to read it."""

    def log(self, *_: Any, **__: Any) -> None: ...

    debug = info = warning = error = critical = log


_quiet: Any = _Quiet()
