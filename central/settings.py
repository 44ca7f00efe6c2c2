"""What Central can be told."""

from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from central.store.settings import WithDatabase
from common.net.address import HostPorts
from common.net.shore import Listener
from common.settings import Listens, Watchable, WithKafka, WithSecretsKey
from common.words import shore as words


class CentralSettings(WithKafka, WithDatabase, WithSecretsKey, Listens, Watchable):
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
    auth: bool = Field(
        True, description="whether points, drivers and admins must prove who they are (see ev-admin enroll)"
    )
    driver_notices: bool = Field(
        True, description="whether drivers are told of their readings over Kafka; answers and tickets always come"
    )
    console: bool = Field(True, description="on a terminal, open the operator's console")
    max_links: int = Field(20_000, ge=1, le=1_000_000, description="connections that may be open at once")
    max_links_per_address: int = Field(
        5000, ge=1, le=1_000_000, description="of these, from one address; behind a proxy all come from its own"
    )
    max_frames_per_s: float = Field(200.0, gt=0, le=1_000_000, description="messages a second that a link may bring")
    max_frames_per_point_s: float = Field(
        10.0, ge=0, le=1_000_000, description="and so many more for each point that is registered on it"
    )
    max_requests_per_driver_s: float = Field(
        10.0, gt=0, le=1_000_000, description="requests a second that a driver may send, over whichever way"
    )
    overload_wait_s: float = Field(
        1.0, gt=0, le=600, description="new charges are put off while a request would wait longer than this"
    )
    time_scale: float = Field(
        1.0,
        gt=0,
        le=100_000,
        description="simulated seconds a second of the fastest Engine: more energy than that allows is not believed",
    )

    @property
    def listener(self) -> Listener:
        """The port, for the rule of the shore."""
        has_tls = self.tls_cert is not None
        return Listener(words.CENTRAL, self.host, has_tls=has_tls, proves=self.auth, remedies=("--tls-cert", "--auth"))
