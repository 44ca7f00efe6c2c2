"""What a driver counts of its requests: when each went out, and how it ended."""

from common.clock import stopwatch
from common.messages import ConnectionFailed, ConnectionLost, Message, Response
from common.metrics import catalogue as figures
from common.metrics.measures import Measures
from driver.events import Request

#: Beyond this the oldest request is no longer timed.
_MOST_TIMED = 256


class Tally:
    def __init__(self, measures: Measures) -> None:
        self._measures = measures
        self._asked: dict[str, tuple[float, str]] = {}

    @property
    def waiting(self) -> int:
        return len(self._asked)

    def sent(self, request: Request) -> None:
        """A repetition does not begin anew."""
        self._asked.setdefault(request.message_id, (stopwatch(), request.type))
        if len(self._asked) > _MOST_TIMED:
            del self._asked[next(iter(self._asked))]

    def heard(self, message: Message) -> None:
        self._measures.add(figures.DRIVER_RECEIVED, message.type)
        if isinstance(message, ConnectionLost):
            self._measures.add(figures.DRIVER_LOST)
        elif isinstance(message, ConnectionFailed):
            self._measures.add(figures.DRIVER_FAILED)
        elif isinstance(message, Response):
            self._answered(message)

    def _answered(self, response: Response) -> None:
        asked = self._asked.pop(response.message_id, None)
        if asked is not None:
            began, kind = asked
            self._measures.observe(figures.DRIVER_TIME, stopwatch() - began, kind)
            self._measures.add(figures.DRIVER_REQUESTS, kind, response.error or response.status)

    def given_up(self, request: Request) -> None:
        if self._asked.pop(request.message_id, None) is not None:
            self._measures.add(figures.DRIVER_REQUESTS, request.type, "unanswered")
