"""The real `ev-fleet` with a real Central: hundreds of points register, charge, survive Central's death, and are billed once."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from common import messages as m
from common.clock import SystemClock
from common.ids import random_id
from common.kafka.embedded import free_port
from common.net.address import Address
from common.net.dialer import connect
from common.registry import over_tcp
from common.routes import Role
from tests.kafka_server import embedded_broker
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.broker]

WITHIN_S = 60.0
#: Many short charges: a minute of simulated time each second.
BUSY = ("--arrivals-per-hour", "6", "--time-scale", "60")


#: Five points at which some enrolled drivers charge all the time.
_VISITED = """\
drivers: {id: "D{n:05}", count: 3}
points:
  - {id: "F{n:05}", count: 5, arrivals_per_hour: 60, energy_kwh: 2}
"""


@dataclass
class Program:
    """One of our programs, and what it said."""

    process: subprocess.Popen[str]
    out: Path
    log: Path

    @property
    def said(self) -> str:
        return self.out.read_text()

    def until_said(self, words: str) -> None:
        wait_until(lambda: words in self.said or self.process.poll() is not None, WITHIN_S, words)
        assert words in self.said, self.said + self.log.read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20)

    def summary(self) -> dict[str, Any]:
        """After it ended with --json."""
        return dict(json.loads(self.said.splitlines()[-1]))


class Town:
    """A broker, a Central that can be killed, and fleets."""

    def __init__(self, folder: Path, kafka: str) -> None:
        self.folder = folder
        self.kafka = kafka
        self.central = Address("127.0.0.1", free_port("127.0.0.1"))
        self._programs: list[Program] = []

    def start(self, *command: str) -> Program:
        number = len(self._programs)
        out, log = self.folder / f"{number}.out", self.folder / f"{number}.log"
        with out.open("w") as to, log.open("w") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", *command, "--kafka", self.kafka],
                stdout=to,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                text=True,
                env=os.environ | {"EV_LOG_FORMAT": "human"},
            )
        program = Program(process, out, log)
        self._programs.append(program)
        return program

    def start_central(self, *more: str) -> Program:
        data = ("--data-dir", str(self.folder / "central"), "--time-scale", "60", "--no-console")
        central = self.start("central", "--port", str(self.central.port), *data, *more)
        central.until_said("listening on")
        return central

    def fleet(self, *more: str) -> Program:
        return self.start("charging_point.fleet", "--central", str(self.central), "--no-console", *more)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        (file,) = (self.folder / "central").glob("*.db")
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchall()

    def count(self, of: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {of}")[0][0])

    def stop(self) -> None:
        for program in reversed(self._programs):
            program.end()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with embedded_broker(tmp_path / "broker.log") as kafka:
        made = Town(tmp_path, kafka)
        yield made
        made.stop()


async def ask_to_charge(central: Address, cp_ids: Sequence[str]) -> list[m.ChargeRequestResponse]:
    """A driver of its own for each point, all at once."""
    link = await connect(central, over_tcp(Role.CENTRAL, Role.DRIVER), clock=SystemClock(), ids=random_id)
    for cp_id in cp_ids:
        link.send(m.ChargeRequest(message_id=random_id(), cp_id=cp_id, driver_id=f"D-{cp_id}"))
    answers: list[m.ChargeRequestResponse] = []
    async with asyncio.timeout(WITHIN_S):
        async for message in link:
            answers += [message] if isinstance(message, m.ChargeRequestResponse) else []
            if len(answers) == len(cp_ids):
                break
    await link.close()
    return answers


def test_two_hundred_points_register_and_charge_as_they_are_told(town: Town) -> None:
    town.start_central()
    fleet = town.fleet("--points", "200", "--on-command", "--json")
    wait_until(lambda: town.count("points WHERE status = 'ACTIVE'") == 200, WITHIN_S, "200 points")
    cp_ids = [f"F{number:05}" for number in range(1, 101)]
    answers = asyncio.run(ask_to_charge(town.central, cp_ids))
    assert {(answer.status, answer.error) for answer in answers} == {("success", None)}
    wait_until(lambda: town.count("sessions WHERE energy_wh > 0") == 100, WITHIN_S, "100 charges")
    assert fleet.end() == 0
    wait_until(lambda: town.count("sessions WHERE state = 'FINISHED'") == 100, WITHIN_S, "100 accounts")
    told = fleet.summary()
    assert (told["points"], told["linked"], told["sessions_begun"], told["sessions_ended"]) == (
        *(200, 200, 100),
        {"power_loss": 100},
    )


def test_a_fleet_charges_by_its_pattern_and_every_session_is_billed_once(town: Town) -> None:
    town.start_central()
    fleet = town.fleet("--points", "200", *BUSY, "--seed", "1", "--duration", "15", "--json")
    assert fleet.process.wait(WITHIN_S) == 0, fleet.log.read_text()
    told = fleet.summary()
    ended = sum(told["sessions_ended"].values())
    # It ended by itself, so it has waited for each account, also for that of a yes to a card that came too late to begin.
    assert (told["owed"], town.count("sessions WHERE state = 'FINISHED'"), town.count("sessions")) == (0, ended, ended)
    assert told["sessions_begun"] > 20
    ((energy_wh,),) = town.rows("SELECT sum(energy_wh) FROM sessions")
    assert energy_wh == round(1000 * told["energy_kwh"])
    assert told["visits"]["came"] >= ended


def test_points_come_back_after_central_was_killed_and_nothing_is_lost(town: Town) -> None:
    central = town.start_central()
    fleet = town.fleet("--points", "200", "--on-command", "--json", "--journal", str(town.folder / "fleet.journal"))
    wait_until(lambda: town.count("points WHERE status = 'ACTIVE'") == 200, WITHIN_S, "200 points")
    asyncio.run(ask_to_charge(town.central, [f"F{number:05}" for number in range(1, 51)]))
    central.end(signal.SIGKILL)
    town.start_central()
    wait_until(lambda: town.count("points WHERE status = 'CHARGING'") == 50, WITHIN_S, "50 that charge")
    wait_until(lambda: town.count("points WHERE status = 'ACTIVE'") == 150, WITHIN_S, "150 that do not")
    assert fleet.end() == 0
    told = fleet.summary()
    wait_until(lambda: town.count("sessions WHERE state = 'FINISHED'") == 50, WITHIN_S, "50 accounts")
    assert (told["links_lost"], told["sessions_ended"]) == (4, {"power_loss": 50})


def test_a_killed_fleet_settles_from_its_journal_what_it_left_open(town: Town) -> None:
    town.start_central()
    options = ("--points", "20", "--on-command", "--json", "--journal", str(town.folder / "fleet.journal"))
    first = town.fleet(*options)
    wait_until(lambda: town.count("points WHERE status = 'ACTIVE'") == 20, WITHIN_S, "20 points")
    asyncio.run(ask_to_charge(town.central, [f"F{number:05}" for number in range(1, 21)]))
    wait_until(lambda: town.count("sessions WHERE energy_wh > 0") == 20, WITHIN_S, "20 charges")
    first.end(signal.SIGKILL)
    town.fleet(*options)
    finished = "sessions WHERE state = 'FINISHED' AND reason = 'engine_restart' AND energy_wh > 0"
    wait_until(lambda: town.count(finished) == 20, WITHIN_S, "20 settled sessions")


def test_one_point_that_another_has_already_harms_no_other(town: Town) -> None:
    town.start_central()
    town.fleet("--points", "1", "--on-command")
    wait_until(lambda: town.count("points WHERE status = 'ACTIVE'") == 1, WITHIN_S, "the first point")
    fleet = town.fleet("--points", "30", "--on-command", "--json")
    wait_until(lambda: town.count("points WHERE status = 'ACTIVE'") == 30, WITHIN_S, "30 points")
    assert fleet.end() == 0
    told = fleet.summary()
    assert (told["linked"], list(told["away"]), told["registrations_refused"].keys()) == (
        *(29, ["F00001"]),
        {"already_connected"},
    )
    assert fleet.log.read_text().count("Central refuses to register F00001") == 1


def test_each_point_may_have_a_link_of_its_own(town: Town) -> None:
    town.start_central()
    fleet = town.fleet("--points", "50", "--on-command", "--links", "each", "--json")
    wait_until(lambda: town.count("points WHERE status = 'ACTIVE'") == 50, WITHIN_S, "50 points")
    assert fleet.end() == 0
    assert (fleet.summary()["links"], fleet.summary()["links_up"]) == (50, 50)


@contextmanager
def enrolled(town: Town, *who: str) -> Iterator[Path]:
    """Their secrets, in a folder."""
    secrets, key = town.folder / "secrets", town.folder / "central" / "secrets.key"
    database = f"sqlite:///{town.folder / 'central' / 'central.db'}"
    (town.folder / "central").mkdir()
    command = ["central.admin", "--database", database, "--secrets-key-file", str(key), "enroll", "--dir", str(secrets)]
    subprocess.run([sys.executable, "-m", *command, "admin", "operator", *who], check=True, capture_output=True)
    yield secrets


def test_each_point_proves_its_own_secret_and_one_with_a_wrong_one_harms_no_other(town: Town) -> None:
    cp_ids = [f"F{number:05}" for number in range(1, 11)]
    with enrolled(town, *(f"point:{cp_id}" for cp_id in cp_ids)) as secrets:
        (secrets / "point-F00003.secret").write_text("no secret at all\n")
        town.start_central("--auth")
        fleet = town.fleet("--points", "10", "--on-command", "--secrets-dir", str(secrets), "--json")
        wait_until(lambda: town.count("points WHERE status = 'ACTIVE'") == 9, WITHIN_S, "9 points")
        assert fleet.end() == 0
    told = fleet.summary()
    assert (told["linked"], told["registrations_refused"].keys(), list(told["away"])) == (
        9,
        {"auth_failed"},
        ["F00003"],
    )


def test_under_tls_points_prove_their_secrets_charge_and_leave_nothing_owed(town: Town) -> None:
    cp_ids = [f"F{number:05}" for number in range(1, 6)]
    tls = town.folder / "tls"
    made = [sys.executable, "-m", "central.admin", "certs", str(tls), "--host", "127.0.0.1"]
    subprocess.run(made, check=True, capture_output=True)
    host = ("--tls-cert", str(tls / "hosts/127.0.0.1.pem"), "--tls-key", str(tls / "hosts/127.0.0.1.key"))
    ca = ("--tls-ca", str(tls / "ca.pem"))
    drivers = [f"driver:D{number:05}" for number in range(1, 4)]
    with enrolled(town, *(f"point:{cp_id}" for cp_id in cp_ids), *drivers) as secrets:
        spec = town.folder / "fleet.yaml"
        spec.write_text(_VISITED)
        town.start_central("--auth", *host)
        some = ("--file", str(spec), "--secrets-dir", str(secrets), "--time-scale", "60", "--duration", "8", "--json")
        plain = town.fleet(*some)
        safe = town.fleet(*some, *ca)
        assert (plain.process.wait(WITHIN_S), safe.process.wait(WITHIN_S)) == (0, 0), safe.log.read_text()
    refused, told = plain.summary(), safe.summary()
    ended = sum(told["sessions_ended"].values())
    assert (refused["registrations"], told["linked"], told["registrations_refused"]) == (0, 5, {})
    assert (told["owed"], ended > 0, town.count("sessions WHERE state = 'FINISHED'")) == (0, True, ended)


def test_a_missing_secret_is_one_sentence(town: Town) -> None:
    (town.folder / "none").mkdir()
    fleet = town.fleet("--points", "2", "--secrets-dir", str(town.folder / "none"))
    assert fleet.process.wait(WITHIN_S) == 2
    path = town.folder / "none" / "point-F00001.secret"
    assert fleet.log.read_text() == f"ev-fleet: Cannot read {path}: No such file or directory.\n"


@pytest.mark.parametrize("transport", ["socket", "kafka"])
def test_drivers_ask_follow_and_stop_at_their_rate(town: Town, transport: str) -> None:
    town.start_central()
    town.fleet("--points", "60", "--on-command")
    wait_until(lambda: town.count("points WHERE status = 'ACTIVE'") == 60, WITHIN_S, "60 points")
    told = ("--points", "60", "--rate", "20", "--duration", "2", "--charge-s", "2", "--transport", transport, "--json")
    load = town.start("charging_point.fleet", "drivers", "--central", str(town.central), *told)
    assert load.process.wait(WITHIN_S) == 0, load.log.read_text()
    report = load.summary()
    assert [report[kind]["outcomes"] for kind in ("requests", "stops")] == [{"success": 40}, {"success": 40}]
    assert sorted(report["requests"]["latency_ms"]) == ["max", "p50", "p90", "p99", "p99.9"]
    assert report["readings"] >= 40
    wait_until(lambda: town.count("sessions WHERE reason = 'driver_stop'") == 40, WITHIN_S, "40 tickets")
