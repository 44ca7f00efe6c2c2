"""
Commands on their way to Engine, and the answers back: relayed for Central with their `message_id`, and Monitor's own,
whose answers stay here. Pure.
"""

from charging_point.monitor.effects import Effects, Note, ToCentral, ToEngine
from charging_point.monitor.enrolment import Enrolment
from charging_point.monitor.health import EngineHealth
from charging_point.monitor.ordered import Ordered
from charging_point.monitor.relays import Relay, Relays
from charging_point.monitor.standing import Standing
from charging_point.monitor.timings import COMMAND_TIMEOUT_S, START_TIMEOUT_S
from common.clock import Moment
from common.errors import ErrorCode
from common.ids import Ids
from common.messages import (
    CommandResponse,
    ErrorResponse,
    Reason,
    Response,
    ResumeCpCommand,
    StartChargingCommand,
    StopChargingCommand,
    StopCpCommand,
)

Command = StartChargingCommand | StopChargingCommand | StopCpCommand | ResumeCpCommand


class Commands:
    def __init__(self, cp_id: str, *, ids: Ids, engine: EngineHealth, enrolment: Enrolment, standing: Standing) -> None:
        self._cp_id = cp_id
        self._ids = ids
        self._engine = engine
        self._enrolment = enrolment
        self._standing = standing
        self._under_way: Relays[Command] = Relays()
        #: The start that Engine obeyed last.
        self.ordered: Ordered | None = None

    def relay(self, command: Command, now: Moment) -> Effects:
        if command.cp_id != self._cp_id:
            return self._refuse(command, ErrorCode.UNKNOWN_CP, f"This Monitor has no point {command.cp_id}.", now)
        if not self._engine.linked:
            refused = self._refuse(command, ErrorCode.ENGINE_UNREACHABLE, "Monitor has no link to Engine.", now)
            return refused + self._decreed(command, now)
        if command.message_id in self._under_way:
            return []  # a repeat: the one answer that is to come answers both
        timeout = START_TIMEOUT_S if isinstance(command, StartChargingCommand) else COMMAND_TIMEOUT_S
        if not self._under_way.put(command, now=now, timeout_s=timeout):
            return self._refuse(command, ErrorCode.OVERLOADED, "Too many commands wait for Engine.", now)
        return [ToEngine(command)]

    def answered(self, answer: CommandResponse, now: Moment) -> Effects:
        relay = self._under_way.take(answer.message_id)
        if relay is None:
            return [Note("Engine answered a command that nobody waits for any more.", about=answer)]
        effects = self._pass_on(relay, answer)
        return effects + (self._obeyed if answer.succeeded else self._decreed)(relay.request, now)

    def failed(self, error: ErrorResponse, now: Moment) -> Effects:
        """Engine could not take a message: a command, or something that nobody waits for."""
        relay = self._under_way.take(error.message_id)
        if relay is not None:
            return self._pass_on(relay, error) + self._decreed(relay.request, now)
        return [Note(f"Engine could not take a message: {error.message or error.error}", grave=True, about=error)]

    def agree_on_service(self, now: Moment) -> Effects:
        """Central decides whether the point is in service: tell an Engine that holds otherwise."""
        wanted = self._standing.out_of_service
        if not (self._engine.linked and self._enrolment.registered) or bool(self._engine.out_of_service) == wanted:
            return []
        if any(isinstance(c, StopCpCommand | ResumeCpCommand) for c in self._under_way.requests()):
            return []
        command: Command
        if wanted:
            reason = Reason.ADMIN_STOP
            command = StopCpCommand(message_id=self._ids(), timestamp=now.wall, cp_id=self._cp_id, reason=reason)
        else:
            command = ResumeCpCommand(message_id=self._ids(), timestamp=now.wall, cp_id=self._cp_id)
        self._under_way.put(command, now=now, timeout_s=COMMAND_TIMEOUT_S, own=True)
        return [ToEngine(command)]

    def lose_engine(self, now: Moment) -> Effects:
        sentence = "Engine went away before it answered."
        return self._give_up(self._under_way.take_all(), ErrorCode.ENGINE_UNREACHABLE, sentence, now)

    def time_out(self, now: Moment) -> Effects:
        sentence = "Engine did not answer in time."
        return self._give_up(self._under_way.take_overdue(now), ErrorCode.ENGINE_TIMEOUT, sentence, now)

    def due(self) -> list[float]:
        return self._under_way.due()

    def _obeyed(self, command: Command, now: Moment) -> Effects:
        """Engine did it. Of a session that was stopped the completion tells."""
        if isinstance(command, StartChargingCommand):
            self.ordered = Ordered(
                command.session_id, command.driver_id, command.price_per_kwh, command.energy_limit_kwh
            )
            return self._standing.start(command.session_id, now)
        if isinstance(command, StopCpCommand | ResumeCpCommand):
            self._engine.out_of_service = isinstance(command, StopCpCommand)
        return self._decreed(command, now)

    def _decreed(self, command: Command, now: Moment) -> Effects:
        """Central's word on the service of a point holds whether Engine heard it or not: it is told again later."""
        match command:
            case StopCpCommand():
                return self._standing.stop(now)
            case ResumeCpCommand():
                return self._standing.resume(now)
            case _:
                return []

    def _pass_on(self, relay: Relay[Command], answer: Response) -> Effects:
        if not relay.own:
            return self._up(answer)
        if answer.succeeded:
            return []
        return [Note(f"Engine refuses {relay.request.type}: {answer.message}", grave=True, about=answer)]

    def _give_up(self, relays: list[Relay[Command]], error: ErrorCode, sentence: str, now: Moment) -> Effects:
        effects: Effects = []
        for relay in relays:
            effects += [] if relay.own else self._refuse(relay.request, error, sentence, now)
            effects += self._decreed(relay.request, now)
        return effects

    def _refuse(self, command: Command, error: ErrorCode, sentence: str, now: Moment) -> Effects:
        session_id = command.session_id if isinstance(command, StartChargingCommand | StopChargingCommand) else None
        return self._up(
            CommandResponse(
                message_id=command.message_id,
                timestamp=now.wall,
                status="failure",
                message=sentence,
                error=error,
                session_id=session_id,
            )
        )

    def _up(self, answer: Response) -> Effects:
        """Nothing is queued for a Central that is away."""
        return [ToCentral(answer)] if self._enrolment.registered else []
