"""One Central among the others that share its database: shows that it lives, and sees who does not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from central.domain.roster import DEAD_AFTER_S, Beat, Roster
from central.store.unit_of_work import UnitOfWork
from central.store.worker import Store
from common.clock import Clock
from common.errors import CannotStart, StoreUnavailable

log = logging.getLogger("ev.central.peers")

BEAT_EVERY_S = 1.0
#: What the dead and those who left in good order may have left behind is looked for this often, in beats.
_SWEEP_EVERY = 10


class Peers:
    """`run` beats and looks until cancelled. What follows from a look is others' business: they say so in `on_…`."""

    def __init__(self, store: Store, instance: str, clock: Clock) -> None:
        self._store = store
        self._instance = instance
        self._clock = clock
        self._roster = Roster(instance)
        self._incarnation = 0
        self._taken = 0
        self._looked = asyncio.Condition()
        #: When a beat showed those who asked that a Central lives: whoever asks within a beat need not wait again.
        self._shown: dict[str, float] = {}
        self._is_away = False
        #: Something is left behind by a Central that is gone.
        self.on_left: Callable[[], Awaitable[None]] = _nothing
        #: Another Central took a point from us.
        self.on_taken: Callable[[], Awaitable[None]] = _nothing
        #: The others took us for dead.
        self.on_struck: Callable[[], None] = _no_word

    @property
    def others(self) -> list[str]:
        return self._roster.others

    async def join(self) -> None:
        """Enter the roll, before anything else is done under this name."""
        now = self._clock.now().wall

        def work(unit: UnitOfWork) -> int:
            if self._store.is_sole:
                unit.roll.strike_others()
            return unit.roll.join(now)

        self._incarnation = await self._store.write(work)
        self._taken = 0

    async def leave(self) -> None:
        with suppress(StoreUnavailable):  # then the others find out by themselves
            await self._store.write(lambda unit: unit.roll.leave(self._incarnation))

    async def run(self) -> None:
        """Beat, look, and see to what is found. Where nobody else can use the database there is nobody to look for."""
        await self._see_to(self.on_left)
        turn = 0
        while not self._store.is_sole:
            await asyncio.sleep(BEAT_EVERY_S)
            turn += 1
            try:
                found_dead = await self.look()
            except StoreUnavailable as wrong:
                if not self._is_away:
                    log.warning("The other Centrals are out of sight: %s", wrong)
                self._is_away = True
                continue
            if self._is_away:
                log.info("The other Centrals are in sight again.")
            self._is_away = False
            if found_dead or turn % _SWEEP_EVERY == 0:
                await self._see_to(self.on_left)

    async def look(self) -> bool:
        """One beat and one look; whether a Central was found dead."""
        taken, beats = await self._store.write(lambda unit: (unit.roll.beat(self._incarnation), unit.roll.everyone()))
        if taken is None:
            await self._rejoin(beats)
        elif taken != self._taken and await self._see_to(self.on_taken):
            self._taken = taken
        dead = self._roster.look(beats, self._clock.now().mono)
        self._shown = {name: at for name, at in self._shown.items() if self._roster.beat_of(name) is not None}
        for beat in dead:
            if await self._store.write(lambda unit, beat=beat: unit.roll.strike(beat)):  # type: ignore[misc]
                log.warning(
                    "Central %s has not been heard for %.0f s: its points and partitions move.", beat.name, DEAD_AFTER_S
                )
        async with self._looked:
            self._looked.notify_all()
        return bool(dead)

    async def _rejoin(self, beats: Sequence[Beat]) -> None:
        """We are off the roll: taken for dead while we could not reach the database, or replaced."""
        if any(beat.name == self._instance and beat.incarnation > self._incarnation for beat in beats):
            raise CannotStart(
                f"Another Central was started under the name {self._instance}; this one ends. "
                "Give each its own name with --instance."
            )
        log.warning("The other Centrals took this one for dead; its points register anew.")
        await self.join()
        self.on_struck()

    async def _see_to(self, what: Callable[[], Awaitable[None]]) -> bool:
        """Whether it was done. If not, the next look or sweep comes, and all stays as it is until then."""
        try:
            await what()
        except StoreUnavailable as wrong:
            log.warning("What another Central left or took waits: %s", wrong)
            return False
        return True

    async def outlives(self, name: str) -> bool:
        """Wait until it shows whether a Central lives: by a beat, or by being off the roll."""
        if name in self._shown and self._clock.now().mono - self._shown[name] < BEAT_EVERY_S:
            return True
        first = self._roster.beat_of(name)
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * DEAD_AFTER_S):
                while True:
                    async with self._looked:
                        await self._looked.wait()
                    newest = self._roster.beat_of(name)
                    if newest is None:
                        return False
                    if first is not None and newest != first:
                        self._shown[name] = self._clock.now().mono
                        return True
                    first = newest
        return True


async def _nothing() -> None:
    return


def _no_word() -> None:
    return
