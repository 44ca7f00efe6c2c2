"""A driver's sessions as they are turned over, newest first, page after page. Pure."""

from decimal import Decimal

from common.messages import ChargingHistoryResponse, PastSession
from driver.cursor import Cursor

PAGE = 50


class Past:
    """The pages that have come so far; `before` says where the next one begins."""

    def __init__(self) -> None:
        self.sessions: list[PastSession] = []
        self.cursor = Cursor()
        #: Whether there is nothing older.
        self.is_whole = False
        #: Whether the newest page was full: then there is probably more.
        self.was_full = False
        #: Whether anything has come yet.
        self.is_told = False

    @property
    def chosen(self) -> PastSession | None:
        return self.sessions[self.cursor.index] if self.sessions else None

    @property
    def before(self) -> float | None:
        return self.sessions[-1].started_at if self.sessions else None

    @property
    def energy_kwh(self) -> Decimal:
        return sum((past.energy_consumed_kwh for past in self.sessions), Decimal(0))

    @property
    def cost(self) -> Decimal:
        return sum((past.total_cost for past in self.sessions), Decimal(0))

    def take(self, page: ChargingHistoryResponse, *, first: bool) -> None:
        """A first page begins anew; a page that brings nothing new was beyond the oldest."""
        known = set() if first else {past.session_id for past in self.sessions}
        new = [past for past in page.sessions if past.session_id not in known]
        self.sessions = new if first else self.sessions + new
        self.is_whole = not new
        self.was_full = len(page.sessions) >= PAGE
        self.is_told = True
        self.cursor.fit(len(self.sessions))
