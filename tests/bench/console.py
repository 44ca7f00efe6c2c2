"""
What the operator's console costs: `python -m tests.bench.console [POINTS] [CHARGING] [SECONDS]`. Linux only (it reads /proc).

A real Central with that many points, watched on screens of 80x24 and 200x60 for so long each: the share of a core that the
console takes, and Central with it and without, and how many pictures a second were drawn.
"""

import sys
import time

from common.net.address import parse_address
from tests.crowd import Crowd
from tests.orders import Parser, more_than_none, whole
from tests.running import Running, cpu_seconds, network, resident_mib
from tests.terminal import Terminal

_SETTLE_S = 5.0
#: Begins every picture that changed anything.
_PICTURE = b"\x1b[?2026h"


def _share(pids: list[int], seconds: float) -> list[float]:
    before = [cpu_seconds(pid) for pid in pids]
    time.sleep(seconds)
    return [100 * (cpu_seconds(pid) - was) / seconds for pid, was in zip(pids, before, strict=True)]


def _watch(running: Running, columns: int, lines: int, seconds: float, *keys: str) -> None:
    central = running.pids["central"]
    command = (sys.executable, "-m", "central.admin", "--central", running.ready["central"], "console")
    with Terminal(command, columns=columns, lines=lines) as terminal:
        terminal.wait_for("connected")
        for key in keys:
            terminal.type(key)
        time.sleep(_SETTLE_S)
        before = terminal.written.count(_PICTURE)
        console, with_it = _share([terminal.pid, central], seconds)
        pictures = (terminal.written.count(_PICTURE) - before) / seconds
        memory = resident_mib(terminal.pid)
        terminal.kill()
        terminal.wait()
    sys.stdout.write(
        f"{columns}x{lines}: console {console:5.2f} % of a core, {pictures:.2f} pictures/s, {memory:.0f} MiB;"
        f" Central {with_it:5.2f} % of a core\n"
    )


def main() -> None:
    ask = Parser(prog="tests.bench.console", description=__doc__)
    ask.add_argument("points", nargs="?", type=whole(1), default=1000, help="charging points (default: %(default)s)")
    ask.add_argument("charging", nargs="?", type=whole(), default=50, help="of them charging (default: %(default)s)")
    ask.add_argument(
        "seconds", nargs="?", type=more_than_none, default=30.0, help="how long to watch (default: %(default)s)"
    )
    told = ask.parse_args()
    with (
        network("--points", "0", "--no-driver") as running,
        Crowd(parse_address(running.ready["central"]), told.points) as crowd,
    ):
        if told.charging:
            crowd.charge(crowd.cp_ids[: told.charging])
        time.sleep(_SETTLE_S)
        (alone,) = _share([running.pids["central"]], told.seconds)
        sys.stdout.write(f"no console: Central {alone:5.2f} % of a core\n")
        for columns, lines in ((80, 24), (200, 60)):
            _watch(running, columns, lines, told.seconds)


if __name__ == "__main__":
    main()
