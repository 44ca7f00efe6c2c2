"""What Engine does with each message it may receive; `wire()` at the foot shows all of it on one screen. Pure."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from charging_point.engine.durability import refused
from charging_point.engine.effects import Answer, Effects
from charging_point.engine.local_start import LocalStarts
from charging_point.engine.point import Point
from charging_point.engine.session import Order
from common.clock import Moment
from common.dispatch import Dispatcher
from common.errors import ErrorCode
from common.messages import (
    ChargeCompletionAck,
    CommandResponse,
    ConnectionFailed,
    ConnectionLost,
    ErrorResponse,
    HealthCheckRequest,
    HealthCheckResponse,
    InitCpId,
    LocalStartResponse,
    Message,
    Reason,
    ResumeCpCommand,
    StartChargingCommand,
    StopChargingCommand,
    StopCpCommand,
)
from common.money import watt_hours
from common.routes import Role
from common.telemetry import about

log = logging.getLogger("ev.engine")

Command = StartChargingCommand | StopChargingCommand | StopCpCommand | ResumeCpCommand | InitCpId
M = TypeVar("M", bound=Message)


class Handlers:
    def __init__(self, point: Point, local_starts: LocalStarts) -> None:
        self._point = point
        self._local_starts = local_starts

    # ---- Monitor

    def take_name(self, init: InitCpId, now: Moment) -> Effects:
        ours = self._point.cp_id
        if ours is not None and init.cp_id != ours and self._point.is_bound_to_its_name:
            told = f"This Engine is {ours}: its Monitor is linked, or a charge of it is not settled. It cannot be {init.cp_id}."
            return [_no(init, ErrorCode.BAD_ARGUMENT, told)]
        return self._point.link(init.cp_id, _yes(init, f"This Engine is {init.cp_id}."), now)

    def tell_health(self, asked: HealthCheckRequest, now: Moment) -> Effects:
        is_ours = asked.id == self._point.cp_id
        answer = HealthCheckResponse(
            message_id=asked.message_id,
            timestamp=now.wall,
            status="success" if is_ours else "failure",
            message="" if is_ours else self._not_ours(asked.id),
            error=None if is_ours else ErrorCode.UNKNOWN_CP,
            engine_status=self._point.status,
            is_charging=self._point.is_charging,
        )
        return [Answer(answer)]

    # ---- commands

    def start_charging(self, command: StartChargingCommand, now: Moment) -> Effects:
        if command.cp_id != self._point.cp_id:
            return [self._unknown_cp(command)]
        if command.session_id == self._point.session_id:
            return self._point.join(command.message_id)
        if self._point.has_ended(command.session_id):
            return [_no(command, ErrorCode.SESSION_FINISHED, "This session has ended.", command.session_id)]
        why_not = self._point.refusal()
        if why_not is not None:
            return [Answer(refused(command.message_id, command.session_id, why_not.on_the_wire))]
        order = Order(
            cp_id=command.cp_id,
            session_id=command.session_id,
            driver_id=command.driver_id,
            price_per_kwh=command.price_per_kwh,
            max_kw=command.max_charging_rate_kw,
            limit_wh=None if command.energy_limit_kwh is None else watt_hours(command.energy_limit_kwh),
        )
        return self._point.start(order, now, command.message_id)

    def stop_charging(self, command: StopChargingCommand, now: Moment) -> Effects:
        if command.cp_id != self._point.cp_id:
            return [self._unknown_cp(command)]
        if command.session_id == self._point.session_id:
            reason = Reason.ADMIN_STOP if command.reason == Reason.ADMIN_STOP else Reason.DRIVER_STOP
            ended = self._point.end(reason, "The session was stopped before a car was plugged in.", now)
            return [*ended, _yes(command, "The session has ended.", command.session_id)]
        if self._point.has_ended(command.session_id):
            return [_yes(command, "The session had ended already.", command.session_id)]
        return [_no(command, ErrorCode.UNKNOWN_SESSION, "This session does not run here.", command.session_id)]

    def stop_cp(self, command: StopCpCommand, now: Moment) -> Effects:
        if command.cp_id != self._point.cp_id:
            return [self._unknown_cp(command)]
        return [*self._point.leave_service(now), _yes(command, "The point is out of service.")]

    def resume_cp(self, command: ResumeCpCommand, now: Moment) -> Effects:
        del now
        if command.cp_id != self._point.cp_id:
            return [self._unknown_cp(command)]
        return [*self._point.enter_service(), _yes(command, "The point is in service.")]

    def _unknown_cp(
        self, command: StartChargingCommand | StopChargingCommand | StopCpCommand | ResumeCpCommand
    ) -> Answer:
        return _no(command, ErrorCode.UNKNOWN_CP, self._not_ours(command.cp_id))

    def _not_ours(self, cp_id: str) -> str:
        ours = self._point.cp_id
        return f"This Engine is not {cp_id}" + (
            f" but {ours}." if ours else "; nobody has told it yet which point it is."
        )

    # ---- Central's words that are no commands

    def begin_or_give_up(self, response: LocalStartResponse, now: Moment) -> Effects:
        if not response.succeeded:
            log.info("Central refuses the start at the point: %s", response.message, extra=about(response))
        return self._local_starts.answer(response, now)

    def forget_completion(self, ack: ChargeCompletionAck, now: Moment) -> Effects:
        del now
        return self._point.acknowledge(ack.session_id) if ack.cp_id == self._point.cp_id else []

    def hear_error(self, error: ErrorResponse, now: Moment) -> Effects:
        del now
        if self._local_starts.forget(error.message_id):
            log.info("The start at the point cannot be asked for: %s", error.message, extra=about(error))
        else:
            log.warning("Monitor could not take a message (%s): %s", error.error, error.message, extra=about(error))
        return []

    # ---- the transport's own events

    def lose_monitor(self, event: ConnectionLost, now: Moment) -> Effects:
        del now
        log.warning("%s%s", event.description, " The charge goes on." if self._point.is_charging else "")
        return self._point.unlink()

    def lose_kafka(self, event: ConnectionFailed, now: Moment) -> Effects:
        log.warning("%s Readings go through Monitor.", event.description)
        return self._point.note_kafka(now, is_up=False)


def _yes(command: Command, sentence: str, session_id: str | None = None) -> Answer:
    return Answer(_response(command, sentence, session_id, None))


def _no(command: Command, error: ErrorCode, sentence: str, session_id: str | None = None) -> Answer:
    return Answer(_response(command, sentence, session_id, error))


def _response(command: Command, sentence: str, session_id: str | None, error: ErrorCode | None) -> CommandResponse:
    return CommandResponse(
        message_id=command.message_id,
        status="failure" if error else "success",
        message=sentence,
        error=error,
        session_id=session_id,
    )


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whose a message is, and when it came: a process may run many Engines."""

    engine: Handlers
    now: Moment


def _tell(method: Callable[[Handlers, M, Moment], Effects]) -> Callable[[M, Arrival], Effects]:
    return lambda message, at: method(at.engine, message, at.now)


def wire() -> Dispatcher[Arrival, Effects]:
    """Every message that an Engine may receive, and what it does with it."""
    d = Dispatcher[Arrival, Effects](Role.ENGINE)
    d.on(InitCpId, _tell(Handlers.take_name))
    d.on(HealthCheckRequest, _tell(Handlers.tell_health))
    d.on(StartChargingCommand, _tell(Handlers.start_charging))
    d.on(StopChargingCommand, _tell(Handlers.stop_charging))
    d.on(StopCpCommand, _tell(Handlers.stop_cp))
    d.on(ResumeCpCommand, _tell(Handlers.resume_cp))
    d.on(LocalStartResponse, _tell(Handlers.begin_or_give_up))
    d.on(ChargeCompletionAck, _tell(Handlers.forget_completion))
    d.on(ErrorResponse, _tell(Handlers.hear_error))
    d.on(ConnectionLost, _tell(Handlers.lose_monitor))
    d.on(ConnectionFailed, _tell(Handlers.lose_kafka))
    d.check()
    return d
