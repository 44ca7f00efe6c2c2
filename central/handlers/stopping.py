"""A driver's wish to end its charge: kept until Engine's word is stored, whichever Central hears it."""

import logging
from dataclasses import dataclass
from functools import partial

from central import views
from central.answers import kept_as, repeat_of, sender_key
from central.commands import ANSWER_WITHIN_S, OnAnswer, Where
from central.context import Context, Source
from central.domain.sessions import Session, Stop
from central.handlers import claiming
from central.handlers.claiming import Refused
from central.handlers.settling import close_lost
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
    def __init__(self, context: Context) -> None:
        self._c = context

    async def stop(self, request: StopChargingRequest, source: Source) -> None:
        self._c.answers.expect(request.driver_id, request.message_id, source.link)
        is_expired = self._c.is_expired(request.timestamp, source)
        now = self._c.wall()
        stop = Stop(
            request.driver_id, request.message_id, request.cp_id, request.session_id, deadline=now + ANSWER_WITHIN_S
        )
        outcome = await self._c.store.write(lambda unit: _ask(unit, request, stop, now, is_expired=is_expired))
        match outcome:
            case OnItsWay():
                await self._send_on(outcome)
            case Refused():
                await self._answer(stop, outcome.code, outcome.sentence)
            case Repeated(answer=None):
                self._c.answers.look_for(request.driver_id, request.message_id)
            case Repeated(answer=str(kept)):
                link = self._c.answers.route(request.driver_id, request.message_id)
                answer = repeat_of(StopChargingResponse, kept, request.message_id)
                self._c.answers.reply(request.driver_id, answer, link)

    async def _send_on(self, asked: OnItsWay) -> None:
        stop = asked.stop
        if asked.where is not Where.HERE:
            self._c.answers.look_for(stop.driver_id, stop.message_id)
        if asked.where is Where.NOWHERE and asked.moves:
            return  # whoever registers the point sends it
        on_answer = partial(self._told, stop, asked.session)
        if self.send(asked.session, Reason.DRIVER_STOP, on_answer, asked.where) is not None:
            await self._answer(stop, ErrorCode.CP_DISCONNECTED, _AWAY.format(stop.cp_id))

    async def send_moved(self, cp_id: str) -> None:
        """A point has registered here: stops that were perhaps lost on the way go out again. Engine bears a repeat."""
        for stop in await self._c.store.write(lambda unit: unit.stops_at(cp_id)):
            session = await self._c.store.write(lambda unit, stop=stop: unit.session(stop.session_id))  # type: ignore[misc]
            if session is not None:
                self.send(session, Reason.DRIVER_STOP, partial(self._told, stop, session), Where.HERE)

    def send(self, session: Session, reason: Reason, on_answer: OnAnswer, where: Where) -> ErrorCode | None:
        command = StopChargingCommand(
            message_id=self._c.ids(),
            timestamp=self._c.wall(),
            cp_id=session.cp_id,
            session_id=session.session_id,
            reason=reason,
        )
        return self._c.commands.send(command, on_answer, where)

    async def _told(self, stop: Stop, session: Session, response: CommandResponse | None) -> None:
        if response is None:
            await self._answer(stop, ErrorCode.ENGINE_TIMEOUT, _TIMED_OUT)
        elif response.succeeded:
            await self._answer(stop, None, "The charge ends; its ticket follows.")
        elif response.error is ErrorCode.UNKNOWN_SESSION:
            await close_lost(self._c, session, Reason.DRIVER_STOP)
            await self._answer(stop, None, _ENDED)
        else:
            await self._answer(stop, response.error or ErrorCode.ENGINE_REFUSED, response.message)

    async def _answer(self, stop: Stop, code: ErrorCode | None, sentence: str) -> None:
        link = self._c.answers.route(stop.driver_id, stop.message_id)
        said = StopChargingResponse(
            message_id=stop.message_id,
            timestamp=self._c.wall(),
            status="success" if code is None else "failure",
            error=code,
            message=sentence,
            session_id=stop.session_id,
        )

        def keep(unit: UnitOfWork) -> StopChargingResponse:
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
        self._c.answers.deliver(stop.driver_id, answer, link)

    async def answer_late(self) -> None:
        """Stops that nobody answered in time: the Central that sent them died, or the point did not come back."""
        before = self._c.wall() - _OTHERS_WAIT_S
        for stop in await self._c.store.read(lambda connection: views.late_stops(connection, before, _MOST_LATE)):
            session = await self._c.store.write(lambda unit, stop=stop: unit.session(stop.session_id))  # type: ignore[misc]
            if session is not None and session.is_open:
                log.warning("Nobody answered the stop of %s.", stop.session_id, extra=about(stop))
                await self._answer(stop, ErrorCode.ENGINE_TIMEOUT, _TIMED_OUT)
            else:
                await self._answer(stop, None, _ENDED)


def _ask(
    unit: UnitOfWork, request: StopChargingRequest, stop: Stop, now: float, *, is_expired: bool
) -> OnItsWay | Refused | Repeated:
    """Check the wish and keep it, in one transaction."""
    kept = unit.answer(sender_key(request.driver_id), request.message_id)
    if kept is not None:
        return Repeated(kept)
    unit.record(now, "stop_requested", f"{request.driver_id} asks to stop.", request)
    point = unit.point(request.cp_id)
    session = unit.session(request.session_id)
    refusal = _refusal(request, session, is_expired=is_expired)
    if refusal is not None or session is None:
        return refusal or Refused(ErrorCode.UNKNOWN_SESSION, "There is no such session.")
    if not unit.add_stop(stop):
        return Repeated(None)
    moves = point is not None and (point.moving_until or 0.0) > now
    return OnItsWay(stop, session, claiming.whereabouts(unit, point), moves)


def _refusal(request: StopChargingRequest, session: Session | None, *, is_expired: bool) -> Refused | None:
    if is_expired:
        return Refused(ErrorCode.EXPIRED, claiming.TOO_OLD)
    if session is None or session.cp_id != request.cp_id:
        return Refused(ErrorCode.UNKNOWN_SESSION, f"There is no session {request.session_id} at {request.cp_id}.")
    if session.driver_id != request.driver_id:
        return Refused(ErrorCode.NOT_YOUR_SESSION, f"Session {request.session_id} is another driver's.")
    if not session.is_open:
        return Refused(ErrorCode.SESSION_FINISHED, f"Session {request.session_id} has ended already.")
    return None
