"""A driver's wish to end its charge, and the order to Engine that follows from it."""

from functools import partial

from central.answers import sender_key
from central.commands import OnAnswer, Where
from central.context import Context, Source
from central.domain.sessions import Session
from central.handlers import claiming
from central.handlers.settling import close_lost
from central.store.unit_of_work import UnitOfWork
from common.errors import ErrorCode
from common.messages import (
    CommandResponse,
    Reason,
    StopChargingCommand,
    StopChargingRequest,
    StopChargingResponse,
)


class Stopping:
    def __init__(self, context: Context) -> None:
        self._c = context

    async def stop(self, request: StopChargingRequest, source: Source) -> None:
        self._c.answers.expect(request.driver_id, request.message_id, source.link)
        asked = await self._c.store.write(lambda unit: _asked(unit, request, self._c.wall()))
        if isinstance(asked, str):
            link = self._c.answers.route(request.driver_id, request.message_id)
            self._c.answers.reply(request.driver_id, StopChargingResponse.model_validate_json(asked), link)
            return
        session, where = asked
        refusal = self._refusal(request, session, source)
        if refusal is not None or session is None:
            code, sentence = refusal or (ErrorCode.UNKNOWN_SESSION, "There is no such session.")
            await self._answer(request, code, sentence)
            return
        code_now = self.send(session, Reason.DRIVER_STOP, partial(self._told, request, session), where)
        if code_now is not None:
            await self._answer(request, code_now, f"{session.cp_id} is not connected; its session goes on.")

    def _refusal(
        self, request: StopChargingRequest, session: Session | None, source: Source
    ) -> tuple[ErrorCode, str] | None:
        if self._c.is_expired(request.timestamp, source):
            return ErrorCode.EXPIRED, claiming.TOO_OLD
        if session is None or session.cp_id != request.cp_id:
            return ErrorCode.UNKNOWN_SESSION, f"There is no session {request.session_id} at {request.cp_id}."
        if session.driver_id != request.driver_id:
            return ErrorCode.NOT_YOUR_SESSION, f"Session {request.session_id} is another driver's."
        if not session.is_open:
            return ErrorCode.SESSION_FINISHED, f"Session {request.session_id} has ended already."
        return None

    def send(self, session: Session, reason: Reason, on_answer: OnAnswer, where: Where) -> ErrorCode | None:
        command = StopChargingCommand(
            message_id=self._c.ids(),
            timestamp=self._c.wall(),
            cp_id=session.cp_id,
            session_id=session.session_id,
            reason=reason,
        )
        return self._c.commands.send(command, on_answer, where)

    async def _told(self, request: StopChargingRequest, session: Session, response: CommandResponse | None) -> None:
        if response is None:
            await self._answer(request, ErrorCode.ENGINE_TIMEOUT, "The charging point did not answer in time.")
        elif response.succeeded:
            await self._answer(request, None, "The charge ends; its ticket follows.")
        elif response.error is ErrorCode.UNKNOWN_SESSION:
            await close_lost(self._c, session, Reason.DRIVER_STOP)
            await self._answer(request, None, "The charge had ended; its ticket follows.")
        else:
            await self._answer(request, response.error or ErrorCode.ENGINE_REFUSED, response.message)

    async def _answer(self, request: StopChargingRequest, code: ErrorCode | None, sentence: str) -> None:
        answer = StopChargingResponse(
            message_id=request.message_id,
            timestamp=self._c.wall(),
            status="success" if code is None else "failure",
            error=code,
            message=sentence,
            session_id=request.session_id,
        )
        link = self._c.answers.route(request.driver_id, request.message_id)

        def keep(unit: UnitOfWork) -> None:
            self._c.answers.keep(unit, request.driver_id, answer, link)
            unit.record(self._c.wall(), "stop_answered", f"{code or 'success'}: {sentence}", request)

        await self._c.store.write(keep)
        self._c.answers.deliver(request.driver_id, answer, link)


def _asked(unit: UnitOfWork, request: StopChargingRequest, now: float) -> str | tuple[Session | None, Where]:
    """The answer if this request was answered before, else the session it names and where its point is."""
    kept = unit.answer(sender_key(request.driver_id), request.message_id)
    if kept is not None:
        return kept
    unit.record(now, "stop_requested", f"{request.driver_id} asks to stop.", request)
    point = unit.point(request.cp_id)
    return unit.session(request.session_id), claiming.whereabouts(unit, point)
