"""The operator's commands: those that act stand here, those that only look in looking.py."""

import asyncio
import logging
from dataclasses import replace

from central import views
from central.commands import Command, Where
from central.context import Context, Source
from central.domain.points import Event, Point
from central.domain.sessions import Session
from central.handlers.agreeing import word_on_service
from central.handlers.claiming import whereabouts
from central.handlers.logbook import Logbook
from central.handlers.looking import Looking, Told
from central.handlers.orders import Refusal, read_arguments
from central.handlers.registrar import Registrar
from central.handlers.settling import close_lost
from central.handlers.stopping import Stopping
from central.links import Attached
from central.store.unit_of_work import UnitOfWork
from common.errors import ErrorCode, IllegalTransition
from common.messages import (
    CommandResponse,
    ManualCommand,
    ManualCommandResponse,
    PointStatus,
    Reason,
)
from common.messages import operating as o
from common.telemetry import about

log = logging.getLogger("ev.central.operating")

ALL = "*"
#: Points that an answer names; the sentence counts them all.
_MOST_NAMES = 500


class Operating:
    def __init__(
        self, context: Context, stopping: Stopping, looking: Looking, registrar: Registrar, logbook: Logbook
    ) -> None:
        self._c = context
        self._registrar = registrar
        self._logbook = logbook
        self._stopping = stopping
        self._looking = looking

    async def obey(self, order: ManualCommand, source: Source) -> None:
        assert source.link is not None  # the catalogue has no other route
        code: ErrorCode | None = None
        data: views.Json | None = None
        try:
            sentence, data = await self._do(order, read_arguments(order), source)
        except Refusal as refusal:
            code, sentence = refusal.code, refusal.sentence
            await self._logbook.refused(order, source, code, sentence)
        source.link.send(
            ManualCommandResponse(
                message_id=order.message_id,
                timestamp=self._c.wall(),
                status="success" if code is None else "failure",
                error=code,
                message=sentence[:1000],
                data=data,
            )
        )

    async def _do(self, order: ManualCommand, wanted: o.Arguments, source: Source) -> Told:  # noqa: C901, PLR0911 - one a command
        match wanted:
            case o.ListPoints():
                return await self._looking.list_points(wanted)
            case o.ListSessions():
                return await self._looking.list_sessions(wanted)
            case o.ListDrivers():
                return await self._looking.list_drivers(wanted)
            case o.ListEvents():
                return await self._looking.list_events(wanted)
            case o.Trace():
                return await self._looking.trace(wanted)
            case o.StopPoint():
                return await self._serve(order, wanted.cp_id, Event.STOP_CP, source)
            case o.ResumePoint():
                return await self._serve(order, wanted.cp_id, Event.RESUME_CP, source)
            case o.StopSession():
                return await self._stop_session(order, wanted.session_id, source)
            case o.SetPrice():
                return await self._set_price(order, wanted, source)
            case o.Enroll() | o.Rotate() | o.Revoke():
                return await self._registrar.change(order, wanted, source)
            case o.ListCredentials():
                return await self._registrar.list_credentials(wanted)
            case _:
                return await self._looking.stats()

    async def _serve(self, order: ManualCommand, cp_id: str, event: Event, source: Source) -> Told:
        now = self._c.wall()

        def work(unit: UnitOfWork) -> list[tuple[Point, Where]]:
            self._logbook.ordered(unit, order, source)
            return _apply(unit, cp_id, event, order, now)

        changed = await self._c.store.write(work)
        for point, _ in changed:
            # At once: while Engine is asked the point may report something newer, which must stand.
            attached = self._c.links.find(point.cp_id)
            if attached is not None:
                attached.status = point.status
        answers = await asyncio.gather(*(self._tell(point, where, event) for point, where in changed))
        silent = [point.cp_id for (point, _), reached in zip(changed, answers, strict=True) if not reached]
        words = "out of service" if event is Event.STOP_CP else "in service"
        sentence = f"{_whom(cp_id, len(changed))}: {words}."
        if silent:
            sentence += f" Not confirmed by {', '.join(silent[:10])}; told again when connected."
        return sentence, {
            "changed": [point.cp_id for point, _ in changed][:_MOST_NAMES],
            "unconfirmed": silent[:_MOST_NAMES],
        }

    async def _tell(self, point: Point, where: Where, event: Event) -> bool:
        """Send the command and wait for Engine's word; false when it did not come."""
        command = word_on_service(self._c, point.cp_id, is_out=event is Event.STOP_CP)
        response = await self._ask(command, where)
        return response is not None and response.succeeded

    async def _ask(self, command: Command, where: Where) -> CommandResponse | None:
        heard: asyncio.Future[CommandResponse | None] = asyncio.get_running_loop().create_future()

        async def hear(response: CommandResponse | None, by: Attached | None) -> None:
            del by  # what was asked stands in the database already
            if not heard.done():
                heard.set_result(response)

        if self._c.commands.send(command, hear, where) is not None:
            return None
        return await heard

    async def _stop_session(self, order: ManualCommand, session_id: str, source: Source) -> Told:
        def work(unit: UnitOfWork) -> tuple[Session, Where]:
            self._logbook.ordered(unit, order, source)
            return _find_open(unit, session_id, order, self._c.wall())

        session, where = await self._c.store.write(work)
        heard: asyncio.Future[tuple[CommandResponse | None, Attached | None]]
        heard = asyncio.get_running_loop().create_future()

        async def hear(response: CommandResponse | None, by: Attached | None) -> None:
            if not heard.done():
                heard.set_result((response, by))

        code = self._stopping.send(session, Reason.ADMIN_STOP, hear, where)
        if code is not None:
            raise Refusal(code, f"{session.cp_id} is not connected; its session goes on until it is.")
        response, by = await heard
        if response is None:
            raise Refusal(ErrorCode.ENGINE_TIMEOUT, f"{session.cp_id} did not answer in time.")
        if response.error is ErrorCode.UNKNOWN_SESSION:
            if not await close_lost(self._c, session, Reason.ADMIN_STOP, by):
                raise Refusal(ErrorCode.SUPERSEDED, f"A newer link speaks for {session.cp_id} since; ask again.")
            return f"Session {session_id} was unknown at the point; its last reading is billed.", {}
        if not response.succeeded:
            raise Refusal(response.error or ErrorCode.ENGINE_REFUSED, response.message)
        return f"Session {session_id} ends.", {}

    async def _set_price(self, order: ManualCommand, wanted: o.SetPrice, source: Source) -> Told:
        cp_id, price = wanted.cp_id, wanted.price_per_kwh
        now = self._c.wall()

        def work(unit: UnitOfWork) -> list[str]:
            self._logbook.ordered(unit, order, source)
            changed = _chosen(unit, cp_id)
            unit.save_points(replace(point, price_per_kwh=price) for point in changed)
            for point in changed:
                unit.record(now, "price_set", f"{point.cp_id} costs {price} a kWh.", order, cp_id=point.cp_id)
            return [point.cp_id for point in changed]

        changed = await self._c.store.write(work)
        return f"{_whom(cp_id, len(changed))}: {price} a kWh from the next session on.", {
            "changed": changed[:_MOST_NAMES]
        }


