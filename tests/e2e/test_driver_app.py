"""The driver's app in a real terminal and a real network: what it shows is what the database holds."""

import re
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.e2e.conftest import Json, kill, run, started
from tests.kafka_server import embedded_broker
from tests.running import network
from tests.terminal import CTRL_C, DOWN, ENTER, ESCAPE, Terminal
from tests.waiting import wait_until

pytestmark = pytest.mark.processes
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def ready() -> Iterator[Json]:
    with network("--points", "3", "--time-scale", "60", "--no-driver") as running:
        yield running.ready


def app(ready: Json, driver_id: str, *options: str, columns: int = 100, lines: int = 30) -> Terminal:
    where = ("--central", ready["central"], "--kafka", ready["kafka"])
    command = (sys.executable, "-m", "driver", "--driver-id", driver_id, *where, *options)
    return Terminal(command, columns=columns, lines=lines, env={"PYTHONPATH": str(ROOT)})


def sessions(ready: Json, driver_id: str) -> list[tuple[str, str, str, str, str]]:
    """State, point, energy and cost as the screen writes them, and id of each session of a driver, newest first."""
    path = ready["database"].removeprefix("sqlite:///")
    query = (
        "SELECT state, cp_id, energy_wh, total_cost, session_id FROM sessions"
        " WHERE driver_id = ? AND state IN ('CHARGING', 'FINISHED') ORDER BY started_at DESC"
    )
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
        rows = database.execute(query, (driver_id,)).fetchall()
    return [(state, cp_id, f"{wh / 1000:.3f}", f"{cost / 100:.2f}", own) for state, cp_id, wh, cost, own in rows]


def begin_charge(terminal: Terminal, cp_id: str, limit: str = "") -> None:
    terminal.wait_for(cp_id)
    terminal.type(f"/{cp_id}{ENTER}")
    terminal.wait_for(f"Charge at {cp_id}")
    terminal.type(f"{limit}{ENTER}")
    terminal.wait_for("charging for")


def stop_charge(terminal: Terminal) -> str:
    terminal.type("s")
    terminal.wait_for("Stop the charge")
    terminal.type("y")
    return terminal.wait_for("TOTAL")


def energy_of(text: str) -> float:
    found = re.search(r"(\d+\.\d{3}) kWh", text)
    return float(found[1]) if found else 0.0


def test_a_charge_from_the_list_to_its_ticket_and_back_to_it_from_the_history(ready: Json) -> None:
    with app(ready, "D1") as terminal:
        terminal.wait_for("CP003")
        assert terminal.colour_of("ACTIVE", within="CP001") == "green"
        begin_charge(terminal, "CP002", "1.5")
        terminal.wait_for("of 1.500 kWh")
        ticket = terminal.wait_for("TOTAL")
        (booked,) = sessions(ready, "D1")
        assert booked[:4] == ("FINISHED", "CP002", "1.500", "0.45")
        assert booked[4] in ticket
        for label, value in (("Energy", "1.500 kWh"), ("TOTAL", "0.45"), ("Ended by", "energy limit reached")):
            assert value in terminal.line_of(label)
        terminal.type("h")
        row = terminal.wait_for("1 so far: 1.500 kWh, 0.45") and terminal.line_of("CP002")
        assert row.split()[4:6] == ["1.500", "0.45"]
        terminal.type(ENTER)
        terminal.wait_for("TOTAL")
        terminal.type(ESCAPE)
        terminal.wait_for("1 so far")
        terminal.type("q")
        assert terminal.wait() == 0
        assert terminal.is_restored


def test_a_charge_is_watched_and_stopped_and_billed_as_shown(ready: Json) -> None:
    with app(ready, "D2") as terminal:
        begin_charge(terminal, "CP001")
        terminal.wait_for("22.0 kW")
        terminal.wait_for(lambda text: energy_of(text) > 1)
        terminal.wait_for("50 kWh")
        terminal.type("s")
        terminal.wait_for("Stop the charge at CP001?")
        terminal.type("n")
        terminal.wait_for(lambda text: "Stop the charge" not in text)
        ticket = stop_charge(terminal)
        (booked,) = sessions(ready, "D2")
        assert booked[:2] == ("FINISHED", "CP001")
        assert f"{booked[2]} kWh" in ticket
        assert booked[3] in terminal.line_of("TOTAL")
        assert "stopped by the driver" in ticket


def test_a_busy_point_is_refused_with_the_reason_and_the_list_stays(ready: Json) -> None:
    where = ("--central", ready["central"], "--kafka", ready["kafka"])
    assert run("driver", *where, "--driver-id", "D30", "charge", "CP003").returncode == 0
    with app(ready, "D3") as terminal:
        terminal.wait_for("CP003")
        terminal.type(f"{DOWN}{DOWN}{ENTER}")
        terminal.wait_for("Charge at CP003")
        terminal.type(ENTER)
        terminal.wait_for("(cp_busy)")
        assert {"CP001", "CP002", "CP003"} <= set(terminal.text.split())
        assert terminal.colour_of("CHARGING", within="CP003") == "green"
        terminal.type("f")
        terminal.wait_for(lambda text: "free only" in text and "CP003  CHARGING" not in text)
    (running,) = sessions(ready, "D30")
    assert run("driver", *where, "--driver-id", "D30", "stop", running[4]).returncode == 0


