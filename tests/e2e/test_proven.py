"""`ev-up --auth`: the whole network with proofs and signatures, and no secret in anything that its programs wrote or were called by."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Json, Ups, run

pytestmark = [pytest.mark.processes, pytest.mark.broker]


def secrets(data: Path) -> list[str]:
    files = [*(data / "secrets").iterdir(), data / "secrets.key"]
    return [file.read_text().strip() for file in files]


def called(pids: list[int]) -> bytes:
    """What anybody on this machine can read of programs, and what their owner can: words and environment."""
    return b"".join((Path("/proc") / str(pid) / name).read_bytes() for pid in pids for name in ("cmdline", "environ"))


def pids_of(ready: Json) -> list[int]:
    return [*ready["pids"].values(), *(pid for point in ready["points"] for pid in point["pids"].values())]


def charge(ready: Json, transport: str, *more: str) -> subprocess.CompletedProcess[str]:
    where = ("--central", ready["central"], "--kafka", ready["kafka"], "--transport", transport)
    words = ("--json", "charge", "CP001", "--energy", "1", "--follow")
    return run("driver", "--driver-id", "D002", *where, *more, *words)


@pytest.mark.parametrize("safety", [(), ("--tls",)], ids=["plain", "tls"])
def test_a_network_of_proofs_charges_over_both_ways_and_keeps_its_secrets(up: Ups, safety: tuple[str, ...]) -> None:
    one = up(
        "--auth", *safety, "--points", "1", "--central-port", "0", "--time-scale", "600", "--metrics", "127.0.0.1:0"
    )
    ready = one.ready()
    trust = ("--tls-ca", ready["tls_ca"]) if safety else ()
    own = ("--secret-file", ready["secrets"]["drivers"]["D002"])

    done = {transport: charge(ready, transport, *trust, *own) for transport in ("socket", "kafka")}
    tickets = {transport: json.loads(ended.stdout.splitlines()[-1]) for transport, ended in done.items()}
    assert {transport: (ticket["type"], ticket["total_cost"]) for transport, ticket in tickets.items()} == {
        "socket": ("ticket", 0.3),
        "kafka": ("ticket", 0.3),
    }

    stranger = charge(ready, "socket", *trust)
    what_to_do = "Prove first who you are: ev-admin enroll driver D002 makes the secret, --secret-file gives it"
    assert (stranger.returncode, what_to_do in stranger.stdout + stranger.stderr) == (1, True)

    where = ("--central", ready["central"], *trust, "--secret-file", ready["secrets"]["operator"])
    exported = run("central.admin", *where, "export", "events", "-")
    assert exported.returncode == 0, exported.stderr
    hidden = secrets(one.data)
    assert len(hidden) == 5
    shown = called(pids_of(ready)) + (exported.stdout + exported.stderr).encode()
    shown += "".join(ended.stdout + ended.stderr for ended in (*done.values(), stranger)).encode()
    assert one.stop() == 0
    kept = (one.data / "secrets", one.data / "secrets.key")
    files = [path for path in one.data.rglob("*") if path.is_file() and not any(path.is_relative_to(it) for it in kept)]
    written = shown + one.out.read_bytes() + b"".join(path.read_bytes() for path in files)
    assert [secret[:8] for secret in hidden if secret.encode() in written] == []


def test_a_machine_that_joins_brings_the_secrets_that_were_made_for_it(up: Ups) -> None:
    joining = up("--auth", "--central", "127.0.0.1:1", "--kafka", "127.0.0.1:1", "--points", "1", "--prefix", "B")
    assert joining.process.wait(60) == 1
    file = joining.data / "secrets" / "point-B001.secret"
    told = f"{file} is not there. Where that Central is, make it with ev-admin enroll point B001 --dir DIR"
    assert told in joining.words


def test_enrolling_again_changes_nothing(up: Ups, tmp_path: Path) -> None:
    data = tmp_path / "again"
    words = (
        "deploy.up",
        *up.options,
        "--auth",
        "--once",
        "--central-port",
        "0",
        "--points",
        "1",
        "--data-dir",
        str(data),
    )
    done = [run(*words) for _ in range(2)]
    assert [ended.returncode for ended in done] == [0, 0], done[-1].stderr
    tickets = [json.loads(ended.stdout) for ended in done]
    assert [ticket["total_cost"] for ticket in tickets] == [0.3, 0.3]
