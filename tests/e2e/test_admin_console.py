"""The operator's console in a terminal, on a network of real programs; what it shows is compared with the database."""

import csv
import json
import os
import re
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from common.net.address import parse_address
from tests.crowd import Crowd
from tests.e2e.conftest import alive, run, started
from tests.running import Running, network
from tests.terminal import CTRL_C, CTRL_U, ESCAPE, PAGE_DOWN, PAGE_UP, TAB, UP, Terminal
from tests.waiting import wait_until

pytestmark = pytest.mark.processes
CROWD, REAL = 120, 2
ALL = CROWD + REAL
ORANGE = "ff8700"
F1, F3, F4, F5, F6, F7 = "\x1bOP", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with network("--points", str(REAL), "--no-driver", "--time-scale", "60") as started_network:
        yield started_network


@pytest.fixture(scope="module")
def crowd(running: Running) -> Iterator[Crowd]:
    with Crowd(parse_address(running.ready["central"]), CROWD) as there:
        yield there


def console(running: Running, place: Path, *told: str, columns: int = 100, lines: int = 30) -> Terminal:
    command = (sys.executable, "-m", "central.admin", "--central", running.ready["central"], "console", *told)
    return Terminal(command, columns=columns, lines=lines, cwd=place, env={"XDG_STATE_HOME": str(place / "state")})


@pytest.fixture
def shown(running: Running, crowd: Crowd, tmp_path: Path) -> Iterator[Terminal]:
    with console(running, tmp_path) as terminal:
        terminal.wait_for(f"of {len(crowd.cp_ids) + REAL}")
        yield terminal


