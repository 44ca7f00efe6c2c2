"""A Central that has every point charge and stores nothing: what a fleet costs is measured against it, not against a database."""

import asyncio
import json
import sys
from collections.abc import Iterator
from decimal import Decimal

from common import messages as m
from common.clock import SystemClock
from common.ids import numbered_ids
from common.kafka.client import KafkaBus
from common.messages import Message
from common.net.limits import Limits
from common.net.link import Link
from common.net.server import Server
from common.registry import over_tcp
from common.routes import Role

_PRICE = Decimal("0.30")
_NO_LIMITS = Limits(links=20_000, links_from_one=20_000, frames_per_s=1e9)
_IDS = numbered_ids()


def answers(message: Message) -> Iterator[Message]:
    """Whoever registers is told to charge."""
    match message:
        case m.RegisterRequest():
            yield m.RegisterResponse(message_id=message.message_id, status="success", price_per_kwh=_PRICE)
            yield m.StartChargingCommand(
                message_id=_IDS(),
                cp_id=message.cp_id,
                session_id=_IDS(),
                driver_id="D1",
                price_per_kwh=_PRICE,
                max_charging_rate_kw=message.max_charging_rate_kw,
            )
        case m.HeartbeatRequest():
            yield m.HeartbeatResponse(message_id=message.message_id, status="success")
        case m.ChargeCompletion():
            yield m.ChargeCompletionAck(
                message_id=message.message_id, cp_id=message.cp_id, session_id=message.session_id
            )
        case _:
            pass


async def serve(link: Link) -> None:
    async for message in link:
        for told in answers(message):
            link.send(told)


async def main() -> None:
    """Standard input: the broker's address, whose topics are made; standard output: ours."""
    kafka = sys.stdin.readline().strip()
    if kafka:
        await KafkaBus(kafka, client_id="sink").create_topics(12, 1)
    server = Server(serve, over_tcp(Role.MONITOR, Role.CENTRAL), clock=SystemClock(), ids=_IDS, limits=_NO_LIMITS)
    address = await server.start("127.0.0.1", 0)
    sys.stdout.write(f"{json.dumps(str(address))}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
