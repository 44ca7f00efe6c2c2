"""A point's newer link at another Central: from the moment it is registered the older one has no say and gets no order."""

from collections.abc import Callable

import pytest

from common import messages as m
from common.errors import ErrorCode
from common.messages import PointStatus
from tests.integration.central.cluster import Cluster
from tests.integration.central.conftest import START, Peer
from tests.integration.central.guarded import ask_in, driver_at, guarded_cluster, join_at, say_as_central
from tests.waiting import until

__all__ = ["guarded_cluster"]

pytestmark = pytest.mark.postgres

STORED = (
    "SELECT holder, generation, status, fault_type, last_seen_at FROM points",
    "SELECT session_id, driver_id, state, energy_wh, total_cost, reason FROM sessions",
    "SELECT session_id FROM quarantine",
    "SELECT session_id FROM readings",
    "SELECT sender, message_id FROM answers ORDER BY 2",
    "SELECT kind, text FROM events ORDER BY id",
    "SELECT message_id FROM stops",
)


async def _not_heard() -> None:
    return


@pytest.fixture
def unheard(guarded_cluster: Cluster) -> Cluster:
    """A does not hear that points are taken from it: only the database stands between a stale link and what is stored."""
    guarded_cluster.centrals["A"].context.peers.on_taken = _not_heard
    return guarded_cluster


async def stored(cluster: Cluster) -> list[list[tuple[object, ...]]]:
    return [await cluster.rows(query) for query in STORED]


async def events(cluster: Cluster, kind: str) -> list[tuple[object, ...]]:
    return await cluster.rows(f"SELECT cp_id, text FROM events WHERE kind = '{kind}' ORDER BY id")


def reading(session_id: str, cluster: Cluster) -> m.ChargingData:
    return cluster.reading(session_id, "1.000", relay=True)


SAID: dict[str, Callable[[str, Cluster], m.Message]] = {
    "status_update": lambda _, __: m.StatusUpdate(message_id="x", cp_id="CP1", status=PointStatus.FAULTY),
    "heartbeat_request": lambda _, __: m.HeartbeatRequest(message_id="x", cp_id="CP1", status=PointStatus.FAULTY),
    "fault_notification": lambda _, __: m.FaultNotification(message_id="x", cp_id="CP1", fault_type="fire"),
    "recovery_notification": lambda _, __: m.RecoveryNotification(message_id="x", cp_id="CP1"),
    "charging_data": reading,
    "charge_completion": lambda session_id, cluster: cluster.completion(session_id),
    "local_start_request": lambda _, __: m.LocalStartRequest(message_id="x", cp_id="CP1", driver_id="D2"),
}


@pytest.mark.parametrize("said", SAID)
async def test_what_comes_over_a_link_that_was_taken_over_changes_nothing(unheard: Cluster, said: str) -> None:
    cluster = unheard
    stale, driver = await join_at(cluster, "A"), await driver_at(cluster, "A")
    session_id = await cluster.charge(driver, stale)
    newer = await join_at(cluster, "B")
    newer.send(m.StatusUpdate(message_id="u", cp_id="CP1", status=PointStatus.CHARGING))
    await cluster.until_status("CHARGING")
    before = await stored(cluster)
    stale.send(SAID[said](session_id, cluster))
    assert (await stale.expect(m.ErrorResponse)).error is ErrorCode.SUPERSEDED
    assert await stale.ended()
    assert await stored(cluster) == before
    newer.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=PointStatus.CHARGING))
    assert (await newer.expect(m.HeartbeatResponse)).succeeded


async def test_a_heartbeat_over_a_stale_link_does_not_make_its_point_look_alive(unheard: Cluster) -> None:
    stale = await join_at(unheard, "A")
    await join_at(unheard, "B")
    await join_at(unheard, "C", "CP2")
    unheard.clock.advance(20)
    stale.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=PointStatus.ACTIVE))
    await stale.expect(m.HeartbeatResponse)
    await unheard.centrals["A"].desk.losing.note_heartbeats()
    assert await unheard.rows("SELECT holder, last_seen_at FROM points WHERE cp_id = 'CP1'") == [("B", START)]


async def test_a_newer_link_takes_the_point_wherever_it_comes_and_each_older_one_is_told_within_a_beat(
    guarded_cluster: Cluster,
) -> None:
    links = [await join_at(guarded_cluster, name) for name in ("A", "B", "C")]
    for name, older in zip(("A", "B"), links[:2], strict=True):
        await guarded_cluster.look(name)
        assert (await older.expect(m.ErrorResponse)).error is ErrorCode.SUPERSEDED
        assert await older.ended()
    links[2].send(m.StatusUpdate(message_id="u", cp_id="CP1", status=PointStatus.FAULTY))
    await guarded_cluster.until_status("FAULTY")
    assert await guarded_cluster.rows("SELECT holder, generation FROM points") == [("C", 3)]
    peers = [link.link._writer.get_extra_info("sockname") for link in links]
    assert await events(guarded_cluster, "taken_over") == [
        ("CP1", f"A link from 127.0.0.1:{peers[1][1]} at B took CP1 over from A."),
        ("CP1", f"A link from 127.0.0.1:{peers[2][1]} at C took CP1 over from B."),
    ]


