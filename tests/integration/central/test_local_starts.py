"""Starts at the point whose answer was lost: the point is not busy with what nobody uses."""

import pytest

from common import messages as m
from common.errors import ErrorCode
from tests.integration.central.cluster import Cluster, cluster
from tests.integration.central.conftest import Network

__all__ = ["cluster"]

STATES = "SELECT request_id, state, energy_wh FROM sessions ORDER BY request_id"


def swipe(message_id: str, driver_id: str = "D1") -> m.LocalStartRequest:
    return m.LocalStartRequest(message_id=message_id, cp_id="CP1", driver_id=driver_id)


async def test_a_point_that_asks_anew_gives_up_what_it_was_allowed_and_did_not_use(network: Network) -> None:
    monitor = await network.monitor()
    monitor.send(swipe("l1"))
    assert (await monitor.expect(m.LocalStartResponse)).succeeded
    monitor.send(swipe("l2", "D2"))
    second = await monitor.expect(m.LocalStartResponse)
    assert second.succeeded
    assert await network.rows(STATES) == [("l1", "REFUSED", 0), ("l2", "CLAIMED", 0)]
    monitor.send(swipe("l1"))  # late: what it was allowed is undone
    assert (await monitor.expect(m.LocalStartResponse)).error is ErrorCode.ENGINE_TIMEOUT


async def test_a_charge_that_runs_or_that_a_driver_asked_for_is_not_given_up(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    await monitor.expect(m.StartChargingCommand)
    monitor.send(swipe("l1"))
    assert (await monitor.expect(m.LocalStartResponse)).error is ErrorCode.CP_BUSY
    assert await network.rows(STATES) == [("r1", "CLAIMED", 0)]
    monitor.send(m.StatusUpdate(message_id="u", cp_id="CP1", status=m.PointStatus.CHARGING))
    await network.until_status("CHARGING")
    monitor.send(swipe("l2"))
    assert (await monitor.expect(m.LocalStartResponse)).error is ErrorCode.CP_BUSY


@pytest.mark.postgres
async def test_what_a_central_allowed_as_it_died_another_says_again_and_the_point_can_give_it_back(
    cluster: Cluster,
) -> None:
    lost = await cluster.monitor_at("A")
    lost.send(swipe("l1"))
    first = await lost.expect(m.LocalStartResponse)
    await cluster.kill("A")
    await cluster.until_dead("A", seen_by="B")
    monitor = await cluster.monitor_at("B")
    monitor.send(swipe("l1"))
    again = await monitor.expect(m.LocalStartResponse)
    assert (again.status, again.session_id) == ("success", first.session_id)
    account = cluster.completion(again.session_id or "", "0.000", "0.00", reason=m.Reason.ENGINE_RESTART)
    monitor.send(account)
    await monitor.expect(m.ChargeCompletionAck)
    assert await cluster.rows(STATES) == [("l1", "FINISHED", 0)]
    assert await cluster.status() == "ACTIVE"
