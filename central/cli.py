"""The command line of Central: `ev-central`."""

import asyncio
import sys

from central.credentials import FIRST_ADMIN
from central.runtime import Central
from central.settings import CentralSettings
from common.command import FAILED, OK, VersionFlag, new_app, run_app, with_settings
from common.net.address import Address, reachable
from common.net.server import make_room
from common.net.shore import guard
from common.process import collect_seldom, run_process
from common.ui.hosting import CONSOLE_ID, Hosted
from common.ui.notes import Notes
from common.ui.terminal import is_terminal
from common.vitals import shown, take_pages
from common.words import access as words

#: The threads of the database must not wait for long while the loop is busy (Python leaves one 5 ms at a time).
_SWITCH_S = 0.0005

app = new_app("Central: authorises, commands, meters and bills.")


@app.command()
@with_settings(CentralSettings)
def central(settings: CentralSettings, version: VersionFlag = False) -> int:
    """Run one Central until it is told to stop."""
    del version

    async def work(stop: asyncio.Event) -> int:
        guard([settings.listener], insecure=settings.insecure)
        pages = take_pages(settings, settings.metrics)
        make_room(settings.max_links)
        sys.setswitchinterval(_SWITCH_S)
        one = Central(settings, stop)
        async with shown(pages, "central", one.context.measures, one.vitals, stop=stop, say=_say):
            try:
                address = await one.start()
                collect_seldom()
                if one.first_secret is not None:
                    _say(words.FIRST_OPERATOR(id=FIRST_ADMIN, path=one.first_secret))
                _say(f"ev-central listening on {address}")
                if settings.console and is_terminal():
                    await _show_console(settings, one, address, stop)
                await stop.wait()
            finally:
                await one.stop()
        return FAILED if one.failed else OK

    return run_process(settings, work, traces=settings.traces)


async def _show_console(settings: CentralSettings, central: Central, address: Address, stop: asyncio.Event) -> None:
    """Until the operator quits, which stops Central, or we are told to stop; without it, Central goes on."""
    secret = central.context.proofs.admit_own(CONSOLE_ID) if settings.auth else None
    hosted = Hosted(
        (sys.executable, "-m", "central.admin"),
        address._replace(host=reachable(address.host)),
        by="ev-central",
        limit=settings.max_frame_bytes,
        secret=secret,
        tls=_own_tls(settings),
    )
    notes = Notes()
    notes.hear = lambda note: hosted.tell(note) if note.is_grave else None
    with notes.instead():
        if await hosted.run(stop):
            stop.set()


def _own_tls(settings: CentralSettings) -> list[str]:
    """The console trusts just what we listen with, and shows it where we ask for a certificate."""
    cert, key = settings.tls_cert, settings.tls_key
    if cert is None:
        return []
    shown = ["--tls-cert", str(cert), "--tls-key", str(key or cert)] if settings.tls_client_ca else []
    return ["--tls-ca", str(cert), *shown]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    sys.exit(run_app(app, "ev-central"))
