"""Answers to drivers: kept for repeats with what they answer, and delivered over the socket or Kafka."""

import logging
from typing import TypeVar

from central.store.unit_of_work import UnitOfWork
from common.clock import Clock, stopwatch
from common.codec import decode
from common.errors import BadMessage, ErrorCode, TransportLost
from common.kafka.bus import Publisher, outgoing
from common.messages import Response
from common.metrics import catalogue as figures
from common.metrics.measures import Measures
from common.net.link import Link
from common.routes import Topic
from common.telemetry import about

log = logging.getLogger("ev.central.answers")
R = TypeVar("R", bound=Response)

#: An answer that another Central may give is looked for in the database for so long: any claim is concluded by then.
_LOOK_FOR_S = 20.0
#: So many are looked for at once; further ones reach their drivers over Kafka all the same.
_MOST_LOOKED_FOR = 500


#: Requests whose time to the answer is being taken; beyond this the oldest is no longer timed.
_MOST_TIMED = 50_000


def sender_key(driver_id: str) -> str:
    return f"driver:{driver_id}"


def point_key(cp_id: str) -> str:
    """For what is asked at the point itself: the id of a driver's own request says nothing to a point."""
    return f"point:{cp_id}"


def kept_as(kind: type[R], body: str) -> R | None:
    """A kept answer, unless it answered another kind of request: an id that was used twice does not mix them up."""
    try:
        found = decode(body.encode(), {kind.tag(): kind})
    except BadMessage:
        return None
    assert isinstance(found, kind)
    return found


def repeat_of(kind: type[R], body: str, message_id: str) -> R:
    """What a repeated request hears again; raises BadMessage where its id was another request's."""
    found = kept_as(kind, body)
    if found is None:
        sentence = "message_id: an earlier request of another kind had this one; every message needs its own."
        raise BadMessage(ErrorCode.INVALID_MESSAGE, sentence, message_id)
    return found


class Answers:
    """Knows over which link a driver waits for which answer."""

    def __init__(self, publisher: Publisher, clock: Clock, measures: Measures) -> None:
        self._publisher = publisher
        self._clock = clock
        self._measures = measures
        #: When a request came, and which way.
        self._asked: dict[tuple[str, str], tuple[float, str]] = {}
        self._waiting: dict[tuple[str, str], Link] = {}
        #: The same by link: thousands of links may end while thousands wait.
        self._asked_on: dict[Link, set[tuple[str, str]]] = {}
        #: Of those, what another Central may conclude, and until when that is looked for.
        self._looked_for: dict[tuple[str, str], float] = {}

    def expect(self, driver_id: str, request_id: str, link: Link | None) -> None:
        """The driver asked over this link (None: Kafka); a repeat over another one moves the answer there."""
        self._asked.setdefault((driver_id, request_id), (stopwatch(), "kafka" if link is None else "tcp"))
        if len(self._asked) > _MOST_TIMED:
            del self._asked[next(iter(self._asked))]
        self._move((driver_id, request_id), link)

    def route(self, driver_id: str, request_id: str) -> Link | None:
        """The link that the answer goes to; None means Kafka."""
        link = self._move((driver_id, request_id), None)
        self._looked_for.pop((driver_id, request_id), None)
        return link if link is not None and link.is_open else None

    def owe(self, driver_id: str, request_id: str, link: Link | None) -> None:
        """The database did not take the answer: whoever stores it later, the link gets it then."""
        if link is not None and link.is_open:
            self._move((driver_id, request_id), link)
            self.look_for(driver_id, request_id)

    def look_for(self, driver_id: str, request_id: str) -> None:
        """The answer may be another Central's to give: whoever waits here on a link gets it from the database."""
        if (driver_id, request_id) in self._waiting and len(self._looked_for) < _MOST_LOOKED_FOR:
            self._looked_for[driver_id, request_id] = self._clock.now().mono + _LOOK_FOR_S

    def looked_for(self) -> list[tuple[str, str]]:
        now = self._clock.now().mono
        self._looked_for = {
            asked: until for asked, until in self._looked_for.items() if until > now and asked in self._waiting
        }
        return list(self._looked_for)

    def forget(self, link: Link) -> None:
        """A link ended: what was asked on it is answered over Kafka, or where it is asked again."""
        for asked in self._asked_on.pop(link, ()):
            del self._waiting[asked]

    def _move(self, asked: tuple[str, str], link: Link | None) -> Link | None:
        """What was asked is to be answered over this link, or over none; the one it was asked on before."""
        before = self._waiting.pop(asked, None)
        if before is not None:
            self._asked_on[before].discard(asked)
            if not self._asked_on[before]:
                del self._asked_on[before]
        if link is not None:
            self._waiting[asked] = link
            self._asked_on.setdefault(link, set()).add(asked)
        return before

    def keep(self, unit: UnitOfWork, driver_id: str, answer: Response, link: Link | None) -> None:
        """Store the answer with what it answers; without a link, also into the outbox."""
        now = self._clock.now().wall
        unit.keep_answer(sender_key(driver_id), answer, now)
        if link is None:
            unit.send(Topic.DRIVER_RESPONSES, driver_id, answer, now)

    def deliver(self, driver_id: str, answer: Response, link: Link | None) -> None:
        """Send a kept answer to its link; what went to the outbox goes by itself."""
        self._count(driver_id, answer)
        if link is None:
            return
        try:
            link.send(answer)
        except TransportLost:
            self.publish(driver_id, answer)

    def reply(self, driver_id: str, answer: Response, link: Link | None) -> None:
        """Send an answer that is not kept: to what was only a question, or a repeat of a kept one."""
        if link is not None and link.is_open:
            self.deliver(driver_id, answer, link)
        else:
            self._count(driver_id, answer)
            self.publish(driver_id, answer)

    def _count(self, driver_id: str, answer: Response) -> None:
        began, way = self._asked.pop((driver_id, answer.message_id), (None, ""))
        if began is not None:
            self._measures.observe(figures.ANSWER_TIME, stopwatch() - began, answer.type, way)
            self._measures.add(figures.ANSWERS, answer.type, way, answer.error or answer.status)

    def publish(self, driver_id: str, answer: Response) -> None:
        try:
            self._publisher.publish(outgoing(Topic.DRIVER_RESPONSES, driver_id, answer))
        except TransportLost as wrong:
            # The driver repeats its request and gets the kept answer.
            log.warning("An answer to %s was not sent: %s", driver_id, wrong, extra=about(answer))
