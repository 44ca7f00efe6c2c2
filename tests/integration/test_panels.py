"""The panels of real Engines and Monitors in pseudo-terminals, beside a real Central: a charge, faults, cuts, ends."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from charging_point.engine import journal
from tests.terminal import CTRL_C, DOWN, ENTER, Terminal
from tests.waiting import wait_until

pytestmark = pytest.mark.processes
#: What every picture begins with.
PICTURE = b"\x1b[?2026h"
RED, GREEN = "red", "green"
PRICE = Decimal("0.35")


class Network:
    """A Central, and the panels of one point. What the test starts ends with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._central: subprocess.Popen[bytes] | None = None
        self._open: list[Terminal] = []
        self.central = "127.0.0.1:0"
        self.journal = folder / "engine.journal"
        self.engine_at = ""

    def start_central(self) -> None:
        """At the port of the first start, if this is not the first."""
        port = self.central.rsplit(":", 1)[1]
        said = self._folder / "central.out"
        with said.open("wb") as out:
            self._central = subprocess.Popen(
                [sys.executable, "-m", "central", "--port", port, "--data-dir", str(self._folder / "data")],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.DEVNULL,
            )
        wait_until(lambda: "listening on" in said.read_text(), 60, "Central")
        self.central = said.read_text().split()[-1]

    def kill_central(self) -> None:
        assert self._central is not None
        self._central.kill()
        self._central.wait()

    def engine(
        self, *options: str, env: Mapping[str, str] | None = None, columns: int = 100, lines: int = 30
    ) -> Terminal:
        command = ["charging_point.engine", "--port", "0", "--journal", str(self.journal), *options]
        shown = self._run(command, env, columns, lines)
        shown.wait_for(like(r"127\.0\.0\.1:\d+.*╯"))
        found = re.search(r"127\.0\.0\.1:\d+", shown.text)
        assert found is not None
        self.engine_at = found[0]
        return shown

    def monitor(
        self, *options: str, env: Mapping[str, str] | None = None, columns: int = 100, lines: int = 30
    ) -> Terminal:
        command = ["charging_point.monitor", "--cp-id", "CP1", "--engine", self.engine_at, "--central", self.central]
        return self._run([*command, "--price", str(PRICE), *options], env, columns, lines)

    def _run(self, command: list[str], env: Mapping[str, str] | None, columns: int, lines: int) -> Terminal:
        shown = Terminal([sys.executable, "-m", *command], columns=columns, lines=lines, env=env, cwd=self._folder)
        self._open.append(shown)
        return shown.__enter__()

    def admin(self, *words: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "central.admin", "--central", self.central, "--json", *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def status(self) -> str:
        (point,) = self.admin("cps")["charging_points"]
        return str(point["status"])

    def close(self) -> None:
        for shown in self._open:
            shown.__exit__(None, None, None)
        if self._central is not None and self._central.poll() is None:
            self.kill_central()


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    made = Network(tmp_path)
    yield made
    made.close()


@pytest.fixture
def point(network: Network) -> tuple[Terminal, Terminal]:
    """Engine's panel and Monitor's, the point registered and ACTIVE. A second charges for ten minutes."""
    network.start_central()
    engine = network.engine("--time-scale", "600")
    monitor = network.monitor()
    monitor.wait_for("registered")
    engine.wait_for("CP1  ACTIVE")
    return engine, monitor


def swipe(engine: Terminal, driver_id: str = "D1", limit: str = "") -> None:
    engine.type(f"s{driver_id}{ENTER}{limit}{ENTER}")
    engine.wait_for("CP1  CHARGING")


def like(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.search(pattern, text, re.DOTALL) is not None


def at_foot(words: str, lines: int) -> Callable[[str], bool]:
    return lambda text: words in text.split("\n")[lines - 1]


def more_than(before: Decimal, shown: Terminal) -> Callable[[], bool]:
    return lambda: figure(shown, "Energy") > before


def figure(shown: Terminal, label: str) -> Decimal:
    found = re.search(rf"{label} +(\d+\.\d+)", shown.text)
    assert found is not None, shown.text
    return Decimal(found[1])


def test_a_charge_is_live_on_both_panels_and_its_end_agrees_with_journal_and_database(
    network: Network, point: tuple[Terminal, Terminal]
) -> None:
    engine, monitor = point
    swipe(engine, "D7", "40")
    engine.wait_for("ok: asked Central whether D7 may charge")
    monitor.wait_for("CP1  CHARGING")
    for shown in (engine, monitor):
        shown.wait_for(lambda text: "Energy" in text and "D7" in text)
        assert shown.colour_of("CHARGING") == GREEN
    engine.wait_for("to the energy limit")
    first = figure(engine, "Energy")
    wait_until(lambda: figure(engine, "Energy") > first, what="more energy at Engine")
    wait_until(lambda: re.search(r"Energy +\d+\.\d+ kWh", monitor.text) is not None, what="a reading at Monitor")
    wait_until(lambda: figure(monitor, "Energy") >= first, what="the same at Monitor")
    engine.wait_for("█")

    engine.type("u")
    engine.wait_for("ok: the car is unplugged")
    engine.wait_for("unplugged")
    account = engine.line_of("The last account")
    told = re.search(r"(\d+\.\d{3}) kWh +(\d+\.\d\d) +unplugged", account)
    assert told is not None, account
    energy, cost = Decimal(told[1]), Decimal(told[2])
    engine.wait_for("no account")  # nothing owed: Central has it
    monitor.wait_for(f"{told[1]} kWh  {told[2]}  unplugged")

    (session,) = network.admin("sessions")["sessions"]
    billed = (Decimal(str(session["energy_consumed_kwh"])), Decimal(str(session["total_cost"])), session["driver_id"])
    assert (energy, cost, "D7") == billed
    assert cost == (energy * PRICE).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    engine.type("q")
    assert engine.wait() == 0
    ended = [journal.from_line(line) for line in network.journal.read_bytes().splitlines()]
    assert [entry.completion.energy_consumed_kwh for entry in ended if entry.entry == "finished"] == [energy]


def test_a_fault_by_key_is_red_at_both_panels_and_known_to_central_until_recovery(
    network: Network, point: tuple[Terminal, Terminal]
) -> None:
    engine, monitor = point
    engine.type("f")
    engine.wait_for("emergency_stop")
    engine.type(f"{DOWN}{ENTER}")
    engine.wait_for("ok: the point has the fault over_current")
    monitor.wait_for("CP1  FAULTY  over_current")
    assert (engine.colour_of("FAULTY"), monitor.colour_of("FAULTY")) == (RED, RED)
    assert (engine.colour_of("over_current", within="Fault"), network.status()) == (RED, "FAULTY")
    engine.type("r")
    monitor.wait_for(like(r"over_current +recovered \d\d:\d\d:\d\d +Engine"))
    wait_until(lambda: network.status() == "ACTIVE", what="ACTIVE at Central")

    monitor.type(f"f8it is red{ENTER}")
    monitor.wait_for("ok: CP1 has the fault emergency_stop")
    monitor.wait_for("CP1  FAULTY  emergency_stop")
    wait_until(lambda: network.status() == "FAULTY", what="FAULTY at Central")
    monitor.type("r")
    monitor.wait_for("CP1  ACTIVE")
    assert "emergency_stop" in monitor.line_of("it is red")
    wait_until(lambda: network.status() == "ACTIVE", what="ACTIVE at Central")


def test_a_lost_central_shows_its_back_off_and_mends(network: Network, point: tuple[Terminal, Terminal]) -> None:
    engine, monitor = point
    swipe(engine)
    network.kill_central()
    monitor.wait_for("CP1  DISCONNECTED")
    monitor.wait_for(like(r"next try in \d+ s \(back-off \d+\.\d s\)"))
    monitor.wait_for("Connection refused")
    assert monitor.colour_of("away", within="Central") == RED
    before = figure(engine, "Energy")
    wait_until(lambda: figure(engine, "Energy") > before, what="a charge that goes on")
    network.start_central()
    monitor.wait_for("registered", within_s=70)
    assert monitor.colour_of("registered") == GREEN
    assert b"ev-monitor CP1 registered with" not in monitor.written  # that line is for pipes, and would stand across
    monitor.wait_for("CP1  CHARGING")


def test_a_lost_engine_is_shown_and_a_panel_of_engine_waits_for_its_monitor(
    network: Network, point: tuple[Terminal, Terminal]
) -> None:
    del network
    engine, monitor = point
    monitor.type("q")
    assert monitor.wait() == 0
    engine.wait_for(like(r"Monitor +away, heard"))
    engine.type(f"sD1{ENTER}{ENTER}")
    engine.wait_for("error: no Monitor is connected, so nobody can be asked")


def test_panels_follow_the_size_of_their_terminal(point: tuple[Terminal, Terminal]) -> None:
    engine, monitor = point
    swipe(engine)
    for columns, lines in ((80, 24), (200, 60), (20, 5), (100, 30)):
        for shown in (engine, monitor):
            shown.resize(columns, lines)
            shown.wait_for(at_foot("q quit", lines))
            assert max(len(line) for line in shown.lines) <= columns


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_they_end_the_terminal_is_as_it_was(point: tuple[Terminal, Terminal], number: int) -> None:
    for shown in point:
        assert not shown.is_restored
        shown.kill(number)
        assert shown.wait() == (-number if number == signal.SIGKILL else 0)
        shown.wait_until_restored()


def test_ctrl_c_ends_a_charge_in_good_order(network: Network, point: tuple[Terminal, Terminal]) -> None:
    engine, _ = point
    swipe(engine)
    engine.type("q")
    engine.wait_for("A charge is running and would end. Leave?")
    engine.type("n")
    assert "CP1  CHARGING" in engine.text
    engine.type(CTRL_C)
    assert engine.wait() == 0
    assert engine.is_restored
    (session,) = network.admin("sessions")["sessions"]
    assert session["reason"] == "power_loss"


def test_a_terminal_that_hangs_does_not_stop_the_charge_nor_the_end(
    network: Network, point: tuple[Terminal, Terminal]
) -> None:
    engine, monitor = point
    swipe(engine)

    def energy() -> float:
        (session,) = network.admin("sessions")["sessions"]
        return float(session["energy_consumed_kwh"])

    with engine.stalled(), monitor.stalled():
        engine.type("?")  # a whole picture that cannot be written
        before = energy()
        wait_until(lambda: energy() > before + 5, 30, "more energy at Central")
    engine.type("?")
    engine.wait_for("to the full battery")
    with engine.stalled():
        engine.kill()
        assert engine.wait() == 0
        wait_until(lambda: network.admin("sessions")["sessions"][0]["reason"] == "power_loss", what="the account")
    engine.wait_until_restored()


def test_a_panel_speaks_chinese_and_does_without_colours(network: Network) -> None:
    engine = network.engine("--lang", "zh", env={"NO_COLOR": "1"})
    engine.type("f5")
    engine.wait_for("ok: 充电桩出现故障")
    assert (engine.colour_of("故障"), engine.colour_of("ok:")) == ("default", "default")
    engine.type("q")
    assert engine.wait() == 0


def test_told_so_a_program_on_a_terminal_opens_no_panel_and_reads_lines(network: Network) -> None:
    command = [sys.executable, "-m", "charging_point.engine", "--port", "0", "--journal", str(network.journal)]
    with Terminal([*command, "--no-console"]) as shown:
        shown.wait_for("ev-engine listening on 127.0.0.1:")
        shown.type(f"unplug{ENTER}")
        shown.wait_for("ok: the car is unplugged")
        assert "╭" not in shown.text
        shown.kill()
        assert shown.wait() == 0


@pytest.mark.parametrize("program", ["engine", "monitor"])
def test_a_busy_panel_is_drawn_at_most_four_times_a_second_and_only_where_it_changed(
    point: tuple[Terminal, Terminal], program: str
) -> None:
    engine, monitor = point
    swipe(engine)
    shown = engine if program == "engine" else monitor
    shown.wait_for("CHARGING")
    began, written, drawn = time.monotonic(), len(shown.written), shown.written.count(PICTURE)
    for _ in range(3):
        before = figure(engine, "Energy")
        monitor.type("??")
        wait_until(more_than(before, engine), what="a reading")
    pictures = shown.written.count(PICTURE) - drawn
    assert 1 <= pictures <= 4 * (time.monotonic() - began) + 2
    assert len(shown.written) - written < 8_000 * pictures
