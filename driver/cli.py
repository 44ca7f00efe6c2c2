"""The command line of a driver, and its composition root: the one place that builds the adapters."""

import asyncio
import random
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, TextIO

import typer
from pydantic import TypeAdapter, ValidationError

from common.clock import SystemClock
from common.command import OK, VersionFlag, new_app, run_app, shared_settings, with_settings
from common.errors import BadSetting
from common.ids import random_id
from common.kafka.bus import Bus
from common.kafka.client import open_bus
from common.messages.fields import SessionId
from common.metrics.measures import Measures
from common.net.tls import of_client, of_metrics
from common.process import run_process
from common.settings import read_text
from common.ui.notes import Notes
from common.ui.terminal import is_terminal
from common.vitals import shown, take_pages
from common.words import errands as words
from common.words.driver import NO_COMMAND
from driver.app import App
from driver.console.app import AppScreen, on_stage
from driver.console.lines import HumanScreen, JsonScreen, Screen
from driver.entries import is_id, read_energy
from driver.errands import Charge, Errand, Listen, Question, Stop
from driver.itinerary import Itinerary, read_points
from driver.runtime import Runtime
from driver.settings import AppSettings, DriverSettings
from driver.trip import QUIET_ALONE_S, QUIET_WITH_KAFKA_S, Trip

app = new_app("A driver: finds points, charges, follows and stops charges, sees what they cost.")

_SESSION_ID: TypeAdapter[str] = TypeAdapter(SessionId)

Point = Annotated[str, typer.Argument(metavar="CP", help="cp_id of the charging point")]
Energy = Annotated[str | None, typer.Option("--energy", metavar="KWH", help="end the charge after so many kWh")]


@app.command("app")
@with_settings(AppSettings)
def open_app(settings: AppSettings) -> int:
    """Open the app on this terminal; so does ev-driver without a command."""
    if not (settings.console and is_terminal()):
        raise BadSetting(NO_COMMAND())
    _check(settings)
    secret = settings.read_secret()

    async def serve(stop: asyncio.Event) -> int:
        notes = Notes()
        screen = AppScreen(notes, SystemClock())
        with notes.instead():
            conclude = await on_stage(screen, _drive(settings, screen, secret, stop), stop)
        return conclude()

    return run_process(settings, serve, traces=settings.traces)


@app.callback(invoke_without_command=True)
@shared_settings(DriverSettings, alone=open_app)
def options(version: VersionFlag = False) -> None:
    """A driver: finds points, charges, follows and stops charges, sees what they cost."""


@app.command("list")
@with_settings(DriverSettings)
def list_points(settings: DriverSettings) -> int:
    """Show the charging points, those that can charge now first."""
    return _run(settings, lambda trip: Question(trip, trip.list_points))


@app.command()
@with_settings(DriverSettings)
def charge(
    settings: DriverSettings,
    cp: Point,
    energy: Energy = None,
    follow: Annotated[bool, typer.Option("--follow", help="show the charge until its ticket")] = False,
) -> int:
    """Ask for a charge at a point."""
    cp_id, limit = _point(cp), _energy(energy)
    return _run(settings, lambda trip: Charge(trip, cp_id, limit, follow=follow), stays=follow, limit_kwh=limit)


@app.command()
@with_settings(DriverSettings)
def stop(
    settings: DriverSettings,
    session: Annotated[str, typer.Argument(metavar="SESSION", help="session_id of the charge")],
    cp: Annotated[
        str | None, typer.Option("--cp", metavar="CP", help="its point, when known: saves a question")
    ] = None,
) -> int:
    """End a charge and wait for its ticket."""
    try:
        session_id = _SESSION_ID.validate_python(session)
    except ValidationError:
        raise BadSetting(words.NO_SESSION_ID(told=session[:80])) from None
    cp_id = None if cp is None else _point(cp)
    return _run(settings, lambda trip: Stop(trip, session_id, cp_id))


@app.command()
@with_settings(DriverSettings)
def history(
    settings: DriverSettings,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="so many sessions")] = 20,
) -> int:
    """Show the driver's sessions, newest first."""
    return _run(settings, lambda trip: Question(trip, lambda now: trip.list_sessions(limit, now)))


@app.command()
@with_settings(DriverSettings)
def run(
    settings: DriverSettings,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="points to charge at, one cp_id a line")],
    wait: Annotated[float, typer.Option("--wait", metavar="S", min=0, help="seconds between two charges")] = 4.0,
    energy: Energy = None,
    repeat: Annotated[bool, typer.Option("--repeat", help="the same points again and again, until Ctrl-C")] = False,
) -> int:
    """Charge at each point of a file in turn; go on after a refusal."""
    points, limit = read_points(str(file), read_text(file)), _energy(energy)
    return _run(
        settings,
        lambda trip: Itinerary(trip, points, pause_s=wait, energy_limit_kwh=limit, repeats=repeat),
        stays=True,
        limit_kwh=limit,
    )