def test_a_charge_outlives_its_app_and_is_picked_up_by_the_next(ready: Json) -> None:
    with app(ready, "D4") as terminal:
        begin_charge(terminal, "CP001")
        terminal.type("q")
        terminal.wait_for("Quit all the same?")
        terminal.type("n")
        terminal.wait_for("charging for")
        terminal.type(CTRL_C)
        assert terminal.wait() == 0
        assert terminal.is_restored
        (running,) = sessions(ready, "D4")
        told = f"ev-driver: The charge goes on; stop it with: ev-driver --driver-id D4 stop {running[4]} --cp CP001"
        assert told.encode() in terminal.written
    with app(ready, "D4") as terminal:
        terminal.wait_for("This charge was running already.")
        terminal.wait_for(running[4])
        before = energy_of(terminal.text)
        terminal.wait_for(lambda text: energy_of(text) > before)
        terminal.kill(signal.SIGKILL)
        assert terminal.wait() == -signal.SIGKILL
        terminal.wait_until_restored()
    with app(ready, "D4", "--lang", "zh") as terminal:
        terminal.wait_for("已充电")
        terminal.type("s")
        terminal.wait_for("停止在 CP001 的充电")
        terminal.type("y")
        terminal.wait_for("用户停止")
        (booked,) = sessions(ready, "D4")
        assert f"{booked[2]} kWh" in terminal.line_of("电量")
        assert booked[3] in terminal.line_of("合计")


def test_the_screen_follows_the_size_of_the_terminal_while_it_charges(ready: Json) -> None:
    with app(ready, "D5", columns=80, lines=24) as terminal:
        begin_charge(terminal, "CP002", "40")
        for columns, lines in ((200, 60), (80, 24), (20, 5), (100, 30)):
            terminal.resize(columns, lines)
            wait_until(lambda: terminal.lines[-1].endswith("q quit"), 10, f"the keys at {columns}x{lines}")
            assert len(terminal.lines) == lines
        terminal.wait_for("of 40.000 kWh")
        stop_charge(terminal)


def test_a_followed_charge_shows_a_bar_on_a_terminal_and_none_in_a_pipe(ready: Json) -> None:
    where = ("--central", ready["central"], "--kafka", ready["kafka"], "--driver-id", "D6")
    charge = ("driver", *where, "charge", "CP001", "--energy", "2", "--follow")
    with Terminal((sys.executable, "-m", *charge), env={"PYTHONPATH": str(ROOT)}) as terminal:
        terminal.wait_for(lambda text: "█░" in text and "CP001: " in text and " %" in text)
        terminal.wait_for("Ticket ")
        assert terminal.wait() == 0
        assert "█" not in terminal.text
        assert terminal.is_restored
    piped = run(*charge)
    assert piped.returncode == 0
    assert re.search(r"^CP001: \d\.\d{3} kWh, \d\.\d\d, 22\.0 kW, \d+ %$", piped.stdout, re.MULTILINE)
    assert not set("█░\r\x1b") & set(piped.stdout)


def test_a_central_that_dies_is_told_and_nothing_of_the_charge_is_lost_when_it_is_back() -> None:
    with network("--points", "1", "--time-scale", "20", "--no-driver") as running:
        ready = running.ready
        with app(ready, "D7") as terminal:
            begin_charge(terminal, "CP001")
            terminal.wait_for(lambda text: energy_of(text) > 0)
            kill(ready["pids"]["central"])
            terminal.wait_for("Central lost")
            terminal.wait_for("next try in")
            before = energy_of(terminal.text)
            host, port = ready["central"].split(":")
            again = ("--host", host, "--port", port, "--kafka", ready["kafka"], "--database", ready["database"])
            with started("central", *again, says=b"listening"):
                terminal.wait_for("Central connected", 70)
                terminal.wait_for(lambda text: energy_of(text) > before, 60)
                wait_until(lambda: "next try" not in terminal.text, 10, "a whole header")
                ticket = stop_charge(terminal)
                (booked,) = sessions(ready, "D7")
                assert booked[:2] == ("FINISHED", "CP001")
                assert f"{booked[2]} kWh" in ticket
                assert booked[3] in terminal.line_of("TOTAL")
                terminal.type("q")
                assert terminal.wait() == 0


@pytest.mark.broker
def test_a_broker_that_dies_is_told_and_the_books_take_its_place_until_it_is_back(tmp_path: Path) -> None:
    with ExitStack() as brokers:
        address = brokers.enter_context(embedded_broker(tmp_path / "first.log"))
        with (
            network("--points", "1", "--time-scale", "20", "--no-driver", "--kafka", address) as running,
            app(running.ready, "D8") as terminal,
        ):
            begin_charge(terminal, "CP001")
            terminal.wait_for("22.0 kW")
            brokers.close()
            terminal.wait_for("Kafka lost")
            before = energy_of(terminal.text)
            terminal.wait_for(lambda text: energy_of(text) > before and "unknown" in text)
            brokers.enter_context(embedded_broker(tmp_path / "second.log", address))
            terminal.wait_for("Kafka live", 60)
            terminal.wait_for("22.0 kW", 60)
            ticket = stop_charge(terminal)
            (booked,) = sessions(running.ready, "D8")
            assert f"{booked[2]} kWh" in ticket
            assert booked[3] in terminal.line_of("TOTAL")
