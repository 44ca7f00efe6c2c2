"""Energy that nobody could have charged: readings of it change nothing, and an account of it bills what was metered before."""

from decimal import Decimal

from common import messages as m
from common.metrics import catalogue as figures
from common.routes import Topic
from tests.integration.central.conftest import START, Network
from tests.waiting import until


async def test_an_absurd_reading_changes_nothing_and_the_ones_after_it_count(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    network.produce(Topic.SESSION_DATA, "CP1", network.reading(session_id, "1.000"))
    network.produce(Topic.SESSION_DATA, "CP1", network.reading(session_id, "900000.000", "d2", timestamp=START + 2))
    network.produce(Topic.SESSION_DATA, "CP1", network.reading(session_id, "2.000", "d3", timestamp=START + 3))
    told = await network.until_told("D1", m.ChargingData)
    await until(lambda: network.central.context.measures.value(figures.READINGS, "absurd") == 1)

    async def second_is_there() -> bool:
        return await network.rows("SELECT energy_wh FROM sessions") == [(2000,)]

    await until(second_is_there)
    assert max(one.energy_consumed_kwh for one in told) <= Decimal(2)
    assert await network.rows("SELECT energy_wh FROM readings ORDER BY energy_wh") == [(1000,), (2000,)]


async def test_an_absurd_account_is_kept_apart_and_what_was_metered_is_billed(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    monitor.send(network.reading(session_id, "1.500", relay=True))
    absurd = network.completion(session_id, "900000.000", "270000.00")
    for _ in range(2):
        monitor.send(absurd)
        assert (await monitor.expect(m.ChargeCompletionAck)).session_id == session_id
    assert await network.rows("SELECT state, energy_wh, total_cost FROM sessions") == [("FINISHED", 1500, 45)]
    assert await network.rows("SELECT energy_wh, why FROM quarantine") == [
        (900_000_000, "more energy than 22 kW could give in its time")
    ]
    (ticket,) = await network.until_told("D1", m.ChargeCompletion)
    assert (ticket.energy_consumed_kwh, ticket.total_cost) == (Decimal("1.5"), Decimal("0.45"))
    assert await network.status() == "ACTIVE"
    driver.send(m.ChargeRequest(message_id="r2", cp_id="CP1", driver_id="D1"))
    assert isinstance(await monitor.expect(m.StartChargingCommand), m.StartChargingCommand)


async def test_an_account_without_any_reading_before_it_can_be_absurd_too(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    network.produce(Topic.SESSION_COMPLETE, "CP1", network.completion(session_id, "27.501", "8.25"))
    (ticket,) = await network.until_told("D1", m.ChargeCompletion)
    assert (ticket.energy_consumed_kwh, ticket.total_cost) == (Decimal(0), Decimal(0))


async def test_a_sped_up_network_is_believed_as_much_more(network: Network) -> None:
    await network.stop()
    await network.start(time_scale=60.0)
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    monitor.send(network.completion(session_id, "900.000", "270.00"))
    await monitor.expect(m.ChargeCompletionAck)
    assert await network.rows("SELECT energy_wh FROM sessions") == [(900_000,)]


async def test_the_dearest_energy_of_the_strongest_point_ends_nothing_but_itself(network: Network) -> None:
    """More money than a message can say must not end the batch that it stands in."""
    strong = await network.peer()
    strong.send(m.RegisterRequest(message_id="g", cp_id="CP1", max_charging_rate_kw=100_000, price_per_kwh=10_000))
    await strong.expect(m.RegisterResponse)
    honest, driver = await network.monitor("CP2"), await network.peer()
    rich = await network.charge(driver, strong)
    fair = await network.charge(driver, honest, "r2", "CP2")
    network.produce(Topic.SESSION_DATA, "CP1", network.reading(rich, "110000.000"))
    network.produce(Topic.SESSION_DATA, "CP2", network.reading(fair, "1.000", "d2", cp_id="CP2"))

    async def both_are_done() -> bool:
        rows = await network.rows("SELECT cp_id, energy_wh FROM sessions ORDER BY cp_id")
        absurd = network.central.context.measures.value(figures.READINGS, "absurd")
        return rows == [("CP1", 0), ("CP2", 1000)] and absurd == 1

    await until(both_are_done)
    network.produce(Topic.SESSION_COMPLETE, "CP1", network.completion(rich, "110000.000", "1.00"))
    await network.until_told("D1", m.ChargeCompletion)
    assert await network.rows("SELECT energy_wh FROM quarantine") == [(110_000_000,)]
