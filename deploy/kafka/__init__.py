"""Apache Kafka for machines without Docker: its broker from Maven Central, run as a single node. Standard library only."""
