"""Drivers who charge again and again, over the socket or Kafka, and write down everything they are told."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

from common import messages as m
from common.clock import SystemClock
from common.codec import decode
from common.errors import ErrorCode, TransportLost
from common.ids import random_id
from common.kafka.bus import Bus, Publisher, outgoing
from common.messages import Message
from common.net.address import Address
from common.net.backoff import Backoff
from common.net.dialer import Dialer
from common.net.link import Link
from common.process import Tasks
from common.registry import over_kafka, over_tcp
from common.routes import Role, Topic

Heard = Callable[[], bool]

#: A charge request is concluded within 12 s wherever it was asked, and a cut may cost some more.
ANSWER_WITHIN_S = 40.0
TICKET_WITHIN_S = 60.0
_LIMITS = (Decimal("0.05"), Decimal("0.10"), Decimal("0.20"))
_STOPS = 0.3
#: Whoever means to stop asks for more than it could get before its ticket is overdue: a stop that is lost shows.
_FAR_LIMIT = Decimal(50)
_TRY_STOPPING = 20
_BEFORE_STOPPING_AGAIN_S = 0.5


@dataclass(slots=True)
class Told:
    """What one driver heard, by what it was about."""

    answers: dict[str, list[m.ChargeRequestResponse]] = field(default_factory=lambda: defaultdict(list))
    tickets: dict[str, list[m.ChargeCompletion]] = field(default_factory=lambda: defaultdict(list))
    energies: dict[str, list[Decimal]] = field(default_factory=lambda: defaultdict(list))
    unanswered: list[str] = field(default_factory=list)
    without_ticket: list[str] = field(default_factory=list)


class Driver:
    """One driver. What it asked and nobody answered yet goes out again with every new link, as the protocol allows."""

    def __init__(self, driver_id: str, central: Address, publisher: Publisher, *, over_kafka: bool) -> None:
        self.driver_id = driver_id
        self.told = Told()
        self._publisher = publisher
        self._over_kafka = over_kafka
        self._pending: dict[str, m.Message] = {}
        self._news = asyncio.Condition()
        self._stops: dict[str, m.StopChargingResponse] = {}
        self._random = random.Random(driver_id)
        self._dialer = Dialer(
            central,
            over_tcp(Role.CENTRAL, Role.DRIVER),
            on_link=self._use,
            on_event=lambda _: None,
            clock=SystemClock(),
            ids=random_id,
            backoff=Backoff(random.random),
        )

    async def run(self, cp_ids: Sequence[str], stop: asyncio.Event, tasks: Tasks) -> None:
        if not self._over_kafka:
            tasks.start(f"{self.driver_id} link", self._dialer.run())
        while not stop.is_set():
            await self._charge_once(self._random.choice(cp_ids))

    async def _charge_once(self, cp_id: str) -> None:
        stops = self._random.random() < _STOPS
        request = m.ChargeRequest(
            message_id=random_id(),
            timestamp=SystemClock().now().wall,
            cp_id=cp_id,
            driver_id=self.driver_id,
            energy_limit_kwh=_FAR_LIMIT if stops else self._random.choice(_LIMITS),
        )
        answers = self.told.answers
        if not await self._ask(request, Topic.CHARGE_REQUESTS, lambda: bool(answers[request.message_id])):
            self.told.unanswered.append(request.message_id)
            return
        session_id = answers[request.message_id][0].session_id
        if session_id is None:
            return
        if stops:
            await self._stop_session(cp_id, session_id)
        if not await self._wait(lambda: bool(self.told.tickets[session_id]), TICKET_WITHIN_S):
            self.told.without_ticket.append(session_id)

    async def _stop_session(self, cp_id: str, session_id: str) -> None:
        """Ask until it is heard: a point that just moves refuses, and the charge goes on meanwhile."""
        for _ in range(_TRY_STOPPING):
            request = m.StopChargingRequest(
                message_id=random_id(),
                timestamp=SystemClock().now().wall,
                cp_id=cp_id,
                session_id=session_id,
                driver_id=self.driver_id,
            )
            done = await self._ask(request, Topic.STOP_REQUESTS, lambda id_=request.message_id: id_ in self._stops)  # type: ignore[misc]
            if not done:
                self.told.unanswered.append(request.message_id)
                return
            answer = self._stops[request.message_id]
            if answer.error not in (ErrorCode.CP_DISCONNECTED, ErrorCode.ENGINE_TIMEOUT):
                return
            await self._wait(lambda: bool(self.told.tickets[session_id]), _BEFORE_STOPPING_AGAIN_S)

    async def _ask(self, request: m.ChargeRequest | m.StopChargingRequest, topic: Topic, heard: Heard) -> bool:
        self._pending[request.message_id] = request
        if self._over_kafka:
            self._publisher.publish(outgoing(topic, self.driver_id, request))
        elif self._dialer.link is not None:
            with suppress(TransportLost):
                self._dialer.link.send(request)
        try:
            return await self._wait(heard, ANSWER_WITHIN_S)
        finally:
            del self._pending[request.message_id]

    async def _wait(self, heard: Heard, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(heard)
        return heard()

    async def _use(self, link: Link) -> None:
        with suppress(TransportLost):
            for request in list(self._pending.values()):
                link.send(request)
        async for message in link:
            await self.hear(message)

    async def hear(self, message: Message) -> None:
        match message:
            case m.ChargeRequestResponse():
                self.told.answers[message.message_id].append(message)
            case m.StopChargingResponse():
                self._stops[message.message_id] = message
            case m.ChargeCompletion():
                self.told.tickets[message.session_id].append(message)
            case m.ChargingData():
                self.told.energies[message.session_id].append(message.energy_consumed_kwh)
        async with self._news:
            self._news.notify_all()


async def listen(bus: Bus, drivers: Sequence[Driver], tasks: Tasks) -> None:
    """Hand every driver what Kafka has for it; returns once nothing can be missed."""
    subscriber = bus.everything(Topic.DRIVER_RESPONSES)
    by_id = {driver.driver_id: driver for driver in drivers}
    accepts = over_kafka(Topic.DRIVER_RESPONSES, Role.DRIVER)

    async def read() -> None:
        try:
            async for batch in subscriber.batches():
                for record in batch:
                    if record.key in by_id:
                        await by_id[record.key].hear(decode(record.value, accepts))
        finally:
            await subscriber.close()

    tasks.start("drivers' Kafka", read())
    async with asyncio.timeout(30):
        await subscriber.started()
