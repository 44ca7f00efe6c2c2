"""The newest faults of a point, with when each began and ended: for a panel. Pure."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from charging_point.monitor.condition import Fault, Source

MOST_PAST_FAULTS = 50


@dataclass(frozen=True, slots=True)
class PastFault:
    source: Source
    fault: Fault
    #: Unix time.
    began: float
    ended: float | None = None


class PastFaults:
    """One source has one fault at a time: its next one ends the one before."""

    def __init__(self) -> None:
        self._kept: deque[PastFault] = deque(maxlen=MOST_PAST_FAULTS)

    def newest_first(self) -> Sequence[PastFault]:
        return list(reversed(self._kept))

    def begin(self, source: Source, fault: Fault, at: float) -> None:
        self.end(source, at)
        self._kept.append(PastFault(source, fault, at))

    def end(self, source: Source, at: float) -> None:
        for place, past in enumerate(self._kept):
            if past.source is source and past.ended is None:
                self._kept[place] = replace(past, ended=at)
