"""A whole network under TLS: one option, and every link of it is safe; who comes without is told what to do."""

import json
import ssl
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.conftest import Ups, run
from tests.waiting import wait_until

pytestmark = pytest.mark.processes


def test_once_under_tls_prints_one_ticket(tmp_path: Path, up: Ups) -> None:
    data = tmp_path / "data"
    done = run(
        "deploy.up", *up.options, "--tls", "--once", "--central-port", "0", "--points", "1", "--data-dir", str(data)
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    ticket = json.loads(line)
    assert (ticket["energy_consumed_kwh"], ticket["total_cost"], ticket["reason"]) == (1.0, 0.3, "energy_limit")
    made = {str(path.relative_to(data / "tls")): stat.S_IMODE(path.stat().st_mode) for path in data.glob("tls/**/*.*")}
    assert made == {
        "ca.pem": 0o644,
        "ca.key": 0o600,
        "hosts/127.0.0.1.pem": 0o644,
        "hosts/127.0.0.1.key": 0o600,
        "points/CP001.pem": 0o644,
        "points/CP001.key": 0o600,
    }


def test_every_port_of_a_network_under_tls_speaks_it_and_nothing_else(tmp_path: Path, up: Ups) -> None:
    network = up("--tls", "--points", "1", "--central-port", "0", "--metrics", "127.0.0.1:0", "--time-scale", "600")
    ready = network.ready()
    ca = ready["tls_ca"]
    assert ca == str((network.data / "tls" / "ca.pem").resolve())

    plain = run("central.admin", "--central", ready["central"], "cps")
    assert (plain.returncode, plain.stdout) == (1, "")
    told = "This port takes TLS only: connect with TLS (our programs: --tls-ca FILE) (not_allowed)."
    assert plain.stderr.splitlines()[-1] == f"ev-admin: {told}"

    safe = run("central.admin", "--central", ready["central"], "--tls-ca", ca, "--json", "cps")
    assert safe.returncode == 0, safe.stderr
    (point,) = json.loads(safe.stdout)["charging_points"]
    assert point["status"] == "ACTIVE"

    charged = run(
        "driver", "--driver-id", "D9", "--central", ready["central"], "--kafka", ready["kafka"], "--tls-ca", ca, "--json",
        "charge", "CP001", "--energy", "1", "--follow",
    )  # fmt: skip
    assert charged.returncode == 0, charged.stderr
    assert json.loads(charged.stdout.splitlines()[-1])["type"] == "ticket"

    # Engine takes a Monitor with a certificate and nobody else: this one has none.
    stranger = tmp_path / "stranger"
    with stranger.open("w") as out:
        monitor = subprocess.Popen(
            [
                sys.executable, "-m", "charging_point.monitor", "--cp-id", "CP001", "--central", ready["central"],
                "--engine", ready["points"][0]["engine"], "--tls-ca", ca, "--engine-tls-ca", ca,
            ],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip
        try:
            wait_until(lambda: "This port asks for a client certificate" in stranger.read_text(), 20, "the refusal")
        finally:
            monitor.terminate()
            monitor.wait(20)

    assert set(ready["metrics"]) >= {"central", "CP001-engine", "CP001-monitor", "driver", "up"}
    for address in ready["metrics"].values():
        with urllib.request.urlopen(f"https://{address}/readyz", context=ssl.create_default_context(cafile=ca)) as page:
            assert json.load(page)["ready"]
    assert network.stop() == 0


def test_a_certificate_for_trials_is_made_by_the_operators_program(tmp_path: Path) -> None:
    where = tmp_path / "tls"
    words = ["certs", str(where), "--host", "box.lan", "--point", "CP1", "--point", "CP2"]
    made = run("central.admin", *words)
    again = run("central.admin", *words)
    assert (made.returncode, made.stderr, again.returncode) == (0, "", 0)
    assert [line.split(" (")[1].split(")")[0] for line in made.stdout.splitlines() if " (made)" in line] == ["made"] * 4
    assert " (made)" not in again.stdout
    assert again.stdout == made.stdout.replace("(made)", "(was there)")
    refused = run("central.admin", "certs", str(where), "--host", "a b")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("ev-admin: 'a b' is no host name and no address")


def test_mistakes_with_certificates_are_one_sentence_before_anything_starts(tmp_path: Path) -> None:
    run("central.admin", "certs", str(tmp_path / "tls"))
    pair = tmp_path / "tls" / "hosts" / "localhost"
    cert, key = ("--tls-cert", f"{pair}.pem"), ("--tls-key", f"{tmp_path}/tls/ca.key")
    where = ("--data-dir", str(tmp_path / "data"))
    cases = {
        ("central", *where, *cert): "holds no private key in PEM form without a passphrase.",
        ("central", *where, *cert, *key): f"The key in {key[1]} does not belong to the certificate in {cert[1]}.",
        ("charging_point.engine", *where, "--tls-cert", "/nowhere.pem"): "No such file or directory.",
        ("charging_point.monitor", "--cp-id", "CP1", *cert): "--tls-cert needs --tls-ca too.",
        ("central.admin", "--tls-ca", f"{tmp_path}/tls/ca.key", "cps"): "holds no certificate in PEM form.",
        ("driver", "--driver-id", "D1", *key, "list"): "--tls-key needs --tls-cert too.",
        ("central", *where, "--metrics-tls-key", key[1]): "--metrics-tls-key needs --metrics-tls-cert too.",
        ("deploy.up", "--tls", "--central", "h:1", "--kafka", "h:2"): "set EV_TLS_CA to its CA's certificate.",
    }
    for command, told in cases.items():
        done = run(*command)
        said = [line for line in done.stderr.splitlines() if not line.startswith("{")]
        assert (done.returncode, len(said), done.stdout) == (2, 1, ""), (command, done.stderr)
        assert said[0].endswith(told), (command, said)
    assert not (tmp_path / "data").exists()
