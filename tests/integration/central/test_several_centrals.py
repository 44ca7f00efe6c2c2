"""Several Centrals on one PostgreSQL and one broker: points move, commands travel, and who is dead is found out."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from central.store.unit_of_work import UnitOfWork
from common import messages as m
from common.errors import CannotStart, ErrorCode
from common.messages import PointStatus
from common.routes import Topic
from tests.integration.central.cluster import Cluster, cluster
from tests.integration.central.conftest import START, proof
from tests.waiting import until

__all__ = ["cluster"]

pytestmark = pytest.mark.postgres
SECRET = "secret-of-the-point"


async def test_a_command_for_a_point_at_another_central_travels_over_kafka(cluster: Cluster) -> None:
    monitor = await cluster.monitor_at("A")
    driver = await cluster.peer_at("B")
    session_id = await cluster.charge(driver, monitor)
    assert await cluster.rows("SELECT session_id, state FROM sessions") == [(session_id, "CHARGING")]


async def test_a_point_that_another_living_central_has_is_refused(cluster: Cluster) -> None:
    older = await cluster.monitor_at("A")
    newer = await cluster.peer_at("B")
    newer.send(m.RegisterRequest(message_id="g2", cp_id="CP1", max_charging_rate_kw=22))
    answer = await newer.expect(m.RegisterResponse)
    assert (answer.status, answer.error) == ("failure", ErrorCode.ALREADY_CONNECTED)
    older.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=PointStatus.ACTIVE))
    assert (await older.expect(m.HeartbeatResponse)).succeeded


async def test_a_point_of_a_central_that_died_registers_at_another_once_that_is_sure(cluster: Cluster) -> None:
    await cluster.monitor_at("A")
    await cluster.look("B")
    await cluster.kill("A")
    again = await cluster.peer_at("B")
    again.send(m.RegisterRequest(message_id="g2", cp_id="CP1", max_charging_rate_kw=22))
    for _ in range(6):
        await cluster.look("B")
    assert (await again.expect(m.RegisterResponse)).succeeded
    assert await cluster.rows("SELECT holder, status, generation FROM points") == [("B", "ACTIVE", 2)]


async def test_a_point_whose_central_left_registers_at_another_at_once(cluster: Cluster) -> None:
    await cluster.monitor_at("A")
    await cluster.centrals.pop("A").stop()
    assert await cluster.rows("SELECT status, moving_until FROM points") == [("DISCONNECTED", START + 10)]
    await cluster.monitor_at("B")
    assert await cluster.rows("SELECT holder, status, moving_until FROM points") == [("B", "ACTIVE", None)]


async def test_a_charge_asked_for_while_its_point_moves_starts_when_it_is_back(cluster: Cluster) -> None:
    await cluster.monitor_at("A")
    driver = await cluster.peer_at("B")
    await cluster.centrals.pop("A").stop()
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))

    async def claimed() -> bool:
        return await cluster.rows("SELECT state FROM sessions") == [("CLAIMED",)]

    await until(claimed)
    monitor = await cluster.monitor_at("B")
    command = await monitor.expect(m.StartChargingCommand)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    answer = await driver.expect(m.ChargeRequestResponse)
    assert (answer.status, answer.session_id) == ("success", command.session_id)


async def test_a_point_that_went_away_by_itself_is_not_waited_for(cluster: Cluster) -> None:
    monitor = await cluster.monitor_at("A")
    driver = await cluster.peer_at("B")
    await monitor.close()
    await cluster.until_status("DISCONNECTED")
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    assert (await driver.expect(m.ChargeRequestResponse)).error is ErrorCode.CP_DISCONNECTED


async def test_a_start_whose_central_died_is_sent_again_and_its_driver_answered_wherever_it_asks(
    cluster: Cluster,
) -> None:
    lost = await cluster.monitor_at("A")
    driver = await cluster.peer_at("A")
    request = m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1")
    driver.send(request)
    first = await lost.expect(m.StartChargingCommand)
    await cluster.kill("A")
    await cluster.until_dead("A", seen_by="B")
    driver = await cluster.peer_at("B")
    driver.send(request)
    monitor = await cluster.monitor_at("B")
    command = await monitor.expect(m.StartChargingCommand)
    assert command.session_id == first.session_id
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    answer = await driver.expect(m.ChargeRequestResponse)
    assert (answer.message_id, answer.status, answer.session_id) == ("r1", "success", command.session_id)


async def test_an_answer_that_another_central_gives_reaches_the_link_where_it_was_asked_for(cluster: Cluster) -> None:
    monitor = await cluster.monitor_at("A")
    first, second = await cluster.peer_at("A"), await cluster.peer_at("B")
    request = m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1")
    first.send(request)
    command = await monitor.expect(m.StartChargingCommand)
    second.send(request)  # as after a cut: the driver came back by another Central
    await first.close()
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    answer = await second.expect(m.ChargeRequestResponse)
    assert (answer.status, answer.session_id) == ("success", command.session_id)


async def test_what_a_dead_central_had_still_to_send_another_sends(cluster: Cluster) -> None:
    cluster.broker.is_up = False
    monitor, driver = await cluster.monitor_at("A"), await cluster.peer_at("A")
    session_id = await cluster.charge(driver, monitor)
    monitor.send(cluster.completion(session_id))
    await monitor.expect(m.ChargeCompletionAck)
    await cluster.kill("A")
    cluster.broker.is_up = True
    await cluster.until_dead("A", seen_by="B")
    await cluster.centrals["B"]._outbox.load()
    (ticket,) = await cluster.until_told("D1", m.ChargeCompletion)
    assert (ticket.session_id, float(ticket.total_cost)) == (session_id, 3.0)


async def test_a_central_taken_for_dead_lets_its_points_go_and_goes_on(cluster: Cluster) -> None:
    monitor = await cluster.monitor_at("A")
    await cluster.rows("SELECT 1")
    async with asyncio.timeout(5):
        await cluster.centrals["B"].context.store.write(
            lambda unit: [unit.roll.strike(b) for b in unit.roll.everyone()]
        )
    await cluster.look("A")
    assert (await monitor.expect(m.ErrorResponse)).error is ErrorCode.SUPERSEDED
    assert await monitor.ended()
    await cluster.monitor_at("A")
    await cluster.until_status("ACTIVE")


async def test_of_two_processes_under_one_name_the_older_ends(cluster: Cluster) -> None:
    older = cluster.centrals["A"]
    await cluster.add("A")
    with pytest.raises(CannotStart, match="Another Central was started under the name A"):
        await older.context.peers.look()
    await older.stop()


async def test_with_authentication_the_newer_link_wins_at_any_central_and_the_older_is_told(
    tmp_path: Path, postgres_database: str
) -> None:
    cluster = Cluster(tmp_path, postgres_database)
    for name in ("A", "B"):
        await cluster.add(name, auth=True)
    await cluster.enrol("point", "CP1", SECRET)
    await cluster.centrals["A"].desk.revoking.look()
    peers = []
    for name in ("A", "B"):
        peer = await cluster.peer_at(name)
        peer.send(proof("monitor", "CP1", SECRET, f"n-{name}"))
        peer.send(m.RegisterRequest(message_id="g", cp_id="CP1", max_charging_rate_kw=22))
        assert (await peer.expect(m.RegisterResponse)).succeeded
        peers.append(peer)
    await cluster.look("A")
    assert (await peers[0].expect(m.ErrorResponse)).error is ErrorCode.SUPERSEDED
    assert await peers[0].ended()
    peers[1].send(m.StatusUpdate(message_id="u", cp_id="CP1", status=PointStatus.FAULTY))
    await cluster.until_status("FAULTY")
    assert await cluster.rows("SELECT holder FROM points") == [("B",)]
    await cluster.end()


async def test_a_link_that_was_superseded_gets_no_commands_and_its_reports_change_nothing(cluster: Cluster) -> None:
    stale = await cluster.monitor_at("A")

    def take(unit: UnitOfWork) -> None:
        point = unit.point("CP1")
        assert point is not None
        unit.save_point(replace(point, holder="B", generation=2))

    await cluster.centrals["B"].context.store.write(take)
    driver = await cluster.peer_at("A")
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))

    async def sent_elsewhere() -> bool:
        return any(log for (topic, _), log in cluster.broker.logs.items() if topic is Topic.CENTRAL_COMMANDS)

    await until(sent_elsewhere)
    stale.send(m.StatusUpdate(message_id="u", cp_id="CP1", status=PointStatus.FAULTY))
    # Had the start been sent over this link, it would stand before this.
    answer = await stale.next()
    assert isinstance(answer, m.ErrorResponse)
    assert answer.error is ErrorCode.SUPERSEDED
    assert await cluster.status() == "ACTIVE"


async def test_two_centrals_that_meet_a_new_point_at_once_make_it_once(cluster: Cluster) -> None:
    peers = [await cluster.peer_at(name) for name in ("A", "B")]
    for peer in peers:
        peer.send(m.RegisterRequest(message_id="g", cp_id="CP1", max_charging_rate_kw=22, price_per_kwh=0.4))
    answers = [await peer.expect(m.RegisterResponse) for peer in peers]
    assert sorted(answer.status for answer in answers) == ["failure", "success"]
    assert await cluster.rows("SELECT cp_id, generation FROM points") == [("CP1", 1)]


async def test_a_stop_whose_central_died_goes_out_again_and_is_answered_over_kafka(cluster: Cluster) -> None:
    lost, driver = await cluster.monitor_at("A"), await cluster.peer_at("A")
    session_id = await cluster.charge(driver, lost)
    driver.send(m.StopChargingRequest(message_id="s1", cp_id="CP1", session_id=session_id, driver_id="D1"))
    await lost.expect(m.StopChargingCommand)
    await cluster.kill("A")
    await cluster.until_dead("A", seen_by="B")
    monitor = await cluster.monitor_at("B")
    command = await monitor.expect(m.StopChargingCommand)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=session_id))
    (answer,) = await cluster.until_told("D1", m.StopChargingResponse)
    assert (answer.message_id, answer.status) == ("s1", "success")
    assert await cluster.rows("SELECT count(*) FROM stops") == [(0,)]


async def test_a_stop_that_nobody_answers_is_answered_by_another_central_in_time(cluster: Cluster) -> None:
    lost, driver = await cluster.monitor_at("A"), await cluster.peer_at("A")
    session_id = await cluster.charge(driver, lost)
    request = m.StopChargingRequest(message_id="s1", cp_id="CP1", session_id=session_id, driver_id="D1")
    driver.send(request)
    await lost.expect(m.StopChargingCommand)
    await cluster.kill("A")
    again = await cluster.peer_at("B")
    again.send(request)
    cluster.clock.advance(12.1)
    answer = await again.expect(m.StopChargingResponse)
    assert (answer.message_id, answer.error) == ("s1", ErrorCode.ENGINE_TIMEOUT)
