"""
How a driver's messages travel: the socket while it is up, else Kafka. Adapters only; what is sent again after a cut is
the trip's decision.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from common import tracing
from common.auth import signature
from common.clock import Clock, Moment
from common.codec import decode
from common.errors import BadMessage, TransportLost
from common.ids import Ids
from common.kafka.bus import Bus, Outgoing, Publisher, Subscriber, outgoing, signed
from common.messages import AuthRequest, ChargingHistoryRequest, Message
from common.net.address import Address
from common.net.backoff import Backoff
from common.net.dialer import Dialer
from common.net.link import Link
from common.net.tls import Tls
from common.process import Tasks
from common.registry import over_kafka, over_tcp
from common.routes import Kafka, Role, Topic
from common.tracing import Span
from driver.events import Request
from driver.ways import Way, Ways

log = logging.getLogger("ev.driver")

#: Well within what Central gives a link to say something.
_SPEAK_UP_AFTER_S = 3.0

OnMessage = Callable[[Message], None]


class SocketLine:
    """The link to Central, kept up. It counts as open once Central has accepted the proof, where there is one."""

    def __init__(
        self,
        address: Address,
        driver_id: str,
        *,
        secret: str | None,
        on_message: OnMessage,
        on_open: Callable[[str], None],
        clock: Clock,
        ids: Ids,
        backoff: Backoff,
        limit: int,
        tls: Tls | None = None,
    ) -> None:
        self._driver_id = driver_id
        self._secret = secret
        self._on_message = on_message
        self._on_open = on_open
        self._clock = clock
        self._ids = ids
        self._link: Link | None = None
        self._said_nothing = True
        #: What was asked only to have said something.
        self._small_talk = ""
        self._lost_at: float | None = None
        self._failed_at: float | None = None
        #: Set while requests may be sent.
        self.open = asyncio.Event()
        #: Set once the first attempt has ended, well or not.
        self.tried = asyncio.Event()
        self._dialer = Dialer(
            address,
            over_tcp(Role.CENTRAL, Role.DRIVER),
            on_link=self._use,
            on_event=self._hear_event,
            clock=clock,
            ids=ids,
            backoff=backoff,
            limit=limit,
            tls=tls,
            on_bad=lambda bad: log.warning("Central sent what cannot be read: %s", bad.sentence),
        )

    async def run(self) -> None:
        await self._dialer.run()

    @property
    def way(self) -> Way:
        waiting_s = self._dialer.waiting_s
        next_try_at = None if waiting_s is None or self._failed_at is None else self._failed_at + waiting_s
        return Way(self.open.is_set(), self._lost_at, next_try_at)

    def admit(self) -> None:
        """Central takes requests now."""
        self._lost_at = None
        self.open.set()
        self.tried.set()
        self._on_open(str(self._dialer.address))

    def send(self, request: Request) -> None:
        """Raises TransportLost when the link is not open."""
        if self._link is None or not self.open.is_set():
            raise TransportLost("There is no link to Central.")
        self._said_nothing = False
        self._link.send(request)

    async def _use(self, link: Link) -> None:
        self._link, self._said_nothing = link, self._secret is None
        speaking_up = asyncio.get_running_loop().call_later(_SPEAK_UP_AFTER_S, self._speak_up)
        try:
            if self._secret is None:
                self.admit()
            else:
                link.send(self._proof(self._secret))
            async for message in link:
                if message.message_id != self._small_talk:
                    self._on_message(message)
        except TransportLost:
            return
        finally:
            speaking_up.cancel()
            self._link = None
            self.open.clear()

    def _speak_up(self) -> None:
        """Central closes a link that says nothing; who only listens asks a small thing to have asked."""
        if self._link is not None and self._said_nothing:
            self._small_talk = self._ids()
            question = ChargingHistoryRequest(
                message_id=self._small_talk, timestamp=self._clock.now().wall, driver_id=self._driver_id, limit=1
            )
            with suppress(TransportLost):
                self._link.send(question)

    def _hear_event(self, event: Message) -> None:
        self._failed_at = self._clock.now().mono
        self._lost_at = self._failed_at if self._lost_at is None else self._lost_at
        self._on_message(event)
        self.tried.set()

    def _proof(self, secret: str) -> AuthRequest:
        now, nonce = self._clock.now().wall, self._ids()
        return AuthRequest(
            message_id=self._ids(),
            timestamp=now,
            role="driver",
            driver_id=self._driver_id,
            nonce=nonce,
            signature=signature(secret, "driver", self._driver_id, now, nonce),
        )


class KafkaLine:
    """The driver's records, opened when first needed. Requests wait until the answers would be seen."""

    def __init__(self, bus: Bus, driver_id: str, *, secret: str | None, on_message: OnMessage, tasks: Tasks) -> None:
        self._bus = bus
        self._driver_id = driver_id
        self._secret = secret
        self._on_message = on_message
        self._tasks = tasks
        self._accepts = over_kafka(Topic.DRIVER_RESPONSES, Role.DRIVER)
        self._subscriber: Subscriber | None = None
        self._publisher: Publisher | None = None
        #: By message_id, so that a repetition takes no second place; with the trace that each belongs to.
        self._waiting: dict[str, tuple[Request, Span | None]] = {}
        #: Set once no notification can be missed any more.
        self.started = asyncio.Event()
        self._lost_at: float | None = None

    def way(self, now: Moment) -> Way:
        """To be asked now and then: that the broker went away is noticed by looking."""
        if self._bus.is_up:
            self._lost_at = None
        elif self._lost_at is None:
            self._lost_at = now.mono
        return Way(self.started.is_set() and self._bus.is_up, self._lost_at)

    def open(self) -> None:
        if self._subscriber is None:
            self._subscriber = self._bus.one_key(Topic.DRIVER_RESPONSES, self._driver_id)
            self._tasks.start("kafka start", self._start(self._subscriber))
            self._tasks.start("kafka reader", self._read(self._subscriber))

    def send(self, request: Request) -> None:
        self.open()
        self._waiting[request.message_id] = (request, tracing.current())
        if self.started.is_set():
            self._send_waiting()

    async def close(self) -> None:
        ends = [end.close() for end in (self._publisher, self._subscriber) if end is not None]
        await asyncio.gather(*ends)

    async def _start(self, subscriber: Subscriber) -> None:
        await subscriber.started()
        self.started.set()
        self._send_waiting()

    def _send_waiting(self) -> None:
        if self._waiting and self._publisher is None:
            self._publisher = self._bus.publisher()
        waiting, self._waiting = self._waiting, {}
        for request, span in waiting.values():
            assert self._publisher is not None
            # A full queue means an old outage: the deadline of the request tells it to the person.
            with suppress(TransportLost), tracing.within(span):
                self._publisher.publish(self._record(request))

    def _record(self, request: Request) -> Outgoing:
        return signed(outgoing(_topic(request), self._driver_id, request), self._secret)

    async def _read(self, subscriber: Subscriber) -> None:
        async for batch in subscriber.batches():
            for record in batch:
                # Drivers share partitions.
                if record.key == self._driver_id:
                    self._take(record.value)

    def _take(self, value: bytes) -> None:
        try:
            message = decode(value, self._accepts)
        except BadMessage as bad:
            log.warning("A record of %s cannot be read: %s", Topic.DRIVER_RESPONSES, bad.sentence)
            return
        self._on_message(message)


class Post:
    """The ways to Central that this driver has; Kafka may be there for notifications only."""

    def __init__(self, socket: SocketLine | None, kafka: KafkaLine | None, *, kafka_takes_requests: bool) -> None:
        self.socket = socket
        self.kafka = kafka
        self.kafka_takes_requests = kafka is not None and kafka_takes_requests

    @property
    def socket_is_open(self) -> bool:
        return self.socket is not None and self.socket.open.is_set()

    def ways(self, now: Moment) -> Ways:
        return Ways(
            socket=None if self.socket is None else self.socket.way,
            kafka=None if self.kafka is None else self.kafka.way(now),
        )

    def send(self, request: Request) -> None:
        """By the best way there is; without one the request stays with the trip, which repeats it when one opens."""
        if self.socket is not None:
            try:
                self.socket.send(request)
            except TransportLost:
                pass
            else:
                return
        if self.kafka is not None and self.kafka_takes_requests:
            self.kafka.send(request)

    async def close(self) -> None:
        if self.kafka is not None:
            await self.kafka.close()


def _topic(request: Request) -> Topic:
    routes = [route for route in type(request).routes if isinstance(route, Kafka) and route.sender is Role.DRIVER]
    return routes[0].topic
