"""Charging points by the hundred on one link, as a gateway would bring them: they register, obey, meter and account."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Self

from common import messages as m
from common.clock import SystemClock
from common.ids import random_id
from common.money import cost, kwh
from common.net.address import Address
from common.net.dialer import connect
from common.net.link import Link
from common.registry import over_tcp
from common.routes import Role

WITHIN_S = 60.0
_HEARTBEAT_S = 20.0
_POWER_KW = 22.0
_WH_A_SECOND = 6
PLACES = ("Harbour", "Station", "Market", "Airport", "Stadium", "港口")


@dataclass
class Charge:
    session_id: str
    price: Decimal
    energy_wh: int = 0


def names(count: int) -> list[str]:
    return [f"P{number:04}" for number in range(1, count + 1)]


class Crowd:
    """There, registered, while the block runs; in a thread of its own. Readings go over the link, as without Kafka."""

    def __init__(self, central: Address, count: int) -> None:
        self._central = central
        self.cp_ids = names(count)
        self.charges: dict[str, Charge] = {}
        #: Set it to false, and every figure stands still.
        self.meters = True
        self._registered = 0
        self._there, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._there.wait(WITHIN_S), f"{self._registered} of {len(self.cp_ids)} points registered"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(WITHIN_S)

    def charge(self, cp_ids: Sequence[str]) -> None:
        """A driver of its own for each; returns when Central has said yes to all."""
        asyncio.run(_ask_to_charge(self._central, cp_ids))

    # -- in the thread

    async def _live(self) -> None:
        link = await connect(self._central, over_tcp(Role.CENTRAL, Role.MONITOR), clock=SystemClock(), ids=random_id)
        hearing = asyncio.ensure_future(self._hear(link))
        for number, cp_id in enumerate(self.cp_ids):
            link.send(_registration(cp_id, number))
        seconds = 0
        while not self._over.is_set():
            await asyncio.sleep(1.0)
            seconds += 1
            if self.meters:
                self._meter(link)
            if seconds % _HEARTBEAT_S == 0:
                self._beat(link)
        hearing.cancel()
        await link.close()

    async def _hear(self, link: Link) -> None:
        async for message in link:
            match message:
                case m.RegisterResponse():
                    assert message.succeeded, message
                    self._registered += 1
                    if self._registered == len(self.cp_ids):
                        self._there.set()
                case m.StartChargingCommand():
                    self.charges[message.cp_id] = Charge(message.session_id, message.price_per_kwh)
                    link.send(_done(message, message.session_id))
                case m.StopChargingCommand() | m.StopCpCommand():
                    link.send(_done(message, None))
                    self._account(link, message.cp_id)
                case m.ResumeCpCommand():
                    link.send(_done(message, None))
                case _:
                    pass

    def _meter(self, link: Link) -> None:
        for cp_id, charge in self.charges.items():
            charge.energy_wh += _WH_A_SECOND
            link.send(
                m.ChargingData(
                    message_id=random_id(),
                    cp_id=cp_id,
                    session_id=charge.session_id,
                    energy_consumed_kwh=kwh(charge.energy_wh),
                    total_cost=cost(charge.energy_wh, charge.price),
                    charging_rate=_POWER_KW,
                    relay=True,
                )
            )

    def _account(self, link: Link, cp_id: str) -> None:
        charge = self.charges.pop(cp_id, None)
        if charge is not None:
            link.send(
                m.ChargeCompletion(
                    message_id=random_id(),
                    cp_id=cp_id,
                    session_id=charge.session_id,
                    energy_consumed_kwh=kwh(charge.energy_wh),
                    total_cost=cost(charge.energy_wh, charge.price),
                    reason=m.Reason.ADMIN_STOP,
                )
            )

    def _beat(self, link: Link) -> None:
        for cp_id in self.cp_ids:
            status = m.PointStatus.CHARGING if cp_id in self.charges else m.PointStatus.ACTIVE
            link.send(m.HeartbeatRequest(message_id=random_id(), cp_id=cp_id, status=status))


def _registration(cp_id: str, number: int) -> m.RegisterRequest:
    return m.RegisterRequest(
        message_id=random_id(),
        cp_id=cp_id,
        max_charging_rate_kw=_POWER_KW,
        name=f"{PLACES[number % len(PLACES)]} {number // len(PLACES) + 1}",
        address=f"{number + 1} Long Road",
        connector_type="CCS2",
        price_per_kwh=Decimal("0.30") + Decimal(number % 7) / 100,
    )


def _done(command: m.Message, session_id: str | None) -> m.CommandResponse:
    return m.CommandResponse(message_id=command.message_id, status="success", message="Done.", session_id=session_id)


async def _ask_to_charge(central: Address, cp_ids: Sequence[str]) -> None:
    link = await connect(central, over_tcp(Role.CENTRAL, Role.DRIVER), clock=SystemClock(), ids=random_id)
    for cp_id in cp_ids:
        link.send(m.ChargeRequest(message_id=random_id(), cp_id=cp_id, driver_id=f"D-{cp_id}"))
    answers = aiter(link)
    async with asyncio.timeout(WITHIN_S):
        for _ in cp_ids:
            answer = await anext(answers)
            while not isinstance(answer, m.ChargeRequestResponse):
                answer = await anext(answers)
            assert answer.succeeded, answer
    await link.close()
