"""From a driver's wish to a running charge and back: charge, start at the point, stop, and Engine's answers."""

import logging
from functools import partial

from central.answers import sender_key
from central.commands import ANSWER_WITHIN_S, Command, OnAnswer
from central.context import Context, Source
from central.domain.sessions import Origin, Session, State
from central.handlers import claiming
from central.handlers.claiming import Claimed, Refused, Repeated, Waiting
from central.handlers.settling import close_lost
from central.handlers.strays import stop_stray
from central.notices import status_notice
from central.store.unit_of_work import UnitOfWork
from common.errors import ErrorCode
from common.messages import (
    ChargeRequest,
    ChargeRequestResponse,
    CommandResponse,
    LocalStartRequest,
    LocalStartResponse,
    PointStatus,
    Reason,
    StartChargingCommand,
    StopChargingCommand,
    StopChargingRequest,
    StopChargingResponse,
)
from common.metrics import catalogue as figures
from common.money import kwh
from common.routes import Topic
from common.telemetry import about

log = logging.getLogger("ev.central.charging")

#: A request that waited in Kafka for longer than this is no longer wanted.
EXPIRES_AFTER_S = 300.0
#: A point that was allowed to start shows within this that it charges, or the claim is undone.
SHOWS_WITHIN_S = 60.0
_TOO_OLD = "The request is older than 5 minutes; ask again."
_TIMED_OUT = "The charging point did not answer in time; try again or choose another."


