"""What falls between two Centrals: a copy of a request at each, a command that comes late or to deaf ears, a lost link."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from central.store.unit_of_work import UnitOfWork
from common import messages as m
from common.errors import ErrorCode, StoreUnavailable
from common.metrics import catalogue as figures
from common.routes import Topic
from tests.integration.central.cluster import Cluster, cluster
from tests.postgres_server import Outside
from tests.waiting import until

__all__ = ["cluster"]

pytestmark = pytest.mark.postgres


def _kept_waiting(outside: Connection) -> int:
    """How many transactions on this database wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return int(outside.exec_driver_sql(query).scalar_one())


async def test_a_copy_of_a_request_at_another_central_hears_the_refusal_that_is_just_being_stored(
    cluster: Cluster,
) -> None:
    monitor, busy = await cluster.monitor_at("A"), await cluster.peer_at("A")
    session_id = await cluster.charge(busy, monitor)
    first, second = await cluster.peer_at("A"), await cluster.peer_at("B")
    request = m.ChargeRequest(message_id="r2", cp_id="CP1", driver_id="D2")
    with Outside(cluster.database) as other, Outside(cluster.database) as seen:
        other.exec_driver_sql("BEGIN")
        other.exec_driver_sql("LOCK TABLE answers IN SHARE MODE")
        first.send(request)
        await until(lambda: _kept_waiting(seen) == 1)
        monitor.send(cluster.completion(session_id))  # the point would be free for the copy

        async def ended() -> bool:
            return _kept_waiting(seen) == 2 or await cluster.rows("SELECT state FROM sessions") == [("FINISHED",)]

        await until(ended)
        second.send(request)

        async def decided() -> bool:
            return _kept_waiting(seen) == 3 or len(await cluster.rows("SELECT state FROM sessions")) == 2

        await until(decided)
        other.exec_driver_sql("ROLLBACK")
    answers = [await peer.expect(m.ChargeRequestResponse) for peer in (first, second)]
    assert [(answer.status, answer.error) for answer in answers] == [("failure", ErrorCode.CP_BUSY)] * 2
    assert await cluster.rows("SELECT session_id FROM sessions") == [(session_id,)]


async def test_a_start_that_comes_after_its_claim_was_undone_is_not_passed_on(cluster: Cluster) -> None:
    monitor, driver = await cluster.monitor_at("A"), await cluster.peer_at("B")
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    command = await monitor.expect(m.StartChargingCommand)
    cluster.clock.advance(10.1)
    assert (await driver.expect(m.ChargeRequestResponse)).error is ErrorCode.ENGINE_TIMEOUT
    await monitor.expect(m.StopChargingCommand)
    cluster.produce(Topic.CENTRAL_COMMANDS, "CP1", command)  # Kafka was away, and has it only now
    stop = m.StopChargingCommand(message_id="after", cp_id="CP1", session_id=command.session_id)
    cluster.produce(Topic.CENTRAL_COMMANDS, "CP1", stop)
    # Had the start been passed on, it would stand before this.
    assert await monitor.next() == stop.model_copy(update={"timestamp": cluster.clock.now().wall})


async def test_a_start_that_its_central_did_not_hear_yet_is_sent_to_it_again(cluster: Cluster) -> None:
    cluster.broker.is_up = False
    await cluster.add("C")  # it will hear what is said once it sees that Kafka is there
    monitor, driver = await cluster.monitor_at("C"), await cluster.peer_at("A")
    cluster.broker.is_up = True
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    # Commands, requests and telemetry: on PostgreSQL each has a reader.
    await until(lambda: len(cluster.centrals["C"].context.readers) == 3)
    cluster.clock.advance(2.1)
    command = await monitor.expect(m.StartChargingCommand)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    answer = await driver.expect(m.ChargeRequestResponse)
    assert (answer.status, answer.session_id) == ("success", command.session_id)


async def test_a_start_that_its_central_heard_is_passed_on_once_however_often_it_comes(cluster: Cluster) -> None:
    monitor, driver = await cluster.monitor_at("A"), await cluster.peer_at("B")
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    command = await monitor.expect(m.StartChargingCommand)
    for _ in range(2):
        cluster.produce(Topic.CENTRAL_COMMANDS, "CP1", command)
    stop = m.StopChargingCommand(message_id="after", cp_id="CP1", session_id=command.session_id)
    cluster.produce(Topic.CENTRAL_COMMANDS, "CP1", stop)
    # Had the start been passed on again, it would stand before this.
    assert (await monitor.next()).message_id == "after"


