"""Fixtures that several folders use."""

from tests.kafka_server import apache, broker, own_kafka, shared_kafka

__all__ = ["apache", "broker", "own_kafka", "shared_kafka"]
