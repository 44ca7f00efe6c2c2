"""Fixtures that several folders use."""

from tests.kafka_server import apache, own_kafka

__all__ = ["apache", "own_kafka"]
