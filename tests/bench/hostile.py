"""What honest peers feel of hostile ones: `python -m tests.bench.hostile [CONNECTIONS] [SECONDS]`. Linux only (it reads /proc).

A driver asks Central one question after the other, first alone, then beside connections that say nothing, frames that
arrive a byte a second, and garbage as fast as Central takes it; each of them comes back as soon as it is cut.
"""

import argparse
import asyncio
import os
import resource
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from common import messages as m
from common.clock import SystemClock
from common.ids import random_id
from common.net.address import Address, parse_address
from common.net.dialer import connect
from common.registry import over_tcp
from common.routes import Role
from tests.running import cpu_seconds, network, resident_mib

ANSWER_WITHIN_S = 15.0
#: One in so many sends garbage; one in so many a byte a second.
GARBAGE_EVERY, SLOW_EVERY = 1000, 10
FRAME = b'{"type":"available_cps_request","message_id":"slow","driver_id":"SLOW"}\n'

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def ask_on(central: Address, seconds: float) -> list[float]:
    """How long each answer took."""
    link = await connect(central, over_tcp(Role.CENTRAL, Role.DRIVER), clock=SystemClock(), ids=random_id)
    answers, took, end = aiter(link), [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        link.send(m.AvailableCpsRequest(message_id=random_id(), driver_id="HONEST"))
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await anext(answers)
        took.append(time.perf_counter() - began)
        await asyncio.sleep(0.01)
    await link.close()
    return took


async def be_silent(streams: Streams) -> None:
    await streams[0].read()


async def be_slow(streams: Streams) -> None:
    for byte in FRAME * 100:
        streams[1].write(bytes([byte]))
        await streams[1].drain()
        await asyncio.sleep(1)


async def talk_nonsense(streams: Streams) -> None:
    while True:
        streams[1].write(os.urandom(16_000).replace(b"\n", b"x") + b"\n")
        await streams[1].drain()


async def again_and_again(central: Address, behave: Callable[[Streams], Awaitable[None]]) -> None:
    while True:
        with suppress(OSError):
            streams = await asyncio.open_connection(*central)
            try:
                await behave(streams)
            finally:
                streams[1].transport.abort()
        await asyncio.sleep(0.1)


async def hostile(central: Address, connections: int) -> None:
    async with asyncio.TaskGroup() as all_of_them:
        for n in range(connections):
            behave = talk_nonsense if n % GARBAGE_EVERY == 0 else be_slow if n % SLOW_EVERY == 0 else be_silent
            all_of_them.create_task(again_and_again(central, behave))
            if n % 100 == 0:
                await asyncio.sleep(0.01)


def tell(when: str, took: list[float], pid: int) -> None:
    ms = [1000 * one for one in took]
    p99 = statistics.quantiles(ms, n=100)[98]
    links = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    sys.stdout.write(
        f"{when:8} {len(ms):6} answers: median {statistics.median(ms):7.2f} ms, p99 {p99:7.2f} ms, worst {max(ms):7.2f} ms; "
        f"Central {resident_mib(pid):6.1f} MiB, {links} open files, {cpu_seconds(pid):6.1f} s of processor\n"
    )
    sys.stdout.flush()


def measure(central: str, pid: int, connections: int, seconds: float) -> None:
    address = parse_address(central)
    tell("quiet", asyncio.run(ask_on(address, seconds)), pid)
    # In a process of their own: what they cost there is not what is asked.
    enemies = os.fork()
    if not enemies:
        asyncio.run(hostile(address, connections))
    try:
        time.sleep(12)
        tell("hostile", asyncio.run(ask_on(address, seconds)), pid)
    finally:
        os.kill(enemies, 9)
        os.waitpid(enemies, 0)


def main() -> None:
    ask = argparse.ArgumentParser(prog="tests.bench.hostile", description=__doc__)
    ask.add_argument("connections", nargs="?", type=int, default=10_000, help="hostile ones (default: %(default)s)")
    ask.add_argument("seconds", nargs="?", type=float, default=30.0, help="how long to ask (default: %(default)s)")
    told = ask.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.environ["EV_CENTRAL_MAX_LINKS_PER_ADDRESS"] = str(2 * told.connections)
    with network("--points", "1", "--no-driver") as running:
        measure(running.ready["central"], running.pids["central"], told.connections, told.seconds)


if __name__ == "__main__":
    main()
