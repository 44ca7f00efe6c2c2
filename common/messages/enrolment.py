"""How a point joins and stays: authentication, registration, heartbeats, the state it reports."""

import json
from typing import Literal

from pydantic import PrivateAttr, model_validator

from common.auth import as_written
from common.messages.envelope import Message, Response
from common.messages.fields import (
    AdminId,
    Count,
    CpId,
    DriverId,
    Flag,
    Kilowatts,
    Latitude,
    Longitude,
    Name,
    PointStatus,
    Price,
    Seconds,
    Sentence,
)
from common.routes import Role, over_tcp

_MONITOR_TO_CENTRAL = over_tcp((Role.MONITOR, Role.CENTRAL))
_CENTRAL_TO_MONITOR = over_tcp((Role.CENTRAL, Role.MONITOR))
_UPWARD = over_tcp((Role.ENGINE, Role.MONITOR), (Role.MONITOR, Role.CENTRAL))


class _AsSent:
    """The bytes of a message. They are read a second time only by who checks the proof: without authentication nobody."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def timestamp(self) -> str | None:
        written = json.loads(self._data, parse_float=str, parse_int=str).get("timestamp")
        return None if written is None else str(written)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _AsSent) and self.timestamp == other.timestamp

    def __hash__(self) -> int:
        return hash(self.timestamp)


class AuthRequest(Message):
    """Somebody proves who it is before it says anything else."""

    routes = over_tcp((Role.MONITOR, Role.CENTRAL), (Role.DRIVER, Role.CENTRAL), (Role.ADMIN, Role.CENTRAL))
    type: Literal["auth_request"] = "auth_request"
    role: Literal["monitor", "driver", "admin"]
    cp_id: CpId | None = None
    driver_id: DriverId | None = None
    admin_id: AdminId | None = None
    nonce: Name
    signature: Name

    is_signed = True
    _as_sent: _AsSent | None = PrivateAttr(None)

    def heed(self, data: bytes) -> None:
        self._as_sent = _AsSent(data)

    @property
    def signed_timestamp(self) -> str:
        """The time as it stands in the message; of one that was never sent, as our codec will write it."""
        written = None if self._as_sent is None else self._as_sent.timestamp
        return written or as_written(self.timestamp)

    @property
    def claimed_id(self) -> str:
        """The id that belongs to the role."""
        found = {"monitor": self.cp_id, "driver": self.driver_id, "admin": self.admin_id}[self.role]
        assert found is not None  # the validator below holds it
        return found

    @model_validator(mode="after")
    def _names_itself(self) -> "AuthRequest":
        field = {"monitor": "cp_id", "driver": "driver_id", "admin": "admin_id"}[self.role]
        if getattr(self, field) is None:
            raise ValueError(f"{field} is required for role {self.role}")
        return self


class AuthResponse(Response):
    """Central accepts or refuses the proof."""

    routes = over_tcp((Role.CENTRAL, Role.MONITOR), (Role.CENTRAL, Role.DRIVER), (Role.CENTRAL, Role.ADMIN))
    type: Literal["auth_response"] = "auth_response"


class RegisterRequest(Message):
    """Monitor announces a point that it speaks for."""

    routes = _MONITOR_TO_CENTRAL
    type: Literal["register_request"] = "register_request"
    cp_id: CpId
    max_charging_rate_kw: Kilowatts
    name: Name | None = None
    station_id: Name | None = None
    charge_point_id: Name | None = None
    connector_id: Count | None = None
    connector_type: Name | None = None
    address: Name | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    vendor: Name | None = None
    model: Name | None = None
    firmware_version: Name | None = None
    price_per_kwh: Price | None = None


class RegisterResponse(Response):
    """Central takes the point in, or says why not."""

    routes = _CENTRAL_TO_MONITOR
    type: Literal["register_response"] = "register_response"
    reason: Sentence | None = None
    heartbeat_interval_s: Seconds | None = None
    price_per_kwh: Price | None = None
    out_of_service: Flag | None = None


class HeartbeatRequest(Message):
    """Monitor says that it and its point are still there."""

    routes = _MONITOR_TO_CENTRAL
    type: Literal["heartbeat_request"] = "heartbeat_request"
    cp_id: CpId
    status: PointStatus


class HeartbeatResponse(Response):
    """Central has heard the heartbeat."""

    routes = _CENTRAL_TO_MONITOR
    type: Literal["heartbeat_response"] = "heartbeat_response"


class StatusUpdate(Message):
    """Monitor reports the true state of its point."""

    routes = _MONITOR_TO_CENTRAL
    type: Literal["status_update"] = "status_update"
    cp_id: CpId
    status: PointStatus
    detail: Name | None = None


class FaultNotification(Message):
    """Something is wrong with the point."""

    routes = _UPWARD
    type: Literal["fault_notification"] = "fault_notification"
    cp_id: CpId
    fault_type: Name
    description: Sentence | None = None


class RecoveryNotification(Message):
    """What was wrong with the point is right again."""

    routes = _UPWARD
    type: Literal["recovery_notification"] = "recovery_notification"
    cp_id: CpId


class InitCpId(Message):
    """Monitor tells Engine which point it is."""

    routes = over_tcp((Role.MONITOR, Role.ENGINE))
    type: Literal["init_cp_id"] = "init_cp_id"
    cp_id: CpId


class HealthCheckRequest(Message):
    """Monitor asks whether Engine is well."""

    routes = over_tcp((Role.MONITOR, Role.ENGINE))
    type: Literal["health_check_request"] = "health_check_request"
    id: CpId


class HealthCheckResponse(Response):
    """Engine says how it is."""

    routes = over_tcp((Role.ENGINE, Role.MONITOR))
    type: Literal["health_check_response"] = "health_check_response"
    engine_status: PointStatus
    is_charging: Flag
