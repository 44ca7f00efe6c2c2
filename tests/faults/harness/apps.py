"""Drivers' apps: they charge again and again, over the socket or Kafka, and write down all they ask and are told."""

import asyncio
import json
import random
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from common import messages as m
from common.clock import SystemClock
from common.errors import ErrorCode, TransportLost
from common.ids import random_id
from common.messages import Message
from common.net.address import Address
from common.net.backoff import Backoff
from common.net.dialer import Dialer
from common.net.link import Link
from common.net.tls import Tls
from common.registry import over_tcp
from common.routes import Role, Topic
from tests.faults.harness.access import Access

#: Writes one record to Kafka: topic, key, message, and what to do when the broker did not take it.
Write = Callable[[Topic, str, dict[str, Any], Callable[[], None]], None]
Asking = m.ChargeRequest | m.StopChargingRequest

_ASK_AGAIN_S = 5.0
_GIVE_UP_S = 30.0
_TICKET_WITHIN_S = 45.0
_LIMITS = (Decimal("0.05"), Decimal("0.10"), Decimal("0.25"))
#: Whoever means to stop asks for more than it could get meanwhile: a stop that is lost shows.
_FAR_LIMIT = Decimal(50)
_STOPS, _REPEATS, _CROWDS = 0.3, 0.3, 0.6
_PAUSE_S = 0.3
#: These say that nothing was decided: ask again, under a new id.
_PASSING = (ErrorCode.CP_DISCONNECTED, ErrorCode.ENGINE_TIMEOUT, ErrorCode.ENGINE_UNREACHABLE)


def plain(message: Message) -> dict[str, Any]:
    """As it stands on the wire."""
    return dict(json.loads(message.model_dump_json(exclude_none=True)))


