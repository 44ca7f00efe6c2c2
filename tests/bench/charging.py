"""
What a network costs that charges at every point: `python -m tests.bench.charging [POINTS] [SECONDS]`. Linux only.

With the embedded broker and SQLite; each point meters once a second.
"""

import asyncio
import time

from common import messages as m
from common.clock import SystemClock
from common.ids import random_id
from common.net.address import parse_address
from common.net.dialer import connect
from common.registry import over_tcp
from common.routes import Role
from tests.bench.idle import cost
from tests.orders import Parser, more_than_none, whole
from tests.running import Running, network

ANSWER_WITHIN_S = 30.0
SETTLE_S = 5.0


async def charge_everywhere(running: Running) -> None:
    """A driver of its own for each point; returns when all have said yes."""
    ids = [point["cp_id"] for point in running.ready["points"]]
    address = parse_address(running.ready["central"])
    link = await connect(address, over_tcp(Role.CENTRAL, Role.DRIVER), clock=SystemClock(), ids=random_id)
    for cp_id in ids:
        link.send(m.ChargeRequest(message_id=random_id(), timestamp=time.time(), cp_id=cp_id, driver_id=f"OF-{cp_id}"))
    answers = aiter(link)
    async with asyncio.timeout(ANSWER_WITHIN_S):
        for _ in ids:
            answer = await anext(answers)
            assert isinstance(answer, m.ChargeRequestResponse), answer
            assert answer.session_id is not None, answer
    await link.close()


def main() -> None:
    ask = Parser(prog="tests.bench.charging", description=__doc__)
    ask.add_argument("points", nargs="?", type=whole(1), default=10, help="charging points (default: %(default)s)")
    ask.add_argument(
        "seconds", nargs="?", type=more_than_none, default=30.0, help="how long to watch (default: %(default)s)"
    )
    told = ask.parse_args()
    with network("--points", str(told.points), "--no-driver") as running:
        asyncio.run(charge_everywhere(running))
        time.sleep(SETTLE_S)
        cost(running, told.seconds)


if __name__ == "__main__":
    main()
