"""What ev-up can be told."""

from decimal import Decimal
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from common.errors import BadSetting
from common.net.address import HostPort, reachable
from common.net.pairs import Pair, host_pair
from common.settings import Watchable, WithKafka
from common.words import up as words

#: Simulated time of `--once`: a kilowatt-hour in a moment.
_HASTE = 600.0


class UpSettings(WithKafka, Watchable):
    process: ClassVar[str] = "up"

    points: int = Field(3, ge=0, le=1000, description="charging points to start, each a Monitor and an Engine")
    data_dir: Path = Field(Path("ev-data"), description="where database, journals, logs and ready.json go")
    database: str | None = Field(
        None, description="Central's database as a URL; without it, SQLite in the data directory"
    )
    central: HostPort | None = Field(
        None, description="join the network of this Central elsewhere, instead of starting one (needs --kafka)"
    )
    central_port: int = Field(5000, ge=0, le=65535, description="port that Central listens on; 0 takes a free one")
    kafka_port: int = Field(0, ge=0, le=65535, description="port of the embedded broker; 0 takes a free one")
    host: str = Field("127.0.0.1", min_length=1, description="address that Central and the embedded broker listen on")
    advertise: str | None = Field(None, description="name by which other machines reach this one; without it, --host")
    prefix: str = Field("CP", pattern=r"^[A-Za-z0-9._-]{1,30}$", description="what the ids of the points begin with")
    first_point: int = Field(1, ge=0, le=99_999, description="number of the first point")
    time_scale: float | None = Field(
        None, gt=0, le=100_000, description="simulated seconds a second; without it 1, or 600 with --once"
    )
    price: Decimal = Field(Decimal("0.30"), ge=0, le=10_000, decimal_places=4, description="price of one kWh")
    max_rate_kw: float = Field(22.0, gt=0, le=1000, description="power of each point in kW")
    driver: bool = Field(True, description="start a driver that listens")
    driver_id: str = Field("D001", pattern=r"^[A-Za-z0-9._-]{1,36}$", description="who drives")
    console: bool = Field(True, description="on a terminal, open the operator's console")
    tls: bool = Field(False, description="TLS on every link, with a CA made in the data directory at the first start")
    auth: bool = Field(False, description="everybody proves who it is, with secrets made in the data directory")
    once: bool = Field(False, description="charge 1 kWh at the first point, print its ticket as JSON, stop all")

    @property
    def cp_ids(self) -> list[str]:
        return [f"{self.prefix}{number:03d}" for number in range(self.first_point, self.first_point + self.points)]

    @property
    def reach_host(self) -> str:
        """How our own programs reach what listens on `host`."""
        return reachable(self.host)

    @property
    def advertised(self) -> str:
        """How others reach it."""
        return self.advertise or self.reach_host

    @property
    def tls_dir(self) -> Path:
        """Where the certificates of --tls stand."""
        return self.data_dir / "tls"

    @property
    def own_pair(self) -> Pair:
        """What the programs of this machine listen with, under --tls."""
        return host_pair(self.tls_dir, self.advertised, self.reach_host)

    @property
    def secrets_dir(self) -> Path:
        """Where the secrets of --auth stand."""
        return self.data_dir / "secrets"

    @property
    def speed(self) -> float:
        return self.time_scale or (_HASTE if self.once else 1.0)

    def check(self) -> None:
        """Raises BadSetting for options that are right alone and wrong together."""
        if self.central and not self.kafka:
            raise BadSetting(words.CENTRAL_NEEDS_KAFKA())
        if (self.kafka_option or self.kafka_options_file) and not self.kafka:
            raise BadSetting(words.OPTIONS_NEED_KAFKA())
        self.read_kafka_options()
        if self.central and self.database:
            raise BadSetting(words.NO_DATABASE_HERE())
        if self.central and self.tls:
            raise BadSetting(words.TLS_ELSEWHERE())
        if self.once and not self.points:
            raise BadSetting(words.ONCE_NEEDS_A_POINT())
