"""`ev-monitor`: the command line, and the one place where a Monitor is put together."""

import asyncio
import random

from charging_point import stdin
from charging_point.monitor.runtime import Runtime
from charging_point.monitor.settings import MonitorSettings
from charging_point.monitor.timings import Timings
from charging_point.monitor.watch import Watch
from common.clock import SystemClock
from common.command import FAILED, OK, VersionFlag, new_app, run_app, with_settings
from common.ids import random_id
from common.metrics.measures import Measures
from common.net.tls import of_client
from common.process import Tasks, run_process
from common.ui.terminal import is_terminal
from common.vitals import shown, take_pages

app = new_app("The Monitor of a charging point: watches over its Engine and links it to Central.")


@app.command()
@with_settings(MonitorSettings)
def monitor(settings: MonitorSettings, version: VersionFlag = False) -> int:
    """Link Engine and Central. Orders on standard input: fault TYPE [description], recover, status."""
    del version
    secret = settings.read_secret()
    return run_process(settings, lambda stop: _run(settings, secret, stop), traces=settings.traces)


def main() -> int:
    return run_app(app, "ev-monitor")


async def _run(settings: MonitorSettings, secret: str | None, stop: asyncio.Event) -> int:
    to_central = of_client(settings, settings.tls_ca, other_ca=settings.engine_tls_ca)
    to_engine = of_client(settings, settings.engine_tls_ca, option="--engine-tls-ca", other_ca=settings.tls_ca)
    pages = take_pages(settings, settings.metrics)
    tasks, measures = Tasks(stop), Measures()
    watch, has_panel = _watch(settings, secret), settings.console and is_terminal()
    runtime = Runtime(
        watch,
        engine=settings.engine,
        central=settings.central,
        say=_unsaid if has_panel else stdin.say,
        tasks=tasks,
        clock=SystemClock(),
        ids=random_id,
        rng=random.random,
        frame_limit=settings.max_frame_bytes,
        measures=measures,
        central_tls=to_central,
        engine_tls=to_engine,
    )
    async with shown(pages, "monitor", measures, runtime.vitals, stop=stop, say=stdin.say):
        runtime.run()
        if has_panel:
            from charging_point.monitor.console import show  # noqa: PLC0415 - Rich is slow to load, and most have no terminal

            await asyncio.wait({tasks.start("panel", show(watch, runtime, stop))})
        else:
            stdin.start(runtime.obey, asyncio.get_running_loop())
        await stop.wait()
        await tasks.cancel()
    return FAILED if tasks.failed else OK


def _unsaid(_line: str) -> None:
    """What is said of registrations stands on the panel, and nothing may be written across it."""


def _watch(settings: MonitorSettings, secret: str | None) -> Watch:
    timings = Timings(
        answer_s=settings.answer_s,
        health_interval_s=settings.health_interval_s,
        heartbeat_interval_s=settings.heartbeat_interval_s,
        silence_s=settings.silence_s,
    )
    return Watch(settings.announcement(), ids=random_id, timings=timings, secret=secret)
