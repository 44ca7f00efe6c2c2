"""What is known of the charge that runs, for its driver to watch: figures, the curve of the power, how far it is. Pure."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

from common.messages import ChargingData, ChargingStatusUpdate, PastSession, PointStatus
from driver.events import Progress

#: An hour of readings a second.
_MOST_READINGS = 3600
#: The pace is judged over so many seconds: short enough to follow the car, long enough to be calm.
_PACE_S = 20.0
#: Readings come each second.
_FRESH_S = 3.0
_FULL = 100.0


@dataclass(slots=True)
class Gauge:
    """The session that is followed. Times are Unix time, but for `told_at`."""

    session_id: str
    cp_id: str
    started_at: float
    price_per_kwh: Decimal | None
    limit_kwh: Decimal | None = None
    energy_kwh: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    #: Of the newest reading; None while none has come.
    rate_kw: float | None = None
    #: As Central counts it: against the limit that it knows, else against 50 kWh.
    percent: float | None = None
    status: PointStatus = PointStatus.CHARGING
    #: When the figures were told, on the monotonic clock.
    told_at: float | None = None
    #: A stop was asked for: asked, and then accepted.
    stopping: bool = False
    ended: bool = False
    rates_kw: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST_READINGS))
    _pace: deque[tuple[float, Decimal]] = field(default_factory=deque)

    @classmethod
    def of(cls, past: PastSession, mono: float) -> "Gauge":
        """Of a session that runs already."""
        gauge = cls(past.session_id, past.cp_id, past.started_at, past.price_per_kwh)
        gauge._note(past.energy_consumed_kwh, past.total_cost, mono)
        return gauge

    def read(self, reading: ChargingData, mono: float) -> None:
        self.rate_kw = reading.charging_rate
        self.rates_kw.append(reading.charging_rate)
        self._note(reading.energy_consumed_kwh, reading.total_cost, mono)

    def read_books(self, progress: Progress, mono: float) -> None:
        """Looked up because no reading came: what the power is, nobody says."""
        self.rate_kw = None
        self._note(progress.energy_consumed_kwh, progress.total_cost, mono)

    def take(self, update: ChargingStatusUpdate) -> None:
        self.status, self.percent = update.status, update.progress

    @property
    def share(self) -> float | None:
        """How far it is, from 0 to 1; None while nobody said against what."""
        if self.limit_kwh:
            return min(1.0, float(self.energy_kwh / self.limit_kwh))
        return None if self.percent is None else self.percent / _FULL

    @property
    def seconds_left(self) -> float | None:
        """Until the limit, at the pace of the last readings."""
        if not self.limit_kwh or len(self._pace) <= 1:
            return None
        (since, first), (until, last) = self._pace[0], self._pace[-1]
        gained = float(last - first)
        return float(self.limit_kwh - last) * (until - since) / gained if gained > 0 else None

    def is_stale(self, mono: float) -> bool:
        """Whether news should have come since it was told anything."""
        return not self.ended and self.told_at is not None and mono - self.told_at > _FRESH_S

    def _note(self, energy_kwh: Decimal, cost: Decimal, mono: float) -> None:
        self.energy_kwh, self.cost, self.told_at = energy_kwh, cost, mono
        self._pace.append((mono, energy_kwh))
        while self._pace[-1][0] - self._pace[0][0] > _PACE_S:
            self._pace.popleft()
