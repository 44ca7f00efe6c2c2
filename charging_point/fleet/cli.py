"""`ev-fleet`: the command line, and the one place where a fleet is put together."""

import asyncio
import gc
import json
import logging
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from charging_point import stdin
from charging_point.fleet.building import Ground, build
from charging_point.fleet.figures import Tally, summary
from charging_point.fleet.journal import InMemory, SharedJournal
from charging_point.fleet.load_cli import run_load
from charging_point.fleet.progress import Progress
from charging_point.fleet.runtime import Runtime
from charging_point.fleet.settings import FleetSettings, LoadSettings
from charging_point.fleet.spec import FleetSpec
from charging_point.monitor.timings import Timings
from common.clock import SystemClock
from common.command import FAILED, OK, VersionFlag, new_app, run_app, shared_settings, with_settings
from common.ids import numbered_ids
from common.kafka.client import open_bus
from common.net.server import make_room
from common.net.tls import of_client
from common.process import Tasks, run_process
from common.ui.terminal import is_terminal
from common.words import fleet as words

log = logging.getLogger("ev.fleet")

#: As `ev-engine` gives it.
_DELIVERY_TIMEOUT_S = 5.0
_YOUNG_OBJECTS = 50_000

app = new_app("Many charging points in one process, for trying a network and for loading it.")


@app.command("run")
@with_settings(FleetSettings)
def run(settings: FleetSettings) -> int:
    """Run the points until told to stop, or for --duration; so does ev-fleet without a command."""
    spec = settings.read_spec()
    secrets = settings.read_secrets([cp_id for template in spec.points for cp_id in template.ids()])
    return run_process(settings, lambda stop: _run(settings, spec, secrets, stop))


@app.callback(invoke_without_command=True)
@shared_settings(FleetSettings, alone=run)
def options(version: VersionFlag = False) -> None:
    """Many charging points in one process, for trying a network and for loading it."""
    del version


@app.command("drivers")
@with_settings(LoadSettings)
def drivers(settings: LoadSettings) -> int:
    """Have drivers ask for charges at a given rate, follow and stop them; tell outcomes and latencies."""
    return run_load(settings)


def main() -> int:
    return run_app(app, "ev-fleet")


async def _run(settings: FleetSettings, spec: FleetSpec, secrets: dict[str, str], stop: asyncio.Event) -> int:
    if settings.log_level == "info":
        logging.getLogger("ev.engine").setLevel(logging.WARNING)  # what each of thousands does is counted instead
    tls = of_client(settings, settings.tls_ca)
    bus = None
    if settings.kafka is not None:
        bus = open_bus(settings, client_id="ev-fleet", delivery_timeout_s=_DELIVERY_TIMEOUT_S)
    clock, ids, tasks, tally = SystemClock(), numbered_ids(), Tasks(stop), Tally()
    accounts: InMemory | SharedJournal = InMemory() if settings.journal is None else SharedJournal(settings.journal)
    if isinstance(accounts, SharedJournal):
        accounts.must_know({cp_id for template in spec.points for cp_id in template.ids()})
    publisher = bus.publisher() if bus else None
    seed = _seed(settings, spec)
    runtime = Runtime(
        tasks=tasks,
        clock=clock,
        ids=ids,
        rng=random.random,
        accounts=accounts,
        publisher=publisher,
        tally=tally,
        silent_after_s=settings.answer_s,
    )
    began = clock.now()
    ground = Ground(
        outside=runtime,
        ids=ids,
        chances=lambda name: random.Random(f"{seed} {name}"),  # noqa: S311 - simulated traffic, not secrets
        toll=tally.toll,
        began=began,
        timings=Timings(answer_s=settings.answer_s, heartbeat_interval_s=settings.heartbeat_interval_s),
        time_scale=settings.time_scale,
        has_kafka=publisher is not None,
        ledgers=accounts.ledgers,
        secret_of=secrets.get,
    )
    if settings.link_count is None:
        make_room(spec.count)
    pairs = list(build(spec, ground))
    runtime.open(pairs, settings.central, settings.link_count, limit=settings.max_frame_bytes, tls=tls)
    _leave_alone_what_stays()
    has_board = settings.console and is_terminal() and not settings.json_
    say = _teller(settings, has_board=has_board)
    central, every_s = str(settings.central), settings.progress_s
    progress = Progress(runtime, tally, central, clock, say=say, every_s=every_s, is_watched=has_board)
    tasks.start("progress", progress.run())
    tasks.start("begin", runtime.begin())
    if has_board:
        from charging_point.fleet.console import show  # noqa: PLC0415 - Rich is slow to load, and most have no terminal

        tasks.start("panel", show(progress, stop, clock))
    await _until_over(stop, settings.duration)
    before = runtime.standing()
    await runtime.stop(stop)
    await tasks.cancel()
    if publisher is not None:
        await publisher.close()
    accounts.close()
    told = replace(before, owed=runtime.standing().owed)
    figures = summary(tally, told, seconds=clock.now().mono - began.mono, seed=seed) | {"away": runtime.away()}
    stdin.say(json.dumps(figures) if settings.json_ else words.SUMMARY(**_told(figures)))
    return FAILED if tasks.failed else OK


async def _until_over(stop: asyncio.Event, duration: float | None) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(duration):
            await stop.wait()


def _told(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: figures[name] for name in ("points", "seconds", "readings", "energy_kwh", "owed")},
        "begun": figures["sessions_begun"],
        "ended": sum(figures["sessions_ended"].values()),
    }


def _teller(settings: FleetSettings, *, has_board: bool) -> Callable[[str], None]:
    """Progress goes where nobody looks for the summary, and nowhere while the board has the screen."""
    if has_board:
        return lambda _: None
    if settings.json_:
        return _to_stderr
    return stdin.say


def _to_stderr(line: str) -> None:
    with suppress(OSError):
        sys.stderr.write(f"{line}\n")


def _seed(settings: FleetSettings, spec: FleetSpec) -> int:
    """That of the command line, else of the file, else any: the summary says which, so that the run can be repeated."""
    told = settings.seed if settings.seed is not None else spec.seed
    return random.SystemRandom().randrange(1_000_000_000) if told is None else told


def _leave_alone_what_stays() -> None:
    """Thousands of points live as long as the process: the collector need not look through them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])
