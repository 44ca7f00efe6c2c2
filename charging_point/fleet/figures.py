"""What a fleet has done and how it stands, as numbers: for progress, the board and the summary. Pure."""

from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import Any

from charging_point.engine.ledger import Entry, SessionFinished, SessionStarted
from charging_point.fleet.traffic import Toll
from common.money import watt_hours

_RATE_OVER_S = 5.0


@dataclass(slots=True)
class Tally:
    """Counts that only grow."""

    begun: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    energy_wh: int = 0
    readings: int = 0
    registrations: int = 0
    #: Why Central did not take a point, by the code that it gave.
    refused: Counter[str] = field(default_factory=Counter)
    links_lost: int = 0
    journal_errors: int = 0
    worst_late_s: float = 0.0
    toll: Toll = field(default_factory=Toll)

    def note_entry(self, entry: Entry) -> None:
        """What the journals take is what happened."""
        if isinstance(entry, SessionStarted):
            self.begun += 1
        elif isinstance(entry, SessionFinished):
            self.ended[str(entry.completion.reason)] += 1
            self.energy_wh += watt_hours(entry.completion.energy_consumed_kwh)

    def note_late(self, seconds: float) -> None:
        self.worst_late_s = max(self.worst_late_s, seconds)


@dataclass(frozen=True, slots=True)
class Standing:
    """All points of a fleet at one moment."""

    points: int = 0
    linked: int = 0
    charging: int = 0
    faulty: int = 0
    out_of_service: int = 0
    power_kw: float = 0.0
    #: Final accounts that Central has not acknowledged.
    owed: int = 0
    links: int = 0
    links_up: int = 0
    kafka: str = "none"


class Rate:
    """How often something happens, over the last few seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, at: float, count: int) -> None:
        self._seen.append((at, count))
        while len(self._seen) > 2 and self._seen[1][0] <= at - _RATE_OVER_S:  # noqa: PLR2004 - two make a length
            self._seen.popleft()

    @property
    def per_s(self) -> float:
        if not self._seen:
            return 0.0
        (begin, before), (end, after) = self._seen[0], self._seen[-1]
        return (after - before) / (end - begin) if end > begin else 0.0


def summary(tally: Tally, standing: Standing, *, seconds: float, seed: int) -> dict[str, Any]:
    """One JSON object at the end."""
    toll = tally.toll
    return {
        **asdict(standing),
        "seconds": round(seconds, 3),
        "seed": seed,
        "registrations": tally.registrations,
        "registrations_refused": dict(tally.refused),
        "links_lost": tally.links_lost,
        "visits": {"came": toll.came, "drove_on": toll.drove_on, "refused": dict(toll.refused)},
        "faults": toll.faults,
        "sessions_begun": tally.begun,
        "sessions_ended": dict(tally.ended),
        "energy_kwh": tally.energy_wh / 1000,
        "readings": tally.readings,
        "journal_errors": tally.journal_errors,
        "worst_late_s": round(tally.worst_late_s, 3),
    }
