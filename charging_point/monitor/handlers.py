"""What Monitor does with each message it may receive; `wire()` at the foot shows all of it on one screen. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar

from charging_point.monitor.commands import Command
from charging_point.monitor.effects import Effects
from charging_point.monitor.watch import Watch
from common.clock import Moment
from common.dispatch import Dispatcher
from common.messages import (
    AuthResponse,
    ChargeCompletion,
    ChargeCompletionAck,
    ChargingData,
    CommandResponse,
    ConnectionFailed,
    ConnectionLost,
    ErrorResponse,
    FaultNotification,
    HealthCheckResponse,
    HeartbeatResponse,
    LocalStartRequest,
    LocalStartResponse,
    Message,
    RecoveryNotification,
    RegisterResponse,
    ResumeCpCommand,
    StartChargingCommand,
    StopChargingCommand,
    StopCpCommand,
)
from common.routes import Role

M = TypeVar("M", bound=Message)


class Side(Enum):
    ENGINE = auto()
    CENTRAL = auto()


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a message came from, when, and whose it is: a process may run many watches."""

    watch: Watch
    side: Side
    now: Moment


def relay_command(command: Command, at: Arrival) -> Effects:
    return at.watch.commands.relay(command, at.now)


def hear_error(error: ErrorResponse, at: Arrival) -> Effects:
    hear = at.watch.central_refuses if at.side is Side.CENTRAL else at.watch.engine_refuses
    return hear(error, at.now)


def lose_link(event: ConnectionLost | ConnectionFailed, at: Arrival) -> Effects:
    lose = at.watch.central_down if at.side is Side.CENTRAL else at.watch.engine_down
    return lose(event, at.now)


def _tell(method: Callable[[Watch, M, Moment], Effects]) -> Callable[[M, Arrival], Effects]:
    return lambda message, at: method(at.watch, message, at.now)


def wire() -> Dispatcher[Arrival, Effects]:
    """Every message that a Monitor may receive, and what it does with it."""
    d = Dispatcher[Arrival, Effects](Role.MONITOR)
    d.on(AuthResponse, _tell(Watch.authenticated))
    d.on(RegisterResponse, _tell(Watch.registered))
    d.on(HeartbeatResponse, _tell(Watch.heartbeat_heard))
    d.on(StartChargingCommand, relay_command)
    d.on(StopChargingCommand, relay_command)
    d.on(StopCpCommand, relay_command)
    d.on(ResumeCpCommand, relay_command)
    d.on(LocalStartResponse, _tell(Watch.allowed))
    d.on(ChargeCompletionAck, _tell(Watch.acknowledged))
    d.on(CommandResponse, _tell(Watch.answered))
    d.on(HealthCheckResponse, _tell(Watch.health_heard))
    d.on(ChargingData, _tell(Watch.read))
    d.on(ChargeCompletion, _tell(Watch.complete))
    d.on(FaultNotification, _tell(Watch.engine_fault))
    d.on(RecoveryNotification, _tell(Watch.engine_recovery))
    d.on(LocalStartRequest, _tell(Watch.ask_for_start))
    d.on(ErrorResponse, hear_error)
    d.on(ConnectionLost, lose_link)
    d.on(ConnectionFailed, lose_link)
    d.check()
    return d
