"""What a driver asks for and what Central answers, over TCP or Kafka."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from common.messages.envelope import Message, Response
from common.messages.fields import (
    Count,
    CpId,
    DriverId,
    Kilowatts,
    Kwh,
    Latitude,
    Longitude,
    Money,
    Name,
    PointStatus,
    Price,
    Reason,
    SessionId,
    Timestamp,
)
from common.routes import Kafka, Role, Route, Topic, over_tcp


def _request(topic: Topic) -> tuple[Route, ...]:
    return (*over_tcp((Role.DRIVER, Role.CENTRAL)), Kafka(Role.DRIVER, Role.CENTRAL, topic, key="driver_id"))


_ANSWER: tuple[Route, ...] = (
    *over_tcp((Role.CENTRAL, Role.DRIVER)),
    Kafka(Role.CENTRAL, Role.DRIVER, Topic.DRIVER_RESPONSES, key="driver_id"),
)


class ChargeRequest(Message):
    """Driver asks Central for a charge at one point."""

    routes = _request(Topic.CHARGE_REQUESTS)
    type: Literal["charge_request"] = "charge_request"
    cp_id: CpId
    driver_id: DriverId
    energy_limit_kwh: Kwh | None = None


class ChargeRequestResponse(Response):
    """The charge runs, with its session and price, or the reason why not."""

    routes = _ANSWER
    type: Literal["charge_request_response"] = "charge_request_response"
    session_id: SessionId | None = None
    cp_id: CpId | None = None
    price_per_kwh: Price | None = None


class StopChargingRequest(Message):
    """Driver asks to end its session."""

    routes = _request(Topic.STOP_REQUESTS)
    type: Literal["stop_charging_request"] = "stop_charging_request"
    cp_id: CpId
    session_id: SessionId
    driver_id: DriverId


class StopChargingResponse(Response):
    """The session ends (its ticket follows), or the reason why not."""

    routes = _ANSWER
    type: Literal["stop_charging_response"] = "stop_charging_response"
    session_id: SessionId | None = None


class AvailableCpsRequest(Message):
    """Driver asks which points there are."""

    routes = _request(Topic.CPS_REQUESTS)
    type: Literal["available_cps_request"] = "available_cps_request"
    driver_id: DriverId


class OfferedPoint(BaseModel):
    """A point as a driver sees it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    cp_id: CpId
    status: PointStatus
    price_per_kwh: Price
    max_charging_rate_kw: Kilowatts
    name: Name | None = None
    address: Name | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class AvailableCpsResponse(Response):
    """The points, those that can charge now first; `data` counts them where one frame cannot hold all."""

    routes = _ANSWER
    type: Literal["available_cps_response"] = "available_cps_response"
    charging_points: tuple[OfferedPoint, ...] = ()


class ChargingHistoryRequest(Message):
    """Driver asks for its past and running sessions, newest first; `before` pages on from a start time."""

    routes = _request(Topic.CPS_REQUESTS)
    type: Literal["charging_history_request"] = "charging_history_request"
    driver_id: DriverId
    limit: Count | None = None
    before: Timestamp | None = None


class PastSession(BaseModel):
    """A session as its driver sees it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    session_id: SessionId
    cp_id: CpId
    status: Name
    started_at: Timestamp
    ended_at: Timestamp | None = None
    energy_consumed_kwh: Kwh
    total_cost: Money
    price_per_kwh: Price | None = None
    reason: Reason | None = None


class ChargingHistoryResponse(Response):
    """The driver's sessions, newest first."""

    routes = _ANSWER
    type: Literal["charging_history_response"] = "charging_history_response"
    sessions: tuple[PastSession, ...] = ()