async def test_a_point_whose_old_link_ends_while_another_central_asks_about_it_is_taken(cluster: Cluster) -> None:
    older, newer = await cluster.monitor_at("A"), await cluster.peer_at("B")
    for _ in range(2):
        await cluster.look("B")
    newer.send(m.RegisterRequest(message_id="g2", cp_id="CP1", max_charging_rate_kw=22))
    await until(lambda: "CP1" in cluster.centrals["B"].desk.enrolment._joining)
    await older.close()
    await cluster.until_status("DISCONNECTED")
    await cluster.look("A")
    await cluster.look("B")
    assert (await newer.expect(m.RegisterResponse)).succeeded


async def test_an_answer_for_another_central_is_no_late_one(cluster: Cluster) -> None:
    monitor, driver = await cluster.monitor_at("A"), await cluster.peer_at("B")
    await cluster.charge(driver, monitor)
    cluster.produce(Topic.CENTRAL_COMMANDS, "CP1", m.ResumeCpCommand(message_id="last", cp_id="CP1"))
    # What came before this has been heard by everybody.
    await monitor.expect(m.ResumeCpCommand)
    late = [central.context.measures.value(figures.LATE_RESPONSES) for central in cluster.centrals.values()]
    assert late == [0, 0]


async def test_a_point_taken_while_the_database_was_away_is_let_go_with_the_next_look(cluster: Cluster) -> None:
    peers = cluster.centrals["A"].context.peers
    calls = 0

    async def let_go() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise StoreUnavailable("The database is away.")

    peers.on_taken = let_go
    await cluster.centrals["B"].context.store.write(lambda unit: unit.roll.note_taken("A"))
    for _ in range(3):
        await cluster.look("A")
    assert calls == 2


async def test_a_point_that_is_ours_but_without_a_link_does_not_stay_so(cluster: Cluster) -> None:
    def register(unit: UnitOfWork) -> None:
        """As its Central stores it; then it does not learn that this was committed, and the Monitor does not return."""
        point = unit.point("CP1")
        assert point is not None
        unit.save_point(replace(point, generation=point.generation + 1))

    central, _ = cluster.centrals["A"], await cluster.monitor_at("A")
    await cluster.monitor_at("A", "CP2")
    central.context.links.detach("CP1")
    await central.context.store.write(register)
    for _ in range(2):
        await central.desk.losing.drop_unlinked()
    assert await cluster.rows("SELECT cp_id, status, holder FROM points ORDER BY cp_id") == [
        ("CP1", "DISCONNECTED", None),
        ("CP2", "ACTIVE", "A"),
    ]


async def test_a_charge_that_was_over_before_its_start_came_again_is_billed(cluster: Cluster) -> None:
    lost, driver = await cluster.monitor_at("A"), await cluster.peer_at("A")
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    first = await lost.expect(m.StartChargingCommand)
    await cluster.kill("A")  # Engine has accepted, charged and ended meanwhile
    await cluster.until_dead("A", seen_by="B")
    monitor = await cluster.monitor_at("B")
    again = await monitor.expect(m.StartChargingCommand)
    monitor.send(
        m.CommandResponse(
            message_id=again.message_id, status="failure", error=ErrorCode.SESSION_FINISHED, message="It has ended."
        )
    )
    monitor.send(cluster.completion(first.session_id))
    await monitor.expect(m.ChargeCompletionAck)
    assert await cluster.rows("SELECT state, energy_wh, total_cost FROM sessions") == [("FINISHED", 10_000, 300)]
    assert await cluster.rows("SELECT count(*) FROM quarantine") == [(0,)]


async def test_many_points_on_one_link_wait_for_another_centrals_beat_together(cluster: Cluster) -> None:
    ids = [f"G{number:02}" for number in range(30)]
    older, newer = await cluster.peer_at("A"), await cluster.peer_at("B")
    for cp_id in ids:
        older.send(m.RegisterRequest(message_id=cp_id, cp_id=cp_id, max_charging_rate_kw=22))
        assert (await older.expect(m.RegisterResponse)).succeeded
    for cp_id in ids:
        newer.send(m.RegisterRequest(message_id=cp_id, cp_id=cp_id, max_charging_rate_kw=22))
    async with asyncio.timeout(10):  # one after the other they would wait for half a minute
        answers = [await newer.expect(m.RegisterResponse) for _ in ids]
    assert [(a.message_id, a.error) for a in answers] == [(cp_id, ErrorCode.ALREADY_CONNECTED) for cp_id in ids]