def stored(running: Running, query: str, *values: object) -> list[tuple[Any, ...]]:
    path = running.ready["database"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return list(connection.execute(query, values))


def ids_on(terminal: Terminal) -> list[str]:
    """The points of the table or of the cards, in their order."""
    found = [re.findall(r"(?:^|╭─ )((?:P\d{4}|CP\d{3}))\b", line) for line in terminal.lines]
    return [one for line in found for one in line]


def expect(terminal: Terminal, command: str, answer: str) -> str:
    terminal.type(f"{command}\r")
    return terminal.wait_for(answer)


# -- acting


def test_a_stopped_point_turns_orange_and_a_resumed_one_green(shown: Terminal, running: Running) -> None:
    expect(shown, "search CP00", f"Points  1-{REAL} of {REAL}")
    expect(shown, "stop CP001", "CP001: out of service.")
    shown.wait_for(lambda _: "STOPPED" in shown.line_of("CP001 ──"))
    assert shown.colour_of("STOPPED", within="CP001 ──") == ORANGE
    assert stored(running, "SELECT status FROM points WHERE cp_id = 'CP001'") == [("STOPPED",)]
    expect(shown, "resume CP001", "CP001: in service.")
    shown.wait_for(lambda _: "STOPPED" not in shown.line_of("CP001 ──"))
    assert shown.colour_of("ACTIVE", within="CP001 ──") == "green"


def test_a_price_is_shown_and_stored(shown: Terminal, running: Running) -> None:
    expect(shown, "search CP002", "Points  1-1 of 1")
    expect(shown, "price CP002 0.4321", "CP002: 0.4321 a kWh from the next session on.")
    shown.wait_for("0.4321 a kWh │")
    assert stored(running, "SELECT price_per_kwh FROM points WHERE cp_id = 'CP002'") == [(4321,)]


def test_what_is_destructive_on_all_asks_first_and_does_nothing_but_after_a_yes(
    shown: Terminal, running: Running
) -> None:
    expect(shown, "stop *", "Stop all points, and end every charge there?")
    expect(shown, "y es", "Nothing was done.")
    expect(shown, "price * 9", "Set the price of every point to 9 a kWh?")
    shown.type(ESCAPE)
    shown.wait_for("Nothing was done.")
    assert stored(running, "SELECT count(*) FROM points WHERE out_of_service OR price_per_kwh = 90000") == [(0,)]
    expect(shown, "price * 0.25", "Set the price of every point to 0.25 a kWh?")
    expect(shown, "yes", f"{ALL} points: 0.25 a kWh from the next session on.")
    assert stored(running, "SELECT DISTINCT price_per_kwh FROM points") == [(2500,)]
    expect(shown, "stop *", "Stop all points")
    expect(shown, "yes", f"{ALL} points: out of service.")
    shown.wait_for(f"{ALL} STOPPED")
    assert stored(running, "SELECT count(*) FROM points WHERE out_of_service") == [(ALL,)]
    expect(shown, "resume *", f"{ALL} points: in service.")
    shown.wait_for(f"{ALL} ACTIVE")


def test_a_refusal_of_central_is_told(shown: Terminal) -> None:
    expect(shown, "stop NOBODY", "There is no charging point NOBODY (unknown_cp).")
    expect(shown, "end nothing", "There is no session nothing (unknown_session).")
    expect(shown, "trace nobody-named-it", "Nothing is known of nobody-named-it; give a message id or a session id")
    expect(shown, "stpo CP001", "There is no command stpo; F1 shows them all.")


# -- looking


def test_pages_go_through_all_points_in_the_order_of_the_database(shown: Terminal, running: Running) -> None:
    every = [row[0] for row in stored(running, "SELECT cp_id FROM points ORDER BY cp_id")]
    shown.wait_for("Points  1-20 of 122  by cp_id")
    shown.wait_for(lambda _: ids_on(shown) == every[:20])
    for first, last in ((21, 40), (41, 60)):
        shown.type(PAGE_DOWN)
        shown.wait_for(f"Points  {first}-{last} of 122")
        # A screen comes in pieces: whole when every row is there.
        shown.wait_for(lambda _, first=first, last=last: ids_on(shown) == every[first - 1 : last])  # type: ignore[misc]
    expect(shown, "page 7", "Points  121-122 of 122")
    shown.wait_for(lambda _: ids_on(shown) == every[120:])
    shown.type(PAGE_UP)
    shown.wait_for("Points  101-120 of 122")
    expect(shown, "page 8", "There is no further page.")


def test_points_are_sorted_and_searched_by_central(shown: Terminal, running: Running) -> None:
    expect(shown, "sort name desc", "by name, descending")
    by_name = [row[0] for row in stored(running, "SELECT cp_id FROM points ORDER BY lower(name) DESC, cp_id LIMIT 20")]
    shown.wait_for(lambda _: ids_on(shown) == by_name)
    expect(shown, "search 港口 1", "search “港口 1”")
    found = "SELECT cp_id FROM points WHERE name LIKE '%港口 1%' ORDER BY lower(name) DESC, cp_id"
    shown.wait_for(lambda _: ids_on(shown) == [row[0] for row in stored(running, found)])
    expect(shown, "all", f"of {ALL}")


def test_every_figure_of_sessions_and_totals_is_that_of_the_database(
    running: Running, crowd: Crowd, tmp_path: Path
) -> None:
    charging = crowd.cp_ids[:3]
    crowd.charge(charging)
    wait_until(lambda: min((c.energy_wh for c in crowd.charges.values()), default=0) > 20, 20, "some energy")
    with console(running, tmp_path, columns=200, lines=60) as terminal:
        expect(terminal, "filter charging", "Points  1-3 of 3")
        terminal.wait_for(lambda text: text.count(" 22.0 kW") == 3)
        assert terminal.colour_of("CHARGING", within=f"{charging[0]} ──") == "green"
        expect(terminal, f"stop {charging[2]}", f"{charging[2]}: out of service.")
        crowd.meters = False
        try:
            _compare(terminal, running, charging)
        finally:
            crowd.meters = True
        expect(terminal, f"resume {charging[2]}", "in service.")
        for session_id in (charge.session_id for charge in list(crowd.charges.values())):
            expect(terminal, f"end {session_id}", f"Session {session_id} ends.")
        terminal.wait_for("Points  none of 0")


def _compare(terminal: Terminal, running: Running, charging: list[str]) -> None:
    """With two sessions that stand still and one that has ended. The screen may be a second behind the database."""
    query = "SELECT cp_id, session_id, energy_wh, total_cost, state FROM sessions WHERE cp_id IN (?, ?, ?) ORDER BY 1"
    wait_until(lambda: [row[4] for row in stored(running, query, *charging)].count("FINISHED") == 1, what="the end")
    sums = "SELECT sum(energy_wh), sum(total_cost) FROM sessions WHERE state != 'REFUSED'"

    def all_agrees() -> bool:
        rows = stored(running, query, *charging)
        expected = [_as_shown(*row[:4]) for row in rows if row[4] == "CHARGING"]
        listed = [line.split()[-6:-1] for line in terminal.lines if line.endswith(" 22.0") and "D-P" in line]
        cards = [f"│ {energy} kWh" in terminal.text for *_, energy, _ in expected]
        return (
            sorted(listed, key=lambda row: row[1]) == expected and all(cards) and _today(running, sums) in terminal.text
        )

    wait_until(all_agrees, 20, "every figure as it is stored")
    counted = dict(stored(running, "SELECT status, count(*) FROM points GROUP BY status"))
    assert counted == {"ACTIVE": ALL - 3, "CHARGING": 2, "STOPPED": 1}
    states = "  ".join(f"{count} {status}" for status, count in sorted(counted.items()))
    terminal.wait_for(lambda _: terminal.lines[1].startswith(f"{ALL} points  {states}"))
    terminal.wait_for(lambda _: "  44.0 kW now  " in terminal.lines[0])
    terminal.type(F3)
    (ended,) = [row for row in stored(running, query, *charging) if row[4] == "FINISHED"]
    *ids, energy, cost = _as_shown(*ended[:4])
    terminal.wait_for(
        lambda text: any(
            line.split()[:6] == [*ids, "finished", energy, cost] and "stopped by the operator" in line
            for line in text.splitlines()
        )
    )
    expect(terminal, "board", "Figures ─")


def _as_shown(cp_id: str, session_id: str, energy_wh: int, cents: int) -> list[str]:
    return [session_id, cp_id, f"D-{cp_id}", f"{energy_wh / 1000:.3f}", f"{cents / 100:.2f}"]


def _today(running: Running, sums: str) -> str:
    ((energy, cost),) = stored(running, sums)
    return f"today {energy / 1000:.3f} kWh  {cost / 100:.2f}"


def test_the_figures_of_the_panel_are_those_of_the_database(shown: Terminal, running: Running) -> None:
    shown.type(F7)
    shown.wait_for("readings stored")
    counts = {
        "sessions finished": "SELECT count(*) FROM sessions WHERE state = 'FINISHED'",
        "requests refused": "SELECT count(*) FROM sessions WHERE state = 'REFUSED'",
        "quarantined": "SELECT count(*) FROM quarantine",
        "outbox": "SELECT count(*) FROM outbox",
        "readings stored": "SELECT count(*) FROM readings",
        "ACTIVE": "SELECT count(*) FROM points WHERE status = 'ACTIVE'",
    }

    def agrees(label: str, query: str) -> bool:
        ((count,),) = stored(running, query)
        found = re.search(rf"(?:^|  ){label} +([\d,]+)", "\n".join(shown.lines[2:]), re.MULTILINE)
        return found is not None and found[1] == f"{count:,}"

    for label, query in counts.items():
        wait_until(lambda label=label, query=query: agrees(label, query), 20, f"{label} as stored")  # type: ignore[misc]


def test_a_message_id_on_the_screen_can_be_traced(shown: Terminal, running: Running) -> None:
    expect(shown, "price CP001 0.31", "CP001: 0.31 a kWh")
    shown.type(F4)
    shown.wait_for("CP001 costs 0.31 a kWh.")
    place = next(n for n, line in enumerate(shown.lines) if "CP001 costs 0.31 a kWh." in line)
    found = UUID.search(shown.lines[place + 1])
    assert found is not None, shown.text
    events = stored(running, "SELECT kind, text FROM events WHERE message_id = ? ORDER BY kind", found[0])
    who = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", events[0][1])
    assert (events[0][0], who) == (
        "ordered",
        "An operator at 127.0.0.1:PORT ordered set_price cp_id=CP001 price_per_kwh=0.31.",
    )
    assert events[1:] == [("price_set", "CP001 costs 0.31 a kWh.")]
    expect(shown, f"trace {found[0]}", f"Trace of {found[0]}")
    shown.wait_for(f"message_id={found[0]}")
    assert "CP001 costs 0.31 a kWh." in shown.text
    shown.type(ESCAPE)
    shown.wait_for("Events ─")


def test_drivers_and_their_sums_are_those_of_the_database(shown: Terminal, running: Running) -> None:
    shown.type(F6)
    shown.wait_for("Drivers ─")
    query = (
        "SELECT driver_id, count(*), sum(energy_wh), sum(total_cost) FROM sessions WHERE state != 'REFUSED'"
        " GROUP BY driver_id ORDER BY driver_id"
    )
    expected = [
        [driver, str(count), f"{energy / 1000:.3f}", f"{cost / 100:.2f}"]
        for driver, count, energy, cost in stored(running, query)
    ]
    shown.wait_for(lambda text: [line.split()[:4] for line in text.splitlines() if line.startswith("D-")] == expected)


def test_an_export_holds_what_the_database_holds(shown: Terminal, running: Running, tmp_path: Path) -> None:
    expect(shown, "export sessions all.csv", "sessions written to all.csv.")
    expect(shown, "export events all.json", "events written to all.json.")
    with (tmp_path / "all.csv").open(newline="", encoding="utf-8") as file:
        sessions = {(row["session_id"], row["energy_consumed_kwh"], row["total_cost"]) for row in csv.DictReader(file)}
    assert sessions == {
        (session_id, f"{energy / 1000:.3f}", f"{cost / 100:.2f}")
        for session_id, energy, cost in stored(running, "SELECT session_id, energy_wh, total_cost FROM sessions")
    }
    events = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    newest_first = stored(running, "SELECT id, kind, text FROM events WHERE id <= ? ORDER BY id DESC", events[0]["id"])
    assert [(event["id"], event["kind"], event["text"]) for event in events] == newest_first
    expect(shown, "export events all.csv", "all.csv exists. Overwrite it?")
    expect(shown, "no", "Nothing was done.")
    expect(shown, "export events nowhere/all.csv", "nowhere/all.csv: No such file or directory.")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.csv", "all.json", "state"]


# -- the line


def test_tab_completes_commands_states_and_ids_that_are_not_on_the_screen(shown: Terminal) -> None:
    shown.type(f"resu{TAB}p011{TAB}")
    shown.wait_for("> resume P011")
    shown.wait_for("P0110  P0111  P0112")
    shown.type(f"7{TAB}")
    shown.wait_for("> resume P0117")
    shown.type("x")
    shown.wait_for("> resume P0117 x")
    shown.type(f"{CTRL_U}filter fau{TAB}\r")
    shown.wait_for("FAULTY")
    shown.wait_for("No charging point fits; `all` shows every one.")


@pytest.mark.usefixtures("crowd")
def test_the_history_outlives_the_console_and_is_nobody_elses(running: Running, tmp_path: Path) -> None:
    with console(running, tmp_path) as first:
        first.wait_for(f"of {ALL}")
        expect(first, "sort name", "by name")
        expect(first, "quit", "")
        assert first.wait() == 0
    kept = tmp_path / "state" / "ev-admin" / "history"
    assert (kept.read_text(encoding="utf-8"), kept.stat().st_mode & 0o777) == ("sort name\nquit\n", 0o600)
    with console(running, tmp_path) as second:
        second.wait_for(f"of {ALL}")
        second.type(UP + UP)
        second.wait_for("> sort name")


def test_help_shows_every_command_and_goes_away(shown: Terminal) -> None:
    shown.type("?")
    text = shown.wait_for("Help  1-24")
    shown.type(PAGE_DOWN)
    text += shown.wait_for(lambda now: "Ctrl-C" in now)
    for usage in ("stop CP|*", "price CP|* VALUE", "sort KEY [desc]", "export sessions|events FILE", "quit"):
        assert usage in text
    shown.type(ESCAPE)
    shown.wait_for("Points  1-20")


# -- the terminal


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (200, 60), (20, 5), (1, 1)])
def test_it_follows_the_size_of_the_terminal(shown: Terminal, columns: int, lines: int) -> None:
    shown.resize(columns, lines)
    if columns >= 80:
        shown.wait_for(lambda _: shown.lines[-1].startswith("F1 Help") and "points" in shown.lines[1])
        shown.wait_for("Points  1-14 of" if columns == 80 else "Running requests and sessions")
    else:
        shown.wait_for(lambda _: not any(line.startswith("Points  1-20") for line in shown.lines))
    shown.resize(100, 30)
    shown.wait_for("Points  1-20 of 122")