def _whom(cp_id: str, changed: int) -> str:
    if cp_id != ALL:
        return cp_id
    return "1 point" if changed == 1 else f"{changed} points"


def _chosen(unit: UnitOfWork, cp_id: str) -> list[Point]:
    if cp_id == ALL:
        return unit.every_point()
    point = unit.point(cp_id)
    if point is None:
        raise Refusal(ErrorCode.UNKNOWN_CP, f"There is no charging point {cp_id}.")
    return [point]


def _apply(unit: UnitOfWork, cp_id: str, event: Event, order: ManualCommand, now: float) -> list[tuple[Point, Where]]:
    """Set or clear the out-of-service flag; a point that has it so already is left out of "*" and told again alone."""
    changed: list[tuple[Point, Where]] = []
    for point in _chosen(unit, cp_id):
        where = whereabouts(unit, point)
        if point.out_of_service is (event is Event.STOP_CP):
            if cp_id != ALL:
                changed.append((point, where))
            continue
        try:
            moved = point.after(event)
        except IllegalTransition:
            if cp_id == ALL:
                log.info("%s keeps charging; resume it once its session ended.", point.cp_id, extra=about(order))
                continue
            sentence = f"{point.cp_id} is {PointStatus.CHARGING}; resume it once its session has ended."
            raise Refusal(ErrorCode.BAD_ARGUMENT, sentence) from None
        words = "out of service" if moved.out_of_service else "in service"
        unit.record(now, str(event), f"The operator put {point.cp_id} {words}.", order, cp_id=point.cp_id)
        changed.append((moved, where))
    unit.save_points(point for point, _ in changed)
    return changed


def _find_open(unit: UnitOfWork, session_id: str, order: ManualCommand, now: float) -> tuple[Session, Where]:
    point, session = unit.point_and_session(session_id)
    if session is None:
        raise Refusal(ErrorCode.UNKNOWN_SESSION, f"There is no session {session_id}.")
    if not session.is_open:
        raise Refusal(ErrorCode.SESSION_FINISHED, f"Session {session_id} has ended already.")
    unit.record(now, "stop_requested", "The operator asks to stop.", session, message_id=order.message_id)
    return session, whereabouts(unit, point)