async def test_orders_of_any_central_go_over_the_newer_link_only(unheard: Cluster) -> None:
    stale = await join_at(unheard, "A")
    newer = await join_at(unheard, "B")
    driver = await driver_at(unheard, "A")
    await unheard.charge(driver, newer)
    # What A hears for a point of which it still has a link ends that link, and goes no further.
    stop = m.StopChargingCommand(message_id="stop", cp_id="CP1", session_id="S1")
    say_as_central(unheard, "CP1", stop)
    told = await stale.next()
    assert isinstance(told, m.ErrorResponse)
    assert told.error is ErrorCode.SUPERSEDED


async def test_an_answer_over_a_stale_link_decides_nothing_and_the_newer_links_answer_does(
    unheard: Cluster,
) -> None:
    stale, driver = await join_at(unheard, "A"), await driver_at(unheard, "A")
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    asked = await stale.expect(m.StartChargingCommand)
    newer = await join_at(unheard, "B")
    again = await newer.expect(m.StartChargingCommand)
    stale.send(m.CommandResponse(message_id=asked.message_id, status="failure", error=ErrorCode.ENGINE_REFUSED))
    assert (await stale.expect(m.ErrorResponse)).error is ErrorCode.SUPERSEDED
    assert await unheard.rows("SELECT state FROM sessions") == [("CLAIMED",)]
    newer.send(m.CommandResponse(message_id=again.message_id, status="success", session_id=again.session_id))
    answer = await driver.expect(m.ChargeRequestResponse)
    assert (answer.status, answer.session_id) == ("success", asked.session_id)


async def test_a_stale_links_word_about_a_stop_bills_nobody(unheard: Cluster) -> None:
    stale, driver = await join_at(unheard, "A"), await driver_at(unheard, "A")
    session_id = await unheard.charge(driver, stale)
    driver.send(m.StopChargingRequest(message_id="s1", cp_id="CP1", session_id=session_id, driver_id="D1"))
    asked = await stale.expect(m.StopChargingCommand)
    newer = await join_at(unheard, "B")
    again = await newer.expect(m.StopChargingCommand)
    stale.send(m.CommandResponse(message_id=asked.message_id, status="failure", error=ErrorCode.UNKNOWN_SESSION))
    assert (await stale.expect(m.ErrorResponse)).error is ErrorCode.SUPERSEDED
    assert await unheard.rows("SELECT state FROM sessions") == [("CHARGING",)]
    newer.send(m.CommandResponse(message_id=again.message_id, status="success", session_id=session_id))
    answer = await driver.expect(m.StopChargingResponse)
    assert (answer.message_id, answer.status) == ("s1", "success")


async def test_an_answer_that_a_stale_link_gives_to_another_centrals_command_is_not_passed_on(
    unheard: Cluster,
) -> None:
    stale, driver = await join_at(unheard, "A"), await driver_at(unheard, "C")
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    asked = await stale.expect(m.StartChargingCommand)
    newer = await join_at(unheard, "B")
    again = await newer.expect(m.StartChargingCommand)
    stale.send(m.CommandResponse(message_id=asked.message_id, status="success", session_id=asked.session_id))
    assert (await stale.expect(m.ErrorResponse)).error is ErrorCode.SUPERSEDED
    assert await unheard.rows("SELECT state FROM sessions") == [("CLAIMED",)]
    refusal = {"status": "failure", "error": ErrorCode.CP_FAULTY, "message": "It is broken."}
    newer.send(m.CommandResponse(message_id=again.message_id, **refusal))
    assert (await driver.expect(m.ChargeRequestResponse)).error is ErrorCode.CP_FAULTY


async def test_two_devices_with_one_secret_are_slowed_down_at_all_centrals_together_and_others_are_not(
    guarded_cluster: Cluster,
) -> None:
    async def come(name: str, cp_id: str = "CP1") -> m.RegisterResponse:
        return await ask_in(await guarded_cluster.peer_at(name), cp_id)

    for name in ("A", "B", "C", "A"):
        assert (await come(name)).succeeded
    refused = await come("B")
    assert (refused.error, refused.data, refused.reason) == (
        ErrorCode.RATE_LIMITED,
        {"retry_after_s": 10},
        "CP1 has changed hands too often; try again in 10 s. Perhaps two devices have its secret.",
    )
    assert (await come("C")).data == {"retry_after_s": 10}
    assert await guarded_cluster.rows("SELECT holder, generation FROM points") == [("A", 4)]
    assert await events(guarded_cluster, "contested") == [
        ("CP1", "CP1 changes hands again and again: perhaps two devices have its secret; give it a new one.")
    ]
    assert [(await come(name, "CP2")).succeeded for name in ("A", "B")] == [True, True]
    guarded_cluster.clock.advance(10)
    assert (await come("B")).succeeded
    assert (await come("C")).data == {"retry_after_s": 20}
    assert len(await events(guarded_cluster, "contested")) == 1


async def test_a_link_here_that_the_database_gives_to_another_is_found_although_nobody_said_so(
    unheard: Cluster,
) -> None:
    stale = await join_at(unheard, "A")
    await join_at(unheard, "B")
    await unheard.centrals["A"].desk.losing.drop_unlinked()
    assert (await stale.expect(m.ErrorResponse)).error is ErrorCode.SUPERSEDED


async def test_a_point_whose_link_ended_is_no_takeover(guarded_cluster: Cluster) -> None:
    for _ in range(5):
        peer: Peer = await join_at(guarded_cluster, "A")
        await peer.close()
        await guarded_cluster.until_status("DISCONNECTED")
    await join_at(guarded_cluster, "B")
    assert await events(guarded_cluster, "taken_over") == []
    await until(lambda: "CP1" not in guarded_cluster.centrals["A"].context.links._attached)