@pytest.mark.usefixtures("crowd")
def test_at_full_size_everything_is_on_the_screen_at_once(running: Running, tmp_path: Path) -> None:
    with console(running, tmp_path, columns=200, lines=60) as terminal:
        parts = (
            "Points  1-",
            "Figures ─",
            "Running requests and sessions  ",
            "Errors and notices ─",
            "Events ─",
            "F12 picture",
        )
        terminal.wait_for(lambda now: UUID.search(now) is not None and all(part in now for part in parts))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_the_terminal_is_given_back_however_it_ends(shown: Terminal, number: int) -> None:
    shown.kill(number)
    assert shown.wait() == (-number if number == signal.SIGKILL else 0)
    shown.wait_until_restored()


def test_ctrl_c_leaves_at_once(shown: Terminal) -> None:
    shown.type(CTRL_C)
    assert shown.wait() == 0
    assert shown.is_restored


@pytest.mark.usefixtures("crowd")
def test_without_colours_and_in_chinese_the_same_is_shown(running: Running, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "central.admin", "--lang", "zh", "--central", running.ready["central"], "console")
    env = {"NO_COLOR": "1", "XDG_STATE_HOME": str(tmp_path)}
    with Terminal(command, cwd=tmp_path, env=env) as terminal:
        terminal.wait_for(f"充电桩  1-20 / 共 {ALL}  按编号")
        expect(terminal, "stop CP001", "CP001：已停用。")
        terminal.wait_for(lambda _: "停用" in terminal.line_of("CP001 "))
        assert terminal.colour_of("停用", within="CP001 ") == "default"
        expect(terminal, "stop NOBODY", "没有这个充电桩")
        expect(terminal, "filter 停用", "1-1 / 共 1")
        expect(terminal, "resume CP001", "CP001：已恢复服务。")
        terminal.wait_for("0 / 共 0")


