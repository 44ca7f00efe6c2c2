"""`ev-fleet drivers`: where a load of drivers is put together."""

import asyncio
import json
import logging
import random

from charging_point import stdin
from charging_point.fleet import load_report
from charging_point.fleet.drivers import KafkaEars, KafkaWay, SocketWay, drive
from charging_point.fleet.load import Load, LoadPlan
from charging_point.fleet.settings import LoadSettings
from common.clock import SystemClock
from common.command import FAILED, OK
from common.errors import BadSetting, CannotStart
from common.ids import numbered_ids
from common.kafka.client import open_bus
from common.messages import Message
from common.net.tls import of_client
from common.process import Tasks, run_process
from common.words import fleet as words

log = logging.getLogger("ev.fleet")

_READY_WITHIN_S = 30.0


def run_load(settings: LoadSettings) -> int:
    """Raises BadSetting, CannotStart."""
    if settings.transport == "kafka" and settings.kafka is None:
        raise BadSetting(words.LOAD_NEEDS_KAFKA())
    plan = LoadPlan(
        points=settings.point_ids(),
        drivers=settings.driver_ids(),
        rate=settings.rate,
        lasts_s=settings.duration,
        charge_s=settings.charge_s,
        energy_kwh=settings.energy,
    )
    secrets = settings.read_secrets(plan.drivers)
    return run_process(settings, lambda stop: _Crowd(settings, plan, secrets, stop).run())


class _Crowd:
    def __init__(self, settings: LoadSettings, plan: LoadPlan, secrets: dict[str, str], stop: asyncio.Event) -> None:
        self._settings = settings
        self._plan = plan
        self._stop = stop
        self._clock, self._ids, self._tasks = SystemClock(), numbered_ids(), Tasks(stop)
        self._load: Load | None = None
        bus = None if settings.kafka is None else open_bus(settings, client_id="ev-fleet-drivers")
        self._ears = None if bus is None else KafkaEars(bus, plan.drivers, self._hear)
        self._way: SocketWay | KafkaWay
        if settings.transport == "kafka" and bus is not None:
            self._way = KafkaWay(bus.publisher(), secrets)
        else:
            self._way = SocketWay(
                settings.central,
                plan.drivers,
                settings.link_count,
                self._hear,
                secrets=secrets,
                clock=self._clock,
                ids=self._ids,
                rng=random.random,
                limit=settings.max_frame_bytes,
                tls=of_client(settings, settings.tls_ca),
            )

    async def run(self) -> int:
        parts = [self._way] if self._ears is None else [self._way, self._ears]
        for part in parts:
            part.start(self._tasks)
        try:
            async with asyncio.timeout(_READY_WITHIN_S):
                await asyncio.gather(*(part.ready() for part in parts))
        except TimeoutError:
            await self._tasks.cancel()
            told = words.LOAD_NOT_READY(central=self._settings.central, seconds=f"{_READY_WITHIN_S:g}")
            raise CannotStart(told) from None
        began = self._clock.now()
        self._load = load = Load(self._plan, began, self._ids)
        await drive(load, self._way, self._stop, self._clock)
        asked_for_s = min(self._plan.lasts_s, self._clock.now().mono - began.mono)
        for part in parts:
            await part.close()
        await self._tasks.cancel()
        self._say(load, asked_for_s)
        return FAILED if self._tasks.failed else OK

    def _hear(self, message: Message) -> None:
        if self._load is not None:
            self._load.hear(message, self._clock.now())

    def _say(self, load: Load, asked_for_s: float) -> None:
        rates = {"rate": self._plan.rate, "rate_sent": round(load.charges.sent / asked_for_s, 3)}
        report = rates | {"transport": self._settings.transport} | load.report()
        if self._settings.json_:
            stdin.say(json.dumps(report))
            return
        for line in load_report.lines(report):
            stdin.say(line)
