"""The drivers of a load on their links: when all of them are in."""

import asyncio

from charging_point.fleet.drivers import SocketWay
from common import messages as m
from common.clock import SystemClock
from common.framing import MAX_FRAME_BYTES
from common.ids import counted_ids
from common.messages import Message
from common.net.link import Link
from common.process import Tasks
from common.routes import Role
from tests.integration.played_central import DEADLINE_S, PlayedCentral, played


def way_to(central: PlayedCentral, drivers: int, links: int) -> SocketWay:
    names = [f"D{number}" for number in range(drivers)]
    return SocketWay(
        central.address,
        names,
        links,
        lambda _: None,
        secrets=dict.fromkeys(names, "hush"),
        clock=SystemClock(),
        ids=counted_ids(),
        rng=lambda: 0.05,
        limit=MAX_FRAME_BYTES,
        tls=None,
    )


async def test_drivers_whose_link_broke_off_while_they_proved_themselves_prove_themselves_on_the_next() -> None:
    def break_off_once(message: Message, link: Link) -> None:
        link.send(m.AuthResponse(message_id=message.message_id, status="success"))
        if len(central.links) == 1:
            link.close_soon()

    async with played(Role.DRIVER, break_off_once) as central:
        way, tasks = way_to(central, drivers=3, links=1), Tasks(asyncio.Event())
        way.start(tasks)
        async with asyncio.timeout(DEADLINE_S):
            await way.ready()
        await tasks.cancel()
        assert ([type(one) for one in central.heard[-3:]], len(central.links)) == ([m.AuthRequest] * 3, 2)