# -- Central away, and hosts


def test_a_central_that_dies_is_told_of_and_mended_when_it_is_back(tmp_path: Path) -> None:
    with network("--points", "1", "--no-driver") as running, console(running, tmp_path) as terminal:
        terminal.wait_for("1 ACTIVE")
        pid = running.ready["pids"]["central"]
        _kill(pid)
        terminal.wait_for("LINK LOST since")
        terminal.wait_for("next try in")
        expect(terminal, "stop CP001", "Not connected to Central; nothing was sent.")
        host, port = running.ready["central"].split(":")
        again = ("central", "--host", host, "--port", port, "--kafka", running.ready["kafka"])
        with started(*again, "--database", running.ready["database"], says=b"listening"):
            terminal.wait_for("connected")
            terminal.wait_for(lambda _: "LINK LOST" not in terminal.text)
            expect(terminal, "price CP001 0.5", "CP001: 0.5 a kWh")
        terminal.wait_for("LINK LOST since")


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pid), 10, f"the end of {pid}")


def test_without_a_central_it_says_so_and_goes_on_trying(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "central.admin", "--central", "127.0.0.1:1", "console")
    with Terminal(command, cwd=tmp_path, env={"XDG_STATE_HOME": str(tmp_path)}) as terminal:
        terminal.wait_for("Cannot connect to 127.0.0.1:1: Connection refused.")
        terminal.type(F5 + F1)
        terminal.wait_for("Help")
        terminal.type("quit\r")
        assert terminal.wait() == 0


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "notices"
    os.mkfifo(path)
    return path


