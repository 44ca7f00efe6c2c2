"""Kafka: what a bus is, the real client, the embedded broker, and a bus in memory for tests."""
