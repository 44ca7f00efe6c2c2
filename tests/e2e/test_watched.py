"""A whole network that is watched: every program shows its three pages, and what happens shows in them."""

import pytest

from common import messages as m
from tests.asking import figures, get
from tests.e2e.conftest import Json, Ups, ask, kill, run
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

PROGRAMS = {
    "up": "ev-up",
    "central": "ev-central",
    "driver": "ev-driver",
    "CP001-engine": "ev-engine",
    "CP001-monitor": "ev-monitor",
}


def figure(ready: Json, program: str, name: str) -> float:
    return figures(get(ready["metrics"][program], "/metrics").body).get(name, 0.0)


def test_every_program_is_watched_through_a_charge_and_a_loss(up: Ups) -> None:
    ready = up("--points", "1", "--central-port", "0", "--metrics", "127.0.0.1:0", "--time-scale", "600").ready()
    assert ready["metrics"].keys() == PROGRAMS.keys()
    for name, address in ready["metrics"].items():
        assert (get(address, "/healthz").status, get(address, "/healthz").body) == (200, "ok\n")
        # Central reads Kafka a moment after it is ready: that is not needed.
        told = get(address, "/readyz").told
        assert (told["program"], told["ready"]) == (PROGRAMS[name], True), told
        page = figures(get(address, "/metrics").body)
        assert any(sample.startswith(f'ev_build_info{{program="{PROGRAMS[name]}"') for sample in page)
        assert page["process_resident_memory_bytes"] > 0

    done = run(
        "driver", "--driver-id", "D8", "--central", ready["central"], "--kafka", ready["kafka"], "--json",
        "charge", "CP001", "--energy", "2", "--follow",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert figure(ready, "central", "ev_central_billed_watt_hours_total") == 2000
    assert figure(ready, "central", "ev_central_billed_money_total") == 0.6
    assert figure(ready, "CP001-engine", "ev_engine_watt_hours_total") == 2000
    assert figure(ready, "CP001-engine", 'ev_engine_sessions_total{reason="energy_limit"}') == 1
    assert figure(ready, "CP001-engine", "ev_engine_journal_write_seconds_count") > 0
    start = 'ev_monitor_sent_total{peer="engine",type="start_charging_command"}'
    assert figure(ready, "CP001-monitor", start) == 1
    answers = m.AvailableCpsRequest(message_id="q1", driver_id="D9")
    ask(ready, answers)
    questions = 'ev_central_messages_total{outcome="done",type="available_cps_request",way="tcp"}'
    assert figure(ready, "central", questions) >= 1

    kill(ready["points"][0]["pids"]["engine"])
    wait_until(lambda: get(ready["metrics"]["up"], "/readyz").status == 503, 20, "ev-up's word")
    gone = get(ready["metrics"]["up"], "/readyz").told["checks"]
    assert gone["programs"] == {"ok": False, "needed": True, "says": "ended: CP001-engine"}
    wait_until(lambda: get(ready["metrics"]["CP001-monitor"], "/readyz").status == 503, 20, "Monitor's word")
    monitor = get(ready["metrics"]["CP001-monitor"], "/readyz").checks()
    assert monitor == {"running": True, "engine": False, "central": True}
    assert figure(ready, "CP001-monitor", 'ev_monitor_point_status{status="FAULTY"}') == 1


def test_an_address_that_is_taken_is_one_sentence(up: Ups) -> None:
    ready = up("--points", "0", "--central-port", "0", "--metrics", "127.0.0.1:0", "--no-driver").ready()
    taken = ready["metrics"]["central"]
    for command in (
        ("central", "--port", "0"),
        ("charging_point.engine", "--port", "0"),
        ("driver", "--driver-id", "D1", "listen"),
    ):
        done = run(command[0], "--metrics", taken, *command[1:])
        assert done.returncode == 1
        hint = "Choose another port with --metrics (0 takes a free one)."
        assert f"Cannot listen on {taken}: Address already in use. {hint}" in done.stderr.splitlines()[-1], done.stderr


def test_a_short_command_leaves_the_address_to_others(up: Ups) -> None:
    ready = up("--points", "0", "--central-port", "0", "--metrics", "127.0.0.1:0", "--no-driver").ready()
    done = run(
        "driver", "--metrics", ready["metrics"]["central"], "--driver-id", "D1", "--central", ready["central"], "list"
    )
    assert done.returncode == 0, done.stderr
