"""
A bare consumer, to compare with: `python -m tests.bench.bare HOST:PORT TOPIC COUNT`.

It fetches that many records with librdkafka and counts them, nothing more, and says what CPU that took from the first on.
"""

import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

_BATCH = 1000
_WITHIN_S = 120.0


def count_records(servers: str, topic: str, wanted: int) -> tuple[int, float]:
    """Records counted after the first, and the CPU seconds of this process for them."""
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": "bare",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            # As Central's own reader has it.
            "queued.max.messages.kbytes": 16_384,
        }
    )
    # Not as a member of the group: joining is not what is measured.
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    end, counted = time.monotonic() + _WITHIN_S, 0
    # All that belongs to the start is over when the first one is there.
    while not consumer.consume(1, 1.0) and time.monotonic() < end:
        pass
    began = time.process_time()
    while counted < wanted - 1 and time.monotonic() < end:
        counted += len([one for one in consumer.consume(_BATCH, 1.0) if one.error() is None])
    took = time.process_time() - began
    consumer.close()
    return counted, took


if __name__ == "__main__":
    found, cpu = count_records(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    sys.stdout.write(f"{found} {cpu}\n")
