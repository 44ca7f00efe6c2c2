"""Every program that listens, told to do so beyond loopback: it refuses, and does it only under --insecure, with a warning."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import certificates
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

NO_KAFKA = ("--kafka", "127.0.0.1:1")
ALL_THE_SAME = "or say --insecure to listen all the same."
BOTH = "0.0.0.0, beyond loopback, without TLS and authentication."
PAGES = (
    f"The pages of --metrics would listen on {BOTH} "
    f"Give --metrics-tls-cert and --metrics-token-file (or --metrics-tls-client-ca), {ALL_THE_SAME}"
)
OPEN_PAGES = ("--metrics", "0.0.0.0:0")
AT_HOME = "Let it listen on 127.0.0.1"


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *words]
    return subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        pytest.param(
            ("central", "--port", "0", "--host", "0.0.0.0", "--no-auth", *NO_KAFKA),
            2,
            f"ev-central: Central would listen on {BOTH} Give --tls-cert and --auth, {ALL_THE_SAME}",
            id="central",
        ),
        pytest.param(
            ("charging_point.engine", "--port", "0", "--host", "0.0.0.0"),
            2,
            f"ev-engine: The Engine would listen on {BOTH} Give --tls-cert and --tls-client-ca, {ALL_THE_SAME}",
            id="engine",
        ),
        pytest.param(("central", "--port", "0", *NO_KAFKA, *OPEN_PAGES), 2, f"ev-central: {PAGES}", id="central-pages"),
        pytest.param(
            ("charging_point.engine", "--port", "0", *OPEN_PAGES), 2, f"ev-engine: {PAGES}", id="engine-pages"
        ),
        pytest.param(
            ("charging_point.monitor", "--cp-id", "CP1", *OPEN_PAGES), 2, f"ev-monitor: {PAGES}", id="monitor-pages"
        ),
        pytest.param(
            ("driver", "--driver-id", "D1", *OPEN_PAGES, "listen"), 2, f"ev-driver: {PAGES}", id="driver-pages"
        ),
        pytest.param(("deploy.up", *OPEN_PAGES), 2, f"ev-up: {PAGES}", id="up-pages"),
        pytest.param(
            ("deploy.up", "--host", "0.0.0.0", "--tls", "--auth"),
            2,
            f"ev-up: The embedded broker would listen on {BOTH} Bring a Kafka that has both (--kafka), {ALL_THE_SAME}",
            id="up-broker",
        ),
        pytest.param(
            ("deploy.up", "--host", "0.0.0.0", "--central-port", "0", *NO_KAFKA),
            2,
            f"ev-up: Central would listen on {BOTH} Give --tls and --auth, {ALL_THE_SAME}",
            id="up-central",
        ),
        pytest.param(
            ("common.kafka.embedded", "0.0.0.0:0"),
            1,
            f"The embedded broker cannot start: The embedded broker would listen on {BOTH} "
            f"Bring a Kafka that has both (--kafka), {ALL_THE_SAME}",
            id="embedded",
        ),
        pytest.param(
            ("deploy.kafka", "run", "0.0.0.0:0"),
            1,
            f"deploy.kafka: Kafka would listen on {BOTH} {AT_HOME}, and give others a listener with both "
            f"(--property listeners=SASL_SSL://HOST:PORT ...), {ALL_THE_SAME}",
            id="kafka",
        ),
        pytest.param(
            ("deploy.postgres", "run", "0.0.0.0:0"),
            1,
            f"deploy.postgres: PostgreSQL would listen on 0.0.0.0, beyond loopback, without TLS. {AT_HOME}, {ALL_THE_SAME}",
            id="postgres",
        ),
    ],
)
def test_what_would_stand_open_does_not_start(
    tmp_path: Path, words: tuple[str, ...], status: int, sentence: str
) -> None:
    done = run(tmp_path, *words)
    assert (done.returncode, done.stdout, done.stderr.splitlines()[-1]) == (status, "", sentence)


def test_under_insecure_it_listens_and_says_so_once_in_the_log(tmp_path: Path) -> None:
    out, log = tmp_path / "out", tmp_path / "log"
    with out.open("w") as heard, log.open("w") as logged:
        engine = subprocess.Popen(
            [sys.executable, "-m", "charging_point.engine", "--port", "0", "--host", "0.0.0.0", "--insecure"],
            cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=heard, stderr=logged,
        )  # fmt: skip
    try:
        wait_until(lambda: "listening" in out.read_text(), 20, "the Engine's port")
    finally:
        engine.terminate()
        assert engine.wait(20) == 0
    warned = [line for line in log.read_text().splitlines() if "--insecure" in line]
    assert len(warned) == 1
    assert (
        "The Engine listens on 0.0.0.0, beyond loopback, without TLS and authentication; --insecure allows it."
        in warned[0]
    )


def test_with_tls_and_certificates_an_engine_listens_anywhere_without_a_word(tmp_path: Path) -> None:
    own, ca = certificates.host(tmp_path / "tls"), tmp_path / "tls" / "ca.pem"
    out, log = tmp_path / "out", tmp_path / "log"
    with out.open("w") as heard, log.open("w") as logged:
        engine = subprocess.Popen(
            [
                sys.executable, "-m", "charging_point.engine", "--port", "0", "--host", "0.0.0.0",
                "--tls-cert", str(own.cert), "--tls-key", str(own.key), "--tls-client-ca", str(ca),
            ],
            cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=heard, stderr=logged,
        )  # fmt: skip
    try:
        wait_until(lambda: "listening on 0.0.0.0:" in out.read_text(), 20, "the Engine's port")
    finally:
        engine.terminate()
        assert engine.wait(20) == 0
    assert "insecure" not in log.read_text()
