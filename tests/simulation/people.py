"""Who uses the network: drivers with an app or a card, and the operator at the console. What they want is drawn from their seeds."""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from charging_point.engine.runtime import Runtime as EngineRuntime
from common import messages as m
from common.auth import signature
from common.clock import Moment
from common.errors import TransportLost
from common.ids import Ids
from common.messages import ChargeRequest, ChargeRequestResponse, Response, StopChargingResponse
from common.net.address import Address
from common.net.dialer import connect
from common.registry import over_tcp
from common.routes import Role
from driver.errands import Errand
from driver.events import Output, Show, Ticket, Unanswered
from driver.trip import Stage, Trip
from tests.faults.audit.history import Order
from tests.simulation.access import OPERATOR
from tests.simulation.loop import Process

#: One to five seconds of charging each.
_LIMITS_KWH = ("0.005", "0.01", "0.02", "0.03")
_STOPS, _CROWDS = 0.3, 0.5
_PAUSE_S, _STOP_AFTER_S, _AGAIN_S = (0.1, 2.0), (0.0, 3.0), 5.0


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


class Outing(Errand):
    """Charge here and there, and now and then stop before the end."""

    needs_notices = True
    begins_at_once = True

    def __init__(self, trip: Trip, points: Sequence[str], chance: random.Random, is_enough: Callable[[], bool]) -> None:
        super().__init__(trip)
        self._points = points
        self._chance = chance
        self._is_enough = is_enough
        self._stops = False
        #: Requests that were given up: (message_id, when).
        self.given_up: dict[str, float] = {}

    def begin(self, now: Moment) -> list[Output]:
        self.next_at = now.mono + self._chance.uniform(*_PAUSE_S)
        return []

    def tick(self, now: Moment) -> list[Output]:
        if self.next_at is None or now.mono < self.next_at:
            return []
        self.next_at = None
        if self.trip.ride is not None and self.trip.stage is Stage.CHARGING:
            self.next_at = now.mono + _AGAIN_S
            return self.trip.stop(self.trip.ride.session_id, self.trip.ride.cp_id, now)
        if self.trip.stage is not Stage.RESTING:
            return []  # the ticket is on its way
        if self._is_enough():
            return []
        # Most crowd at one point: that is where two of them meet.
        cp_id = self._points[0] if self._chance.random() < _CROWDS else self._chance.choice(self._points)
        self._stops = self._chance.random() < _STOPS
        return self.trip.charge(cp_id, Decimal(self._chance.choice(_LIMITS_KWH)), now)

    def heard(self, output: Output, now: Moment) -> list[Output]:
        match output:
            case Show(ChargeRequestResponse() as answer) if answer.succeeded:
                self.next_at = now.mono + self._chance.uniform(*_STOP_AFTER_S) if self._stops else None
            case Show(StopChargingResponse()):
                pass
            case Unanswered(request):
                self.given_up[request.message_id] = now.mono
                if isinstance(request, ChargeRequest):
                    return self.begin(now)
            case Show(Response()) | Ticket():
                return self.begin(now)
        return []


class Cards:
    """Drivers who come to a point and hold a card to it; most come while it is free."""

    _EVERY_S = (0.3, 4.0)

    def __init__(self, cards: Sequence[str], chance: random.Random, runtime: EngineRuntime) -> None:
        self._cards = cards
        self._chance = chance
        self._runtime = runtime

    async def run(self, enough: asyncio.Event) -> None:
        while not await _is_set_within(enough, self._chance.uniform(*self._EVERY_S)):
            card, limit = self._chance.choice(self._cards), self._chance.choice(_LIMITS_KWH)
            self._runtime.obey(f"swipe {card} {limit}")  # a no is its answer, and nothing happens


class Operator:
    """Changes prices and takes points out of service; what was ordered is kept, with whether it was confirmed."""

    _EVERY_S, _OUT_S, _ANSWER_WITHIN_S = (0.3, 4.0), (0.3, 3.0), 15.0

    def __init__(
        self,
        points: Sequence[str],
        chance: random.Random,
        process: Process,
        ids: Ids,
        orders: list[Order],
        secret: str | None,
    ) -> None:
        self._secret = secret
        self._points = points
        self._chance = chance
        self._process = process
        self._ids = ids
        self._orders = orders

    async def run(self, enough: asyncio.Event) -> None:
        while not await _is_set_within(enough, self._chance.uniform(*self._EVERY_S)):
            cp_id = self._chance.choice(self._points)
            if self._chance.random() < 0.6:
                await self._order(cp_id, "set_price", f"{self._chance.randint(1000, 9999) / 10_000:.4f}")
                continue
            await self._order(cp_id, "stop_cp")
            await asyncio.sleep(self._chance.uniform(*self._OUT_S))
            # Left out of service now and then: the flag must last.
            if self._chance.random() < 0.8:
                await self._order(cp_id, "resume_cp")

    async def _order(self, cp_id: str, command: str, value: str = "") -> None:
        args: dict[str, Any] = {"cp_id": cp_id, **({"price_per_kwh": float(value)} if value else {})}
        answer = await self._ask(command, args)
        if answer is None or answer.succeeded:
            self._orders.append(Order(cp_id, command, value, confirmed=answer is not None))

    async def _ask(self, command: str, args: dict[str, Any]) -> m.Response | None:
        order = m.ManualCommand.model_validate(
            {"message_id": self._ids(), "timestamp": self._process.now().wall, "command": command, "args": args}
        )
        with suppress(OSError, TransportLost):
            async with asyncio.timeout(self._ANSWER_WITHIN_S):
                accepts = over_tcp(Role.CENTRAL, Role.ADMIN)
                link = await connect(Address("central", 5000), accepts, clock=self._process, ids=self._ids)
                try:
                    if self._secret is not None:
                        link.send(self._proof(self._secret))
                    link.send(order)
                    async for answer in link:
                        if answer.message_id == order.message_id and isinstance(answer, m.ManualCommandResponse):
                            return answer
                finally:
                    link.abort()
        return None

    def _proof(self, secret: str) -> m.AuthRequest:
        """Central takes what comes behind it once it believes it."""
        now, nonce = self._process.now().wall, self._ids()
        signed = signature(secret, "admin", OPERATOR, now, nonce)
        return m.AuthRequest(
            message_id=nonce, timestamp=now, role="admin", admin_id=OPERATOR, nonce=nonce, signature=signed
        )
