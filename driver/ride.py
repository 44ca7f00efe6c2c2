"""
What is known of sessions: the one that is followed, and which notifications about any session are news.

Pure. What is asked and when stands in trip.py.
"""

from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal

from common.messages import ChargeCompletion, ChargingData, ChargingStatusUpdate, PastSession
from driver.events import Progress, Ticket

Notice = ChargingData | ChargingStatusUpdate | ChargeCompletion

#: A driver has few sessions at once; older ones are forgotten first.
_MOST_REMEMBERED = 256


@dataclass(slots=True)
class _Heard:
    energy: Decimal = Decimal(0)
    last: Notice | None = None
    completed: bool = False


class Notices:
    """Tells news from repetition: Central delivers at least once, and sometimes out of order."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, _Heard] = OrderedDict()

    def is_news(self, notice: Notice) -> bool:
        """Note it; false for a repetition, and for a reading with less energy than was shown before."""
        heard = self._sessions.setdefault(notice.session_id, _Heard())
        self._sessions.move_to_end(notice.session_id)
        if len(self._sessions) > _MOST_REMEMBERED:
            self._sessions.popitem(last=False)
        if notice == heard.last:
            return False
        if isinstance(notice, ChargeCompletion):
            news, heard.completed = not heard.completed, True
        elif isinstance(notice, ChargingData):
            news = not heard.completed and notice.energy_consumed_kwh >= heard.energy
            heard.energy = max(heard.energy, notice.energy_consumed_kwh)
        else:
            news = not heard.completed  # of two Centrals the slower may still tell what was before the end
        if news:
            heard.last = notice
        return news


@dataclass(slots=True)
class Ride:
    """The session that is followed, from its acceptance to its ticket."""

    driver_id: str
    session_id: str
    cp_id: str
    price_per_kwh: Decimal | None
    energy_consumed_kwh: Decimal = Decimal(0)
    completion: ChargeCompletion | None = None

    def read(self, reading: ChargingData) -> None:
        self.energy_consumed_kwh = max(self.energy_consumed_kwh, reading.energy_consumed_kwh)

    def progress(self, past: PastSession) -> Progress | None:
        """What a look into the history adds to what was known of a session that still runs."""
        self.price_per_kwh = self.price_per_kwh if past.price_per_kwh is None else past.price_per_kwh
        if past.energy_consumed_kwh <= self.energy_consumed_kwh:
            return None
        self.energy_consumed_kwh = past.energy_consumed_kwh
        return Progress(
            session_id=self.session_id,
            cp_id=self.cp_id,
            energy_consumed_kwh=past.energy_consumed_kwh,
            total_cost=past.total_cost,
        )

    def ticket(self, account: PastSession | ChargeCompletion) -> Ticket:
        """By Central's books where they were read; else by the completion, which knows no dates."""
        past = account if isinstance(account, PastSession) else None
        price = past.price_per_kwh if past else None
        return Ticket(
            session_id=self.session_id,
            cp_id=self.cp_id,
            driver_id=self.driver_id,
            energy_consumed_kwh=account.energy_consumed_kwh,
            price_per_kwh=self.price_per_kwh if price is None else price,
            total_cost=account.total_cost,
            started_at=past.started_at if past else None,
            ended_at=past.ended_at if past else None,
            reason=account.reason,
        )
