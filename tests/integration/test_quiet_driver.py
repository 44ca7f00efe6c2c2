"""A driver that only listens says something small on its link, since Central closes those that say nothing."""

import pytest

from common.messages import (
    AvailableCpsRequest,
    AvailableCpsResponse,
    ChargingHistoryRequest,
    ChargingHistoryResponse,
    Message,
)
from common.net.link import Link
from common.routes import Role
from tests.integration.played_central import Ended, Program, played, run
from tests.waiting import until

pytestmark = pytest.mark.processes


def answer(message: Message, link: Link) -> None:
    match message:
        case ChargingHistoryRequest():
            link.send(ChargingHistoryResponse(message_id=message.message_id, status="success"))
        case AvailableCpsRequest():
            link.send(AvailableCpsResponse(message_id=message.message_id, status="success"))


async def test_who_listens_asks_a_small_thing_once_a_link_and_shows_nothing_of_it() -> None:
    async with played(Role.DRIVER, answer) as central:
        program = await Program.start(
            "driver", "--driver-id", "D1", "--central", str(central.address), "--json", "listen"
        )
        assert await program.line() == "ev-driver D1 listening"
        await until(lambda: len(central.heard) == 1)
        first = central.heard[0]
        assert isinstance(first, ChargingHistoryRequest)
        assert (first.driver_id, first.limit) == ("D1", 1)
        central.links[0].abort()
        await until(lambda: len(central.heard) == 2)
        program.interrupt()
        ended = await program.end()
    assert (ended.status, ended.out) == (0, "")


async def test_who_asks_something_of_its_own_does_not() -> None:
    async with played(Role.DRIVER, answer) as central:
        arguments = ["--driver-id", "D1", "--central", str(central.address), "--json", "list"]
        assert isinstance(await run("driver", *arguments), Ended)
        assert [type(message) for message in central.heard] == [AvailableCpsRequest]
