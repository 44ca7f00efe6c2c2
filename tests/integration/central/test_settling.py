"""Readings, the final account, the bill: once, for what was metered, whatever comes late, twice or wrong."""

import asyncio
import threading
from decimal import Decimal

from central.context import Source
from common import messages as m
from common.errors import ErrorCode
from common.kafka.bus import Outgoing
from common.messages import Message
from common.metering import metering
from common.metrics import catalogue as figures
from common.routes import Topic
from tests.integration.central.conftest import START, Network
from tests.waiting import until


async def test_a_completion_on_both_paths_is_billed_once(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    completion = network.completion(session_id)
    network.produce(Topic.SESSION_COMPLETE, "CP1", completion)
    monitor.send(completion)
    monitor.send(completion)
    for _ in range(3):
        await monitor.expect(m.ChargeCompletionAck)
    assert await network.rows("SELECT state, energy_wh, total_cost FROM sessions") == [("FINISHED", 10_000, 300)]
    assert len(await network.until_told("D1", m.ChargeCompletion)) == 1
    assert await network.rows("SELECT count(*) FROM quarantine") == [(0,)]


async def test_a_completion_that_differs_from_what_was_billed_goes_to_quarantine_once(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    monitor.send(network.completion(session_id))
    await monitor.expect(m.ChargeCompletionAck)
    for _ in range(2):
        monitor.send(network.completion(session_id, "99.000", "29.70", message_id="done-2"))
        assert (await monitor.expect(m.ChargeCompletionAck)).message_id == "done-2"
    assert await network.rows("SELECT session_id, energy_wh FROM quarantine") == [(session_id, 99_000)]
    assert await network.rows("SELECT energy_wh, total_cost FROM sessions") == [(10_000, 300)]


async def test_a_completion_of_an_unknown_session_is_acknowledged_and_bills_nobody(network: Network) -> None:
    monitor = await network.monitor()
    monitor.send(network.completion("never-heard-of"))
    assert (await monitor.expect(m.ChargeCompletionAck)).session_id == "never-heard-of"
    assert await network.rows("SELECT session_id, why FROM quarantine") == [
        ("never-heard-of", "no such session at this point")
    ]
    assert await network.rows("SELECT count(*) FROM sessions") == [(0,)]


async def test_another_points_completion_says_nothing_about_this_points_session(network: Network) -> None:
    monitor, other, driver = await network.monitor(), await network.monitor("CP2"), await network.peer()
    session_id = await network.charge(driver, monitor)
    other.send(network.completion(session_id, cp_id="CP2"))
    await other.expect(m.ChargeCompletionAck)
    assert await network.rows("SELECT state FROM sessions") == [("CHARGING",)]
    assert await network.rows("SELECT cp_id FROM quarantine") == [("CP2",)]


async def test_late_and_falling_readings_change_nothing(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    for second, energy in enumerate(("5.000", "4.000", "5.000", "6.000")):
        network.produce(Topic.SESSION_DATA, "CP1", network.reading(session_id, energy, timestamp=START - 10 + second))

    async def stored() -> bool:
        return await network.rows("SELECT energy_wh FROM sessions") == [(6_000,)]

    await until(stored)
    network.produce(Topic.SESSION_COMPLETE, "CP1", network.completion(session_id))
    await monitor.expect(m.ChargeCompletionAck)
    network.produce(Topic.SESSION_DATA, "CP1", network.reading(session_id, "11.000"))
    marker = network.reading("no-such-session", "1.000")
    network.produce(Topic.SESSION_DATA, "CP1", marker)

    async def passed() -> bool:
        return network.central.context.measures.value(figures.READINGS, "unknown_session") == 1

    await until(passed)
    assert await network.rows("SELECT energy_wh, state FROM sessions") == [(10_000, "FINISHED")]
    assert await network.rows("SELECT at, energy_wh FROM readings ORDER BY at") == [
        (START - 10, 5_000),
        (START - 8, 5_000),
        (START - 7, 6_000),
    ]


async def test_a_batch_that_comes_again_changes_nothing_not_even_the_series(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    # One with a clock that was set back, and one without: energy alone tells what is new.
    times = (START + 1, START + 2, START - 50, START - 49, None, None)
    energies = ("1.000", "1.000", "2.000", "2.000", "3.000", "3.000")
    batch = [metering(network.reading(session_id, e, timestamp=t)) for t, e in zip(times, energies, strict=True)]
    meters = network.central.desk.meters
    await meters.take_readings(batch[:3])
    await meters.take_readings(batch)
    series = "SELECT at, energy_wh, stored_at FROM readings ORDER BY energy_wh, at"
    stored = [(START, 1_000, START), (START, 1_000, START), (START - 50, 2_000, START), (START - 49, 2_000, START)]
    assert await network.rows(series) == [*stored, (START, 3_000, START)]
    session = await network.rows("SELECT * FROM sessions")
    network.clock.advance(60)
    await meters.take_readings(batch)
    await meters.take_readings(batch[2:])
    assert await network.rows(series) == [*stored, (START, 3_000, START)]
    assert await network.rows("SELECT * FROM sessions") == session
    assert network.central.context.measures.value(figures.READINGS, "repeated") == 6


async def test_a_ticket_comes_after_the_last_reading_although_both_are_stored_together(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    settling, store = network.central.desk.settling, network.central.context.store
    # While its writers are busy both wait for them: one writer stores them in one go.
    go_on = threading.Event()
    busy = [asyncio.ensure_future(store.write(lambda _: go_on.wait(10))) for _ in range(8)]
    both = asyncio.gather(
        network.central.desk.meters.take_readings([metering(network.reading(session_id, "1.000"))]),
        settling.complete(network.completion(session_id), Source(None)),
    )
    await asyncio.sleep(0)  # both have asked
    go_on.set()
    await asyncio.gather(*busy, both)
    await network.until_told("D1", m.ChargeCompletion)
    told = [one.type for one in network.told("D1", Message) if hasattr(one, "energy_consumed_kwh")]
    # Of several writers the second may be quicker: then the reading was late, and told to nobody.
    assert told[-1] == "charge_completion"
    assert told == ["charging_data", "charge_completion"] or not store.is_sole


async def test_central_computes_the_cost_and_records_a_differing_figure(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    monitor.send(network.completion(session_id, "10.005", "999.00"))
    await monitor.expect(m.ChargeCompletionAck)
    assert await network.rows("SELECT total_cost FROM sessions") == [(300,)]
    assert await network.rows("SELECT text FROM events WHERE kind = 'discrepancy'") == [
        ("The point computed 999.0, billed is 3.00.",)
    ]


async def test_a_completion_before_engines_word_is_billed_and_the_driver_still_answered(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    command = await monitor.expect(m.StartChargingCommand)
    monitor.send(network.completion(command.session_id, "0.100", "0.03"))
    await monitor.expect(m.ChargeCompletionAck)
    assert [a.status for a in await network.until_told("D1", m.ChargeRequestResponse)] == ["success"]
    assert [t.total_cost for t in await network.until_told("D1", m.ChargeCompletion)] == [Decimal("0.03")]


async def test_a_reading_over_the_link_needs_its_relay_mark(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    monitor.send(network.reading(session_id, "1.000"))
    assert (await monitor.expect(m.ErrorResponse)).error is ErrorCode.NOT_ALLOWED
    monitor.send(network.reading(session_id, "1.000", relay=True))
    (data,) = await network.until_told("D1", m.ChargingData)
    assert data.energy_consumed_kwh == Decimal(1)


async def test_records_that_cannot_be_read_go_to_the_dead_letters_and_the_rest_goes_on(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    publisher = network.central.context.publisher
    publisher.publish(Outgoing(Topic.SESSION_DATA, "CP1", b"\xff not json"))
    publisher.publish(Outgoing(Topic.SESSION_DATA, "CP1", b'{"type":"manual_command","message_id":"x"}'))
    network.produce(Topic.SESSION_DATA, "OTHER", network.reading(session_id, "9.000"))
    network.produce(Topic.SESSION_DATA, "CP1", network.reading(session_id, "1.000"))
    await network.until_told("D1", m.ChargingData)
    assert sorted(error for _, error in network.dead_letters()) == ["malformed_json", "not_allowed", "not_allowed"]
    assert await network.rows("SELECT energy_wh FROM sessions") == [(1_000,)]


async def test_a_session_keeps_the_price_it_started_with(network: Network) -> None:
    monitor, driver, admin = await network.monitor(), await network.peer(), await network.peer()
    session_id = await network.charge(driver, monitor)
    admin.send(m.ManualCommand(message_id="a1", command="set_price", args={"cp_id": "CP1", "price_per_kwh": 0.99}))
    assert (await admin.expect(m.ManualCommandResponse)).succeeded
    monitor.send(network.completion(session_id))
    await monitor.expect(m.ChargeCompletionAck)
    assert await network.rows("SELECT total_cost FROM sessions") == [(300,)]
    assert await network.rows("SELECT price_per_kwh FROM points") == [(9_900,)]
