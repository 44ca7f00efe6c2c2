"""From a driver's wish to a running charge: the claim, Engine's word, and the answer that the driver gets."""

import logging
from functools import partial

from central import views
from central.answers import kept_as, sender_key
from central.commands import ANSWER_WITHIN_S, At, Command, Where
from central.context import Context, Source
from central.domain.points import Point
from central.domain.sessions import Origin, Session, State
from central.handlers import claiming
from central.handlers.claiming import Claimed, Refused, Repeated, Waiting
from central.handlers.losing import Losing
from central.handlers.strays import stop_stray
from central.links import Attached
from central.notices import status_notice
from central.store.unit_of_work import UnitOfWork
from common import failpoints
from common.codec import decode
from common.errors import ErrorCode, StoreUnavailable
from common.failpoints import Place
from common.messages import (
    ChargeRequest,
    ChargeRequestResponse,
    CommandResponse,
    PointStatus,
    Response,
    ResumeCpCommand,
    StartChargingCommand,
    StopChargingCommand,
    StopCpCommand,
)
from common.metrics import catalogue as figures
from common.money import kwh
from common.net.link import Link
from common.registry import over_tcp
from common.routes import Role, Topic
from common.telemetry import about

log = logging.getLogger("ev.central.charging")

#: Other Centrals conclude a claim this long after its deadline: its own Central has the first word.
_OTHERS_WAIT_S = 2.0
_MOST_LATE = 500
_ANSWERS = over_tcp(Role.CENTRAL, Role.DRIVER)
_TIMED_OUT = "The charging point did not answer in time; try again or choose another."


