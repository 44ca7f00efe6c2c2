"""Fixtures that several folders use: here each is one, so that all share one server of a kind."""

from tests.kafka_server import apache, broker, own_kafka, shared_kafka
from tests.postgres_server import (
    database,
    empty_database,
    empty_postgres_database,
    postgres_address,
    postgres_database,
    postgres_template,
    unencoded_postgres_database,
)

__all__ = [
    "apache",
    "broker",
    "database",
    "empty_database",
    "empty_postgres_database",
    "own_kafka",
    "postgres_address",
    "postgres_database",
    "postgres_template",
    "shared_kafka",
    "unencoded_postgres_database",
]
