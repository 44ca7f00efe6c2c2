"""What Central tells a point to do, relayed by Monitor, and what Engine answers."""

from typing import ClassVar, Literal

from common.messages.envelope import Message, Response
from common.messages.fields import CpId, DriverId, Kilowatts, Kwh, Name, Price, SessionId
from common.routes import Kafka, Role, Route, Topic, over_tcp

_BETWEEN_CENTRALS = Kafka(Role.CENTRAL, Role.CENTRAL, Topic.CENTRAL_COMMANDS, key="cp_id")
_DOWNWARD: tuple[Route, ...] = (*over_tcp((Role.CENTRAL, Role.MONITOR), (Role.MONITOR, Role.ENGINE)), _BETWEEN_CENTRALS)


class StartChargingCommand(Message):
    """Charge the car that stands at the point, for this driver and session."""

    routes = _DOWNWARD
    type: Literal["start_charging_command"] = "start_charging_command"
    cp_id: CpId
    session_id: SessionId
    driver_id: DriverId
    price_per_kwh: Price
    max_charging_rate_kw: Kilowatts
    energy_limit_kwh: Kwh | None = None


class StopChargingCommand(Message):
    """End this session."""

    routes = _DOWNWARD
    type: Literal["stop_charging_command"] = "stop_charging_command"
    cp_id: CpId
    session_id: SessionId
    reason: Name | None = None


class StopCpCommand(Message):
    """Take the point out of service; a running session ends first."""

    routes = _DOWNWARD
    type: Literal["stop_cp_command"] = "stop_cp_command"
    cp_id: CpId
    reason: Name


class ResumeCpCommand(Message):
    """Put the point back into service."""

    routes = _DOWNWARD
    type: Literal["resume_cp_command"] = "resume_cp_command"
    cp_id: CpId


class CommandResponse(Response):
    """Engine did as it was told, or says why not."""

    routes: ClassVar[tuple[Route, ...]] = (
        *over_tcp((Role.ENGINE, Role.MONITOR), (Role.MONITOR, Role.CENTRAL)),
        _BETWEEN_CENTRALS,
    )
    type: Literal["command_response"] = "command_response"
    session_id: SessionId | None = None


class LocalStartRequest(Message):
    """A driver identified at the point itself, by card or code, and wants to charge."""

    routes = over_tcp((Role.ENGINE, Role.MONITOR), (Role.MONITOR, Role.CENTRAL))
    type: Literal["local_start_request"] = "local_start_request"
    cp_id: CpId
    driver_id: DriverId
    energy_limit_kwh: Kwh | None = None


class LocalStartResponse(Response):
    """Central allows the start at the point and opens the session, or refuses."""

    routes = over_tcp((Role.CENTRAL, Role.MONITOR), (Role.MONITOR, Role.ENGINE))
    type: Literal["local_start_response"] = "local_start_response"
    session_id: SessionId | None = None
    price_per_kwh: Price | None = None
