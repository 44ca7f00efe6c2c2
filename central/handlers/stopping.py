"""A driver's wish to end its charge: kept until Engine's word is stored, whichever Central hears it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pydantic import JsonValue

from central import views
from central.answers import kept_as, repeat_of, sender_key
from central.commands import ANSWER_WITHIN_S, At, OnAnswer, Where
from central.context import Context, Source
from central.domain.points import Point
from central.domain.sessions import Session, Stop
from central.handlers import claiming
from central.handlers.claiming import Refused
from central.handlers.losing import Losing
from central.handlers.settling import close_lost
from central.links import Attached
from central.store.unit_of_work import UnitOfWork
from common.errors import ErrorCode, StoreUnavailable
from common.messages import (
    CommandResponse,
    Reason,
    StopChargingCommand,
    StopChargingRequest,
    StopChargingResponse,
)
from common.telemetry import about

log = logging.getLogger("ev.central.stopping")

#: Other Centrals answer a stop this long after its deadline: its own Central has the first word.
_OTHERS_WAIT_S = 2.0
_MOST_LATE = 500
_AWAY = "{} is not connected; its session goes on."
_ENDED = "The charge had ended; its ticket follows."
_TIMED_OUT = "The charging point did not answer in time."


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """The stop is kept; now Engine must be told, wherever its link is. `moves`: it is expected at another Central."""

    stop: Stop
    session: Session
    where: Where
    moves: bool


@dataclass(frozen=True, slots=True)
class Repeated:
    """The request was answered before; this is the answer, or None while it is on its way."""

    answer: str | None


class Stopping:
    def __init__(self, context: Context, losing: Losing) -> None:
        self._c = context
        self._losing = losing

    async def stop(self, request: StopChargingRequest, source: Source) -> None:
        is_expired = self._c.is_expired(request.timestamp, source)
        await self._take(request, source, Refused(ErrorCode.EXPIRED, claiming.TOO_OLD) if is_expired else None)

    async def turn_away(self, request: StopChargingRequest, source: Source, no: Refused) -> None:
        """Refuse it unheard, for good; a copy of what was taken in before hears what that heard."""
        await self._take(request, source, no)

    async def _take(self, request: StopChargingRequest, source: Source, no: Refused | None) -> None:
        self._c.answers.expect(request.driver_id, request.message_id, source.link)
        now = self._c.wall()
        stop = Stop(
            request.driver_id, request.message_id, request.cp_id, request.session_id, deadline=now + ANSWER_WITHIN_S
        )
        is_proven = self._c.proofs.required
        outcome = await self._c.store.write(lambda unit: _ask(unit, request, stop, now, no, is_proven=is_proven))
        match outcome:
            case OnItsWay():
                await self._send_on(outcome)
            case Refused():
                await self._answer(stop, outcome.code, outcome.sentence, data=outcome.data)
            case Repeated(answer=None):
                self._c.answers.look_for(request.driver_id, request.message_id)
            case Repeated(answer=str(kept)):
                link = self._c.answers.route(request.driver_id, request.message_id)
                answer = repeat_of(StopChargingResponse, kept, request.message_id)
                self._c.answers.reply(request.driver_id, answer, link)

    async def _send_on(self, asked: OnItsWay) -> None:
        stop = asked.stop
        if not asked.where.is_here:
            self._c.answers.look_for(stop.driver_id, stop.message_id)
        if asked.where.at is At.NOWHERE and asked.moves:
            return  # whoever registers the point sends it
        on_answer = partial(self._told, stop, asked.session)
        if self.send(asked.session, Reason.DRIVER_STOP, on_answer, asked.where) is not None:
            await self._answer(stop, ErrorCode.CP_DISCONNECTED, _AWAY.format(stop.cp_id))

    def send_moved(self, point: Point, stops: Sequence[tuple[Stop, Session]]) -> None:
        """A point has registered here: stops that were perhaps lost on the way go out again. Engine bears a repeat."""
        where = Where(At.HERE, point.generation)
        for stop, session in stops:
            self.send(session, Reason.DRIVER_STOP, partial(self._told, stop, session), where)

    async def _session_of(self, stop: Stop) -> Session | None:
        return await self._c.store.write(
            lambda unit: unit.session(stop.session_id, cp_id=stop.cp_id, driver_id=stop.driver_id)
        )

    def send(self, session: Session, reason: Reason, on_answer: OnAnswer, where: Where) -> ErrorCode | None:
        command = StopChargingCommand(
            message_id=self._c.ids(),
            timestamp=self._c.wall(),
            cp_id=session.cp_id,
            session_id=session.session_id,
            reason=reason,
        )
        return self._c.commands.send(command, on_answer, where)

    async def _told(self, stop: Stop, session: Session, response: CommandResponse | None, by: Attached | None) -> None:
        if response is None:
            await self._answer(stop, ErrorCode.ENGINE_TIMEOUT, _TIMED_OUT)
        elif response.succeeded:
            await self._answer(stop, None, "The charge ends; its ticket follows.", by)
        elif response.error is ErrorCode.UNKNOWN_SESSION:
            # Where the link no longer counts both are passed over: whoever speaks for the point now was sent the stop too.
            await close_lost(self._c, session, Reason.DRIVER_STOP, by)
            await self._answer(stop, None, _ENDED, by)
        else:
            await self._answer(stop, response.error or ErrorCode.ENGINE_REFUSED, response.message, by)

    async def _answer(
        self,
        stop: Stop,
        code: ErrorCode | None,
        sentence: str,
        by: Attached | None = None,
        data: dict[str, JsonValue] | None = None,
    ) -> None:
        link = self._c.answers.route(stop.driver_id, stop.message_id)
        said = StopChargingResponse(
            message_id=stop.message_id,
            timestamp=self._c.wall(),
            status="success" if code is None else "failure",
            error=code,
            message=sentence,
            data=data,
            session_id=stop.session_id,
        )

        def keep(unit: UnitOfWork) -> StopChargingResponse | None:
            if by is not None and unit.point_of(by) is None:
                return None
            unit.end_stop(stop.driver_id, stop.message_id)
            body = unit.answer(sender_key(stop.driver_id), stop.message_id)
            earlier = None if body is None else kept_as(StopChargingResponse, body)
            if earlier is not None:  # another Central was faster: what it said stands
                return earlier
            self._c.answers.keep(unit, stop.driver_id, said, link)
            words = f"{code or 'success'}: {sentence}"
            unit.record(self._c.wall(), "stop_answered", words, stop, message_id=stop.message_id)
            return said

        try:
            answer = await self._c.store.write(keep)
        except StoreUnavailable:
            self._c.answers.owe(stop.driver_id, stop.message_id, link)
            raise
        if answer is None:
            self._c.answers.owe(stop.driver_id, stop.message_id, link)
            self._losing.let_go_stale(by)
            return
        self._c.answers.deliver(stop.driver_id, answer, link)

    async def answer_late(self) -> None:
        """Stops that nobody answered in time: the Central that sent them died, or the point did not come back."""
        before = self._c.wall() - _OTHERS_WAIT_S
        for stop in await self._c.store.read(lambda connection: views.late_stops(connection, before, _MOST_LATE)):
            session = await self._session_of(stop)
            if session is not None and session.is_open:
                log.warning("Nobody answered the stop of %s.", stop.session_id, extra=about(stop))
                await self._answer(stop, ErrorCode.ENGINE_TIMEOUT, _TIMED_OUT)
            else:
                await self._answer(stop, None, _ENDED)


def _ask(
    unit: UnitOfWork, request: StopChargingRequest, stop: Stop, now: float, no: Refused | None, *, is_proven: bool
) -> OnItsWay | Refused | Repeated:
    """Check the wish and keep it, in one transaction. `no`: it is not heard, unless it was before."""
    kept = unit.answer(sender_key(request.driver_id), request.message_id)
    if kept is not None:
        return Repeated(kept)
    if no is not None:
        return no if unit.add_stop(stop) else Repeated(None)
    unit.record(now, "stop_requested", f"{request.driver_id} asks to stop.", request)
    point = unit.point(request.cp_id)
    session = unit.session(request.session_id, cp_id=request.cp_id, driver_id=request.driver_id)
    if session is None:
        return _unknown(unit, request, is_proven=is_proven)
    if not session.is_open:
        return Refused(ErrorCode.SESSION_FINISHED, f"Session {request.session_id} has ended already.")
    if not unit.add_stop(stop):
        return Repeated(None)
    moves = point is not None and (point.moving_until or 0.0) > now
    return OnItsWay(stop, session, claiming.whereabouts(unit, point), moves)


def _unknown(unit: UnitOfWork, request: StopChargingRequest, *, is_proven: bool) -> Refused:
    """
    Where drivers prove who they are, another's session is as if it were not there. Where they need not, whoever is told so
    could as well ask as the other one: then the plain reason helps and gives nothing away.
    """
    if not is_proven and unit.is_another_drivers(request.session_id, request.cp_id, request.driver_id):
        return Refused(ErrorCode.NOT_YOUR_SESSION, f"Session {request.session_id} is another driver's.")
    return Refused(ErrorCode.UNKNOWN_SESSION, f"There is no session {request.session_id} at {request.cp_id}.")
