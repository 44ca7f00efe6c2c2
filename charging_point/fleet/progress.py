"""How a fleet gets on: looked at now and then, for lines of progress and for the board."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from charging_point.fleet.figures import Rate, Standing, Tally
from common.clock import Clock
from common.words import fleet as words

_LOOK_EVERY_S = 1.0
_MOST_RATES = 240


class Stands(Protocol):
    """What can say how it stands."""

    def standing(self) -> Standing: ...


class Progress:
    """
    `run` looks, until cancelled. `say` hears a line where something was reached, and now and then.

    Looking at ten thousand points takes some milliseconds: where nobody watches a board, it is done only for the next line.
    """

    def __init__(
        self,
        fleet: Stands,
        tally: Tally,
        central: str,
        clock: Clock,
        *,
        say: Callable[[str], None],
        every_s: float,
        is_watched: bool,
    ) -> None:
        self.central = central
        self.tally = tally
        self.standing = fleet.standing()
        self.readings = Rate()
        #: Readings a second at each look, for a curve.
        self.rates: deque[float] = deque(maxlen=_MOST_RATES)
        #: Somebody draws it.
        self.touch: Callable[[], None] = lambda: None
        self._fleet = fleet
        self._clock = clock
        self._say = say
        self._every_s = every_s
        self._is_watched = is_watched
        self._were_linked = 0
        self._all_were_linked = False
        self.began = clock.now()

    async def run(self) -> None:
        while True:
            self.look()
            is_patient = self._all_were_linked and not self._is_watched
            await asyncio.sleep(self._every_s if is_patient else _LOOK_EVERY_S)

    def look(self) -> None:
        self.standing = standing = self._fleet.standing()
        self.readings.note(self._clock.now().mono, self.tally.readings)
        self.rates.append(self.readings.per_s)
        self.touch()
        if self._all_were_linked:
            self._say(self._line(standing))
        elif standing.linked == standing.points:
            self._all_were_linked = True
            self._say(f"ev-fleet {standing.points} registered with {self.central}")
        elif standing.linked != self._were_linked:
            self._say(words.CONNECTING(linked=standing.linked, points=standing.points))
        self._were_linked = standing.linked

    def _line(self, standing: Standing) -> str:
        return words.PROGRESS(
            linked=standing.linked,
            points=standing.points,
            charging=standing.charging,
            faulty=standing.faulty,
            readings=f"{self.readings.per_s:.0f}",
            begun=self.tally.begun,
            ended=self.tally.ended.total(),
            owed=standing.owed,
        )
