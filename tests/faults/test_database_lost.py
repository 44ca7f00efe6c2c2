"""PostgreSQL away for a while: Central lives through it, says so once, and stores what waited."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from common import messages as m
from common.errors import ErrorCode
from common.metrics import catalogue as figures
from common.routes import Topic
from deploy.postgres.server import CannotRun, Server
from tests.integration.central.conftest import Network
from tests.servers import missing
from tests.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]


@pytest.fixture
def server() -> Iterator[Server]:
    try:
        made = Server()
    except CannotRun as wrong:
        missing("postgres", str(wrong))
    made.start()
    yield made
    made.stop()
    made.remove()


async def test_a_database_that_is_away_is_said_once_and_what_came_meanwhile_is_stored(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    network = Network(tmp_path, server.address)
    await network.start()
    monitor, driver = await network.monitor(), await network.peer()
    caplog.set_level(logging.INFO, "ev.central")

    def refused() -> float:
        return network.central.context.measures.value(figures.BATCHES_WAITING)

    await asyncio.to_thread(server.stop)
    network.produce(Topic.CPS_REQUESTS, "D1", m.AvailableCpsRequest(message_id="r1", driver_id="D1"))
    await until(lambda: refused() > 3)
    driver.send(m.AvailableCpsRequest(message_id="r2", driver_id="D1"))
    answer = await driver.expect(m.ErrorResponse)
    await asyncio.to_thread(server.start)
    await network.until_told("D1", m.AvailableCpsResponse)
    await network.until_status("ACTIVE")
    await monitor.close()
    await network.until_status("DISCONNECTED")

    assert (answer.message_id, answer.error) == ("r2", ErrorCode.OVERLOADED)
    said = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert sorted(one for one in said if one.startswith(("A batch", "Upkeep", "The database", "The other"))) == [
        "A batch of 1 records waits",
        "The database did not take a change",
        "The database takes changes again.",
        "The other Centrals are in sight again.",
        "The other Centrals are out of sight",
    ]
    await network.stop()
