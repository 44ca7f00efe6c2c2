"""What a charge consumed: readings each second, the final account, and its acknowledgement."""

from typing import Literal

from common.messages.envelope import Message
from common.messages.fields import CpId, DriverId, Flag, Kilowatts, Kwh, Money, PointStatus, Progress, Reason, SessionId
from common.routes import Kafka, Role, Topic, over_tcp

_UPWARD = over_tcp((Role.ENGINE, Role.MONITOR), (Role.MONITOR, Role.CENTRAL))
_TO_DRIVER = Kafka(Role.CENTRAL, Role.DRIVER, Topic.DRIVER_RESPONSES, key="driver_id")


class ChargingData(Message):
    """One reading of a running session."""

    routes = (*_UPWARD, Kafka(Role.ENGINE, Role.CENTRAL, Topic.SESSION_DATA, key="cp_id"), _TO_DRIVER)
    type: Literal["charging_data"] = "charging_data"
    cp_id: CpId
    session_id: SessionId
    energy_consumed_kwh: Kwh
    total_cost: Money
    charging_rate: Kilowatts
    #: Set by an Engine that cannot reach Kafka: then Monitor passes the reading on to Central.
    relay: Flag | None = None


class ChargeCompletion(Message):
    """The final account of a session; sent again until it is acknowledged, because money hangs on it."""

    routes = (*_UPWARD, Kafka(Role.ENGINE, Role.CENTRAL, Topic.SESSION_COMPLETE, key="cp_id"), _TO_DRIVER)
    aliases = ((Role.DRIVER, "charge_completion_notification"), (Role.DRIVER, "charge_completion_response"))
    type: Literal["charge_completion"] = "charge_completion"
    cp_id: CpId
    session_id: SessionId
    energy_consumed_kwh: Kwh
    total_cost: Money
    reason: Reason


class ChargeCompletionAck(Message):
    """Central has stored the final account; Engine may forget it."""

    routes = over_tcp((Role.CENTRAL, Role.MONITOR), (Role.MONITOR, Role.ENGINE))
    type: Literal["charge_completion_ack"] = "charge_completion_ack"
    cp_id: CpId
    session_id: SessionId


class ChargingStatusUpdate(Message):
    """Central tells the driver how its session stands."""

    routes = (*over_tcp((Role.CENTRAL, Role.DRIVER)), _TO_DRIVER)
    type: Literal["charging_status_update"] = "charging_status_update"
    session_id: SessionId
    cp_id: CpId
    driver_id: DriverId
    status: PointStatus
    progress: Progress
