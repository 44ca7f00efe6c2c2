"""
What a fleet costs whose points all charge: `python -m tests.bench.fleet [POINTS] [SECONDS]`. Linux only (it reads /proc).

Against a bare embedded broker and a Central that stores nothing (sink.py), so that only the fleet is measured.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common.kafka.embedded import broker_command, free_port
from tests.running import cpu_seconds, peak_mib, resident_mib

READY_WITHIN_S = 120.0
#: None ends for hours.
_SPEC = """\
vehicles:
  - {{name: bus, battery_kwh: 5000, max_kw: 100}}
points:
  - {{id: "F{{n:05}}", count: {points}, on_command: true, soc_percent: 10}}
"""


@contextmanager
def running(command: list[str], **other: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, text=True, **other)  # type: ignore[call-overload]  # its options are many
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def fleet(points: int, folder: Path, *told: str) -> Iterator[subprocess.Popen[str]]:
    """A fleet whose points charge, with the broker and the sink that it needs."""
    kafka = f"127.0.0.1:{free_port('127.0.0.1')}"
    spec = folder / "fleet.yaml"
    spec.write_text(_SPEC.format(points=points))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with (
        running(broker_command("127.0.0.1", int(kafka.rpartition(":")[2])), **quiet),
        running([sys.executable, "-m", "tests.bench.sink"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as sink,
    ):
        assert sink.stdin is not None
        assert sink.stdout is not None
        sink.stdin.write(f"{kafka}\n")
        sink.stdin.flush()
        central = json.loads(sink.stdout.readline())
        command = [sys.executable, "-m", "charging_point.fleet", "--file", str(spec), "--central", central]
        with running([*command, "--kafka", kafka, "--seed", "1", *told], stdout=subprocess.PIPE) as process:
            yield process


def wait_until_all_charge(process: subprocess.Popen[str], points: int) -> None:
    end = time.monotonic() + READY_WITHIN_S
    for charging, _ in progress(process):
        if charging == points:
            return
        if time.monotonic() > end:
            break
    raise SystemExit("The fleet did not begin to charge.")


def progress(process: subprocess.Popen[str]) -> Iterator[tuple[int, int]]:
    """How many points charge and how many readings a second there are, each time that the fleet says so."""
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"charging (\d+), .* (\d+) readings/s", line)
        if found:
            yield int(found[1]), int(found[2])


def measure(points: int, seconds: float, *told: str) -> None:
    with tempfile.TemporaryDirectory() as folder, fleet(points, Path(folder), *told) as process:
        wait_until_all_charge(process, points)
        said = progress(process)
        next(said)  # of a whole while in which all charged
        before, began, rates = cpu_seconds(process.pid), time.monotonic(), []
        while time.monotonic() - began < seconds:
            rates.append(next(said)[1])
        used, passed = cpu_seconds(process.pid) - before, time.monotonic() - began
        rate = sum(rates) / len(rates)
        sys.stdout.write(
            f"{points:6} points, {rate:7.0f} readings/s: {100 * used / passed:5.1f} % of a core, "
            f"{1e6 * used / passed / rate:5.1f} us a reading, "
            f"{resident_mib(process.pid):6.1f} MiB (at most {peak_mib(process.pid):.1f})\n"
        )


def main() -> None:
    ask = argparse.ArgumentParser(prog="tests.bench.fleet", description=__doc__)
    ask.add_argument("points", nargs="?", type=int, default=1000, help="charging points (default: %(default)s)")
    ask.add_argument("seconds", nargs="?", type=float, default=20.0, help="how long to watch (default: %(default)s)")
    told, rest = ask.parse_known_args()
    measure(told.points, told.seconds, *rest)


if __name__ == "__main__":
    main()
