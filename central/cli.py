"""The command line of Central: `ev-central`."""

import asyncio
import sys

from central.runtime import Central
from central.settings import CentralSettings
from common.command import FAILED, OK, VersionFlag, new_app, run_app, with_settings
from common.process import run_process

app = new_app("Central: authorises, commands, meters and bills.")


@app.command()
@with_settings(CentralSettings)
def central(settings: CentralSettings, version: VersionFlag = False) -> int:
    """Run one Central until it is told to stop."""
    del version

    async def work(stop: asyncio.Event) -> int:
        one = Central(settings, stop)
        try:
            address = await one.start()
            sys.stdout.write(f"ev-central listening on {address}\n")
            sys.stdout.flush()
            await stop.wait()
        finally:
            await one.stop()
        return FAILED if one.failed else OK

    return run_process(settings, work)


def main() -> None:
    sys.exit(run_app(app, "ev-central"))
