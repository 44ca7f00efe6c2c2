"""Kafka away at the start, lost, and back with an empty disk: charging goes on, and what was to be told is told after."""

import asyncio

import pytest

from common.routes import Topic
from tests.faults.conftest import BACK_WITHIN_S, Said, Site, answered_over_kafka, listening, tickets
from tests.kafka_server import OwnKafka
from tests.waiting import until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


async def test_central_starts_without_a_broker_charges_over_tcp_and_tells_the_ticket_once_there_is_one(
    site: Site, own_kafka: OwnKafka, said: Said
) -> None:
    monitor, driver = await site.monitor(), await site.peer()
    session = await site.charge(monitor, driver)
    assert (site.central.context.publisher.is_up, site.assigned) == (False, 0)
    await asyncio.to_thread(own_kafka.start)
    await site.until_reading()
    async with listening(site.bus().group([Topic.DRIVER_RESPONSES], "test")) as heard:
        await until(lambda: tickets(heard) == [session], BACK_WITHIN_S)
        await answered_over_kafka(site, heard)
    assert site.central.context.publisher.is_up
    central = [one for one in said.sentences if "takes" not in one]
    refused = f"Connect to ipv4#{own_kafka.address} failed: Connection refused"
    assert central == [
        f"Kafka at {own_kafka.address} does not answer ({refused}); trying on.",
        f"Kafka at {own_kafka.address} answers again.",
        f"Made {len(Topic)} topics on Kafka at {own_kafka.address}.",
    ]


@pytest.mark.parametrize("empty", [False, True], ids=["with-its-disk", "with-an-empty-disk"])
async def test_a_broker_that_is_killed_and_comes_back_finds_everybody_there(
    site: Site, own_kafka: OwnKafka, said: Said, empty: bool
) -> None:
    # Started twice, so that its leaders' epoch is not the first: an empty disk begins at the first again.
    for _ in range(2):
        await asyncio.to_thread(own_kafka.kill)
        await asyncio.to_thread(own_kafka.start)
        await site.until_reading()
    monitor, driver = await site.monitor(), await site.peer()
    async with listening(site.bus().one_key(Topic.DRIVER_RESPONSES, "D1")) as heard:
        await answered_over_kafka(site, heard)
        first = await site.charge(monitor, driver)
        await until(lambda: tickets(heard) == [first], BACK_WITHIN_S)

        sentences = len(said.sentences)
        await asyncio.to_thread(own_kafka.kill)
        second = await site.charge(monitor, driver)
        await until(lambda: not site.central.context.publisher.is_up, BACK_WITHIN_S)
        third = await site.charge(monitor, driver)
        await asyncio.to_thread(own_kafka.start, empty=empty)

        await until(lambda: tickets(heard) == [first, second, third], BACK_WITHIN_S)
        await answered_over_kafka(site, heard)
    # Twice each: for Central, and for the bus of the test.
    told = said.sentences[sentences:]
    assert len([one for one in told if one.startswith(f"Kafka at {own_kafka.address} does not answer")]) == 2, told
    assert told.count(f"Kafka at {own_kafka.address} answers again.") == 2, told
