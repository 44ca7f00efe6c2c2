"""What Central can be told."""

from decimal import Decimal
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from central.store.settings import WithDatabase
from common.net.address import HostPorts
from common.settings import Watchable, WithKafka


class CentralSettings(WithKafka, WithDatabase, Watchable):
    process: ClassVar[str] = "central"

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 for every one")
    port: int = Field(5000, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    kafka: HostPorts = Field(
        "127.0.0.1:9092",
        description="Kafka as HOST:PORT, or several brokers with commas between",
        validate_default=True,
    )
    instance: str | None = Field(
        None,
        max_length=100,
        description="name of this Central among several; by default this machine's name and the port",
    )
    default_price: Decimal = Field(
        Decimal("0.30"), ge=0, le=10_000, decimal_places=4, description="price a kWh of a point that brings none"
    )
    kafka_partitions: int = Field(12, ge=1, le=10_000, description="partitions of topics that Central creates")
    kafka_replication: int = Field(1, ge=1, le=10, description="replicas of topics that Central creates")
    heartbeat_interval: float = Field(30.0, gt=0, le=3600, description="seconds between heartbeats asked of Monitors")
    heartbeat_timeout: float = Field(90.0, gt=0, le=86_400, description="seconds without one until a point is lost")
    auth: bool = Field(False, description="whether Monitors, drivers and admins must prove who they are")
    secrets_file: Path | None = Field(
        None, description="TOML file with tables [monitor], [driver], [admin] of id = secret, for --auth"
    )
    console: bool = Field(True, description="on a terminal, open the operator's console")
