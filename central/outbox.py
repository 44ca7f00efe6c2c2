"""Sends what committed units left in the outbox, in order, at least once; deletes it when the broker has it."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from central.store.unit_of_work import MOST_LOADED, OutboxRow, UnitOfWork
from central.store.worker import Store
from common import failpoints
from common.clock import Clock
from common.errors import StoreUnavailable, TransportLost
from common.failpoints import Place
from common.kafka.bus import Publisher

log = logging.getLogger("ev.central.outbox")

#: Rows kept in memory; beyond it the database keeps them until there is room again.
MOST_WAITING = 5_000
_ROUND_S = 0.2
_LOOK_AGAIN_S = 15.0


class Outbox:
    """`offer` new rows in the event loop; `run` sends, retries and cleans up until cancelled."""

    def __init__(self, store: Store, publisher: Publisher, clock: Clock) -> None:
        self._store = store
        self._publisher = publisher
        self._clock = clock
        self._waiting: deque[OutboxRow] = deque()
        self._known: set[int] = set()
        self._in_flight = 0
        self._failed: list[OutboxRow] = []
        self._delivered: list[int] = []
        #: The database holds more than memory: what is new waits there too, behind what is older.
        self._overflowed = False
        #: Something was left to the database since it was last looked into.
        self._left_out = False
        self._changed = asyncio.Event()

    @property
    def depth(self) -> int:
        return len(self._known)

    def offer(self, rows: Sequence[OutboxRow]) -> None:
        """What was just stored."""
        if self._overflowed:
            self._left_out = True
        else:
            self._take(rows)

    def _take(self, rows: Sequence[OutboxRow]) -> None:
        for row in rows:
            if row.id in self._known:
                continue
            if len(self._known) >= MOST_WAITING:
                self._overflowed = self._left_out = True
                break
            self._known.add(row.id)
            self._waiting.append(row)
        self._send_waiting()

    def _send_waiting(self) -> None:
        # While something failed, everything waits behind it: order matters to a driver.
        while self._waiting and not self._failed:
            row = self._waiting.popleft()
            failpoints.reached(Place.BEFORE_PUBLISH)
            try:
                self._publisher.publish(row.record, lambda ok, row=row: self._settle(row, ok))  # type: ignore[misc]
            except TransportLost:
                self._failed.append(row)
            else:
                self._in_flight += 1
        self._changed.set()

    def _settle(self, row: OutboxRow, delivered: bool) -> None:
        self._in_flight -= 1
        if delivered:
            self._delivered.append(row.id)
        else:
            self._failed.append(row)
        self._changed.set()

    async def run(self) -> None:
        await self.load()
        look_again = self._clock.now().mono + _LOOK_AGAIN_S
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN_S):
                    await self._changed.wait()
            # Deliveries come in a burst: one deletion for all of them.
            await asyncio.sleep(_ROUND_S)
            self._changed.clear()
            await self._clean_up()
            self._retry()
            if self._clock.now().mono >= look_again:  # however busy: another Central's rows may wait for us
                await self.load()
                look_again = self._clock.now().mono + _LOOK_AGAIN_S

    def _retry(self) -> None:
        if self._failed and self._in_flight == 0:
            again = sorted([*self._failed, *self._waiting], key=lambda row: row.id)
            self._failed.clear()
            self._waiting = deque(again)
            self._send_waiting()

    async def _clean_up(self) -> None:
        if self._delivered:
            done, self._delivered = self._delivered, []
            failpoints.reached(Place.BEFORE_MARK)
            try:
                await self._store.write(lambda unit: unit.sent(done))
            except StoreUnavailable:
                # They stay in the outbox and are sent again after a restart: at least once.
                log.warning("%d sent records could not be taken off the outbox.", len(done))
            self._known.difference_update(done)
        if self._overflowed and len(self._known) < MOST_WAITING // 2:
            await self.load()

    async def load(self) -> None:
        """Take in what the database still holds: after a restart, an overflow, or another Central's end."""

        def take(unit: UnitOfWork) -> list[OutboxRow]:
            unit.roll.adopt_outbox(MOST_LOADED)
            return unit.unsent()

        self._left_out = False
        try:
            await self._store.write(take, self._take_loaded)
        except StoreUnavailable as wrong:
            log.warning("The outbox cannot be read: %s", wrong)

    def _take_loaded(self, rows: Sequence[OutboxRow]) -> None:
        self._overflowed = len(rows) >= MOST_LOADED or self._left_out
        self._take(rows)
