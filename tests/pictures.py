"""
The pictures of docs/consoles.md, taken from real programs at work: `python -m tests.pictures [FOLDER]`, about a minute.

A network runs, somebody sits at each console, presses its keys and saves the screen (F12). What is shown is what was
there: nothing is drawn by hand. A picture is named after what it shows.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.terminal import ENTER, F12, Terminal
from tests.waiting import wait_until

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
_SPEED = "40"
_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Site:
    """One charging point of the network on the pictures."""

    cp_id: str
    name: str
    address: str
    latitude: float
    longitude: float
    kw: float
    price: str

    @property
    def monitor(self) -> list[str]:
        told = {"cp-id": self.cp_id, "name": self.name, "address": self.address, "latitude": self.latitude}
        told |= {"longitude": self.longitude, "max-rate-kw": self.kw, "price": self.price}
        return [f"--{name}={value}" for name, value in told.items()]


SITES = (
    Site("HARB-01", "Harbour 1", "1 Quay Street", 53.3478, -6.2297, 22, "0.42"),
    Site("HARB-02", "Harbour 2", "1 Quay Street", 53.3478, -6.2295, 22, "0.42"),
    Site("MALL-01", "Mall, level 2", "Long Mile Road", 53.3267, -6.3266, 50, "0.55"),
    Site("MALL-02", "Mall, level 2", "Long Mile Road", 53.3267, -6.3264, 50, "0.55"),
    Site("PARK-01", "Park and ride", "Red Cow", 53.3169, -6.3650, 11, "0.30"),
    Site("PARK-02", "Park and ride", "Red Cow", 53.3169, -6.3652, 11, "0.30"),
    Site("STAT-01", "Station", "Amiens Street", 53.3509, -6.2508, 150, "0.65"),
)
#: This one's own panels are on the pictures.
SHOWN = Site("STAT-02", "Station", "Amiens Street", 53.3509, -6.2506, 150, "0.65")
HERE = ("--at", "53.3441,-6.2675")


class Studio:
    """The network and those who sit at its consoles."""

    def __init__(self, stack: ExitStack, scratch: Path, images: Path) -> None:
        self._stack = stack
        self._scratch = scratch
        self._images = images
        self._log = stack.enter_context((scratch / "programs.log").open("wb"))

    def program(self, *words: str) -> subprocess.Popen[bytes]:
        """One of our programs without a terminal; what it says goes to the log, but its first line is waited for."""
        process = subprocess.Popen(
            [sys.executable, "-m", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log
        )
        self._stack.callback(_end, process)
        return process

    def person(self, *words: str, columns: int = 100, lines: int = 30) -> Terminal:
        command = (sys.executable, "-m", *words)
        terminal = Terminal(command, columns=columns, lines=lines, cwd=self._scratch, env={"PYTHONPATH": str(ROOT)})
        return self._stack.enter_context(terminal)

    def take(self, terminal: Terminal, name: str) -> None:
        terminal.type(F12)
        wait_until(lambda: any(self._scratch.glob("*.svg")), _WITHIN_S, f"the picture {name}")
        (made,) = self._scratch.glob("*.svg")
        wait_until(lambda: made.read_text(encoding="utf-8").endswith("</svg>\n"), _WITHIN_S, "all of it")
        (self._images / f"{name}.svg").write_text(made.read_text(encoding="utf-8"), encoding="utf-8")
        made.unlink()
        sys.stdout.write(f"{name}\n")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(20)


def _said(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode().split()[-1]


def energy_over(least: float) -> Callable[[str], bool]:
    """Whether the charge on the screen has got so far."""

    def has_got_there(text: str) -> bool:
        found = re.search(r"(\d+\.\d{3}) kWh", text)
        return found is not None and float(found[1]) > least

    return has_got_there


def main(images: Path) -> None:
    images.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        studio = Studio(stack, Path(folder), images)
        up = ("deploy.up", "--points", "0", "--no-driver", "--central-port", "0", "--data-dir", "data")
        operator = studio.person(*up, columns=120, lines=36)
        ready_at = Path(folder) / "data" / "ready.json"
        wait_until(ready_at.exists, _WITHIN_S, "the network")
        ready: dict[str, Any] = json.loads(ready_at.read_text())
        where = ("--central", ready["central"], "--kafka", ready["kafka"])
        monitors = _start_points(studio, ready, folder)
        _take_point(studio, where, ready, folder, operator, monitors)


def _start_points(studio: Studio, ready: dict[str, Any], folder: str) -> dict[str, subprocess.Popen[bytes]]:
    monitors = {}
    for site in SITES:
        engine = studio.program("charging_point.engine", *_engine_of(site, ready, folder))
        monitors[site.cp_id] = studio.program(
            "charging_point.monitor", *site.monitor, "--engine", _said(engine), "--central", ready["central"]
        )
    for monitor in monitors.values():
        _said(monitor)
    return monitors


def _engine_of(site: Site, ready: dict[str, Any], folder: str) -> tuple[str, ...]:
    own = ("--port", "0", "--time-scale", _SPEED, "--data-dir", folder)
    return (*own, "--kafka", ready["kafka"], "--max-rate-kw", f"{site.kw}")


def _take_point(
    studio: Studio,
    where: tuple[str, ...],
    ready: dict[str, Any],
    folder: str,
    operator: Terminal,
    monitors: dict[str, subprocess.Popen[bytes]],
) -> None:
    engine = studio.person("charging_point.engine", *_engine_of(SHOWN, ready, folder))
    listening = re.search(r"127\.0\.0\.1:\d+", engine.wait_for("127.0.0.1:"))
    assert listening is not None
    monitor = studio.person(
        "charging_point.monitor", *SHOWN.monitor, "--engine", listening[0], "--central", ready["central"]
    )
    monitor.wait_for("ACTIVE")
    for driver_id, cp_id, energy in (("Bea", "HARB-01", "9"), ("Chris", "MALL-01", "30"), ("Dana", "PARK-01", "6")):
        studio.program("driver", "--driver-id", driver_id, *where, "charge", cp_id, "--energy", energy, "--follow")
    _break_some(operator, monitors)

    driver = studio.person("driver", "--driver-id", "Ana", *where, *HERE)
    driver.wait_for(SHOWN.cp_id)
    studio.take(driver, "driver-points")
    driver.type(f"/{SHOWN.cp_id}{ENTER}")
    driver.wait_for(f"Charge at {SHOWN.cp_id}")
    driver.type(f"40{ENTER}")
    driver.wait_for(energy_over(20))
    for terminal, name in ((driver, "driver-charge"), (engine, "engine"), (monitor, "monitor"), (operator, "admin")):
        studio.take(terminal, name)
    chinese = studio.person(
        "central.admin", "--central", ready["central"], "--lang", "zh", "console", columns=120, lines=36
    )
    chinese.wait_for(SHOWN.cp_id)
    studio.take(chinese, "admin-zh")
    driver.wait_for("TOTAL")
    studio.take(driver, "driver-ticket")
    operator.type(f"search STAT{ENTER}")
    operator.wait_for(lambda text: "HARB-01" not in text.split("Events")[0])
    operator.type(f"trace {_session_of(where)}{ENTER}")
    operator.wait_for("start accepted")
    studio.take(operator, "admin-trace")


def _break_some(operator: Terminal, monitors: dict[str, subprocess.Popen[bytes]]) -> None:
    """One point out of service, one with a fault, one away."""
    operator.type(f"stop HARB-02{ENTER}")
    operator.wait_for("STOPPED")
    faulty = monitors["MALL-02"].stdin
    assert faulty is not None
    faulty.write(b"fault ground_failure\n")
    faulty.flush()
    operator.wait_for("FAULTY")
    os.kill(monitors["PARK-02"].pid, signal.SIGKILL)
    operator.wait_for("DISCONNECTED")


def _session_of(where: tuple[str, ...]) -> str:
    command = (sys.executable, "-m", "driver", "--driver-id", "Ana", *where, "--json", "history")
    told = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return str(told["sessions"][0]["session_id"])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
