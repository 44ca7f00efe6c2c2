"""One network over three machines with TLS and authentication on everything that is beyond loopback: nobody is told --insecure."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from common.kafka.embedded import free_port
from tests.e2e.conftest import run
from tests.e2e.test_three_machines import Machine, machines
from tests.waiting import wait_until

__all__ = ["machines"]

pytestmark = pytest.mark.processes


@contextmanager
def running(place: Path, machine: Machine, *words: str, ready: str) -> Iterator[Path]:
    """One program on a machine, once it has said that it is ready; gives what it says."""
    out = place / f"{words[0]}{len(list(place.glob('*.out')))}.out"
    with out.open("w") as told:
        process = subprocess.Popen(
            [*machine.prefix, sys.executable, "-m", *words],
            cwd=place, stdin=subprocess.DEVNULL, stdout=told, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        wait_until(lambda: ready in out.read_text() or process.poll() is not None, 60, f"{words[0]} to say {ready!r}")
        assert process.poll() is None, out.read_text()
        yield out
    finally:
        process.terminate()
        process.wait(20)


def test_a_charge_over_three_machines_is_proven_and_under_tls_all_the_way(
    tmp_path: Path, machines: list[Machine]
) -> None:
    first, second, third = machines
    tls, keys, database = tmp_path / "tls", tmp_path / "keys", f"sqlite:///{tmp_path / 'central.db'}"
    made = run("central.admin", "certs", str(tls), "--host", first.address, "--host", second.address, "--point", "CP1")
    assert made.returncode == 0, made.stderr
    sealed = ("--database", database, "--secrets-key-file", str(tmp_path / "secrets.key"))
    for role, who in (("point", "CP1"), ("driver", "D1"), ("admin", "boss")):
        enrolled = run("central.admin", *sealed, "enroll", role, who, "--dir", str(keys))
        assert enrolled.returncode == 0, enrolled.stderr
    ca, token = str(tls / "ca.pem"), tmp_path / "token"
    token.write_text("a-token-for-the-pages")
    own = [str(tls / "hosts" / f"{first.address}.{kind}") for kind in ("pem", "key")]
    engines = [str(tls / "hosts" / f"{second.address}.{kind}") for kind in ("pem", "key")]
    points = [str(tls / "points" / f"CP1.{kind}") for kind in ("pem", "key")]
    kafka = f"127.0.0.1:{free_port('127.0.0.1')}"
    to_central = ("--central", f"{first.address}:5000", "--tls-ca", ca)

    broker = running(tmp_path, first, "common.kafka.embedded", kafka, ready="ready in ")
    central = running(
        tmp_path, first, "central", "--host", first.address, "--kafka", kafka, *sealed, "--auth", "--time-scale", "600",
        "--tls-cert", own[0], "--tls-key", own[1], "--metrics", f"{first.address}:9100",
        "--metrics-tls-cert", own[0], "--metrics-tls-key", own[1], "--metrics-token-file", str(token),
        ready="ev-central listening on",
    )  # fmt: skip
    engine = running(
        tmp_path, second, "charging_point.engine", "--host", second.address, "--time-scale", "600",
        "--secret-file", str(keys / "point-CP1.secret"),
        "--tls-cert", engines[0], "--tls-key", engines[1], "--tls-client-ca", ca,
        ready="ev-engine listening on",
    )  # fmt: skip
    monitor = running(
        tmp_path, third, "charging_point.monitor", "--cp-id", "CP1", *to_central,
        "--engine", f"{second.address}:6000", "--engine-tls-ca", ca, "--tls-cert", points[0], "--tls-key", points[1],
        "--secret-file", str(keys / "point-CP1.secret"),
        ready="ev-monitor CP1 registered",
    )  # fmt: skip
    with broker, central as said, engine, monitor:
        charge = ("--json", "charge", "CP1", "--energy", "1", "--follow")
        proof = ("--secret-file", str(keys / "driver-D1.secret"))
        charged = run("driver", "--driver-id", "D1", *to_central, *proof, *charge, prefix=third.prefix)
        assert charged.returncode == 0, charged.stderr
        ticket = json.loads(charged.stdout.splitlines()[-1])
        assert (ticket["cp_id"], ticket["energy_consumed_kwh"], ticket["total_cost"]) == ("CP1", 1.0, 0.3)

        stranger = run("driver", "--driver-id", "D1", *to_central, *charge, prefix=third.prefix)
        assert stranger.returncode == 1
        plain = run("driver", "--driver-id", "D1", "--central", to_central[1], *proof, "list", prefix=third.prefix)
        assert plain.returncode == 1
        assert "This port takes TLS only" in plain.stderr

        asked = ("--admin-id", "boss", "--secret-file", str(keys / "admin-boss.secret"), "--json", "cps")
        listed = run("central.admin", *to_central, *asked, prefix=second.prefix)
        assert [point["status"] for point in json.loads(listed.stdout)["charging_points"]] == ["ACTIVE"]

        page = run(
            "deploy.health", f"https://{first.address}:9100/metrics", ca, "--token", str(token), prefix=second.prefix
        )
        assert page.returncode == 0, page.stdout
        assert "insecure" not in said.read_text()