class Charging:
    def __init__(self, context: Context, losing: Losing) -> None:
        self._c = context
        self._losing = losing

    # -- a driver's request

    async def charge(self, request: ChargeRequest, source: Source) -> None:
        is_expired = self._c.is_expired(request.timestamp, source)
        await self._take(request, source, Refused(ErrorCode.EXPIRED, claiming.TOO_OLD) if is_expired else None)

    async def turn_away(self, request: ChargeRequest, source: Source, no: Refused) -> None:
        """
        Refuse it unheard, for good: no later copy of it, as Kafka may bring one, charges a car whose driver was told no.

        A copy of what was taken in before hears what that heard.
        """
        await self._take(request, source, no)

    async def _take(self, request: ChargeRequest, source: Source, no: Refused | None) -> None:
        asked = self._c.clock.now().mono
        self._c.answers.expect(request.driver_id, request.message_id, source.link)
        origin = Origin.KAFKA if source.link is None else Origin.SOCKET
        now, session_id = self._c.wall(), self._c.ids()

        def decide(unit: UnitOfWork) -> claiming.Outcome:
            outcome: claiming.Outcome
            if no is not None:
                # What was answered in time keeps its answer, however late the record comes again.
                outcome = claiming.known(unit, request) or no
            else:
                outcome = claiming.claim(unit, request, origin, session_id, now, ANSWER_WITHIN_S)
            if isinstance(outcome, Refused):
                # With the decision: a copy of the request at another Central must not find the point free meanwhile.
                self._c.answers.keep(unit, request.driver_id, _refusal(request, outcome, now), source.link)
                unit.record(now, "refused", f"{outcome.code}: {outcome.sentence}", request)
            return outcome

        outcome = await self._c.store.write(decide, begins=True)
        match outcome:
            case Claimed():
                failpoints.reached(Place.CLAIMED)
                await self._start(outcome, asked)
            case Refused():
                self._tell_refused(request, _refusal(request, outcome, now), source)
            case Repeated():
                link = self._c.answers.route(request.driver_id, request.message_id)
                self._c.answers.reply(request.driver_id, outcome.answer, link)
            case Waiting():
                # The Central that asks Engine may be another one; then its word is found in the database.
                self._c.answers.look_for(request.driver_id, request.message_id)
                log.debug("A repeated request waits for its answer.", extra=about(request))

    def _tell_refused(self, request: ChargeRequest, answer: ChargeRequestResponse, source: Source) -> None:
        link = self._c.answers.route(request.driver_id, request.message_id)
        if source.link is None:
            self._c.answers.deliver(request.driver_id, answer, link)
        else:
            self._c.answers.reply(request.driver_id, answer, link)

    async def _start(self, claimed: Claimed, asked: float) -> None:
        session = claimed.session
        if not claimed.where.is_here:
            self._c.answers.look_for(session.driver_id, session.request_id)
        if claimed.where.at is At.NOWHERE:
            log.info("%s is on its way to another Central; its start waits.", session.cp_id, extra=about(session))
            return
        failure = self._send_start(session, claimed.max_charging_rate_kw, asked, claimed.where)
        if failure is not None:
            await self._conclude(session, failure, f"{session.cp_id} just lost its connection; try another point.")

    async def start_moved(self, session: Session, point: Point) -> None:
        """A point with a claim has registered here: its start was perhaps lost on the way. Engine bears a repeat."""
        where = Where(At.HERE, point.generation)
        failure = self._send_start(session, point.max_charging_rate_kw, self._c.clock.now().mono, where)
        if failure is not None:
            log.warning("%s was lost again before its start was sent.", session.cp_id, extra=about(session))

    def _send_start(
        self, session: Session, max_charging_rate_kw: float, asked: float, where: Where
    ) -> ErrorCode | None:
        limit = session.energy_limit_wh
        command = StartChargingCommand(
            message_id=self._c.ids(),
            timestamp=self._c.wall(),
            cp_id=session.cp_id,
            session_id=session.session_id,
            driver_id=session.driver_id,
            price_per_kwh=session.price_per_kwh,
            max_charging_rate_kw=max_charging_rate_kw,
            energy_limit_kwh=kwh(limit) if limit else None,
        )
        return self._c.commands.send(command, partial(self._started, session, command, asked), where)

    async def _started(
        self,
        session: Session,
        command: StartChargingCommand,
        asked: float,
        response: CommandResponse | None,
        by: Attached | None,
    ) -> None:
        """Engine answered the start, or did not."""
        if response is None:
            charges = await self._conclude(session, ErrorCode.ENGINE_TIMEOUT, _TIMED_OUT)
        elif response.error is ErrorCode.SESSION_FINISHED:
            # The start had come before, and its answer was lost: what the charge metered is on its way and is billed.
            charges = await self._conclude(session, None, "Engine had answered before", by=by)
        elif not response.succeeded:
            code = response.error or ErrorCode.ENGINE_REFUSED
            await self._conclude(session, code, response.message or "The charging point refused.", by=by)
            return
        else:
            charges = await self._conclude(session, None, "Engine answered", command_id=command.message_id, by=by)
        if not charges:
            await stop_stray(self._c, session.cp_id, session.session_id)
        elif response is not None:
            self._c.latencies.append(self._c.clock.now().mono - asked)

    async def _conclude(
        self,
        session: Session,
        code: ErrorCode | None,
        sentence: str,
        command_id: str | None = None,
        by: Attached | None = None,
    ) -> bool:
        """
        End a claim in success (no code) or refusal and answer its driver; whether the charge is right to run. `by`: the
        link over which the point said so, which must still count when it is stored.
        """
        now = self._c.wall()
        link = self._c.answers.route(session.driver_id, session.request_id)
        answer = claiming.granted(session) if code is None else claiming.refused(session, code, sentence)
        answer = answer.model_copy(update={"timestamp": now})

        def work(unit: UnitOfWork) -> State | None:
            # Locked first, as everywhere.
            point = unit.point(session.cp_id) if by is None else unit.point_of(by)
            if by is not None and point is None:
                return None
            present = unit.session(session.session_id, cp_id=session.cp_id)
            if present is None or present.state is not State.CLAIMED:
                return present.state if present else State.REFUSED
            if code is None and command_id is not None:
                unit.record(now, "start_sent", "This command asks Engine.", present, message_id=command_id)
            running = _end_claim(unit, present, point, code, sentence, now)
            if present.origin is not Origin.POINT:  # whoever starts at the point is answered there
                self._c.answers.keep(unit, session.driver_id, answer, link)
            if running is not None:
                notice = status_notice(running, PointStatus.CHARGING, self._c.ids(), now)
                unit.send(Topic.DRIVER_RESPONSES, session.driver_id, notice, now)
            return State.CLAIMED

        try:
            found = await self._c.store.write(work)
        except StoreUnavailable:
            self._c.answers.owe(session.driver_id, session.request_id, link)
            raise
        if found is None:
            # Whoever speaks for the point now was sent the start as well, and its word counts.
            self._c.answers.owe(session.driver_id, session.request_id, link)
            self._losing.let_go_stale(by)
            return True
        if found is not State.CLAIMED:
            # Concluded before: by a reading that proved the charge, by another Central, or undone. That answer stands.
            await self._repeat(session, link)
            return found is not State.REFUSED
        self._note_status(session.cp_id, PointStatus.CHARGING if code is None else None)
        failpoints.reached(Place.CONCLUDED)
        self._c.answers.deliver(session.driver_id, answer, link)
        failpoints.reached(Place.ANSWERED)
        return code is None

    async def _repeat(self, session: Session, link: Link | None) -> None:
        """Who waits on a link for what was concluded before gets that answer; without a link it went to Kafka."""
        if link is None:
            return
        key = (sender_key(session.driver_id), session.request_id)
        kept = await self._c.store.read(lambda connection: views.kept_answers(connection, [key]))
        answer = kept_as(ChargeRequestResponse, kept[key]) if key in kept else None
        if answer is not None:
            self._c.answers.deliver(session.driver_id, answer, link)

    def _note_status(self, cp_id: str, status: PointStatus | None) -> None:
        attached = self._c.links.find(cp_id)
        if attached is not None and status is not None:
            attached.status = status

    # -- Engine's answers and commands of other Centrals

    async def hear_response(self, response: CommandResponse, source: Source) -> None:
        if await self._is_heard(response, source):
            return
        if source.link is None:  # over Kafka every Central hears the answers that others wait for
            return
        self._c.measures.add(figures.LATE_RESPONSES)
        if response.succeeded and response.session_id is not None:
            await self._stop_if_refused(response.session_id, source.link)

    async def _is_heard(self, response: CommandResponse, source: Source) -> bool:
        """Whether somebody waited for just this: from the point that was asked, over the link that speaks for it."""
        cp_id = self._c.commands.asked_of(response.message_id)
        if cp_id is None:
            return False
        if source.link is None:
            # The Central that passed the command on has seen to the link.
            return source.key == cp_id and await self._c.commands.answered(response, None)
        by = self._c.links.owned(cp_id, source.link)
        if by is None:
            return False
        if self._c.commands.is_relayed(response.message_id) and not await self._losing.holds(by):
            self._losing.let_go_stale(by)
            return True
        return await self._c.commands.answered(response, by)

    async def _stop_if_refused(self, session_id: str, link: Link) -> None:
        instance = self._c.instance
        session = await self._c.store.read(lambda connection: views.refused_session(connection, session_id, instance))
        if session is not None and self._c.links.owned(session.cp_id, link) is not None:
            await stop_stray(self._c, session.cp_id, session_id)

    async def relay(self, command: Command, source: Source) -> None:
        """Pass another Central's command on, unless it was overtaken on its way: Kafka may have been away meanwhile."""
        del source
        attached = self._c.links.find(command.cp_id)
        if attached is None or not self._c.commands.is_for_us(command):
            return
        if not await self._losing.holds(attached):
            self._losing.let_go_stale(attached)
        elif await self._is_wanted(command):
            self._c.commands.relay(command, attached.generation)
        else:
            log.info("A %s came too late and is not passed on.", command.type, extra=about(command))

    async def _is_wanted(self, command: Command) -> bool:
        """Whether the database still says what the command says."""
        match command:
            case StartChargingCommand(session_id=session_id):
                return await self._c.store.read(
                    lambda connection: views.is_open_at(connection, session_id, command.cp_id)
                )
            case StopCpCommand() | ResumeCpCommand():
                is_out = await self._c.store.read(lambda connection: views.is_out_of_service(connection, command.cp_id))
                return is_out is isinstance(command, StopCpCommand)
            case StopChargingCommand():
                return True

    async def undo_late_claims(self) -> None:
        """Claims that nobody concluded in time: their Central died, or the point never showed that it charges."""
        before = self._c.wall() - _OTHERS_WAIT_S
        late = await self._c.store.read(lambda connection: views.late_claims(connection, before, _MOST_LATE))
        for session in late:
            if not await self._conclude(session, ErrorCode.ENGINE_TIMEOUT, _TIMED_OUT):
                await stop_stray(self._c, session.cp_id, session.session_id)

    async def deliver_concluded(self) -> None:
        """Answer on their links those whose requests another Central concluded."""
        asked = self._c.answers.looked_for()
        if not asked:
            return
        keys = [(sender_key(driver_id), request_id) for driver_id, request_id in asked]
        kept = await self._c.store.read(lambda connection: views.kept_answers(connection, keys))
        for (driver_id, request_id), key in zip(asked, keys, strict=True):
            link = self._c.answers.route(driver_id, request_id) if key in kept else None
            if link is not None:
                answer = decode(kept[key].encode(), _ANSWERS)
                assert isinstance(answer, Response)
                self._c.answers.deliver(driver_id, answer, link)


def _end_claim(
    unit: UnitOfWork, claimed: Session, point: Point | None, code: ErrorCode | None, sentence: str, now: float
) -> Session | None:
    """The session that runs now; None where the claim was undone."""
    if code is None:
        return claiming.accept(unit, claimed, now, sentence, point)
    claiming.refuse(unit, claimed, code, sentence, now)
    return None


def _refusal(request: ChargeRequest, refused: Refused, now: float) -> ChargeRequestResponse:
    return ChargeRequestResponse(
        message_id=request.message_id,
        timestamp=now,
        status="failure",
        error=refused.code,
        message=refused.sentence,
        data=refused.data,
        cp_id=request.cp_id,
    )
