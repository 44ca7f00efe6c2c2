"""One command on a laptop: a charge from request to ticket, a Central killed in the middle, a clean end."""

import json
import signal
from pathlib import Path

import pytest

from common import messages as m
from common.ids import random_id
from tests.e2e.conftest import Ups, admin, alive, ask, kill, listening, open_sessions, run, started, status_of
from tests.waiting import wait_until

pytestmark = pytest.mark.processes


def test_once_prints_one_ticket_and_leaves_nothing_behind(tmp_path: Path, up: Ups, database: str) -> None:
    where = ("--data-dir", str(tmp_path / "data"), "--database", database)
    done = run("deploy.up", *up.options, "--once", "--central-port", "0", "--points", "1", *where)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    ticket = json.loads(line)
    assert {
        name: ticket[name]
        for name in ("cp_id", "driver_id", "energy_consumed_kwh", "price_per_kwh", "total_cost", "reason")
    } == {
        "cp_id": "CP001",
        "driver_id": "D001",
        "energy_consumed_kwh": 1.0,
        "price_per_kwh": 0.3,
        "total_cost": 0.3,
        "reason": "energy_limit",
    }
    assert set(ticket) == {
        "session_id",
        "cp_id",
        "driver_id",
        "energy_consumed_kwh",
        "price_per_kwh",
        "total_cost",
        "started_at",
        "ended_at",
        "reason",
    }
    assert ticket["started_at"] < ticket["ended_at"]
    assert not (tmp_path / "data" / "ready.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_in_order(up: Ups, number: int) -> None:
    network = up("--points", "2", "--central-port", "0")
    ready = network.ready()
    pids = [*ready["pids"].values(), *(pid for point in ready["points"] for pid in point["pids"].values())]
    broker = [] if up.kafka else [ready["kafka"]]
    ports = [ready["central"], *broker, *(point["engine"] for point in ready["points"])]
    assert all(alive(pid) for pid in pids)
    assert all(listening(port) for port in ports)
    assert network.stop(number) == 0
    assert [pid for pid in pids if alive(pid)] == []
    assert [port for port in ports if listening(port)] == []
    assert not (network.data / "ready.json").exists()


def test_central_killed_mid_session_loses_nothing_and_bills_once(up: Ups, database: str) -> None:
    network = up("--points", "2", "--central-port", "0", "--time-scale", "60", "--database", database)
    ready = network.ready()
    answer = ask(ready, m.ChargeRequest(message_id="r1", cp_id="CP001", driver_id="D7"))
    assert isinstance(answer, m.ChargeRequestResponse)
    assert answer.succeeded, answer
    session_id = answer.session_id
    wait_until(lambda: open_sessions(ready)[0]["energy_consumed_kwh"] > 0, 20, "a first reading")

    kill(ready["pids"]["central"])
    host, port = ready["central"].split(":")
    again = (
        "central", "--host", host, "--port", port, "--kafka", ready["kafka"], "--database", database,
    )  # fmt: skip
    with started(*again, says=b"listening"):
        before = open_sessions(ready)
        assert [(one["session_id"], one["status"]) for one in before] == [(session_id, "CHARGING")]
        wait_until(lambda: status_of(ready, "CP001") == "CHARGING", 70, "the Monitor's return")
        wait_until(
            lambda: open_sessions(ready)[0]["energy_consumed_kwh"] > before[0]["energy_consumed_kwh"],
            30,
            "readings after the restart",
        )
        # Asked again with the same id: the same answer, no second session.
        repeated = ask(ready, m.ChargeRequest(message_id="r1", cp_id="CP001", driver_id="D7"))
        assert isinstance(repeated, m.ChargeRequestResponse)
        assert repeated.session_id == session_id
        assert session_id is not None
        stop = m.StopChargingRequest(message_id=random_id(), cp_id="CP001", session_id=session_id, driver_id="D7")
        stopped = ask(ready, stop)
        assert isinstance(stopped, m.StopChargingResponse)
        assert stopped.succeeded, stopped
        wait_until(lambda: open_sessions(ready) == [], 20, "the ticket")
        (one,) = admin(ready, "sessions")["sessions"]
        assert (one["status"], one["reason"]) == ("FINISHED", "driver_stop")
        assert one["total_cost"] == pytest.approx(one["energy_consumed_kwh"] * 0.3, abs=0.005)
        assert admin(ready, "stats")["quarantined"] == 0


def test_a_driver_charges_over_kafka_alone_and_gets_its_ticket(up: Ups) -> None:
    ready = up("--points", "1", "--central-port", "0", "--time-scale", "600").ready()
    done = run(
        "driver", "--driver-id", "D8", "--kafka", ready["kafka"], "--transport", "kafka", "--json",
        "charge", "CP001", "--energy", "2", "--follow",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    ticket = events[-1]
    assert (ticket["type"], ticket["energy_consumed_kwh"], ticket["total_cost"]) == ("ticket", 2.0, 0.6)
    energies = [event["energy_consumed_kwh"] for event in events if event["type"] == "charging_data"]
    assert energies == sorted(energies)


def test_the_operator_stops_and_resumes_a_point(up: Ups) -> None:
    ready = up("--points", "1", "--central-port", "0").ready()
    assert admin(ready, "stop-cp", "CP001")["unconfirmed"] == []
    assert status_of(ready, "CP001") == "STOPPED"
    refused = ask(ready, m.ChargeRequest(message_id=random_id(), cp_id="CP001", driver_id="D1"))
    assert isinstance(refused, m.ChargeRequestResponse)
    assert refused.error == "cp_stopped"
    assert admin(ready, "resume-cp", "*")["changed"] == ["CP001"]
    assert status_of(ready, "CP001") == "ACTIVE"


def test_an_engine_killed_mid_charge_is_a_fault_and_its_session_closes_when_it_is_back(up: Ups) -> None:
    network = up("--points", "1", "--central-port", "0", "--time-scale", "60", "--no-driver")
    ready = network.ready()
    answer = ask(ready, m.ChargeRequest(message_id="r1", cp_id="CP001", driver_id="D7"))
    assert isinstance(answer, m.ChargeRequestResponse)
    wait_until(lambda: open_sessions(ready)[0]["energy_consumed_kwh"] > 0, 20, "a first reading")
    point = ready["points"][0]
    kill(point["pids"]["engine"])
    wait_until(lambda: status_of(ready, "CP001") == "FAULTY", 20, "the fault")
    port = point["engine"].split(":")[1]
    back = (
        "charging_point.engine", "--port", port, "--kafka", ready["kafka"],
        "--journal", str(network.data / "CP001.journal"),
    )  # fmt: skip
    with started(*back, says=b"listening"):
        wait_until(lambda: open_sessions(ready) == [], 60, "the completion from the journal")
        (one,) = admin(ready, "sessions")["sessions"]
        assert (one["session_id"], one["reason"]) == (answer.session_id, "engine_restart")
        wait_until(lambda: status_of(ready, "CP001") == "ACTIVE", 60, "the recovery")


def test_mistakes_are_one_sentence_and_an_exit_status(up: Ups, tmp_path: Path) -> None:
    ready = up("--points", "0", "--central-port", "0").ready()
    port = ready["central"].split(":")[1]
    cases = [
        (("deploy.up", "--points", "many"), 2),
        (("deploy.up", "--data-dir", "/proc/nowhere"), 1),
        (("central", "--port", port, "--data-dir", str(tmp_path / "x")), 1),
        (("central", "--database", "nonsense"), 2),
        (("central", "--bogus"), 2),
        (("charging_point.monitor",), 2),
        (("charging_point.engine", "--port", port, "--data-dir", str(tmp_path / "y")), 1),
        (("driver", "--driver-id", "D1", "--central", "127.0.0.1:1", "--transport", "socket", "list"), 1),
        (("driver", "--driver-id", "bad id", "list"), 2),
        (("central.admin", "--central", "127.0.0.1:1", "cps"), 1),
        (("central.admin", "--central", ready["central"], "price", "NOWHERE", "0.5"), 1),
        (("common.schema", "nothing"), 2),
    ]
    for command, status in cases:
        done = run(*command)
        assert done.returncode == status, (command, done.stderr)
        assert "Traceback" not in done.stderr, command
        said = [line for line in done.stderr.splitlines() if not line.startswith("{")]  # the log is JSON lines
        assert len(said) == 1, (command, done.stderr)
