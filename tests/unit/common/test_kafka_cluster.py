"""When a broker counts as away, told from what librdkafka says of its connections; and that it is said once."""

import logging
from collections.abc import Callable

import pytest
from confluent_kafka import KafkaError

from common.kafka.cluster import Cluster

CLOSED = "127.0.0.1:9092/1: Disconnected (after 600000ms in state UP)"
REFUSED = "GroupCoordinator: 127.0.0.1:9092: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)"
AWAY = "Kafka at one:1 does not answer (Connect to ipv4#127.0.0.1:9092 failed: Connection refused); trying on."
BACK = "Kafka at one:1 answers again."


class Client:
    """Plays one client of librdkafka."""

    def __init__(self, hear: Callable[[KafkaError], None]) -> None:
        self._hear = hear

    def trouble(self, words: str) -> None:
        self._hear(KafkaError(KafkaError._TRANSPORT, words))

    def nobody_left(self) -> None:
        self._hear(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))


@pytest.fixture
def cluster(caplog: pytest.LogCaptureFixture) -> Cluster:
    caplog.set_level(logging.INFO, "ev.kafka")
    return Cluster("one:1", "", {})


def test_a_connection_that_the_broker_closed_because_nobody_used_it_means_nothing(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(cluster.hear())
    client.trouble(CLOSED)
    client.nobody_left()
    assert (cluster.is_up, caplog.messages) == (True, [])


def test_that_the_next_attempt_fails_means_that_nobody_answers_and_is_said_once_for_all_clients(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    clients = [Client(cluster.hear()) for _ in range(3)]
    for client in clients:
        client.trouble(CLOSED)
        client.nobody_left()
        client.trouble(REFUSED)
    assert (cluster.is_up, caplog.messages) == (False, [AWAY])
    cluster.note_up()
    cluster.note_up()
    # One that was not looked after meanwhile tells of the same outage when it is over.
    clients[0].nobody_left()
    clients[0].trouble(REFUSED)
    assert (cluster.is_up, caplog.messages) == (True, [AWAY, BACK])


def test_a_broker_that_was_never_there_is_told_with_the_reason(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(cluster.hear())
    client.trouble(REFUSED)
    client.nobody_left()
    assert (cluster.is_up, caplog.messages) == (False, [AWAY])


def test_one_broker_of_several_that_refuses_is_not_all_of_them(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(cluster.hear())
    client.trouble(REFUSED)
    assert (cluster.is_up, caplog.messages) == (True, [])


def test_a_topic_that_is_gone_is_not_a_broker_that_is(cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    hear = cluster.hear()
    Client(hear).nobody_left()
    hear(KafkaError(KafkaError._UNKNOWN_PARTITION, "central_commands [0]: desired partition is no longer available"))
    assert (cluster.is_up, caplog.messages) == (True, [])
