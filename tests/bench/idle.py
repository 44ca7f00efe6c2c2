"""What a network costs that does nothing: `python -m tests.bench.idle [SECONDS]`. Linux only (it reads /proc)."""

import sys
import time

from tests.orders import Parser, more_than_none
from tests.running import Running, cpu_seconds, network, resident_mib

SETTLE_S = 12.0


def cost(running: Running, seconds: float) -> None:
    """Watch each process for a while, then write what it used."""
    before = {name: cpu_seconds(pid) for name, pid in running.pids.items()}
    time.sleep(seconds)
    shares = {name: 100 * (cpu_seconds(pid) - before[name]) / seconds for name, pid in running.pids.items()}
    memory = {name: resident_mib(pid) for name, pid in running.pids.items()}
    for name, share in shares.items():
        sys.stdout.write(f"{name:16} {share:6.2f} % of a core {memory[name]:8.1f} MiB\n")
    sys.stdout.write(f"{'in all':16} {sum(shares.values()):6.2f} % of a core {sum(memory.values()):8.1f} MiB\n")


def main() -> None:
    ask = Parser(prog="tests.bench.idle", description=__doc__)
    ask.add_argument(
        "seconds", nargs="?", type=more_than_none, default=30.0, help="how long to watch (default: %(default)s)"
    )
    seconds = ask.parse_args().seconds
    with network("--points", "3") as running:
        sys.stdout.write(f"start to ready: {running.ready_after_s:.2f} s\n")
        time.sleep(SETTLE_S)
        cost(running, seconds)


if __name__ == "__main__":
    main()
