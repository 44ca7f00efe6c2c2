"""A program that hosts the sample console, for tests: says what came of it."""

import asyncio
import sys

from common.net.address import Address
from common.process import run_process
from common.settings import ProcessSettings
from common.ui.hosting import Hosted


async def _host(stop: asyncio.Event) -> int:
    hosted = Hosted((sys.executable, "-m", "tests.integration.ui.sample"), Address("127.0.0.1", 1), by="host", limit=1)
    quit_there = await hosted.run(stop)
    sys.stdout.write(f"quit {quit_there}, told to stop {stop.is_set()}\n")
    sys.stdout.flush()
    if not quit_there:
        await stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(run_process(ProcessSettings(), _host))