def hosted(running: Running, place: Path, pipe: Path) -> Terminal:
    """As a program starts it that hosts it; what is written to the pipe are its notices."""
    command = f'exec "{sys.executable}" -m central.admin --central {running.ready["central"]} console'
    words = f"{command} --hosted-by ev-test --notices-fd 9 9<'{pipe}'"
    return Terminal(("bash", "-c", words), cwd=place, env={"XDG_STATE_HOME": str(place / "state")})


def test_under_a_host_notices_are_shown_and_quitting_asks_and_says_so(
    running: Running, tmp_path: Path, pipe: Path
) -> None:
    with hosted(running, tmp_path, pipe) as terminal, pipe.open("w", encoding="utf-8") as notices:
        terminal.wait_for("connected")
        note = {"at": 1.0, "level": "ERROR", "text": "CP001's Engine ended.\x1b[2J", "ids": {"message_id": "m-42"}}
        notices.write(f"{json.dumps(note)}\nnonsense\n")
        notices.flush()
        terminal.wait_for("CP001's Engine ended. [2J")
        terminal.type(F5)
        terminal.wait_for("error    CP001's Engine ended.")
        terminal.wait_for("m-42")
        expect(terminal, "quit", "This stops ev-test. Quit?")
        expect(terminal, "n", "Nothing was done.")
        expect(terminal, "quit", "This stops ev-test. Quit?")
        terminal.type("yes\r")
        assert terminal.wait() == 0
        assert terminal.is_restored


