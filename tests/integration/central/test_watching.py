"""What watchers see of a Central: its three pages while it works, loses its database, and stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from common import messages as m
from common.kafka.bus import Standing, Subscriber
from common.metrics import catalogue as figures_of
from common.net.address import Address
from common.net.http import Reply
from common.routes import Topic
from common.settings import Watchable
from common.vitals import Check, shown, take_pages
from tests.asking import ask, figures
from tests.integration.central.conftest import Network
from tests.waiting import until


@asynccontextmanager
async def watched(network: Network, stop: asyncio.Event) -> AsyncIterator[Address]:
    central = network.central
    pages = take_pages(Watchable(), Address("127.0.0.1", 0))
    said: list[str] = []
    async with shown(pages, "central", central.context.measures, central.vitals, stop=stop, say=said.append) as address:
        assert address is not None
        assert said == [f"ev-central metrics on {address}"]
        yield address


async def test_a_charge_shows_in_the_figures(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    refused = m.ChargeRequest(message_id="r2", cp_id="CP1", driver_id="D2")
    driver.send(refused)
    assert (await driver.expect(m.ChargeRequestResponse)).error == "cp_busy"
    monitor.send(network.reading(session_id, "1.000", relay=True))
    monitor.send(network.completion(session_id))
    await monitor.expect(m.ChargeCompletionAck)
    async with watched(network, asyncio.Event()) as address:
        page = figures((await ask(address, "/metrics")).body)
    assert {
        name: value for name, value in page.items() if name.startswith(("ev_central_answers", "ev_central_links{"))
    } == {
        'ev_central_answers_total{outcome="cp_busy",type="charge_request_response",way="tcp"}': 1,
        'ev_central_answers_total{outcome="success",type="charge_request_response",way="tcp"}': 1,
        'ev_central_links{role="driver"}': 1,
        'ev_central_links{role="monitor"}': 1,
        'ev_central_links{role="unknown"}': 0,
    }
    assert {
        name: page[name]
        for name in (
            "ev_central_billed_watt_hours_total",
            "ev_central_billed_money_total",
            'ev_central_completions_total{verdict="bill"}',
            'ev_central_readings_total{outcome="stored"}',
            'ev_central_command_seconds_count{type="start_charging_command"}',
            'ev_central_answer_seconds_count{type="charge_request_response",way="tcp"}',
            'ev_network_points{status="ACTIVE"}',
            'ev_network_points{status="CHARGING"}',
            'ev_network_open_sessions{state="CHARGING"}',
            "ev_central_points_linked",
            "ev_central_database_up",
            "ev_central_kafka_up",
        )
    } == {
        "ev_central_billed_watt_hours_total": 10_000,
        "ev_central_billed_money_total": 3,
        'ev_central_completions_total{verdict="bill"}': 1,
        'ev_central_readings_total{outcome="stored"}': 1,
        'ev_central_command_seconds_count{type="start_charging_command"}': 1,
        'ev_central_answer_seconds_count{type="charge_request_response",way="tcp"}': 2,
        'ev_network_points{status="ACTIVE"}': 1,
        'ev_network_points{status="CHARGING"}': 0,
        'ev_network_open_sessions{state="CHARGING"}': 0,
        "ev_central_points_linked": 1,
        "ev_central_database_up": 1,
        "ev_central_kafka_up": 1,
    }
    assert page["ev_central_database_write_seconds_count"] > 0
    disks = [value for name, value in page.items() if name.startswith("ev_central_disk_free_bytes")]
    # Where the database is a server, its disk is not ours to see.
    assert len(disks) == network.central.context.store.is_sole
    assert all(disks)


async def test_many_scrapes_cost_one_look_at_the_network(network: Network) -> None:
    async with watched(network, asyncio.Event()) as address:
        before = figures((await ask(address, "/metrics")).body)
        await network.monitor()
        for _ in range(3):
            page = figures((await ask(address, "/metrics")).body)
            assert page['ev_network_points{status="ACTIVE"}'] == 0
        reads = "ev_central_database_read_seconds_count"
        assert page[reads] == before[reads]
        network.clock.advance(6)
        page = figures((await ask(address, "/metrics")).body)
        assert page['ev_network_points{status="ACTIVE"}'] == 1


async def test_ready_while_it_listens_and_the_database_answers_with_or_without_kafka(network: Network) -> None:
    stop = asyncio.Event()
    async with watched(network, stop) as address:
        await until(lambda: _ready_with(network, kafka=True))
        ready = await ask(address, "/readyz")
        assert (ready.status, ready.fields["content-type"], ready.told) == (
            200,
            "application/json",
            {
                "program": "ev-central",
                "ready": True,
                "checks": {
                    "running": {"ok": True, "needed": True, "says": "it runs"},
                    "listening": {"ok": True, "needed": True, "says": f"on {network.address}"},
                    "database": {"ok": True, "needed": True, "says": "it answers"},
                    "schema": ready.told["checks"]["schema"],
                    "kafka": {"ok": True, "needed": False, "says": "it answers"},
                },
            },
        )
        network.broker.is_up = False
        without = await ask(address, "/readyz")
        assert (without.status, without.checks()["kafka"]) == (200, False)
        stop.set()
        stopping = await ask(address, "/readyz")
        assert (stopping.status, stopping.checks()["running"]) == (503, False)
        assert (await ask(address, "/healthz")).body == "ok\n"


async def _ready_with(network: Network, *, kafka: bool) -> bool:
    return {check.name: check.ok for check in await network.central.vitals.checks()}["kafka"] is kafka


async def test_a_database_without_our_schema_is_not_ready_and_a_newer_one_is(network: Network) -> None:
    async def checks() -> dict[str, bool]:
        network.clock.advance(2)
        return {check.name: check.ok for check in await network.central.vitals.checks()}

    async def becomes(revision: str) -> dict[str, bool]:
        def write(unit: object) -> None:
            unit._connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")  # type: ignore[attr-defined]

        await network.central.context.store.write(write)
        return await checks()

    assert (await checks())["schema"] is True
    assert (await becomes("0000"))["schema"] is False
    assert (await becomes("9999"))["schema"] is True


async def test_a_database_that_is_gone_is_told_by_both_pages(network: Network) -> None:
    async with watched(network, asyncio.Event()) as address:
        assert figures((await ask(address, "/metrics")).body)["ev_central_database_up"] == 1
        network.clock.advance(6)
        await network.rows("SELECT 1")

        def drop(unit: object) -> None:
            for table in ("alembic_version", "quarantine"):
                unit._connection.exec_driver_sql(f"DROP TABLE {table}")  # type: ignore[attr-defined]

        await network.central.context.store.write(drop)
        ready = await ask(address, "/readyz")
        assert (ready.status, ready.checks()["database"]) == (503, False)
        page = figures((await ask(address, "/metrics")).body)
        assert page["ev_central_database_up"] == 0
        assert not any(name.startswith("ev_network") for name in page)


async def test_a_dead_writer_is_no_health(network: Network) -> None:
    async with watched(network, asyncio.Event()) as address:
        assert (await ask(address, "/healthz")).status == 200
        await network.central.context.store.close()
        dead = await ask(address, "/healthz")
        assert (dead.status, dead.body) == (503, "A thread that writes to the database has ended.\n")


class Stub:
    """A subject of which nothing is known."""

    def trouble(self) -> str | None:
        return None

    async def checks(self) -> list[Check]:
        return []

    async def measure(self) -> None:
        return


async def test_without_the_setting_nothing_is_served(network: Network) -> None:
    assert take_pages(Watchable(), None) is None
    measures = network.central.context.measures
    async with shown(None, "central", measures, Stub(), stop=asyncio.Event(), say=print) as address:
        assert address is None
    assert Reply(200, b"").kind == "text/plain; charset=utf-8"


class Reader:
    """A reader of Kafka that can say where it stands."""

    def standing(self) -> Standing:
        assigned = {Topic.SESSION_DATA: (0, 1, 2), Topic.SESSION_COMPLETE: (0, 1)}
        return Standing(assigned, {Topic.SESSION_DATA: 250, Topic.SESSION_COMPLETE: 0}, rebalances=2)


async def test_where_the_readers_of_kafka_stand_shows_in_the_figures(network: Network) -> None:
    await until(lambda: _ready_with(network, kafka=True))
    readers = network.central.context.readers
    readers[:] = [cast("Subscriber", Reader())]
    await network.central.vitals.measure()
    measures = network.central.context.measures
    assert measures.values(figures_of.LAG) == {("charging_session_data",): 250, ("charging_session_complete",): 0}
    assert measures.values(figures_of.ASSIGNED) == {("charging_session_data",): 3, ("charging_session_complete",): 2}
    assert measures.value(figures_of.REBALANCES) == 2
    readers.clear()
    await network.central.vitals.measure()
    assert measures.values(figures_of.LAG) == {}
