"""From a driver's request to Engine's acceptance to the driver's answer: `python -m tests.bench.charge_latency [CHARGES]`.

Real processes, one charge at a time, each stopped before the next; with the embedded broker and SQLite, or with the
servers that `--kafka HOST:PORT` and `--database URL` name.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from common import messages as m
from common.clock import SystemClock
from common.codec import decode
from common.ids import random_id
from common.kafka.bus import outgoing
from common.kafka.client import KafkaBus
from common.messages import Message
from common.net.address import parse_address
from common.net.dialer import connect
from common.registry import over_kafka, over_tcp
from common.routes import Role, Topic
from tests.orders import Parser, whole
from tests.running import Running, network

DRIVER = "BENCH"
ANSWER_WITHIN_S = 15.0
WARM_UP = 5
#: An outside Kafka may hold other networks, and other runs of this.
PREFIX = f"bench-{uuid.uuid4().hex[:8]}."

#: Sends a request and returns its answer.
Ask = Callable[[Message], Awaitable[Message]]


@asynccontextmanager
async def over_socket(running: Running) -> AsyncIterator[Ask]:
    address = parse_address(running.ready["central"])
    link = await connect(address, over_tcp(Role.CENTRAL, Role.DRIVER), clock=SystemClock(), ids=random_id)
    answers = aiter(link)

    async def ask(request: Message) -> Message:
        link.send(request)
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while True:
                answer = await anext(answers)
                if answer.message_id == request.message_id:
                    return answer

    yield ask
    await link.close()


@asynccontextmanager
async def over_topics(running: Running) -> AsyncIterator[Ask]:
    bus = KafkaBus(running.ready["kafka"], client_id=DRIVER, prefix=PREFIX, fetch_wait_ms=50)
    publisher, subscriber = bus.publisher(), bus.one_key(Topic.DRIVER_RESPONSES, DRIVER)
    await subscriber.started()
    accepts = over_kafka(Topic.DRIVER_RESPONSES, Role.DRIVER)
    topics = {"charge_request": Topic.CHARGE_REQUESTS, "stop_charging_request": Topic.STOP_REQUESTS}
    batches = aiter(subscriber.batches())

    async def ask(request: Message) -> Message:
        publisher.publish(outgoing(topics[request.type], DRIVER, request))
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while True:
                for record in await anext(batches):
                    answer = decode(record.value, accepts)
                    if answer.message_id == request.message_id:
                        return answer

    yield ask
    await subscriber.close()
    await publisher.close()


async def charge_once(ask: Ask, cp_id: str) -> float:
    """One charge: seconds from its request to its answer."""
    while True:
        started = time.perf_counter()
        answer = await ask(
            m.ChargeRequest(message_id=random_id(), timestamp=time.time(), cp_id=cp_id, driver_id=DRIVER)
        )
        took = time.perf_counter() - started
        assert isinstance(answer, m.ChargeRequestResponse)
        if answer.session_id is None:  # the point is still busy with the end of the one before
            await asyncio.sleep(0.02)
            continue
        stop = m.StopChargingRequest(
            message_id=random_id(), timestamp=time.time(), cp_id=cp_id, session_id=answer.session_id, driver_id=DRIVER
        )
        await ask(stop)
        return took


async def measure(
    name: str, asking: Callable[[Running], AbstractAsyncContextManager[Ask]], running: Running, charges: int
) -> None:
    cp_id = running.ready["points"][0]["cp_id"]
    async with asking(running) as ask:
        took = [await charge_once(ask, cp_id) for _ in range(WARM_UP + charges)][WARM_UP:]
    took.sort()
    figures = f"median {1000 * statistics.median(took):6.1f} ms, p90 {1000 * took[int(0.9 * len(took))]:6.1f} ms"
    sys.stdout.write(f"{name:8} {figures}, longest {1000 * took[-1]:6.1f} ms ({charges} charges)\n")


def _options() -> argparse.Namespace:
    parser = Parser(description="Seconds from a charge request to its answer.")
    parser.add_argument(
        "charges", nargs="?", type=whole(1), default=50, help="charges to measure (default: %(default)s)"
    )
    parser.add_argument("--kafka", metavar="HOST:PORT", help="an outside Kafka; without it the embedded broker")
    parser.add_argument("--database", metavar="URL", help="an outside, empty database; without it SQLite")
    return parser.parse_args()


def main() -> None:
    told = _options()
    os.environ["EV_KAFKA_TOPIC_PREFIX"] = PREFIX
    os.environ["EV_CENTRAL_MAX_REQUESTS_PER_DRIVER_S"] = "1000000"  # one driver asks all day
    servers = [f"--{name}={value}" for name in ("kafka", "database") if (value := getattr(told, name))]
    with network("--points", "1", "--no-driver", *servers) as running:
        asyncio.run(measure("TCP", over_socket, running, told.charges))
        asyncio.run(measure("Kafka", over_topics, running, told.charges))


if __name__ == "__main__":
    main()
