"""
What honest peers feel of hostile ones: `python -m tests.bench.hostile [CONNECTIONS] [SECONDS]`. Linux only (it reads /proc).

A driver asks Central one question after the other, and beside it newcomers connect, ask once and leave: first alone; then
while the enemies (enemies.py) have a server of their own, which does nothing, so that what they cost the machine is seen
apart; then while they have Central. With --same-address the honest come from the same address as the hostile.
"""

import argparse
import asyncio
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

from common import messages as m
from common.clock import SystemClock
from common.ids import random_id
from common.net.address import Address, parse_address
from common.net.dialer import connect
from common.net.server import bind
from common.registry import over_tcp
from common.routes import Role
from tests.bench.enemies import HALF, Horde, serve_barely
from tests.running import cpu_seconds, network, peak_mib

ANSWER_WITHIN_S = 15.0
#: All that are cut together come back together; by then they are spread.
SETTLE_S = 25.0
SOURCES = [f"127.0.0.{n}" for n in range(2, 12)]
FACTOR = 3.0
SAY = {"nothing": b"", "half": HALF}


@dataclass(slots=True)
class Felt:
    """How long each answer took, and how many never came."""

    staying: list[float] = field(default_factory=list)
    newcomers: list[float] = field(default_factory=list)
    unanswered: int = 0


async def ask_on(central: Address, end: float, felt: Felt) -> None:
    link = await connect(central, over_tcp(Role.CENTRAL, Role.DRIVER), clock=SystemClock(), ids=random_id)
    answers, turn = aiter(link), 0
    while time.monotonic() < end:
        turn += 1
        began = time.perf_counter()
        # A driver may ask so often only; these are many.
        link.send(m.AvailableCpsRequest(message_id=random_id(), driver_id=f"HONEST{turn % 20}"))
        async with asyncio.timeout(ANSWER_WITHIN_S):
            answer = await anext(answers)
        assert isinstance(answer, m.AvailableCpsResponse), answer
        felt.staying.append(time.perf_counter() - began)
        await asyncio.sleep(0.01)
    await link.close()


async def come_and_ask(central: Address, end: float, felt: Felt) -> None:
    turn = 0
    while time.monotonic() < end:
        turn += 1
        began = time.perf_counter()
        with suppress(TimeoutError, OSError, StopAsyncIteration):
            async with asyncio.timeout(ANSWER_WITHIN_S):
                link = await connect(central, over_tcp(Role.CENTRAL, Role.DRIVER), clock=SystemClock(), ids=random_id)
                link.send(m.AvailableCpsRequest(message_id=random_id(), driver_id=f"NEW{turn % 20}"))
                answer = await anext(aiter(link))
            if isinstance(answer, m.AvailableCpsResponse):
                felt.newcomers.append(time.perf_counter() - began)
            else:
                felt.unanswered += 1
            await link.close()
        await asyncio.sleep(0.04)


async def ask(central: Address, seconds: float) -> Felt:
    felt, end = Felt(), time.monotonic() + seconds
    await asyncio.gather(ask_on(central, end, felt), come_and_ask(central, end, felt))
    return felt


def p99(took: list[float]) -> float:
    return 1000 * statistics.quantiles(took, n=100)[98]


def tell(when: str, felt: Felt, pid: int, cpu: float) -> None:
    links = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    sys.stdout.write(
        f"{when:9} {len(felt.staying):5} answers: median {1000 * statistics.median(felt.staying):6.2f} ms, "
        f"p99 {p99(felt.staying):7.2f} ms, worst {1000 * max(felt.staying):7.2f} ms; "
        f"{len(felt.newcomers):4} newcomers: median {1000 * statistics.median(felt.newcomers):6.2f} ms, "
        f"p99 {p99(felt.newcomers):7.2f} ms, {felt.unanswered} unanswered; "
        f"Central: {cpu:.0%} of a core, {links} open files, at most {peak_mib(pid):.0f} MiB; "
        f"load of the machine {os.getloadavg()[0]:.1f}\n"
    )
    sys.stdout.flush()


@contextmanager
def aside(work: Callable[[], None]) -> Iterator[None]:
    """In a process of its own, that ends with the block."""
    pid = os.fork()
    if not pid:
        try:
            work()
        finally:
            os._exit(1)
    try:
        yield
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def measure(told: argparse.Namespace, central: Address, pid: int) -> None:
    sources = ["127.0.0.1"] if told.same_address else SOURCES
    felt: dict[str, Felt] = {}

    def look(when: str) -> None:
        before = cpu_seconds(pid)
        felt[when] = asyncio.run(ask(central, told.seconds))
        tell(when, felt[when], pid, (cpu_seconds(pid) - before) / told.seconds)

    look("quiet")
    bare = bind("127.0.0.1", 0)
    bare.listen(4096)
    says = SAY[told.say]
    others = Horde(Address(*bare.getsockname()), told.connections, sources, says)
    with aside(lambda: serve_barely(bare)), aside(others.run):
        time.sleep(SETTLE_S)
        look("elsewhere")
    look("quiet")
    with aside(Horde(central, told.connections, sources, says).run):
        time.sleep(SETTLE_S)
        look("hostile")
    for name, pick in (("staying", attrgetter("staying")), ("newcomers", attrgetter("newcomers"))):
        quiet, elsewhere, hostile = (p99(pick(felt[when])) for when in ("quiet", "elsewhere", "hostile"))
        sys.stdout.write(
            f"{name}: p99 is {hostile / quiet:.1f} times its quiet value (bar: {FACTOR:.0f}), "
            f"{hostile / elsewhere:.1f} times that beside the same enemies elsewhere\n"
        )


def main() -> None:
    ask_for = argparse.ArgumentParser(prog="tests.bench.hostile", description=__doc__)
    ask_for.add_argument("connections", nargs="?", type=int, default=10_000, help="hostile ones (default: %(default)s)")
    ask_for.add_argument("seconds", nargs="?", type=float, default=30.0, help="how long to ask (default: %(default)s)")
    ask_for.add_argument("--same-address", action="store_true", help="the hostile come from the address of the honest")
    ask_for.add_argument(
        "--say", choices=SAY, default="nothing", help="what the silent ones say first (default: %(default)s)"
    )
    told = ask_for.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with network("--points", "1", "--no-driver") as running:
        measure(told, parse_address(running.ready["central"]), running.pids["central"])


if __name__ == "__main__":
    main()
