"""The command line of Central: `ev-central`."""

import asyncio
import sys

from central.runtime import Central
from central.settings import CentralSettings
from common.command import FAILED, OK, VersionFlag, new_app, run_app, with_settings
from common.net.server import make_room
from common.net.tls import of_metrics
from common.process import run_process
from common.vitals import shown, take_port

app = new_app("Central: authorises, commands, meters and bills.")


@app.command()
@with_settings(CentralSettings)
def central(settings: CentralSettings, version: VersionFlag = False) -> int:
    """Run one Central until it is told to stop."""
    del version

    async def work(stop: asyncio.Event) -> int:
        pages, port = of_metrics(settings), take_port(settings.metrics)
        make_room(settings.max_links)
        one = Central(settings, stop)
        async with shown(port, "central", one.context.measures, one.vitals, stop=stop, say=_say, tls=pages):
            try:
                _say(f"ev-central listening on {await one.start()}")
                await stop.wait()
            finally:
                await one.stop()
        return FAILED if one.failed else OK

    return run_process(settings, work, traces=settings.traces)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    sys.exit(run_app(app, "ev-central"))
