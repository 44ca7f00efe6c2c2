"""Message in, domain inside a unit of work, messages out. `wire` shows the whole behaviour of Central on one screen."""

from collections.abc import Awaitable

from central.context import Context, Source
from central.domain.points import Point
from central.domain.sessions import Session
from central.handlers.agreeing import Agreeing
from central.handlers.asking import Asking
from central.handlers.charging import Charging
from central.handlers.enrolment import Enrolment
from central.handlers.local_starts import LocalStarts
from central.handlers.logbook import Logbook
from central.handlers.looking import Looking
from central.handlers.losing import Losing
from central.handlers.metering import Meters
from central.handlers.operating import Operating
from central.handlers.registrar import Registrar
from central.handlers.reporting import Reporting
from central.handlers.revoking import Revoking
from central.handlers.settling import Settling
from central.handlers.stopping import Stopping
from central.handlers.watching import Watching
from common import messages as m
from common.dispatch import Dispatcher
from common.routes import Role

Handlers = Dispatcher[Source, Awaitable[None]]


class Desk:
    """The handlers of one Central, made from its context."""

    def __init__(self, context: Context) -> None:
        self.losing = Losing(context)
        self.reporting = Reporting(context, self.losing)
        self.charging = Charging(context, self.losing)
        self.stopping = Stopping(context, self.losing)
        self.enrolment = Enrolment(context, self.losing, self._send_moved)
        self.local_starts = LocalStarts(context, self.losing)
        self.meters = Meters(context, self.losing)
        self.settling = Settling(context, self.losing)
        self.agreeing = Agreeing(context)
        self.asking = Asking(context)
        self.looking = Looking(context)
        self.revoking = Revoking(context, self.losing)
        self.logbook = Logbook(context)
        registrar = Registrar(context, self.revoking)
        self.operating = Operating(context, self.stopping, self.looking, registrar, self.logbook)
        self.watching = Watching(context, self.losing)

    async def _send_moved(self, point: Point, pending: Session | None) -> None:
        """What was asked of a point while it moved, or lost on the way, goes out to it now."""
        if pending is not None:
            await self.charging.start_moved(pending, point)
        await self.stopping.send_moved(point)


def wire(desk: Desk) -> Handlers:
    d: Handlers = Dispatcher(Role.CENTRAL)
    # points join and stay
    d.on(m.AuthRequest, desk.enrolment.authenticate)
    d.on(m.RegisterRequest, desk.enrolment.register)
    d.on(m.HeartbeatRequest, desk.reporting.hear_heartbeat)
    d.on(m.StatusUpdate, desk.reporting.hear_status)
    d.on(m.FaultNotification, desk.reporting.hear_fault)
    d.on(m.RecoveryNotification, desk.reporting.hear_recovery)
    # drivers charge
    d.on(m.ChargeRequest, desk.charging.charge)
    d.on(m.LocalStartRequest, desk.local_starts.start)
    d.on(m.StopChargingRequest, desk.stopping.stop)
    d.on(m.AvailableCpsRequest, desk.asking.list_points)
    d.on(m.ChargingHistoryRequest, desk.asking.tell_history)
    # points answer and meter
    d.on(m.CommandResponse, desk.charging.hear_response)
    d.on(m.ChargingData, desk.meters.take_reading)
    d.on(m.ChargeCompletion, desk.settling.complete)
    # other Centrals' commands for points that are linked here
    d.on(m.StartChargingCommand, desk.charging.relay)
    d.on(m.StopChargingCommand, desk.charging.relay)
    d.on(m.StopCpCommand, desk.charging.relay)
    d.on(m.ResumeCpCommand, desk.charging.relay)
    # operators
    d.on(m.ManualCommand, desk.operating.obey)
    # links
    d.on(m.ErrorResponse, desk.reporting.hear_error)
    d.on(m.ConnectionLost, desk.watching.lose)
    d.on(m.ConnectionFailed, desk.watching.fail)
    d.check()
    return d
