"""One network over three machines, as the README shows it: network namespaces where they can be made, else loopback addresses."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import Ups, run
from tests.kafka_server import BROKERS, OwnKafka

pytestmark = pytest.mark.processes


@dataclass(frozen=True, slots=True)
class Machine:
    address: str
    prefix: tuple[str, ...] = ()


def ip(*words: str) -> bool:
    return subprocess.run(["ip", *words], capture_output=True, check=False).returncode == 0


def _make_namespaces(names: list[str], switch: str) -> bool:
    """A namespace for each machine, and one for the bridge between them: there no firewall of the host is in the way."""
    made = (
        ip("netns", "add", switch)
        and ip("-n", switch, "link", "add", "br", "type", "bridge")
        and ip("-n", switch, "link", "set", "br", "up")
    )
    for number, name in enumerate(names, start=1):
        port = f"port{number}"
        made = made and all(
            (
                ip("netns", "add", name),
                ip("-n", switch, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name),
                ip("-n", switch, "link", "set", port, "master", "br", "up"),
                ip("-n", name, "addr", "add", f"10.203.77.{number}/24", "dev", "eth0"),
                ip("-n", name, "link", "set", "eth0", "up"),
                ip("-n", name, "link", "set", "lo", "up"),
            )
        )
    return made and _reaches(names[1])


def _reaches(name: str) -> bool:
    """Whether the first machine refuses us, as it must: a container engine may have the kernel drop what bridges carry."""
    probe = "import socket, sys; sys.exit(socket.socket().connect_ex(('10.203.77.1', 9)) != errno.ECONNREFUSED)"
    command = ["ip", "netns", "exec", name, "timeout", "3", sys.executable, "-c", f"import errno; {probe}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def machines() -> Iterator[list[Machine]]:
    suffix = f"{os.getpid() % 100_000}"
    names, switch = [f"ev{suffix}{letter}" for letter in "abc"], f"evs{suffix}"
    try:
        if shutil.which("ip") and os.geteuid() == 0 and _make_namespaces(names, switch):
            yield [
                Machine(f"10.203.77.{number}", ("ip", "netns", "exec", name))
                for number, name in enumerate(names, start=1)
            ]
        else:
            yield [Machine(f"127.0.0.{number}") for number in (2, 3, 4)]
    finally:
        if shutil.which("ip"):
            for name in (*names, switch):
                ip("netns", "del", name)


@pytest.fixture(params=BROKERS)
def broker_on_first(request: pytest.FixtureRequest, machines: list[Machine], tmp_path: Path) -> Iterator[list[str]]:
    """What the first machine's `ev-up` is told: to start the embedded broker, or that Apache Kafka runs there."""
    if request.param == "embedded":
        yield ["--kafka-port", "9092"]
        return
    kafka = OwnKafka(tmp_path, prefix=machines[0].prefix, host=machines[0].address)
    kafka.address = f"{kafka.host}:9092"
    try:
        kafka.start()
        yield ["--kafka", kafka.address]
    finally:
        kafka.kill()


@pytest.mark.parametrize("kafka", [None])  # the broker is here a machine's own
def test_points_and_drivers_on_three_machines_are_one_network(
    machines: list[Machine], broker_on_first: list[str], up: Ups
) -> None:
    first, second, third = machines
    home = up(
        "--points", "0", "--host", first.address, "--central-port", "5000", *broker_on_first, "--no-driver", "--insecure",
        prefix=first.prefix,
    ).ready()  # fmt: skip
    assert (home["central"], home["kafka"]) == (f"{first.address}:5000", f"{first.address}:9092")
    join = ("--central", home["central"], "--kafka", home["kafka"], "--time-scale", "600")
    up(*join, "--points", "2", "--prefix", "B", "--no-driver", prefix=second.prefix).ready()
    up(*join, "--points", "1", "--prefix", "C", "--driver-id", "D3", prefix=third.prefix).ready()

    words = ("driver", "--driver-id", "D9", "--central", home["central"], "--kafka", home["kafka"], "--json")
    listed = run(*words, "list", prefix=third.prefix)
    assert listed.returncode == 0, listed.stderr
    points = [
        point["cp_id"] for line in listed.stdout.splitlines() for point in json.loads(line).get("charging_points", [])
    ]
    assert points == ["B001", "B002", "C001"]
    charged = run(*words, "charge", "B001", "--energy", "1", "--follow", prefix=third.prefix)
    assert charged.returncode == 0, charged.stderr
    ticket = json.loads(charged.stdout.splitlines()[-1])
    assert (ticket["cp_id"], ticket["energy_consumed_kwh"], ticket["total_cost"]) == ("B001", 1.0, 0.3)
