"""Options of librdkafka at the programs' command lines, and an encrypted, authenticated Apache Kafka."""

import asyncio
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from common.kafka.client import KafkaBus
from common.kafka.embedded import free_port
from common.routes import Topic
from tests.integration.played_central import Program, run
from tests.kafka_server import HOST, OwnKafka

pytestmark = pytest.mark.processes

_PROGRAMS = [
    ("ev-central", ("central", "--port", "0")),
    ("ev-engine", ("charging_point.engine", "--port", "0", "--kafka", "127.0.0.1:1")),
    ("ev-driver", ("driver", "--driver-id", "D1", "--kafka", "127.0.0.1:1", "list")),
    ("ev-up", ("deploy.up", "--kafka", "127.0.0.1:1", "--central-port", "0")),
]


@pytest.mark.parametrize(("name", "command"), _PROGRAMS)
@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("nonsense=1", 'Kafka options: No such configuration property: "nonsense".'),
        ("socket.timeout.ms=soon", 'Kafka options: Invalid value for configuration property "socket.timeout.ms".'),
        ("acks=0", "--kafka-option: acks cannot be set, the programs depend on it."),
    ],
)
async def test_a_wrong_option_is_one_sentence_at_start(
    name: str, command: tuple[str, ...], option: str, told: str, tmp_path: Path
) -> None:
    directory = () if name == "ev-driver" else ("--data-dir", str(tmp_path))
    ended = await run(*command, *directory, "--kafka-option", option)
    said = [line for line in ended.err.splitlines() if not line.startswith("{")]
    assert (ended.status, said) == (2, [f"{name}: {told}"])


@dataclass(frozen=True, slots=True)
class Secured:
    """An Apache Kafka that wants TLS and a password."""

    address: str
    certificate: Path
    folder: Path

    def options(self, password: str = "s3cret") -> dict[str, str]:
        return {
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": str(self.certificate),
            "sasl.mechanism": "PLAIN",
            "sasl.username": "ev",
            "sasl.password": password,
        }

    def file(self, **changed: str) -> str:
        path = self.folder / "client.properties"
        path.write_text("".join(f"{name}={value}\n" for name, value in self.options(**changed).items()))
        return str(path)


@pytest.fixture
def secured(own_kafka: OwnKafka, tmp_path: Path) -> Secured:
    store, certificate = tmp_path / "broker.p12", tmp_path / "broker.pem"
    keytool = ("keytool", "-keystore", str(store), "-storepass", "changeit", "-alias", "broker")
    make = ("-genkeypair", "-keyalg", "RSA", "-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1", "-validity", "30")
    subprocess.run([*keytool, *make], check=True, capture_output=True)
    subprocess.run([*keytool, "-exportcert", "-rfc", "-file", str(certificate)], check=True, capture_output=True)
    address = f"{HOST}:{free_port(HOST)}"
    login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    settings = {
        "listeners": f"SASL_SSL://{address}",
        "advertised.listeners": f"SASL_SSL://{address}",
        "ssl.keystore.location": str(store),
        "ssl.keystore.password": "changeit",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_ssl.plain.sasl.jaas.config": f'{login} user_ev="s3cret";',
    }
    own_kafka.start(*(word for name, value in settings.items() for word in ("--property", f"{name}={value}")))
    return Secured(address, certificate, tmp_path)


@pytest.mark.kafka
async def test_a_whole_charge_over_tls_with_a_password_and_one_sentence_without_it(secured: Secured) -> None:
    told = ("--kafka", secured.address, "--central-port", "0", "--points", "1")
    ended = await run(
        "deploy.up", *told, "--once", "--data-dir", str(secured.folder / "up"), "--kafka-options-file", secured.file()
    )
    assert (ended.status, '"energy_consumed_kwh": 1.0' in ended.out) == (0, True), ended.err
    # What it read and wrote really went that way.
    bus = KafkaBus(secured.address, client_id="test", options=secured.options())
    subscriber, accounts = bus.group([Topic.SESSION_COMPLETE], "test"), 0
    async with asyncio.timeout(30):
        async for batch in subscriber.batches():
            accounts += len(batch)
            break
    await subscriber.close()
    assert accounts == 1

    wrong = secured.file(password="wrong")
    central = await Program.start(
        "central", "--port", "0", "--data-dir", str(secured.folder / "other"), "--kafka", secured.address,
        "--kafka-options-file", wrong, "--log-format", "human",
    )  # fmt: skip
    await central.line()
    said = await central.complaint("does not answer")
    central.terminate()
    assert "Authentication failed: Invalid username or password" in said
    assert "wrong" not in said
    assert (await central.end()).status == 0
