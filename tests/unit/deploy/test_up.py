"""ev-up with real programs, where things go wrong. What goes well stands in tests/e2e."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Json, Up, alive, listening
from tests.waiting import wait_until

pytestmark = pytest.mark.processes


@pytest.fixture(name="network")
def _network(tmp_path: Path) -> Iterator[Up]:
    one = Up(tmp_path / "data", "--points", "1", "--central-port", "0", "--no-driver")
    yield one
    one.stop()


def everyone(ready: Json) -> list[int]:
    return [*ready["pids"].values(), *(pid for point in ready["points"] for pid in point["pids"].values())]


def test_nothing_survives_a_kill_of_ev_up(network: Up) -> None:
    ready = network.ready()
    assert all(alive(pid) for pid in everyone(ready))
    network.stop(signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in everyone(ready)), what="the end of every program")
    ports = (ready["central"], ready["kafka"])
    wait_until(lambda: not any(listening(port) for port in ports), what="the end of every port")


def test_a_program_that_ends_is_told_the_rest_goes_on_and_the_exit_status_is_1(network: Up) -> None:
    ready = network.ready()
    engine = ready["points"][0]["pids"]["engine"]
    os.kill(engine, signal.SIGKILL)
    wait_until(lambda: "CP001-engine was killed by signal 9:" in network.words, what="the sentence")
    (line,) = [line for line in network.words.splitlines() if "was killed" in line]
    assert line.endswith(f"(Its log: {network.data}/logs/CP001-engine.log) The rest goes on.")
    assert [pid for pid in everyone(ready) if not alive(pid)] == [engine]
    assert network.stop() == 1


def test_a_second_ev_up_in_the_same_directory_is_refused_and_the_first_goes_on(network: Up) -> None:
    ready = network.ready()
    second = Up(network.data.with_name("second"), "--data-dir", str(network.data), "--central-port", "0")
    assert second.process.wait(20) == 1
    assert second.words == (
        f"ev-up: {network.data} is in use by another ev-up (process {network.process.pid})."
        " Stop that one, or: Choose another place with --data-dir.\n"
    )
    assert all(alive(pid) for pid in everyone(ready))
    assert network.ready() == ready


def test_a_stop_while_starting_leaves_nothing(network: Up) -> None:
    log = network.data / "logs" / "central.log"
    wait_until(log.exists, what="the start of Central")
    assert network.stop() == 0
    assert network.words.splitlines() == ["Stopping ...", "Stopped: nothing is left running."]
    assert not (network.data / "ready.json").exists()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--central-port", "Central ended with exit status 1: Cannot listen on 127.0.0.1:{port}: "),
        ("--kafka-port", "The embedded broker does not start on 127.0.0.1:{port} "),
    ],
)
def test_a_port_in_use_is_one_sentence(tmp_path: Path, option: str, said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = {"--central-port": "0", option: str(port)}
        words = [word for pair in ports.items() for word in pair]
        one = Up(tmp_path / "data", "--points", "0", *words)
        assert one.process.wait(30) == 1
    *_, stopping, stopped, sentence = one.words.splitlines()
    assert (stopping, stopped) == ("Stopping ...", "Stopped: nothing is left running.")
    assert sentence.startswith(f"ev-up: {said.format(port=port)}")
    assert " --port" not in sentence
