"""What Central does for its database now and then: room for the readings to come, and an end to those too old."""

import logging

from central.store.retention import DAY_S, Step, let_events_go, let_readings_go
from central.store.settings import WithDatabase
from central.store.worker import Store
from common.clock import Clock

log = logging.getLogger("ev.central.store")


class Caretaker:
    """Every Central has one; at the tables one of them works at a time, and the others pass by."""

    def __init__(self, store: Store, clock: Clock, settings: WithDatabase) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings

    async def make_room(self) -> None:
        now = self._clock.now().wall
        made = await self._store.write(lambda unit: unit.make_days(now))
        if made:
            log.debug("Made room for readings: %s.", ", ".join(made))

    async def let_go(self) -> None:
        """Small steps, with room between them for whoever charges."""
        for days, step in (
            (self._settings.keep_readings_days, let_readings_go),
            (self._settings.keep_events_days, let_events_go),
        ):
            if days:
                await self._let_go(step, self._clock.now().wall - days * DAY_S)

    async def _let_go(self, step: Step, before: float) -> None:
        while await self._store.write(lambda unit: unit.let_go(step, before)):
            pass
