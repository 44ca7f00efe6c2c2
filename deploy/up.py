"""`ev-up`: everything on this machine, started, shown and stopped. What starts after what stands in network.py."""

import asyncio
import json
import sys
import time
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from common.command import FAILED, OK, VersionFlag, new_app, run_app, with_settings
from common.metrics.measures import Measures
from common.net.shore import guard
from common.process import run_process
from common.ui.hosting import Hosted
from common.ui.notes import Note, Notes
from common.ui.terminal import is_terminal
from common.vitals import shown, take_pages
from common.words import up as words
from deploy.data_dir import DataDir
from deploy.enrolling import of_operator
from deploy.guide import facts, guide
from deploy.network import Network
from deploy.once import charge_once
from deploy.safety import listeners, make_certificates, of_client
from deploy.settings import UpSettings
from deploy.vitals import UpVitals
from deploy.voice import Voice

T = TypeVar("T")

app = new_app("Start a whole charging network on this machine, and stop it in good order with Ctrl-C.")


@app.command()
@with_settings(UpSettings)
def up(settings: UpSettings, version: VersionFlag = False) -> int:
    """Start a broker, Central, charging points and a driver on this machine; Ctrl-C stops them in good order."""
    del version
    settings.check()
    if settings.kafka_option or settings.kafka_options_file:
        from common.kafka.client import open_bus  # noqa: PLC0415 - the client takes time to load, and few need it here

        open_bus(settings, client_id="ev-up")  # a wrong option is told now, not by a program in its log
    return run_process(settings, lambda stop: _run(settings, stop))


async def _run(settings: UpSettings, stop: asyncio.Event) -> int:
    # With --once, standard output holds the ticket and nothing else.
    tell = Voice(sys.stderr if settings.once else sys.stdout)
    guard(listeners(settings), insecure=settings.insecure)
    # The address that was given is Central's; without a Central here it is ours.
    at = settings.metrics
    at = at._replace(port=0) if at and not settings.central else at
    with DataDir(settings.data_dir) as place:
        settings = make_certificates(settings) if settings.tls else settings
        pages = take_pages(settings, at)
        network, measures = Network(settings, place.path, tell, complain=tell.complain), Measures()
        vitals = UpVitals(network, measures)
        async with shown(pages, "up", measures, vitals, stop=stop, say=tell) as address:
            if address is not None:
                network.metrics["up"] = str(address)
            return await _keep_up(settings, network, place, stop, tell)


async def _keep_up(settings: UpSettings, network: Network, place: DataDir, stop: asyncio.Event, tell: Voice) -> int:
    began = time.monotonic()
    try:
        await _unless(stop, network.start())
        if stop.is_set():
            return FAILED if settings.once else OK
        place.write_ready(facts(settings, network))
        tell(words.READY(seconds=time.monotonic() - began))
        if settings.once:
            return await _once(settings, network, stop, tell)
        lines = guide(settings, network)
        for line in lines:
            tell(line)
        await _until_stopped(settings, network, stop, tell, lines)
    finally:
        place.forget_ready()
        tell(words.STOPPING())
        await network.stop()
        tell(words.STOPPED())
    return FAILED if network.failed else OK


async def _once(settings: UpSettings, network: Network, stop: asyncio.Event, tell: Voice) -> int:
    ticket = await _unless(stop, charge_once(settings, network, tell))
    if ticket is None:
        tell(words.STOPPED_BEFORE_THE_TICKET())
        return FAILED
    Voice(sys.stdout)(json.dumps(ticket))
    return OK


async def _until_stopped(
    settings: UpSettings, network: Network, stop: asyncio.Event, tell: Voice, lines: Sequence[str]
) -> None:
    """With the operator's console where there is a terminal for it; who quits there stops everything."""
    if settings.console and is_terminal():
        assert network.central_at is not None
        program = (sys.executable, "-m", "central.admin")
        shown = [*of_client(settings), *of_operator(settings)]
        hosted = Hosted(program, network.central_at, by="ev-up", limit=settings.max_frame_bytes, tls=shown)
        notes = Notes()
        notes.hear = hosted.tell
        tell.elsewhere = lambda line, level: hosted.tell(Note(time.time(), line, level))
        at = time.time()  # one for all of them, or the newest line would come first
        for line in lines:  # the screen covers what was said before it
            hosted.tell(Note(at, line))
        try:
            with notes.instead():
                if await hosted.run(stop):
                    return
        finally:
            tell.elsewhere = None
    await stop.wait()


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What the work gives, or None when we are told to stop before; then the work is cancelled."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    either: set[asyncio.Future[Any]] = {working, stopping}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        stopping.cancel()
        await asyncio.gather(*either, return_exceptions=True)


def main() -> int:
    return run_app(app, "ev-up")


if __name__ == "__main__":
    sys.exit(main())
