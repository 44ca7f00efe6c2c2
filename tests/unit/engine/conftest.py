"""Who plays what is around the Engine: a rig for its pure core, and a Monitor for its sockets."""

import asyncio
from collections import deque
from decimal import Decimal
from typing import TypeVar

import pytest

from charging_point.engine.car import Battery, Car
from charging_point.engine.effects import (
    Answer,
    Bind,
    Effect,
    Effects,
    NoteJournalWorks,
    Publish,
    Tell,
    ToMonitor,
    WriteJournal,
)
from charging_point.engine.handlers import Arrival, Handlers, wire
from charging_point.engine.ledger import Entry, Ledger
from charging_point.engine.lines import Lines
from charging_point.engine.local_start import LocalStarts
from charging_point.engine.point import Abilities, Point
from common.clock import ManualClock
from common.ids import counted_ids
from common.messages import InitCpId, Message, StartChargingCommand, StopChargingCommand
from common.net.link import Link

M = TypeVar("M", bound=Message)
DEADLINE_S = 20.0


class Rig:
    """Plays the runtime: does the effects, keeps them. `done` is every effect in order; `ledger` what the journal adds up to."""

    def __init__(
        self, ledger: Ledger | None = None, *, kafka: bool = True, plugged: bool = True, soc: float = 20
    ) -> None:
        self.clock = ManualClock()
        self.ledger = ledger or Ledger()
        self.disk_is_full = False
        self.done: list[Effect] = []
        ids = counted_ids()
        car = Car(Battery(60_000, 600 * soc), max_kw=150, plugged=plugged)
        self.point = Point(Abilities(max_rate_kw=36), car, self.ledger, ids=ids, kafka_is_up=kafka)
        local_starts = LocalStarts(self.point, ids)
        self.handlers, self.dispatcher = Handlers(self.point, local_starts), wire()
        self.lines = Lines(self.point, local_starts)
        self.do(self.point.restart(self.clock.now()))

    def do(self, effects: Effects) -> Effects:
        """Do them as the runtime does; gives what was really done."""
        start, todo = len(self.done), deque(effects)
        while todo:
            effect = todo.popleft()
            if isinstance(effect, WriteJournal) and self.disk_is_full:
                todo = deque(self.point.journal_failed(effect.entry, list(todo), self.clock.now()))
                continue
            self.done.append(effect)
            if isinstance(effect, WriteJournal):
                self.ledger = self.ledger.plus(effect.entry)
            if isinstance(effect, NoteJournalWorks):
                todo.extend(self.point.journal_works(self.clock.now()))
        return self.done[start:]

    def hear(self, message: Message) -> Effects:
        return self.do(self.dispatcher.dispatch(message, Arrival(self.handlers, self.clock.now())))

    def line(self, text: str) -> Effects:
        return self.do(self.lines.obey(text, self.clock.now()))

    def after(self, seconds: float) -> Effects:
        """Let time pass; the core is ticked exactly when it asks for it."""
        found: Effects = []
        end = self.clock.now().mono + seconds
        while True:
            wait_s = self.point.seconds_left(self.clock.now())
            if wait_s is None or self.clock.now().mono + wait_s > end:
                break
            self.clock.advance(max(wait_s, 1e-3))
            found += self.do(self.point.tick(self.clock.now()))
        self.clock.advance(max(0.0, end - self.clock.now().mono))
        return found

    def linked(self) -> "Rig":
        self.hear(init())
        return self

    def charging(self, session_id: str = "s1", limit: str | None = None) -> "Rig":
        self.linked().hear(start(session_id, limit=limit))
        return self


class PlayedMonitor:
    """One end of a link to the Engine, played by the test."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._messages = aiter(link)

    def send(self, message: Message) -> None:
        self.link.send(message)

    async def close(self) -> None:
        await self.link.close()

    async def next(self) -> Message:
        async with asyncio.timeout(DEADLINE_S):
            return await anext(self._messages)

    async def expect(self, kind: type[M]) -> M:
        """The next message of this type; those before it are passed over."""
        while True:
            message = await self.next()
            if isinstance(message, kind):
                return message

    async def ask(self, message: Message) -> Message:
        self.link.send(message)
        return await self.next()

    async def has_ended(self) -> bool:
        async with asyncio.timeout(DEADLINE_S):
            return await anext(self._messages, None) is None


def init(cp_id: str = "CP1") -> InitCpId:
    return InitCpId(message_id="init", cp_id=cp_id)


def start(session_id: str = "s1", *, message_id: str = "c1", limit: str | None = None, cp_id: str = "CP1") -> Message:
    return StartChargingCommand(
        message_id=message_id,
        cp_id=cp_id,
        session_id=session_id,
        driver_id="D1",
        price_per_kwh=Decimal("0.5"),
        max_charging_rate_kw=50,
        energy_limit_kwh=None if limit is None else Decimal(limit),
    )


def stop(session_id: str = "s1", *, reason: str | None = None, cp_id: str = "CP1") -> Message:
    return StopChargingCommand(message_id="stop", cp_id=cp_id, session_id=session_id, reason=reason)


def written(effects: Effects) -> list[Entry]:
    return [effect.entry for effect in effects if isinstance(effect, WriteJournal)]


def to_monitor(effects: Effects) -> list[Message]:
    return [effect.message for effect in effects if isinstance(effect, Answer | ToMonitor)]


def published(effects: Effects) -> list[Message]:
    return [effect.message for effect in effects if isinstance(effect, Publish)]


def told(effects: Effects) -> list[Tell]:
    return [effect for effect in effects if isinstance(effect, Tell)]


def binds(effects: Effects) -> bool:
    return Bind() in effects


@pytest.fixture
def rig() -> Rig:
    return Rig()