class Charging:
    def __init__(self, context: Context) -> None:
        self._c = context

    # -- a driver's request

    async def charge(self, request: ChargeRequest, source: Source) -> None:
        asked = self._c.clock.now().mono
        self._c.answers.expect(request.driver_id, request.message_id, source.link)
        if self._expired(request.timestamp, source):
            # What was answered in time keeps its answer, however late the record comes again.
            known = await self._c.store.write(lambda unit: claiming.known(unit, request))
            outcome: claiming.Outcome = known or Refused(ErrorCode.EXPIRED, _TOO_OLD)
        else:
            origin = Origin.KAFKA if source.link is None else Origin.SOCKET
            outcome = await self._claim(request, origin, ANSWER_WITHIN_S)
        match outcome:
            case Claimed():
                await self._start(outcome, asked)
            case Refused():
                await self._answer_refused(request, outcome)
            case Repeated():
                link = self._c.answers.route(request.driver_id, request.message_id)
                self._c.answers.reply(request.driver_id, outcome.answer, link)
            case Waiting():
                log.debug("A repeated request waits for its answer.", extra=about(request))

    def _expired(self, timestamp: float | None, source: Source) -> bool:
        # A socket delivers at once or not at all, so only what came over Kafka can be old.
        return source.link is None and timestamp is not None and self._c.wall() - timestamp > EXPIRES_AFTER_S

    async def _claim(self, request: ChargeRequest | LocalStartRequest, origin: Origin, wait: float) -> claiming.Outcome:
        now, session_id = self._c.wall(), self._c.ids()
        return await self._c.store.write(lambda unit: claiming.claim(unit, request, origin, session_id, now, wait))

    async def _answer_refused(self, request: ChargeRequest, refusal: Refused) -> None:
        answer = ChargeRequestResponse(
            message_id=request.message_id,
            timestamp=self._c.wall(),
            status="failure",
            error=refusal.code,
            message=refusal.sentence,
            cp_id=request.cp_id,
        )
        link = self._c.answers.route(request.driver_id, request.message_id)

        def keep(unit: UnitOfWork) -> None:
            self._c.answers.keep(unit, request.driver_id, answer, link)
            unit.record(self._c.wall(), "refused", f"{refusal.code}: {refusal.sentence}", request)

        await self._c.store.write(keep)
        self._c.answers.deliver(request.driver_id, answer, link)

    async def _start(self, claimed: Claimed, asked: float) -> None:
        session = claimed.session
        limit = session.energy_limit_wh
        command = StartChargingCommand(
            message_id=self._c.ids(),
            timestamp=self._c.wall(),
            cp_id=session.cp_id,
            session_id=session.session_id,
            driver_id=session.driver_id,
            price_per_kwh=session.price_per_kwh,
            max_charging_rate_kw=claimed.max_charging_rate_kw,
            energy_limit_kwh=kwh(limit) if limit else None,
        )
        failure = self._c.commands.send(
            command, partial(self._started, session, command, asked), elsewhere=claimed.elsewhere
        )
        if failure is not None:
            await self._conclude(session, failure, f"{session.cp_id} just lost its connection; try another point.")

    async def _started(
        self, session: Session, command: StartChargingCommand, asked: float, response: CommandResponse | None
    ) -> None:
        """Engine answered the start, or did not."""
        if response is None:
            charges = await self._conclude(session, ErrorCode.ENGINE_TIMEOUT, _TIMED_OUT)
        elif not response.succeeded:
            code = response.error or ErrorCode.ENGINE_REFUSED
            await self._conclude(session, code, response.message or "The charging point refused.")
            return
        else:
            charges = await self._conclude(session, None, "Engine answered", command_id=command.message_id)
        if not charges:
            stop_stray(self._c, session.cp_id, session.session_id)
        elif response is not None:
            self._c.latencies.append(self._c.clock.now().mono - asked)

    async def _conclude(
        self, session: Session, code: ErrorCode | None, sentence: str, command_id: str | None = None
    ) -> bool:
        """End a claim in success (no code) or refusal and answer its driver; whether the charge is right to run."""
        now = self._c.wall()
        link = self._c.answers.route(session.driver_id, session.request_id)
        granted = claiming.granted(session).model_copy(update={"timestamp": now})
        answer = granted
        if code is not None:
            answer = claiming.refused(session, code, sentence).model_copy(update={"timestamp": now})

        def work(unit: UnitOfWork) -> State:
            present = unit.session(session.session_id)
            if present is None or present.state is not State.CLAIMED:
                return present.state if present else State.REFUSED
            if code is None:
                if command_id is not None:
                    unit.record(now, "start_sent", "This command asks Engine.", present, message_id=command_id)
                running = claiming.accept(unit, present, now, sentence)
            else:
                claiming.refuse(unit, present, code, sentence, now)
            if present.origin is not Origin.POINT:  # whoever starts at the point is answered there
                self._c.answers.keep(unit, session.driver_id, answer, link)
            if code is None:
                notice = status_notice(running, PointStatus.CHARGING, self._c.ids(), now)
                unit.send(Topic.DRIVER_RESPONSES, session.driver_id, notice, now)
            return State.CLAIMED

        found = await self._c.store.write(work)
        if found is not State.CLAIMED:
            # Concluded before: by a reading that proved the charge (the answer went to Kafka, here is its copy), or undone.
            right = found is not State.REFUSED
            if right:
                self._c.answers.deliver(session.driver_id, granted, link)
            return right
        self._note_status(session.cp_id, PointStatus.CHARGING if code is None else None)
        self._c.answers.deliver(session.driver_id, answer, link)
        return code is None

    def _note_status(self, cp_id: str, status: PointStatus | None) -> None:
        attached = self._c.links.find(cp_id)
        if attached is not None and status is not None:
            attached.status = status

    # -- a start at the point

    async def start_locally(self, request: LocalStartRequest, source: Source) -> None:
        if self._c.links.owned(request.cp_id, source.link) is None or source.link is None:
            outcome: claiming.Outcome = Refused(ErrorCode.UNKNOWN_CP, f"{request.cp_id} is not registered here.")
        else:
            outcome = await self._claim(request, Origin.POINT, SHOWS_WITHIN_S)
        answer = LocalStartResponse(
            message_id=request.message_id, timestamp=self._c.wall(), status="failure", message="Wait for the answer."
        )
        match outcome:
            case Claimed():
                answer = _allowed(answer, outcome.session)
            case Repeated(answer=earlier) if earlier.succeeded:
                answer = answer.model_copy(
                    update={
                        "status": "success",
                        "message": earlier.message,
                        "session_id": earlier.session_id,
                        "price_per_kwh": earlier.price_per_kwh,
                    }
                )
            case Repeated(answer=earlier):
                answer = answer.model_copy(update={"error": earlier.error, "message": earlier.message})
            case Refused():
                answer = answer.model_copy(update={"error": outcome.code, "message": outcome.sentence})
                await self._keep_local(request, outcome)
            case Waiting():
                answer = answer.model_copy(update={"error": ErrorCode.CP_BUSY})
        if source.link is not None:
            source.link.send(answer)

    async def _keep_local(self, request: LocalStartRequest, refusal: Refused) -> None:
        """A repeat of the request gets this refusal again, whatever became of the point."""
        kept = ChargeRequestResponse(
            message_id=request.message_id, status="failure", error=refusal.code, message=refusal.sentence
        )
        sender = sender_key(request.driver_id)
        await self._c.store.write(lambda unit: unit.keep_answer(sender, kept, self._c.wall()))

    # -- a stop

    async def stop(self, request: StopChargingRequest, source: Source) -> None:
        self._c.answers.expect(request.driver_id, request.message_id, source.link)
        asked = await self._c.store.write(lambda unit: _stop_asked(unit, request, self._c.wall()))
        if isinstance(asked, str):
            link = self._c.answers.route(request.driver_id, request.message_id)
            self._c.answers.reply(request.driver_id, StopChargingResponse.model_validate_json(asked), link)
            return
        session, elsewhere = asked
        refusal = self._stop_refusal(request, session, source)
        if refusal is not None or session is None:
            code, sentence = refusal or (ErrorCode.UNKNOWN_SESSION, "There is no such session.")
            await self._stop_answered(request, code, sentence)
            return
        on_answer = partial(self._stop_told, request, session)
        code_now = self.send_stop(session, Reason.DRIVER_STOP, on_answer, elsewhere=elsewhere)
        if code_now is not None:
            await self._stop_answered(request, code_now, f"{session.cp_id} is not connected; its session goes on.")

    def _stop_refusal(
        self, request: StopChargingRequest, session: Session | None, source: Source
    ) -> tuple[ErrorCode, str] | None:
        if self._expired(request.timestamp, source):
            return ErrorCode.EXPIRED, _TOO_OLD
        if session is None or session.cp_id != request.cp_id:
            return ErrorCode.UNKNOWN_SESSION, f"There is no session {request.session_id} at {request.cp_id}."
        if session.driver_id != request.driver_id:
            return ErrorCode.NOT_YOUR_SESSION, f"Session {request.session_id} is another driver's."
        if not session.is_open:
            return ErrorCode.SESSION_FINISHED, f"Session {request.session_id} has ended already."
        return None

    def send_stop(self, session: Session, reason: Reason, on_answer: OnAnswer, *, elsewhere: bool) -> ErrorCode | None:
        command = StopChargingCommand(
            message_id=self._c.ids(),
            timestamp=self._c.wall(),
            cp_id=session.cp_id,
            session_id=session.session_id,
            reason=reason,
        )
        return self._c.commands.send(command, on_answer, elsewhere=elsewhere)

    async def _stop_told(
        self, request: StopChargingRequest, session: Session, response: CommandResponse | None
    ) -> None:
        if response is None:
            await self._stop_answered(request, ErrorCode.ENGINE_TIMEOUT, "The charging point did not answer in time.")
        elif response.succeeded:
            await self._stop_answered(request, None, "The charge ends; its ticket follows.")
        elif response.error is ErrorCode.UNKNOWN_SESSION:
            await close_lost(self._c, session, Reason.DRIVER_STOP)
            await self._stop_answered(request, None, "The charge had ended; its ticket follows.")
        else:
            await self._stop_answered(request, response.error or ErrorCode.ENGINE_REFUSED, response.message)

    async def _stop_answered(self, request: StopChargingRequest, code: ErrorCode | None, sentence: str) -> None:
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

    # -- Engine's answers and commands of other Centrals

    async def hear_response(self, response: CommandResponse, source: Source) -> None:
        del source
        if await self._c.commands.answered(response):
            return
        self._c.measures.add(figures.LATE_RESPONSES)
        if response.succeeded and response.session_id is not None:
            await self._stop_if_refused(response.session_id)

    async def _stop_if_refused(self, session_id: str) -> None:
        session = await self._c.store.write(lambda unit: unit.session(session_id))
        if session is not None and session.state is State.REFUSED:
            stop_stray(self._c, session.cp_id, session_id)

    async def relay(self, command: Command, source: Source) -> None:
        del source
        self._c.commands.relay(command)

    async def undo_late_claims(self) -> None:
        """Claims that nobody concluded in time: their Central died, or the point never showed that it charges."""
        now = self._c.wall()
        for session in await self._c.store.write(lambda unit: unit.claims_before(now - 2.0)):
            if not await self._conclude(session, ErrorCode.ENGINE_TIMEOUT, _TIMED_OUT):
                stop_stray(self._c, session.cp_id, session.session_id)


def _allowed(answer: LocalStartResponse, session: Session) -> LocalStartResponse:
    return answer.model_copy(
        update={
            "status": "success",
            "message": f"Charging for {session.price_per_kwh} a kWh.",
            "session_id": session.session_id,
            "price_per_kwh": session.price_per_kwh,
        }
    )


def _stop_asked(unit: UnitOfWork, request: StopChargingRequest, now: float) -> str | tuple[Session | None, bool]:
    """The answer if this request was answered before, else the session it names and whether it runs elsewhere."""
    kept = unit.answer(sender_key(request.driver_id), request.message_id)
    if kept is not None:
        return kept
    unit.record(now, "stop_requested", f"{request.driver_id} asks to stop.", request)
    point = unit.point(request.cp_id)
    return unit.session(request.session_id), claiming.held_elsewhere(unit, point)
