"""`python3 -m deploy.kafka`: Apache Kafka without Docker, and one sentence for whatever is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from common.kafka.bus import Outgoing
from common.kafka.client import KafkaBus
from common.routes import Topic
from tests.contract.test_bus import delivered, numbered, read, told
from tests.kafka_server import OwnKafka

pytestmark = pytest.mark.processes


def complain(*arguments: str, **environment: str) -> tuple[int, str]:
    """Its exit status and all that it said."""
    done = subprocess.run(
        [sys.executable, "-m", "deploy.kafka", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )
    return done.returncode, (done.stdout + done.stderr).strip()


def test_a_java_that_is_missing_or_too_old_is_one_sentence(tmp_path: Path) -> None:
    data = ("run", "127.0.0.1:0", "--data-dir", str(tmp_path / "data"))
    missing = "deploy.kafka: There is no Java in /nowhere (JAVA_HOME names it); Apache Kafka needs Java 17 or newer."
    assert complain(*data, JAVA_HOME="/nowhere") == (1, missing)
    old = tmp_path / "bin" / "java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    old.chmod(0o755)
    told = f'{old} is too old (openjdk version "11.0.2" 2019-01-15).'
    assert complain(*data, JAVA_HOME=str(tmp_path)) == (
        1,
        f"deploy.kafka: Apache Kafka needs Java 17 or newer; {told}",
    )


@pytest.mark.parametrize("address", ["", "host", "127.0.0.1:70000", ":1"])
def test_a_wrong_address_is_a_wrong_command_line(address: str) -> None:
    status, words = complain("run", address)
    assert (status, words.splitlines()[-1]) == (
        2,
        f"python3 -m deploy.kafka run: error: argument HOST:PORT: {address!r} must be HOST:PORT, for example 127.0.0.1:9092",
    )


@pytest.mark.kafka
async def test_it_keeps_what_it_was_given_over_an_orderly_end_and_guards_its_place(
    own_kafka: OwnKafka, tmp_path: Path
) -> None:
    address, data = own_kafka.start(), tmp_path / "kafka0"
    bus = KafkaBus(address, client_id="test")
    await bus.create_topics(1, 1)
    publisher = bus.publisher()
    await delivered(publisher, [Outgoing(Topic.SESSION_DATA, "k", b"0")])
    assert complain("run", "127.0.0.1:0", "--data-dir", str(data)) == (
        1,
        f"deploy.kafka: {data} is in use by another Kafka. Stop that one, or choose another with --data-dir.",
    )
    assert complain("run", address, "--data-dir", str(tmp_path / "second")) == (
        1,
        f"deploy.kafka: {address} is taken; stop what listens there, or choose another port.",
    )
    assert own_kafka.stop() == 0

    own_kafka.start()
    subscriber = bus.group([Topic.SESSION_DATA], "test")
    await delivered(publisher, numbered("k", 1, topic=Topic.SESSION_DATA, first=1))
    assert told(await read(subscriber, "k", 2)) == [("k", b"0"), ("k", b"1")]
    await subscriber.close()
    await publisher.close()
    assert own_kafka.stop() == 0

    marks = data / "data" / "meta.properties"
    marks.write_text(marks.read_text().replace("node.id=1", "node.id=2"))
    assert complain("run", "127.0.0.1:0", "--data-dir", str(data)) == (
        1,
        f"deploy.kafka: {data} holds the data of another Kafka cluster. Choose another with --data-dir.",
    )


def test_a_data_directory_that_cannot_be_is_one_sentence() -> None:
    if shutil.which("java") is None:
        pytest.skip("There is no Java here; install version 17 or newer.")
    assert complain("run", "127.0.0.1:0", "--data-dir", "/proc/nowhere") == (
        1,
        "deploy.kafka: Cannot use /proc/nowhere as data directory: No such file or directory. Choose another with --data-dir.",
    )


@pytest.mark.kafka
@pytest.mark.usefixtures("own_kafka")  # skips where there is no Apache Kafka
def test_a_cluster_id_may_begin_with_a_dash(tmp_path: Path) -> None:
    """As one in 64 does."""
    data = tmp_path / "data"
    script = f"""
import sys, uuid
from pathlib import Path
from deploy.kafka.node import Node
uuid.uuid4 = lambda: uuid.UUID(int=0xF9 << 120)
with Node(Path({str(data)!r}), "127.0.0.1", 0, advertise="127.0.0.1", more={{}}) as node:
    node.start()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "cluster.id=-" in (data / "data" / "meta.properties").read_text()
