"""The operator: prices and service change now and then; what was ordered, and whether it was confirmed, is written down."""

import asyncio
import json
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

from common import messages as m
from common.clock import SystemClock
from common.errors import TransportLost
from common.ids import random_id
from common.net.address import Address
from common.net.dialer import connect
from common.net.tls import Tls
from common.registry import over_tcp
from common.routes import Role
from tests.faults.harness.access import OPERATOR, Access

_EVERY_S = 3.0
_OUT_FOR_S = 4.0
_ANSWER_WITHIN_S = 15.0
_LAST_PRICE = "0.4444"


class Operator:
    def __init__(
        self, central: Address, orders: Path, chance: random.Random, *, access: Access, tls: Tls | None = None
    ) -> None:
        self._access = access
        self._tls = tls
        self._central = central
        self._orders = orders.open("a", encoding="utf-8")
        self._chance = chance

    async def run(self, cp_ids: list[str], left_alone: str, enough: asyncio.Event) -> None:
        """`left_alone` is put out of service and has its price for good, from the start."""
        await self.order(left_alone, "stop_cp")
        await self.order(left_alone, "set_price", _LAST_PRICE)
        while not enough.is_set():
            cp_id = self._chance.choice(cp_ids)
            if self._chance.random() < 0.5:
                await self.order(cp_id, "set_price", f"{self._chance.randint(1000, 9999) / 10_000:.4f}")
            else:
                await self.order(cp_id, "stop_cp")
                await asyncio.sleep(_OUT_FOR_S)
                # Left out of service now and then: the flag must last.
                if self._chance.random() < 0.8:
                    await self.order(cp_id, "resume_cp")
            with suppress(TimeoutError):
                await asyncio.wait_for(enough.wait(), _EVERY_S)

    async def order(self, cp_id: str, command: str, value: str = "") -> None:
        """Written down as confirmed, as perhaps heard, or not at all when it was refused."""
        args: dict[str, Any] = {"cp_id": cp_id, **({"price_per_kwh": float(value)} if value else {})}
        answer = await self._ask(command, args)
        if answer is None or answer.succeeded:
            self.note(cp_id, command, value, confirmed=answer is not None)

    def note(self, cp_id: str, command: str, value: str, *, confirmed: bool) -> None:
        line = {"cp_id": cp_id, "command": command, "value": value, "confirmed": confirmed}
        self._orders.write(json.dumps(line) + "\n")
        self._orders.flush()

    async def _ask(self, command: str, args: dict[str, Any]) -> m.Response | None:
        order = m.ManualCommand.model_validate(
            {"message_id": random_id(), "timestamp": SystemClock().now().wall, "command": command, "args": args}
        )
        with suppress(OSError, TransportLost):
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                accepts = over_tcp(Role.CENTRAL, Role.ADMIN)
                link = await connect(self._central, accepts, clock=SystemClock(), ids=random_id, tls=self._tls)
                try:
                    if not await self._access.admit(link, "admin", OPERATOR):
                        return None
                    link.send(order)
                    async for answer in link:
                        if answer.message_id == order.message_id and isinstance(answer, m.ManualCommandResponse):
                            return answer
                finally:
                    link.abort()
        return None

    def close(self) -> None:
        self._orders.close()
