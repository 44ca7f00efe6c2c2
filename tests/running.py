"""A network of real processes for a bench: started by `ev-up`, stopped by SIGTERM."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY_WITHIN_S = 60.0
#: What /proc counts time in.
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Running:
    """What `ready.json` says, and how long it took to be there."""

    ready: dict[str, Any]
    ready_after_s: float
    up_pid: int

    @property
    def pids(self) -> dict[str, int]:
        """Every process of the network by a name."""
        points = self.ready["points"]
        own = {f"{role} {point['cp_id']}": pid for point in points for role, pid in point["pids"].items()}
        return {"ev-up": self.up_pid, **self.ready["pids"], **own}


@contextmanager
def network(*arguments: str) -> Iterator[Running]:
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        started = time.monotonic()
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "deploy.up",
                "--no-console",
                "--central-port",
                "0",
                "--data-dir",
                str(data),
                *arguments,
            ],
            stdout=subprocess.DEVNULL,
        )
        try:
            ready = _wait_ready(process, data / "ready.json")
            yield Running(ready, time.monotonic() - started, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _wait_ready(process: subprocess.Popen[bytes], path: Path) -> dict[str, Any]:
    end = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        if path.exists():
            return dict(json.loads(path.read_text()))
        time.sleep(0.01)
    raise SystemExit("The network did not become ready; see what ev-up said above.")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(after_name[11]) + int(after_name[12])) / TICKS


def resident_mib(pid: int) -> float:
    """Resident memory; what processes share is counted once for each of them."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def peak_mib(pid: int) -> float:
    """The most resident memory that a process ever had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
