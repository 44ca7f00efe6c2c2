"""`ev-engine`: the command line, and the one place where an Engine is put together."""

import asyncio
import logging
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from charging_point import stdin
from charging_point.engine.car import Battery, Car
from charging_point.engine.journal import Journal
from charging_point.engine.lines import MOST_BATTERY_KWH
from charging_point.engine.point import Abilities, Point
from charging_point.engine.runtime import Runtime
from charging_point.engine.vitals import EngineVitals
from common.clock import SystemClock
from common.command import FAILED, OK, VersionFlag, new_app, run_app, with_settings
from common.errors import BadMessage
from common.ids import random_id
from common.kafka.bus import Bus
from common.kafka.client import open_bus
from common.metrics import catalogue as figures
from common.metrics.measures import Measures
from common.net.limits import Limits
from common.net.link import Link
from common.net.server import Server
from common.net.shore import Listener, guard
from common.net.tls import of_listener
from common.process import Tasks, run_process
from common.registry import over_tcp
from common.routes import Role
from common.settings import Listens, Proves, Watchable, WithKafka
from common.ui.terminal import is_terminal
from common.vitals import shown, take_pages
from common.words import shore as words

log = logging.getLogger("ev.engine")

#: A reading that Kafka did not take by then is old, and the next ones go through Monitor.
_DELIVERY_TIMEOUT_S = 5.0
#: One Monitor is all that honestly comes.
_LIMITS = Limits(links=100, links_from_one=100)


class EngineSettings(WithKafka, Proves, Listens, Watchable):
    """What an Engine can be told."""

    process: ClassVar[str] = "engine"

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(6000, ge=0, le=65535, description="port to listen on for Monitor; 0 takes a free one")
    data_dir: Path = Field(Path("ev-data"), description="folder for the journal")
    journal: Path | None = Field(
        None, description="file of the journal; without it engine-PORT.journal in the data dir"
    )
    max_rate_kw: float = Field(22.0, gt=0, le=100_000, description="the most power that the point gives")
    time_scale: float = Field(1.0, gt=0, le=100_000, description="simulated seconds in each real one")
    battery_kwh: float = Field(60.0, ge=0.1, le=MOST_BATTERY_KWH, description="size of the car's battery")
    soc: float = Field(20.0, ge=0, le=100, description="percentage of it that is charged when the car arrives")
    vehicle_max_kw: float = Field(150.0, gt=0, le=100_000, description="the most power that the car takes")
    plugged: bool = Field(True, description="whether a car is plugged in from the start")
    plug_wait_s: float = Field(60.0, gt=0, le=3600, description="how long a start waits for a plug")
    console: bool = Field(True, description="on a terminal, open the console")

    @property
    def listener(self) -> Listener:
        """Its Monitor proves by a certificate who it is: there is no other way."""
        has_tls, proves = self.tls_cert is not None, self.tls_client_ca is not None
        options = ("--tls-cert", "--tls-client-ca")
        return Listener(words.ENGINE, self.host, has_tls=has_tls, proves=proves, remedies=options)


app = new_app(
    "The Engine of a charging point: charges the car, meters it, and takes simulated events on standard input."
)


@app.command()
@with_settings(EngineSettings)
def engine(settings: EngineSettings, version: VersionFlag = False) -> int:
    """Charge as Monitor commands. Events on standard input: plug, unplug, swipe, stop, fault, recover, battery, soc."""
    del version
    secret = settings.read_secret()
    return run_process(settings, lambda stop: _run(settings, secret, stop), traces=settings.traces)


def main() -> int:
    return run_app(app, "ev-engine")


async def _run(settings: EngineSettings, secret: str | None, stop: asyncio.Event) -> int:
    own = of_listener(settings)
    guard([settings.listener], insecure=settings.insecure)
    bus = _bus(settings)
    ready: asyncio.Future[Runtime] = asyncio.get_running_loop().create_future()

    pages, measures = take_pages(settings, settings.metrics), Measures()

    async def serve(link: Link) -> None:
        await (await ready).serve(link)

    def note_bad_frame(bad: BadMessage) -> None:
        measures.add(figures.ENGINE_BAD_FRAMES, bad.code)
        log.warning("Refused what arrived (%s): %s", bad.code, bad.sentence)

    server = Server(
        serve,
        over_tcp(Role.MONITOR, Role.ENGINE),
        clock=SystemClock(),
        ids=random_id,
        limit=settings.max_frame_bytes,
        on_bad=note_bad_frame,
        tls=own,
        limits=_LIMITS,
        on_cut=lambda why: measures.add(figures.ENGINE_LINKS_CUT, why),
        doorstep=True,
    )
    # The journal is named after the port, so the port comes first; who connects waits until the rest is ready.
    address = await server.start(settings.host, settings.port)
    journal = Journal(settings.journal or settings.data_dir / f"engine-{address.port}.journal")
    publisher = bus.publisher() if bus else None
    point = _point(settings, journal, has_kafka=publisher is not None)
    runtime = Runtime(point, journal, publisher, clock=SystemClock(), ids=random_id, measures=measures, secret=secret)
    runtime.restart()
    ready.set_result(runtime)
    tasks = Tasks(stop)
    vitals = EngineVitals(point, journal, publisher, measures=measures, tasks=tasks)
    async with shown(pages, "engine", measures, vitals, stop=stop, say=stdin.say):
        tasks.start("timer", runtime.tick_forever())
        stdin.say(f"ev-engine listening on {address}")
        if settings.console and is_terminal():
            from charging_point.engine.console import show  # noqa: PLC0415 - Rich is slow to load, and most have no terminal

            panel = show(point, runtime, journal, address=address, stop=stop)
            await asyncio.wait({tasks.start("panel", panel)})
        else:
            stdin.start(runtime.obey, asyncio.get_running_loop())
        await stop.wait()
        await server.stop_listening()
        await runtime.shut_down()
        await tasks.cancel()
        await server.stop()
    if publisher is not None:
        await publisher.close()
    journal.close()
    return FAILED if tasks.failed else OK


def _bus(settings: EngineSettings) -> Bus | None:
    if settings.kafka is None:
        return None
    return open_bus(settings, client_id=f"ev-engine-{settings.port}", delivery_timeout_s=_DELIVERY_TIMEOUT_S)


def _point(settings: EngineSettings, journal: Journal, *, has_kafka: bool) -> Point:
    capacity_wh = settings.battery_kwh * 1000.0
    battery = Battery(capacity_wh, capacity_wh * settings.soc / 100.0)
    car = Car(battery, max_kw=settings.vehicle_max_kw, plugged=settings.plugged)
    abilities = Abilities(settings.max_rate_kw, settings.time_scale, settings.plug_wait_s)
    return Point(abilities, car, journal.ledger, ids=random_id, kafka_is_up=has_kafka)
