"""Members of a group of Centrals come, leave and die: their partitions move."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from common.kafka.bus import Subscriber
from common.kafka.client import KafkaBus
from common.routes import Topic
from tests.kafka_server import Broker, apache_address, own_prefix
from tests.waiting import until

TOPIC = Topic.SESSION_DATA
PARTITIONS = 6
#: What the several Centrals of one network promise.
MOVED_WITHIN_S = 15.0
#: Another process that reads in the group until it is killed.
MEMBER = """
import asyncio, sys
from common.kafka.client import KafkaBus
from common.routes import Topic
async def main():
    reader = KafkaBus(sys.argv[1], client_id="member", prefix=sys.argv[2]).group([Topic.SESSION_DATA], "central")
    async for batch in reader.batches():
        pass
asyncio.run(main())
"""


@asynccontextmanager
async def reading(subscriber: Subscriber) -> AsyncIterator[Subscriber]:
    async def read() -> None:
        async for batch in subscriber.batches():
            subscriber.commit(batch)

    task = asyncio.create_task(read())
    yield subscriber
    await subscriber.close()
    await task


async def has(subscriber: Subscriber, partitions: int) -> float:
    """How long it took until it had so many."""
    began = time.monotonic()
    await until(lambda: len(subscriber.standing().assigned.get(TOPIC, ())) == partitions, 2 * MOVED_WITHIN_S)
    return time.monotonic() - began


@pytest.mark.kafka
async def test_the_partitions_of_a_member_move_when_it_leaves_and_when_it_is_killed(
    request: pytest.FixtureRequest,
) -> None:
    address = apache_address(request)
    with own_prefix(address) as prefix:
        bus = KafkaBus(address, client_id="first", prefix=prefix)
        await bus.create_topics(PARTITIONS, 1)
        async with reading(bus.group([TOPIC], "central")) as first:
            await has(first, PARTITIONS)
            async with reading(
                KafkaBus(address, client_id="second", prefix=prefix).group([TOPIC], "central")
            ) as second:
                await has(first, PARTITIONS // 2)
                await has(second, PARTITIONS // 2)
                before = first.standing()
            left_s = await has(first, PARTITIONS)
            after = first.standing()
            assert after.rebalances > before.rebalances
            assert (after.rebalanced_at or 0) > (before.rebalanced_at or 0)

            member = await asyncio.create_subprocess_exec(sys.executable, "-c", MEMBER, address, prefix)
            await has(first, PARTITIONS // 2)
            member.kill()
            await member.wait()
            killed_s = await has(first, PARTITIONS)
    sys.stdout.write(f"partitions moved {left_s:.1f} s after leaving, {killed_s:.1f} s after a kill\n")
    # Nobody waits for one who says good-bye to be missed: less than the session's timeout.
    assert left_s < 6.0
    assert killed_s < MOVED_WITHIN_S


async def test_members_that_stop_while_they_join_do_not_keep_the_next_one_waiting(broker: Broker) -> None:
    def opened() -> Subscriber:
        bus = KafkaBus(broker.address, client_id="member", prefix=broker.prefix)
        return bus.group([TOPIC, Topic.SESSION_COMPLETE], "central")

    await KafkaBus(broker.address, client_id="maker", prefix=broker.prefix).create_topics(PARTITIONS, 1)
    # The embedded broker takes some seconds to let one in, and to each of these it says less than that.
    for patience_s in (1.2, 3.2, 2.2):
        early = opened()
        with suppress(TimeoutError):
            await asyncio.wait_for(early.started(), patience_s)
        await early.close()
    async with reading(opened()) as last:
        await has(last, PARTITIONS)
