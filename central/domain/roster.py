"""Which other Centrals live, judged by whether their beats go on. Nobody compares clocks of two machines. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

#: A Central whose beat stands still for so long, over so many looks, is dead.
DEAD_AFTER_S = 4.0
_DEAD_AFTER_LOOKS = 4
#: After a longer pause between two looks (the database was away), watching begins anew.
_LONGEST_PAUSE_S = 3.0


@dataclass(frozen=True, slots=True)
class Beat:
    """What a Central last wrote of itself. `incarnation` tells two processes of one name apart."""

    name: str
    incarnation: int
    count: int


@dataclass(slots=True)
class _Watched:
    beat: Beat
    since: float
    looks: int


class Roster:
    """Feed it every look at the beats; it says who is dead."""

    def __init__(self, own_name: str) -> None:
        self._own_name = own_name
        self._watched: dict[str, _Watched] = {}
        self._looked_at: float | None = None

    def look(self, beats: Sequence[Beat], now: float) -> list[Beat]:
        """Those that have stood still for too long; `now` is this process's own monotonic time."""
        paused = self._looked_at is not None and now - self._looked_at > _LONGEST_PAUSE_S
        self._looked_at = now
        before, self._watched = self._watched, {}
        for beat in beats:
            if beat.name == self._own_name:
                continue
            known = before.get(beat.name)
            if known is None or known.beat != beat or paused:
                known = _Watched(beat, now, 0)
            known.looks += 1
            self._watched[beat.name] = known
        return [
            one.beat
            for one in self._watched.values()
            if one.looks >= _DEAD_AFTER_LOOKS and now - one.since >= DEAD_AFTER_S
        ]

    def beat_of(self, name: str) -> Beat | None:
        """The newest beat seen of another Central; None when it is not there."""
        found = self._watched.get(name)
        return found.beat if found is not None else None

    @property
    def others(self) -> list[str]:
        return sorted(self._watched)
