"""Starts at the point itself: a driver shows a card there, and the point asks before it charges."""

from central.context import Context, Source
from central.domain.sessions import Origin, Session
from central.handlers import claiming
from central.handlers.claiming import Claimed, Refused, Repeated, Waiting
from central.handlers.losing import Losing
from central.store.unit_of_work import UnitOfWork
from common.errors import ErrorCode
from common.messages import ChargeRequestResponse, LocalStartRequest, LocalStartResponse

#: A point that was allowed to start shows within this that it charges, or the claim is undone.
SHOWS_WITHIN_S = 60.0


class LocalStarts:
    def __init__(self, context: Context, losing: Losing) -> None:
        self._c = context
        self._losing = losing

    async def start(self, request: LocalStartRequest, source: Source) -> None:
        outcome = await self._claim(request, source)
        if outcome is None:
            return
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
            case Waiting():
                answer = answer.model_copy(update={"error": ErrorCode.CP_BUSY})
        if source.link is not None:
            source.link.send(answer)

    async def _claim(self, request: LocalStartRequest, source: Source) -> claiming.Outcome | None:
        """None where the link that asks no longer speaks for the point."""
        by = self._c.links.owned(request.cp_id, source.link)
        if by is None:
            return Refused(ErrorCode.UNKNOWN_CP, f"{request.cp_id} is not registered here.")
        if not self._c.credentials.is_enrolled("driver", request.driver_id):
            return Refused(ErrorCode.UNKNOWN_DRIVER, f"{request.driver_id} is not enrolled.")
        now, session_id = self._c.wall(), self._c.ids()

        def decide(unit: UnitOfWork) -> claiming.Outcome | None:
            if unit.point_of(by) is None:
                return None
            outcome = claiming.claim(unit, request, Origin.POINT, session_id, now, SHOWS_WITHIN_S)
            if isinstance(outcome, Refused):
                _keep(unit, request, outcome, now)
            return outcome

        outcome = await self._c.store.write(decide)
        if outcome is None:
            self._losing.let_go_stale(by)
        return outcome


def _keep(unit: UnitOfWork, request: LocalStartRequest, refusal: Refused, now: float) -> None:
    """A repeat of the request gets this refusal again, whatever became of the point."""
    kept = ChargeRequestResponse(
        message_id=request.message_id, status="failure", error=refusal.code, message=refusal.sentence
    )
    unit.keep_answer(claiming.sender_of(request), kept, now)


def _allowed(answer: LocalStartResponse, session: Session) -> LocalStartResponse:
    return answer.model_copy(
        update={
            "status": "success",
            "message": f"Charging for {session.price_per_kwh} a kWh.",
            "session_id": session.session_id,
            "price_per_kwh": session.price_per_kwh,
        }
    )