def test_the_end_of_the_host_ends_its_console(running: Running, tmp_path: Path, pipe: Path) -> None:
    with hosted(running, tmp_path, pipe) as terminal:
        with pipe.open("w", encoding="utf-8"):
            terminal.wait_for("connected")
        assert terminal.wait() == 1
        assert terminal.is_restored


def test_a_signal_to_a_hosted_console_does_not_pass_for_quitting(running: Running, tmp_path: Path, pipe: Path) -> None:
    with hosted(running, tmp_path, pipe) as terminal, pipe.open("w", encoding="utf-8"):
        terminal.wait_for("connected")
        terminal.kill()
        assert terminal.wait() == 1
        assert terminal.is_restored


def test_without_a_terminal_it_says_what_to_use_instead(running: Running) -> None:
    done = run("central.admin", "--central", running.ready["central"], "console")
    told = "ev-admin: The console needs a terminal; for scripts there are the other commands (--help).\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


def test_ev_up_opens_it_and_who_quits_there_stops_everything(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = (sys.executable, "-m", "deploy.up", "--points", "1", "--central-port", "0", "--data-dir", str(data))
    with Terminal(command, cwd=tmp_path, env={"XDG_STATE_HOME": str(tmp_path)}) as terminal:
        terminal.wait_for("1 point  1 ACTIVE")
        expect(terminal, "quit", "This stops ev-up. Quit?")
        terminal.type("yes\r")
        assert terminal.wait() == 0
        assert terminal.is_restored
    assert not (data / "ready.json").exists()
