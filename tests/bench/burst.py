"""
A burst of charge requests, far more than can be decided at once: `python -m tests.bench.burst [REQUESTS] [LINKS]`.

As many drivers ask for one point in the same moment. Meanwhile a Monitor goes on with its heartbeats and brings accounts: those
are to be served, and charges to be put off before everybody waits. Linux only (it reads /proc).
"""

import asyncio
import resource
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from decimal import Decimal

from common import messages as m
from common.clock import SystemClock
from common.ids import random_id
from common.messages import Message
from common.net.address import Address, parse_address
from common.net.dialer import connect
from common.net.link import Link
from common.registry import over_tcp
from common.routes import Role
from tests.orders import Parser, whole
from tests.running import network, peak_mib

ANSWER_WITHIN_S = 60.0
QUIET_S = 5.0
Took = dict[str, list[float]]


async def dial(central: Address, role: Role) -> Link:
    return await connect(central, over_tcp(Role.CENTRAL, role), clock=SystemClock(), ids=random_id)


async def be_a_monitor(central: Address, took: Took, done: asyncio.Event) -> None:
    """Heartbeats, and accounts of a session that nobody knows: each is stored, and acknowledged."""
    link = await dial(central, Role.MONITOR)
    answers = aiter(link)

    async def ask(what: str, message: Message) -> None:
        began = time.perf_counter()
        link.send(message)
        async with asyncio.timeout(ANSWER_WITHIN_S):
            answer = await anext(answers)
        assert not isinstance(answer, m.ErrorResponse), answer
        took[what].append(time.perf_counter() - began)

    await ask("registration", m.RegisterRequest(message_id="r", cp_id="BURST", max_charging_rate_kw=22))
    turn = 0
    while not done.is_set():
        turn += 1
        await ask("heartbeat", m.HeartbeatRequest(message_id=random_id(), cp_id="BURST", status=m.PointStatus.ACTIVE))
        if turn % 10 == 0:
            await ask("account", _account(turn))
        await asyncio.sleep(0.02)
    await link.close()


def _account(turn: int) -> m.ChargeCompletion:
    return m.ChargeCompletion(
        message_id=random_id(),
        timestamp=time.time(),
        cp_id="BURST",
        session_id=f"unknown-{turn}",
        energy_consumed_kwh=Decimal("1.000"),
        total_cost=Decimal("0.30"),
        reason="driver_stop",
    )


async def come(central: Address, number: int) -> tuple[Link, AsyncIterator[Message]]:
    """A driver's link; who says nothing is not kept."""
    link = await dial(central, Role.DRIVER)
    answers = aiter(link)
    link.send(m.ChargingHistoryRequest(message_id=random_id(), driver_id=f"D{number}", limit=1))
    await anext(answers)
    return link, answers


async def ask_at_once(link: Link, answers: AsyncIterator[Message], first: int, count: int, took: Took) -> None:
    began = time.perf_counter()
    for number in range(first, first + count):
        link.send(m.ChargeRequest(message_id=f"b{number}", cp_id="CP001", driver_id=f"D{number}"))
    async with asyncio.timeout(ANSWER_WITHIN_S):
        for _ in range(count):
            answer = await anext(answers)
            assert isinstance(answer, m.ErrorResponse | m.ChargeRequestResponse), answer
            took[answer.error or "success"].append(time.perf_counter() - began)


def tell(when: str, took: Took) -> None:
    for what, seconds in sorted(took.items()):
        ms = [1000 * one for one in seconds]
        p99 = statistics.quantiles(ms, n=100)[98] if len(ms) > 1 else ms[0]
        sys.stdout.write(
            f"{when:6} {what:12} {len(ms):5}: median {statistics.median(ms):7.1f} ms, p99 {p99:7.1f} ms, worst {max(ms):7.1f} ms\n"
        )


async def measure(central: Address, requests: int, links: int) -> None:
    for when in ("quiet", "burst"):
        took: Took = defaultdict(list)
        done = asyncio.Event()
        monitor = asyncio.create_task(be_a_monitor(central, took, done))
        if when == "quiet":
            await asyncio.sleep(QUIET_S)
        else:
            drivers = [await come(central, n * (requests // links)) for n in range(links)]
            each = requests // links
            await asyncio.gather(*(ask_at_once(*one, n * each, each, took) for n, one in enumerate(drivers)))
            for link, _ in drivers:
                await link.close()
        done.set()
        await monitor
        tell(when, took)


def main() -> None:
    ask = Parser(prog="tests.bench.burst", description=__doc__)
    ask.add_argument("requests", nargs="?", type=whole(1), default=5000, help="at once (default: %(default)s)")
    ask.add_argument("links", nargs="?", type=whole(1), default=1000, help="over so many links (default: %(default)s)")
    told = ask.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with network("--points", "1", "--no-driver") as running:
        asyncio.run(measure(parse_address(running.ready["central"]), told.requests, told.links))
        sys.stdout.write(f"Central had at most {peak_mib(running.pids['central']):.0f} MiB.\n")


if __name__ == "__main__":
    main()
