"""From a charge request to a ticket, and every way that it can go wrong (protocol, section 6)."""

from decimal import Decimal

from common import messages as m
from common.errors import ErrorCode
from common.routes import Topic
from tests.integration.central.conftest import START, Network
from tests.waiting import until


async def test_a_charge_runs_from_request_to_ticket(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1", energy_limit_kwh=Decimal(20)))
    command = await monitor.expect(m.StartChargingCommand)
    assert command == m.StartChargingCommand(
        message_id=command.message_id,
        timestamp=START,
        cp_id="CP1",
        session_id=command.session_id,
        driver_id="D1",
        price_per_kwh=Decimal("0.3"),
        max_charging_rate_kw=22,
        energy_limit_kwh=Decimal(20),
    )
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    answer = await driver.expect(m.ChargeRequestResponse)
    assert (answer.message_id, answer.status, answer.session_id, answer.cp_id, answer.price_per_kwh) == (
        "r1",
        "success",
        command.session_id,
        "CP1",
        Decimal("0.3"),
    )
    assert await network.status() == "CHARGING"

    network.produce(Topic.SESSION_DATA, "CP1", network.reading(command.session_id, "5.000"))
    (data,) = await network.until_told("D1", m.ChargingData)
    assert (data.energy_consumed_kwh, data.total_cost) == (Decimal(5), Decimal("1.5"))
    progress = await network.until_told("D1", m.ChargingStatusUpdate, 2)
    assert [(p.status, p.progress) for p in progress] == [("CHARGING", 0.0), ("CHARGING", 25.0)]

    network.produce(Topic.SESSION_COMPLETE, "CP1", network.completion(command.session_id))
    (ticket,) = await network.until_told("D1", m.ChargeCompletion)
    assert (ticket.session_id, ticket.energy_consumed_kwh, ticket.total_cost, ticket.reason) == (
        command.session_id,
        Decimal(10),
        Decimal(3),
        m.Reason.DRIVER_STOP,
    )
    ack = await monitor.expect(m.ChargeCompletionAck)
    assert (ack.message_id, ack.session_id) == ("done-1", command.session_id)
    assert await network.status() == "ACTIVE"


async def test_of_two_drivers_at_one_point_exactly_one_gets_it(network: Network) -> None:
    monitor, first, second = await network.monitor(), await network.peer(), await network.peer()
    await network.charge(first, monitor)
    second.send(m.ChargeRequest(message_id="r2", cp_id="CP1", driver_id="D2"))
    answer = await second.expect(m.ChargeRequestResponse)
    assert (answer.message_id, answer.status, answer.error) == ("r2", "failure", ErrorCode.CP_BUSY)


async def test_two_drivers_at_once_are_settled_by_the_claim(network: Network) -> None:
    await network.monitor()
    drivers = [await network.peer() for _ in range(8)]
    for number, driver in enumerate(drivers):
        driver.send(m.ChargeRequest(message_id=f"r{number}", cp_id="CP1", driver_id=f"D{number}"))

    async def seven_refused() -> bool:
        return len(await network.rows("SELECT 1 FROM answers")) == 7

    await until(seven_refused)
    assert await network.rows("SELECT count(*) FROM sessions") == [(1,)]


async def test_each_obstacle_has_its_own_code(network: Network) -> None:
    driver = await network.peer()
    gone = await network.monitor("GONE")
    await gone.close()
    await network.until_status("DISCONNECTED", "GONE")
    faulty = await network.monitor("FAULTY")
    faulty.send(m.FaultNotification(message_id="f", cp_id="FAULTY", fault_type="ground_fault"))
    await network.until_status("FAULTY", "FAULTY")
    answers = []
    for cp_id in ("GONE", "FAULTY", "NOWHERE"):
        driver.send(m.ChargeRequest(message_id=f"r-{cp_id}", cp_id=cp_id, driver_id="D1"))
        answers.append((await driver.expect(m.ChargeRequestResponse)).error)
    assert answers == [ErrorCode.CP_DISCONNECTED, ErrorCode.CP_FAULTY, ErrorCode.UNKNOWN_CP]


async def test_a_repeated_request_gets_the_same_answer_and_has_no_second_effect(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    again = await network.peer()
    again.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    answer = await again.expect(m.ChargeRequestResponse)
    assert (answer.status, answer.session_id) == ("success", session_id)
    assert await network.rows("SELECT count(*) FROM sessions") == [(1,)]


async def test_a_request_repeated_on_a_new_link_before_its_answer_is_answered_there(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    request = m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1")
    driver.send(request)
    command = await monitor.expect(m.StartChargingCommand)
    await driver.close()
    again = await network.peer()
    again.send(request)
    again.send(m.AvailableCpsRequest(message_id="q", driver_id="D1"))
    await again.expect(m.AvailableCpsResponse)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    assert (await again.expect(m.ChargeRequestResponse)).session_id == command.session_id


async def test_engine_refusing_frees_the_point(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    command = await monitor.expect(m.StartChargingCommand)
    monitor.send(
        m.CommandResponse(
            message_id=command.message_id, status="failure", error=ErrorCode.ENGINE_REFUSED, message="No car."
        )
    )
    answer = await driver.expect(m.ChargeRequestResponse)
    assert (answer.status, answer.error, answer.message) == ("failure", ErrorCode.ENGINE_REFUSED, "No car.")
    await network.charge(driver, monitor, "r2")


async def test_engine_silent_for_ten_seconds_is_a_timeout_and_a_late_start_is_stopped(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    command = await monitor.expect(m.StartChargingCommand)
    network.clock.advance(10.1)
    assert (await driver.expect(m.ChargeRequestResponse)).error is ErrorCode.ENGINE_TIMEOUT
    assert (await monitor.expect(m.StopChargingCommand)).session_id == command.session_id
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    assert (await monitor.expect(m.StopChargingCommand)).session_id == command.session_id
    assert await network.rows("SELECT state, energy_wh, total_cost FROM sessions") == [("REFUSED", 0, 0)]


async def test_readings_that_come_before_engines_word_prove_the_charge(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    command = await monitor.expect(m.StartChargingCommand)
    network.produce(Topic.SESSION_DATA, "CP1", network.reading(command.session_id, "0.100"))
    (answer,) = await network.until_told("D1", m.ChargeRequestResponse)
    assert (answer.message_id, answer.status, answer.session_id) == ("r1", "success", command.session_id)
    assert await network.rows("SELECT state, energy_wh FROM sessions") == [("CHARGING", 100)]


async def test_a_driver_stops_its_own_session_only(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    driver.send(m.StopChargingRequest(message_id="s1", cp_id="CP1", session_id=session_id, driver_id="D2"))
    assert (await driver.expect(m.StopChargingResponse)).error is ErrorCode.NOT_YOUR_SESSION
    driver.send(m.StopChargingRequest(message_id="s2", cp_id="CP1", session_id="nothing", driver_id="D1"))
    assert (await driver.expect(m.StopChargingResponse)).error is ErrorCode.UNKNOWN_SESSION
    driver.send(m.StopChargingRequest(message_id="s3", cp_id="CP1", session_id=session_id, driver_id="D1"))
    stop = await monitor.expect(m.StopChargingCommand)
    assert (stop.session_id, stop.reason) == (session_id, "driver_stop")
    monitor.send(m.CommandResponse(message_id=stop.message_id, status="success", session_id=session_id))
    assert (await driver.expect(m.StopChargingResponse)).succeeded
    monitor.send(network.completion(session_id))
    await monitor.expect(m.ChargeCompletionAck)
    driver.send(m.StopChargingRequest(message_id="s4", cp_id="CP1", session_id=session_id, driver_id="D1"))
    assert (await driver.expect(m.StopChargingResponse)).error is ErrorCode.SESSION_FINISHED


async def test_a_stop_of_what_engine_does_not_know_bills_the_last_reading(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    monitor.send(network.reading(session_id, "2.000", relay=True))
    await network.until_told("D1", m.ChargingData)
    driver.send(m.StopChargingRequest(message_id="s1", cp_id="CP1", session_id=session_id, driver_id="D1"))
    stop = await monitor.expect(m.StopChargingCommand)
    monitor.send(m.CommandResponse(message_id=stop.message_id, status="failure", error=ErrorCode.UNKNOWN_SESSION))
    assert (await driver.expect(m.StopChargingResponse)).succeeded
    (ticket,) = await network.until_told("D1", m.ChargeCompletion)
    assert (ticket.energy_consumed_kwh, ticket.total_cost) == (Decimal(2), Decimal("0.6"))


async def test_requests_over_kafka_are_answered_over_kafka(network: Network) -> None:
    monitor = await network.monitor()
    request = m.ChargeRequest(message_id="k1", timestamp=START, cp_id="CP1", driver_id="D9")
    network.produce(Topic.CHARGE_REQUESTS, "D9", request)
    command = await monitor.expect(m.StartChargingCommand)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    (answer,) = await network.until_told("D9", m.ChargeRequestResponse)
    assert (answer.message_id, answer.session_id) == ("k1", command.session_id)
    network.produce(Topic.CPS_REQUESTS, "D9", m.AvailableCpsRequest(message_id="k2", driver_id="D9"))
    (points,) = await network.until_told("D9", m.AvailableCpsResponse)
    assert [(p.cp_id, p.status) for p in points.charging_points] == [("CP1", "CHARGING")]


async def test_a_request_that_lay_in_kafka_for_five_minutes_is_expired(network: Network) -> None:
    await network.monitor()
    old = m.ChargeRequest(message_id="k1", timestamp=START - 301, cp_id="CP1", driver_id="D9")
    network.produce(Topic.CHARGE_REQUESTS, "D9", old)
    (answer,) = await network.until_told("D9", m.ChargeRequestResponse)
    assert answer.error is ErrorCode.EXPIRED


async def test_a_start_at_the_point_is_claimed_and_runs_once_it_shows(network: Network) -> None:
    monitor = await network.monitor()
    monitor.send(m.LocalStartRequest(message_id="l1", cp_id="CP1", driver_id="D5"))
    answer = await monitor.expect(m.LocalStartResponse)
    assert (answer.message_id, answer.status, answer.price_per_kwh) == ("l1", "success", Decimal("0.3"))
    assert answer.session_id is not None
    monitor.send(m.StatusUpdate(message_id="u1", cp_id="CP1", status=m.PointStatus.CHARGING))
    (told,) = await network.until_told("D5", m.ChargingStatusUpdate)
    assert (told.session_id, told.status) == (answer.session_id, "CHARGING")
    monitor.send(network.completion(answer.session_id))
    (ticket,) = await network.until_told("D5", m.ChargeCompletion)
    assert ticket.total_cost == Decimal(3)


async def test_a_start_at_the_point_that_never_shows_is_undone(network: Network) -> None:
    monitor = await network.monitor()
    monitor.send(m.LocalStartRequest(message_id="l1", cp_id="CP1", driver_id="D5"))
    answer = await monitor.expect(m.LocalStartResponse)
    network.clock.advance(63)
    assert (await monitor.expect(m.StopChargingCommand)).session_id == answer.session_id
    assert await network.rows("SELECT state FROM sessions") == [("REFUSED",)]
