"""Charging points in this process: each with its own real Monitor and Engine, their sockets and a journal on the disk."""

import asyncio
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from charging_point.engine.car import Battery, Car
from charging_point.engine.journal import Journal
from charging_point.engine.point import Abilities, Point
from charging_point.engine.runtime import Runtime as Engine
from charging_point.monitor.runtime import Runtime as Monitor
from charging_point.monitor.timings import Timings
from charging_point.monitor.watch import Watch
from common.clock import SystemClock
from common.framing import MAX_FRAME_BYTES
from common.ids import random_id
from common.kafka.bus import Publisher
from common.messages import RegisterRequest
from common.metrics.measures import Measures
from common.net.address import Address
from common.net.server import Server
from common.process import Tasks
from common.registry import over_tcp
from common.routes import Role

#: A battery that no charge of a test fills.
_BATTERY = Battery(1e9, 0.0)
_POWER_KW = 22.0
#: Never compacted: the audit reads every entry.
_NEVER = 1 << 40


class ChargingPoint:
    def __init__(self, cp_id: str, directory: Path, publisher: Publisher, *, time_scale: float) -> None:
        self.cp_id = cp_id
        self.journal_path = directory / f"{cp_id}.journal"
        self._journal = Journal(self.journal_path, compact_above=_NEVER)
        car = Car(_BATTERY, max_kw=_POWER_KW, plugged=True)
        abilities = Abilities(_POWER_KW, time_scale, plug_wait_s=60.0)
        self.point = Point(abilities, car, self._journal.ledger, ids=random_id, kafka_is_up=True)
        self.engine = Engine(
            self.point, self._journal, publisher, clock=SystemClock(), ids=random_id, measures=Measures()
        )
        self._server = Server(
            self.engine.serve, over_tcp(Role.MONITOR, Role.ENGINE), clock=SystemClock(), ids=random_id
        )

    async def start(self, central: Address, tasks: Tasks, say: Callable[[str], None]) -> None:
        """`say` hears the Monitor's lines: that it registered, above all."""
        engine_at = await self._server.start("127.0.0.1", 0)
        tasks.start(f"{self.cp_id} timer", self.engine.tick_forever())
        announcement = RegisterRequest(
            message_id="announcement",
            cp_id=self.cp_id,
            max_charging_rate_kw=_POWER_KW,
            price_per_kwh=Decimal("0.30"),
        )
        Monitor(
            Watch(announcement, ids=random_id, timings=Timings(), secret=None),
            engine=engine_at,
            central=central,
            say=say,
            tasks=tasks,
            clock=SystemClock(),
            ids=random_id,
            rng=random.random,
            frame_limit=MAX_FRAME_BYTES,
            measures=Measures(),
        ).run()

    @property
    def owes(self) -> bool:
        """Whether a charge runs or an account waits for its acknowledgement."""
        return self.point.session_id is not None or bool(self.point.completions)

    async def stop(self) -> None:
        await self._server.stop()
        self._journal.close()


async def start_points(
    count: int, directory: Path, central: Address, publisher: Publisher, tasks: Tasks, *, time_scale: float
) -> list[ChargingPoint]:
    """Started and registered."""
    registered = asyncio.Event()
    seen: set[str] = set()

    def note(line: str) -> None:
        seen.add(line.split()[1])
        if len(seen) == count:
            registered.set()

    points = [ChargingPoint(f"CP{n:03}", directory, publisher, time_scale=time_scale) for n in range(1, count + 1)]
    for point in points:
        await point.start(central, tasks, note)
    async with asyncio.timeout(60):
        await registered.wait()
    return points