@app.command()
@with_settings(DriverSettings)
def listen(settings: DriverSettings) -> int:
    """Stay connected and show everything the driver is told, until Ctrl-C."""
    return _run(settings, Listen, listening=True, stays=True)


def main() -> int:
    return run_app(app, "ev-driver")


def _run(
    settings: DriverSettings,
    make_errand: Callable[[Trip], Errand],
    *,
    listening: bool = False,
    stays: bool = False,
    limit_kwh: Decimal | None = None,
) -> int:
    """Run an errand. Only one that stays for a while can be watched: the others would be gone before anybody looked."""
    _check(settings)
    secret = settings.read_secret()

    async def serve(stop: asyncio.Event) -> int:
        pages, measures = take_pages(settings, settings.metrics if stays else None), Measures()
        quiet_s = QUIET_ALONE_S if settings.kafka is None else QUIET_WITH_KAFKA_S
        trip = Trip(settings.driver_id, ids=random_id, quiet_s=quiet_s, hears_all=listening)
        screen = _screen(settings, limit_kwh)
        fetch_wait_ms = settings.fetch_wait_ms(listening=listening)
        runtime = _runtime(settings, trip, make_errand(trip), screen, fetch_wait_ms, secret, measures)
        # Beside events in JSON there is no room for other words on standard output, but ev-up hears them of a listener.
        say = _teller(sys.stdout if listening else sys.stderr)
        async with shown(pages, "driver", measures, runtime.vitals, stop=stop, say=say):
            return await runtime.run(stop)

    return run_process(settings, serve, traces=settings.traces)


def _screen(settings: DriverSettings, limit_kwh: Decimal | None) -> Screen:
    if settings.json_:
        return JsonScreen(sys.stdout)
    screen = HumanScreen(sys.stdout, limit_kwh)
    screen.make_room()
    return screen


async def _drive(
    settings: AppSettings, screen: AppScreen, secret: str | None, stop: asyncio.Event
) -> Callable[[], int]:
    """The app from the question who drives to its end; gives what concludes it once the terminal is free."""
    driver_id = settings.driver_id or await screen.ask_who(stop)
    if not driver_id:
        return lambda: OK
    known = settings.model_copy(update={"driver_id": driver_id})
    pages, measures = take_pages(settings, settings.metrics), Measures()
    trip = Trip(driver_id, ids=random_id, quiet_s=QUIET_ALONE_S)
    errand = App(trip, settings.at)
    runtime = _runtime(known, trip, errand, screen, settings.fetch_wait_ms(), secret, measures)
    screen.open(errand, runtime)
    async with shown(pages, "driver", measures, runtime.vitals, stop=stop, say=screen.tell):
        verdict = await runtime.follow(stop)
    return lambda: runtime.conclude(verdict)


def _runtime(
    settings: DriverSettings,
    trip: Trip,
    errand: Errand,
    screen: Screen,
    fetch_wait_ms: int,
    secret: str | None,
    measures: Measures,
) -> Runtime:
    return Runtime(
        settings,
        trip,
        errand,
        screen,
        bus=_bus(settings, fetch_wait_ms),
        secret=secret,
        clock=SystemClock(),
        ids=random_id,
        rng=random.random,
        measures=measures,
        tls=of_client(settings, settings.tls_ca),
    )


def _check(settings: DriverSettings) -> None:
    if settings.transport == "kafka" and settings.kafka is None:
        raise BadSetting(words.KAFKA_NEEDS_ADDRESS())
    of_client(settings, settings.tls_ca)  # a mistake is told before anything starts
    of_metrics(settings)


def _teller(out: TextIO) -> Callable[[str], None]:
    def say(line: str) -> None:
        out.write(f"{line}\n")
        out.flush()

    return say


def _bus(settings: DriverSettings, fetch_wait_ms: int) -> Bus | None:
    if settings.kafka is None:
        return None
    return open_bus(settings, client_id=f"ev-driver-{settings.driver_id}", fetch_wait_ms=fetch_wait_ms)


def _point(text: str) -> str:
    if not is_id(text):
        raise BadSetting(words.NO_CP_ID(told=text[:60]))
    return text


def _energy(text: str | None) -> Decimal | None:
    if text is None:
        return None
    found = read_energy(text)
    if found is None:
        raise BadSetting(words.NO_ENERGY(told=text[:60]))
    return found
