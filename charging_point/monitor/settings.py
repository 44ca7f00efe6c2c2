"""What a Monitor can be told: its point, its two peers, its intervals."""

from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from common.messages import RegisterRequest
from common.messages.fields import CpId, Name
from common.net.address import HostPort
from common.settings import Watchable, WithCentral


class MonitorSettings(WithCentral, Watchable):
    process: ClassVar[str] = "monitor"

    cp_id: CpId = Field(description="id of the charging point")
    engine: HostPort = Field("127.0.0.1:6000", description="Engine as HOST:PORT")  # type: ignore[assignment]  # read by HostPort
    max_rate_kw: float = Field(22.0, gt=0, le=100_000, description="the most power that the point gives")
    price: Decimal | None = Field(
        None,
        ge=0,
        le=10_000,
        decimal_places=4,
        description="price of one kWh when the point registers for the first time",
    )
    name: Name | None = Field(None, description="name of the point for people")
    station_id: Name | None = Field(None, description="points of one place share it")
    charge_point_id: Name | None = Field(None, description="points of one piece of equipment share it")
    connector_id: int | None = Field(None, ge=0, le=1_000_000, description="which connector of the equipment this is")
    connector_type: Name | None = Field(None, description="kind of plug, for example CCS2")
    address: Name | None = Field(None, description="where the point stands")
    latitude: float | None = Field(None, ge=-90, le=90, description="degrees north")
    longitude: float | None = Field(None, ge=-180, le=180, description="degrees east")
    vendor: Name | None = Field(None, description="who made the equipment")
    model: Name | None = Field(None, description="which model it is")
    firmware_version: Name | None = Field(None, description="what it runs")
    heartbeat_interval_s: float = Field(
        30.0, ge=0.1, le=86_400, description="seconds between heartbeats, unless Central says otherwise"
    )
    health_interval_s: float = Field(30.0, ge=0.1, le=86_400, description="seconds between health checks of Engine")
    silence_s: float = Field(90.0, ge=0.1, le=86_400, description="seconds of silence after which a peer is gone")
    answer_s: float = Field(10.0, ge=0.1, le=3600, description="seconds that a peer has to answer the greeting")
    console: bool = Field(True, description="on a terminal, open the console")

    def announcement(self) -> RegisterRequest:
        """What the point says of itself; its id and time are set anew at each registration."""
        return RegisterRequest(
            message_id="announcement",
            cp_id=self.cp_id,
            max_charging_rate_kw=self.max_rate_kw,
            name=self.name,
            station_id=self.station_id,
            charge_point_id=self.charge_point_id,
            connector_id=self.connector_id,
            connector_type=self.connector_type,
            address=self.address,
            latitude=self.latitude,
            longitude=self.longitude,
            vendor=self.vendor,
            model=self.model,
            firmware_version=self.firmware_version,
            price_per_kwh=self.price,
        )
