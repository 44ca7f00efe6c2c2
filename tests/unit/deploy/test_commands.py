"""The command lines of the programs, and the lines by which they are known to be ready."""

import re
import sys
from pathlib import Path

from common.net.address import Address
from deploy import commands
from tests.unit.deploy.conftest import settings

KAFKA = Address("127.0.0.1", 9092)
CENTRAL = Address("127.0.0.1", 5000)


def test_central_gets_one_partition_and_patience_from_the_embedded_broker() -> None:
    *line, patience_ms = commands.central(settings(data_dir="d", central_port=0), KAFKA)
    expected = "-m central --host 127.0.0.1 --port 0 --data-dir d --kafka 127.0.0.1:9092 --default-price 0.30 --no-auth"
    assert line == [sys.executable, *expected.split(), "--kafka-partitions", "1", "--kafka-fetch-wait-ms"]
    assert 10 <= int(patience_ms) <= 1000  # between quick answers and a cheap idle; the benches weigh it


def test_central_on_a_broker_of_ones_own_keeps_its_defaults() -> None:
    line = commands.central(settings(data_dir="d", kafka="127.0.0.1:9092"), KAFKA)
    assert not [word for word in line if word.startswith("--kafka-")]


def test_the_database_is_a_file_in_the_data_directory_unless_told_and_never_on_a_command_line(tmp_path: Path) -> None:
    here = settings(data_dir=str(tmp_path))
    assert commands.central_env(here) == {"EV_CENTRAL_DATABASE": f"sqlite:///{tmp_path}/central.db"}
    told = settings(database="postgresql+psycopg://ev:secret@db/ev")
    assert commands.central_env(told) == {"EV_CENTRAL_DATABASE": "postgresql+psycopg://ev:secret@db/ev"}
    assert not [word for word in commands.central(told, KAFKA) if "secret" in word]


def test_what_every_program_must_know_of_kafka_is_in_the_environment_and_never_on_a_command_line() -> None:
    told = settings(
        kafka="one:1,two:2",
        kafka_topic_prefix="north.",
        kafka_option=["sasl.username=ev", "sasl.password=secret"],
        kafka_options_file="kafka.properties",
    )
    assert commands.kafka_env(told) == {
        "EV_KAFKA_TOPIC_PREFIX": "north.",
        "EV_KAFKA_OPTION": "sasl.username=ev\nsasl.password=secret",
        "EV_KAFKA_OPTIONS_FILE": str(Path("kafka.properties").resolve()),
    }
    assert told.kafka is not None
    assert commands.driver(told, CENTRAL, told.kafka, "listen")[-3:] == ["--kafka", "one:1,two:2", "listen"]
    assert not [word for word in commands.central(told, told.kafka) if "secret" in word]
    assert commands.kafka_env(settings()) == {}


def test_a_point_is_an_engine_with_a_journal_of_its_own_and_a_monitor() -> None:
    told = settings(data_dir="d", time_scale=60, max_rate_kw=11, price="0.25")
    engine = "--port 0 --kafka 127.0.0.1:9092 --journal d/CP002.journal --time-scale 60.0 --max-rate-kw 11.0"
    monitor = "--cp-id CP002 --central 127.0.0.1:5000 --engine 127.0.0.1:6001 --price 0.25 --max-rate-kw 11.0"
    assert commands.engine(told, "CP002", KAFKA)[2:] == ["charging_point.engine", *engine.split()]
    assert commands.monitor(told, "CP002", CENTRAL, "127.0.0.1:6001")[2:] == [
        "charging_point.monitor",
        *monitor.split(),
    ]


def test_a_driver_is_told_who_it_is_and_what_to_do() -> None:
    line = commands.driver(settings(), CENTRAL, KAFKA, "listen")
    expected = "driver --driver-id D001 --central 127.0.0.1:5000 --kafka 127.0.0.1:9092 listen"
    assert line[2:] == expected.split()


def test_ready_lines_are_matched_whole_and_literally() -> None:
    assert re.fullmatch(commands.monitor_ready("A.1"), "ev-monitor A.1 registered with 127.0.0.1:5000")
    assert not re.fullmatch(commands.monitor_ready("A.1"), "ev-monitor Ax1 registered with 127.0.0.1:5000")
    assert not re.fullmatch(commands.driver_ready("D001"), "ev-driver D0011 listening")
    found = re.fullmatch(commands.ENGINE_READY, "ev-engine listening on [::1]:6000")
    assert found is not None
    assert found["address"] == "[::1]:6000"


def test_under_tls_each_program_is_told_what_it_listens_with_shows_and_trusts() -> None:
    told = settings(data_dir="d", tls=True, central_port=0)
    ca, own, point = "d/tls/ca.pem", "d/tls/hosts/127.0.0.1", "d/tls/points/CP002"
    listens = f"--tls-cert {own}.pem --tls-key {own}.key"
    assert " ".join(commands.central(told, KAFKA)).endswith(f" {listens}")
    assert " ".join(commands.engine(told, "CP002", KAFKA)).endswith(f" {listens} --tls-client-ca {ca}")
    shows = f"--tls-ca {ca} --engine-tls-ca {ca} --tls-cert {point}.pem --tls-key {point}.key"
    assert " ".join(commands.monitor(told, "CP002", CENTRAL, "127.0.0.1:6001")).endswith(f" {shows}")
    assert commands.driver(told, CENTRAL, KAFKA, "listen")[-3:] == ["--tls-ca", ca, "listen"]


def test_pages_under_tls_are_told_to_every_program_that_has_some() -> None:
    told = settings(metrics="127.0.0.1:9100", metrics_tls_cert="c.pem", metrics_tls_key="k.pem")
    pages = ["--metrics", "127.0.0.1:0", "--metrics-tls-cert", "c.pem", "--metrics-tls-key", "k.pem"]
    assert commands.monitor(told, "CP002", CENTRAL, "127.0.0.1:6001")[-6:] == pages
    assert commands.watched(settings(metrics_tls_cert="c.pem")) == []


def test_the_token_of_the_pages_and_the_word_for_standing_open_go_to_every_program() -> None:
    told = settings(metrics="0.0.0.0:9100", metrics_token_file="token", insecure=True)
    said = ["--metrics", "0.0.0.0:0", "--metrics-token-file", "token", "--insecure"]
    assert commands.monitor(told, "CP002", CENTRAL, "127.0.0.1:6001")[-5:] == said
    assert commands.engine(told, "CP002", KAFKA)[-5:] == said
    assert commands.driver(told, CENTRAL, KAFKA, "listen")[-6:] == [*said, "listen"]
    assert commands.central(told, KAFKA)[-5:] == ["--metrics", "0.0.0.0:9100", *said[2:]]
    assert "--insecure" not in commands.central(settings(), KAFKA)


def test_central_is_told_how_fast_its_points_charge_when_they_are_faster_than_time() -> None:
    line = commands.central(settings(time_scale=60), KAFKA)
    assert line[line.index("--time-scale") + 1] == "60.0"
    assert "--time-scale" not in commands.central(settings(), KAFKA)
