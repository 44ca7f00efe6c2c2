"""A driver that uses one message_id for two requests of different kinds: told so, and nothing else suffers."""

from common import messages as m
from common.errors import ErrorCode
from common.routes import Topic
from tests.integration.central.conftest import Network
from tests.waiting import until


async def test_a_stop_with_the_id_of_an_answered_charge_is_refused_in_a_sentence(network: Network) -> None:
    driver = await network.peer()
    driver.send(m.ChargeRequest(message_id="x", cp_id="CP1", driver_id="D1"))
    assert (await driver.expect(m.ChargeRequestResponse)).error is ErrorCode.UNKNOWN_CP
    driver.send(m.StopChargingRequest(message_id="x", cp_id="CP1", session_id="s", driver_id="D1"))
    told = await driver.expect(m.ErrorResponse)
    assert (told.message_id, told.error) == ("x", ErrorCode.INVALID_MESSAGE)


async def test_a_charge_with_the_id_of_an_answered_stop_is_refused_over_kafka_too(network: Network) -> None:
    driver = await network.peer()
    driver.send(m.StopChargingRequest(message_id="x", cp_id="CP1", session_id="s", driver_id="D1"))
    assert (await driver.expect(m.StopChargingResponse)).error is ErrorCode.UNKNOWN_SESSION
    charge = m.ChargeRequest(message_id="x", cp_id="CP1", driver_id="D1")
    driver.send(charge)
    assert (await driver.expect(m.ErrorResponse)).error is ErrorCode.INVALID_MESSAGE
    network.produce(Topic.CHARGE_REQUESTS, "D1", charge)
    await until(lambda: [error for _, error in network.dead_letters()] == ["invalid_message"])


async def test_a_stop_on_its_way_is_answered_though_its_id_was_used_meanwhile(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    driver.send(m.StopChargingRequest(message_id="x", cp_id="CP1", session_id=session_id, driver_id="D1"))
    await monitor.expect(m.StopChargingCommand)
    driver.send(m.ChargeRequest(message_id="x", cp_id="CP2", driver_id="D1"))
    assert (await driver.expect(m.ChargeRequestResponse)).error is ErrorCode.UNKNOWN_CP
    network.clock.advance(11)
    # The link waits for an id, and that one was answered: so this goes over Kafka.
    (told,) = await network.until_told("D1", m.StopChargingResponse)
    assert (told.message_id, told.error) == ("x", ErrorCode.ENGINE_TIMEOUT)
    assert not network.central.failed
