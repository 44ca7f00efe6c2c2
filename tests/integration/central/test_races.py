"""What crosses each other on the way: the later one must not undo what the earlier one settled."""

import pytest
from sqlalchemy import inspect

from central import views
from common import messages as m
from common.errors import ErrorCode, StoreUnavailable
from common.metrics import catalogue as figures
from common.routes import Topic
from tests.integration.central.conftest import START, Network
from tests.postgres_server import Outside, lock_everything
from tests.waiting import until


async def test_a_charge_proven_by_a_reading_is_neither_refused_nor_stopped_at_the_timeout(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    command = await monitor.expect(m.StartChargingCommand)
    network.produce(Topic.SESSION_DATA, "CP1", network.reading(command.session_id, "0.100"))
    await network.until_told("D1", m.ChargeRequestResponse)
    network.clock.advance(10.1)

    async def timed_out() -> bool:
        return network.central.context.commands.waiting == 0

    await until(timed_out)
    monitor.send(m.HeartbeatRequest(message_id="after", cp_id="CP1", status=m.PointStatus.CHARGING))
    # Had a stop been sent, it would stand before this answer.
    assert isinstance(await monitor.next(), m.HeartbeatResponse)
    assert await network.rows("SELECT state FROM sessions") == [("CHARGING",)]


async def test_a_completion_between_finding_a_late_claim_and_undoing_it_stays_billed(network: Network) -> None:
    monitor = await network.monitor()
    monitor.send(m.LocalStartRequest(message_id="l1", cp_id="CP1", driver_id="D1"))
    session_id = (await monitor.expect(m.LocalStartResponse)).session_id
    assert session_id is not None
    (claim,) = await network.central.context.store.read(lambda c: views.late_claims(c, START + 1000, 9))
    monitor.send(network.completion(session_id))
    await monitor.expect(m.ChargeCompletionAck)
    assert await network.central.desk.charging._conclude(claim, ErrorCode.ENGINE_TIMEOUT, "late") is True
    assert await network.rows("SELECT state, energy_wh, total_cost FROM sessions") == [("FINISHED", 10_000, 300)]


async def test_the_end_of_a_link_spares_the_points_that_are_back_on_another(network: Network) -> None:
    ids = [f"G{number:02}" for number in range(40)]
    old = await network.monitor(ids[0])
    for cp_id in ids[1:]:
        old.send(m.RegisterRequest(message_id=f"g{cp_id}", cp_id=cp_id, max_charging_rate_kw=22))
        await old.expect(m.RegisterResponse)
    await old.close()
    # The end is noticed, and its 40 points are about to be marked lost.
    await until(lambda: network.central.context.links.find(ids[0]) is None)
    new = await network.peer()
    for cp_id in reversed(ids):
        new.send(m.RegisterRequest(message_id=f"h{cp_id}", cp_id=cp_id, max_charging_rate_kw=22))
    assert all([(await new.expect(m.RegisterResponse)).succeeded for _ in ids])

    async def settled() -> bool:
        return network.central.context.measures.value(figures.LINKS_ENDED) == 1

    await until(settled)
    new.send(m.HeartbeatRequest(message_id="h", cp_id=ids[0], status=m.PointStatus.ACTIVE))
    assert (await new.expect(m.HeartbeatResponse)).succeeded
    assert await network.rows("SELECT status, count(*) FROM points GROUP BY status") == [("ACTIVE", 40)]


async def test_of_two_links_that_register_one_point_at_once_one_gets_it(network: Network) -> None:
    peers = [await network.peer() for _ in range(2)]
    for peer in peers:
        peer.send(m.RegisterRequest(message_id="g", cp_id="CP1", max_charging_rate_kw=22))
    assert sorted([(await peer.expect(m.RegisterResponse)).status for peer in peers]) == ["failure", "success"]


async def test_a_loss_that_the_database_did_not_take_is_stored_later(network: Network) -> None:
    monitor = await network.monitor()
    (attached,) = network.central.context.links.every()
    losing = network.central.desk.losing
    with Outside(network.database) as other:
        lock_everything(other)  # the writer waits a while for this lock, then gives up
        await monitor.close()
        with pytest.raises(StoreUnavailable):
            await losing.lose_point(attached, "its link closed")
        other.exec_driver_sql("ROLLBACK")
    network.clock.advance(100)
    await network.until_status("DISCONNECTED")


async def test_points_of_a_central_that_is_gone_are_disconnected_but_expected_back(network: Network) -> None:
    await network.monitor()
    with Outside(network.database) as other:
        other.exec_driver_sql("UPDATE points SET holder = 'a Central that died'")
    await network.central.desk.losing.drop_left()
    assert await network.rows("SELECT status, holder, moving_until FROM points") == [("DISCONNECTED", None, START + 10)]


async def test_a_stray_that_reports_over_its_link_is_stopped_too(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    command = await monitor.expect(m.StartChargingCommand)
    network.clock.advance(10.1)
    await driver.expect(m.ChargeRequestResponse)
    await monitor.expect(m.StopChargingCommand)
    monitor.send(network.reading(command.session_id, "1.000", relay=True))
    assert (await monitor.expect(m.StopChargingCommand)).session_id == command.session_id


async def test_a_record_that_comes_again_after_five_minutes_keeps_its_answer(network: Network) -> None:
    monitor = await network.monitor()
    request = m.ChargeRequest(message_id="r1", timestamp=START, cp_id="CP1", driver_id="D1")
    network.produce(Topic.CHARGE_REQUESTS, "D1", request)
    command = await monitor.expect(m.StartChargingCommand)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    await network.until_told("D1", m.ChargeRequestResponse)
    network.clock.advance(301)
    network.produce(Topic.CHARGE_REQUESTS, "D1", request)
    answers = await network.until_told("D1", m.ChargeRequestResponse, 2)
    assert [(answer.status, answer.session_id) for answer in answers] == [("success", command.session_id)] * 2


async def test_a_refusal_at_the_point_is_repeated_whatever_became_of_the_point(network: Network) -> None:
    monitor = await network.monitor()
    monitor.send(m.FaultNotification(message_id="f", cp_id="CP1", fault_type="ground_fault"))
    request = m.LocalStartRequest(message_id="l1", cp_id="CP1", driver_id="D1")
    monitor.send(request)
    assert (await monitor.expect(m.LocalStartResponse)).error is ErrorCode.CP_FAULTY
    monitor.send(m.RecoveryNotification(message_id="v", cp_id="CP1"))
    monitor.send(request)
    assert (await monitor.expect(m.LocalStartResponse)).error is ErrorCode.CP_FAULTY


async def test_an_answer_about_every_point_fits_a_frame(network: Network) -> None:
    monitor, admin = await network.monitor(), await network.peer()
    await monitor.close()
    with Outside(network.database) as other:
        columns = [column["name"] for column in inspect(other).get_columns("points")]
        copied = ", ".join("'A-STATION-WITH-A-LONG-NAME-' || (10000 + n)" if c == "cp_id" else c for c in columns)
        numbers = "WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 3000)"
        other.exec_driver_sql(f"INSERT INTO points {numbers} SELECT {copied} FROM points, many")
    admin.send(m.ManualCommand(message_id="p", command="set_price", args={"cp_id": "*", "price_per_kwh": 0.5}))
    answer = await admin.expect(m.ManualCommandResponse)
    assert answer.message == "3001 points: 0.5 a kWh from the next session on."


async def test_a_driver_is_told_that_its_point_is_disconnected_as_long_as_it_is(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    await monitor.close()
    await network.until_status("DISCONNECTED")
    network.produce(Topic.SESSION_DATA, "CP1", network.reading(session_id, "1.000"))
    told = await network.until_told("D1", m.ChargingStatusUpdate, 3)
    assert [notice.status for notice in told] == ["CHARGING", "DISCONNECTED", "DISCONNECTED"]


async def test_the_fault_stands_beside_the_state_however_it_was_told(network: Network) -> None:
    monitor = await network.monitor()
    status = m.StatusUpdate(message_id="u", cp_id="CP1", status=m.PointStatus.FAULTY, detail="engine_unreachable")
    monitor.send(status)
    monitor.send(m.FaultNotification(message_id="f", cp_id="CP1", fault_type="engine_unreachable"))
    monitor.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=m.PointStatus.FAULTY))
    await monitor.expect(m.HeartbeatResponse)
    assert await network.rows("SELECT detail, fault_type FROM points") == [("engine_unreachable", "engine_unreachable")]
    await monitor.close()
    await network.until_status("DISCONNECTED")
    assert await network.rows("SELECT detail, fault_type FROM points") == [(None, None)]


async def test_a_driver_whose_answer_the_database_did_not_take_gets_it_once_it_does(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    command = await monitor.expect(m.StartChargingCommand)
    with Outside(network.database) as other:
        lock_everything(other)
        monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
        told = await monitor.expect(m.ErrorResponse)
        # What the database has against it is for the log, not for whoever is at the other end of a link.
        assert (told.error, told.message) == (ErrorCode.OVERLOADED, "Central cannot store this now; try again.")
        other.exec_driver_sql("ROLLBACK")
    network.clock.advance(12.1)
    answer = await driver.expect(m.ChargeRequestResponse)
    assert (answer.message_id, answer.error) == ("r1", ErrorCode.ENGINE_TIMEOUT)
