"""
How often a driver may ask, over whichever way. Pure but for the clock it is given.

What is refused here over a link was not decided: nothing is stored, and the same request may come again. Over Kafka, where
copies of it may come by themselves, the refusal of a charge or a stop is its answer, and kept as one. Stops have room of
their own, so that no flood of questions keeps a driver from ending a charge. What points say is not counted here.
"""

from collections.abc import Callable, Mapping

from common.clock import Clock
from common.errors import BadMessage, ErrorCode
from common.messages import (
    AvailableCpsRequest,
    AvailableCpsResponse,
    ChargeRequest,
    ChargingHistoryRequest,
    ChargingHistoryResponse,
    Message,
    Response,
    StopChargingRequest,
)
from common.net.limits import Buckets, Pace

Asked = ChargeRequest | AvailableCpsRequest | ChargingHistoryRequest | StopChargingRequest
_ANSWERS: Mapping[type[Message], Callable[..., Response]] = {
    AvailableCpsRequest: AvailableCpsResponse,
    ChargingHistoryRequest: ChargingHistoryResponse,
}


class TooOften(BadMessage):
    """A driver asks too often. `is_hopeless`: and went on for so long that it need not be told again."""

    def __init__(self, message: Message, again_s: int, *, is_hopeless: bool) -> None:
        sentence = f"This driver asks too often; try again in {again_s} s."
        super().__init__(ErrorCode.RATE_LIMITED, sentence, message.message_id, retry_after_s=again_s)
        self.is_hopeless = is_hopeless


class Rationing:
    def __init__(self, clock: Clock, rate: float) -> None:
        self._clock = clock
        self._questions = Buckets(rate)
        self._stops = Buckets(rate)

    def check(self, message: Message) -> None:
        """Raises TooOften for a request of a driver who asked too much lately."""
        if not isinstance(message, Asked):
            return
        buckets = self._stops if isinstance(message, StopChargingRequest) else self._questions
        now = self._clock.now().mono
        pace = buckets.take(message.driver_id, now)
        if pace is not Pace.FINE:
            raise TooOften(message, buckets.patience_s(message.driver_id, now), is_hopeless=pace is Pace.HOPELESS)


def answer(message: Message, bad: BadMessage, now: float) -> Response:
    """To a question over Kafka, where only answers are heard."""
    return _ANSWERS[type(message)](
        message_id=message.message_id,
        timestamp=now,
        status="failure",
        error=bad.code,
        message=bad.sentence,
        data={"retry_after_s": bad.retry_after_s},
    )