class App:
    """One driver. What nobody answered is asked again with the same id, as the protocol allows."""

    def __init__(
        self,
        driver_id: str,
        central: Address,
        told: Path,
        write: Write,
        *,
        over_kafka: bool,
        access: Access,
        tls: Tls | None = None,
    ) -> None:
        self.driver_id = driver_id
        self._access = access
        #: The link on which it is believed to be who it is.
        self._link: Link | None = None
        self._over_kafka = over_kafka
        self._write = write
        self._told = told.open("a", encoding="utf-8")
        self._chance = random.Random(driver_id)
        self._asked: dict[str, Asking] = {}
        #: The first answer to each request, by its id.
        self._answers: dict[str, dict[str, Any]] = {}
        #: Sessions that were granted and have no ticket: where they run.
        self._open: dict[str, str] = {}
        self._tickets: set[str] = set()
        #: Requests that the broker has: it is trusted to keep them, so they are not written again.
        self._written: set[str] = set()
        self._news = asyncio.Condition()
        self._dialer = Dialer(
            central,
            over_tcp(Role.CENTRAL, Role.DRIVER),
            on_link=self._use,
            on_event=lambda _: None,
            clock=SystemClock(),
            ids=random_id,
            backoff=Backoff(random.random, first=0.5, longest=3.0),
            tls=tls,
        )

    @property
    def unanswered(self) -> list[Asking]:
        return [request for request in self._asked.values() if request.message_id not in self._answers]

    @property
    def is_content(self) -> bool:
        """Whether everything was answered, and every session has its ticket."""
        return not self.unanswered and not self._open

    @property
    def wants(self) -> str:
        """What it still waits for, in words; nothing when it is content."""
        answers = [f"an answer to {request.message_id}" for request in self.unanswered]
        tickets = [f"a ticket of {session_id} at {cp_id}" for session_id, cp_id in self._open.items()]
        return f"{self.driver_id} waits for {', '.join([*answers, *tickets])}" if answers or tickets else ""

    # -- what it does

    async def run(self, cp_ids: list[str], enough: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as work:
            link = work.create_task(self._dialer.run()) if not self._over_kafka else None
            try:
                while not enough.is_set():
                    # Most crowd at few points: that is where two of them meet.
                    some = cp_ids[:2] if self._chance.random() < _CROWDS else cp_ids
                    await self._charge_once(self._chance.choice(some))
                    await asyncio.sleep(_PAUSE_S)
                await self._settle()
            finally:
                if link is not None:
                    link.cancel()

    async def _charge_once(self, cp_id: str) -> None:
        stops = self._chance.random() < _STOPS
        request = m.ChargeRequest(
            message_id=random_id(),
            timestamp=SystemClock().now().wall,
            cp_id=cp_id,
            driver_id=self.driver_id,
            energy_limit_kwh=_FAR_LIMIT if stops else self._chance.choice(_LIMITS),
        )
        answer = await self._ask(request)
        if answer is None:
            return
        if self._chance.random() < _REPEATS:
            self._written.discard(request.message_id)
            self._send(request)
        session_id = answer.get("session_id")
        if session_id is None:
            return
        if stops:
            await self._stop(session_id, cp_id)
        await self._wait(lambda: session_id not in self._open, _TICKET_WITHIN_S)

    async def _stop(self, session_id: str, cp_id: str) -> None:
        request = m.StopChargingRequest(
            message_id=random_id(),
            timestamp=SystemClock().now().wall,
            cp_id=cp_id,
            session_id=session_id,
            driver_id=self.driver_id,
        )
        answer = await self._ask(request)
        if answer is not None and answer.get("error") in _PASSING:
            await asyncio.sleep(_PAUSE_S)

    async def _settle(self) -> None:
        """Ask until everything is answered and every session has ended; whoever runs this sets the deadline."""
        while not self.is_content:
            for request in self.unanswered:
                self._send(request)
            await self._wait(lambda: self.is_content, _ASK_AGAIN_S)
            for session_id, cp_id in list(self._open.items()):
                await self._stop(session_id, cp_id)

    async def _ask(self, request: Asking) -> dict[str, Any] | None:
        """Its answer, or None when none came in this while; it then stays owed."""
        self._asked[request.message_id] = request
        self._note(asked=plain(request))
        for _ in range(int(_GIVE_UP_S / _ASK_AGAIN_S)):
            self._send(request)
            if await self._wait(lambda: request.message_id in self._answers, _ASK_AGAIN_S):
                return self._answers[request.message_id]
        return None

    def _send(self, request: Asking) -> None:
        if self._over_kafka:
            if request.message_id not in self._written:
                self._publish(request)
        elif self._link is not None:
            with suppress(TransportLost):
                self._link.send(request)

    def _publish(self, request: Asking) -> None:
        topic = Topic.CHARGE_REQUESTS if isinstance(request, m.ChargeRequest) else Topic.STOP_REQUESTS
        self._written.add(request.message_id)
        self._write(topic, self.driver_id, plain(request), lambda: self._written.discard(request.message_id))

    async def _wait(self, heard: Callable[[], bool], seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(heard)
        return heard()

    # -- what it hears

    async def _use(self, link: Link) -> None:
        try:
            with suppress(TransportLost):
                if not await self._access.admit(link, "driver", self.driver_id):
                    return
                for request in self.unanswered:
                    link.send(request)
            self._link = link
            async for message in link:
                self.hear(plain(message))
        finally:
            self._link = None

    def hear(self, message: dict[str, Any]) -> None:
        self._note(told=message, at=SystemClock().now().wall)
        match message["type"]:
            case "charge_request_response":
                self._answers.setdefault(message["message_id"], message)
                request, session_id = self._asked.get(message["message_id"]), message.get("session_id")
                if request is not None and session_id is not None and session_id not in self._tickets:
                    self._open[session_id] = request.cp_id
            case "stop_charging_response":
                self._answers.setdefault(message["message_id"], message)
            case "charge_completion":
                self._tickets.add(message["session_id"])
                self._open.pop(message["session_id"], None)
        asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    def _note(self, **line: Any) -> None:
        self._told.write(json.dumps(line) + "\n")
        self._told.flush()

    def close(self) -> None:
        self._told.close()
