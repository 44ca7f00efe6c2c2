"""The world of a Central on a real broker: what is written arrives some time, so that it is waited for by what stands behind it."""

import asyncio
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from common.codec import decode
from common.kafka.bus import Bus, Outgoing, Record, Subscriber
from common.kafka.client import KafkaBus
from common.routes import Topic
from tests.integration.central.conftest import Network
from tests.integration.central.world import TO_DRIVERS, World
from tests.waiting import until

_NO_JSON = b"no JSON, to be buried "
_WITHIN_S = 30.0


class BrokerNetwork(Network):
    def __init__(self, directory: Path, database: str, address: str, prefix: str) -> None:
        super().__init__(directory, database)
        self._address = address
        self._prefix = prefix

    def bus(self) -> Bus:
        return KafkaBus(self._address, client_id="history", prefix=self._prefix, fetch_wait_ms=10)


class BrokerWorld(World):
    chosen: ClassVar[dict[str, Any]] = {"auth": False, "kafka_partitions": 1}

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self._marks = count(1)
        self._answers: list[Record] = []
        self._letters: list[Record] = []

    async def start(self) -> None:
        await super().start()
        self._bus = self.network.bus()
        self._publisher = self._bus.publisher()
        kept = {Topic.DRIVER_RESPONSES: self._answers, Topic.DEAD_LETTERS: self._letters}
        self._readers = {topic: self._bus.everything(topic) for topic in kept}
        await asyncio.wait_for(asyncio.gather(*(one.started() for one in self._readers.values())), _WITHIN_S)
        self._reading = [asyncio.create_task(_keep(one, kept[topic])) for topic, one in self._readers.items()]

    async def stop(self) -> None:
        for task in self._reading:
            task.cancel()
        for reader in self._readers.values():
            await reader.close()
        await self._publisher.close()
        await super().stop()

    async def _publish(self, record: Outgoing) -> None:
        self._publisher.publish(record)
        if record.topic is Topic.CENTRAL_COMMANDS:
            return  # nothing follows from what no Central wrote
        # Twice: by the second one the transaction of the first, and so of all before it, is over.
        for _ in range(2):
            mark = _NO_JSON + str(next(self._marks)).encode()
            self._publisher.publish(Outgoing(record.topic, record.key, mark))
            await until(lambda mark=mark: self._is_buried(mark), _WITHIN_S, 0.002)

    def _is_buried(self, value: bytes) -> bool:
        return any(letter.value == value for letter in self._letters[-20:])

    def _count_dead_letters(self) -> int:
        return sum(not letter.value.startswith(_NO_JSON) for letter in self._letters)

    async def _until_taken(self) -> None:
        """What was published is waited for where it is published."""

    def _hear_records(self) -> None:
        heard, self._answers[:] = list(self._answers), []
        for record in heard:
            self.ledger.hears(record.key, decode(record.value, TO_DRIVERS))

    async def _judge_end(self) -> None:
        async def is_content() -> bool:
            self._hear_records()
            try:
                self.ledger.judge_end(self.owed)
            except AssertionError:
                return False
            return True

        try:
            await until(is_content, _WITHIN_S)
        except TimeoutError:
            self.ledger.judge_end(self.owed)


async def _keep(reader: Subscriber, kept: list[Record]) -> None:
    async for batch in reader.batches():
        kept += batch
