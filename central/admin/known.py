"""What the console knows of the network: the newest answers, a page of each list, and Central's clock. Pure."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from central.admin.asking import Answer
from central.admin.rows import Row, count, cursor, number, rows, word
from common.clock import Moment

_MOST_EVENTS = 300
#: Several Centrals number events at once: the newest few may still come in between.
_OVERLAP = 10
_MOST_NOTICES = 200


@dataclass(frozen=True, slots=True)
class Notice:
    """Something for the person, of Central's log, of ours, or of the program whose console we are."""

    at: float
    level: str
    text: str
    message_id: str = ""


@dataclass
class Pages:
    """One list, a page at a time: `after` what, and where the pages before began."""

    rows: Sequence[Row] = ()
    after: str = ""
    following: str | None = None
    before: list[str] = field(default_factory=list)
    loaded: bool = False

    def take(self, name: str, answer: Answer) -> None:
        self.rows, self.following, self.loaded = rows(answer.data, name), cursor(answer.data), True

    def turn(self) -> bool:
        if self.following is None:
            return False
        self.before.append(self.after)
        self.after, self.following = self.following, None
        return True

    def turn_back(self) -> bool:
        if not self.before:
            return False
        self.after = self.before.pop()
        return True


class Known:
    def __init__(self) -> None:
        self.stats: Row = {}
        self.points: Sequence[Row] = ()
        #: How many points match what is searched for.
        self.total: int | None = None
        self.running = Pages()
        self.sessions = Pages()
        self.drivers = Pages()
        #: Newest first.
        self.events: Sequence[Row] = ()
        self.newest: int | None = None
        self.older = Pages()
        self.notices: deque[Notice] = deque(maxlen=_MOST_NOTICES)
        self._ahead: float | None = None
        #: When Central last answered, by our clock.
        self.heard_at: float | None = None

    # -- Central's clock

    def hear(self, answer: Answer, now: Moment) -> None:
        self._ahead, self.heard_at = answer.at - now.mono, now.wall

    def central_now(self, now: Moment) -> float:
        """By Central's clock, or how long ago something was would be a matter of whose clock is right."""
        return now.wall if self._ahead is None else now.mono + self._ahead

    # -- answers

    def take_points(self, answer: Answer) -> None:
        self.points = rows(answer.data, "charging_points")
        self.total = count(answer.data, "total")

    def events_args(self, most: int) -> dict[str, JsonValue]:
        if self.newest is None:
            return {"limit": most}
        return {"limit": _MOST_EVENTS, "since": max(0, self.newest - _OVERLAP)}

    def take_events(self, answer: Answer) -> None:
        newest, found = count(answer.data, "newest"), rows(answer.data, "events")
        anew = self.newest is None or newest < self.newest
        if anew or (cursor(answer.data) is not None and len(found) > _OVERLAP):
            # The numbers began anew, or so much happened that there is a gap.
            self.events = found
        else:
            merged = {count(row, "id"): row for row in (*self.events, *found)}
            self.events = [merged[number] for number in sorted(merged, reverse=True)][:_MOST_EVENTS]
        self.newest = newest

    # -- what may be completed

    def session_ids(self) -> list[str]:
        open_ones = [word(row, "session_id") for row in (*self.points, *self.running.rows)]
        listed = [
            word(row, "session_id") for row in self.sessions.rows if word(row, "status") in ("CLAIMED", "CHARGING")
        ]
        return [one for one in dict.fromkeys((*open_ones, *listed)) if one]

    def story_ids(self) -> list[str]:
        told = (*self.events, *self.older.rows, *rows(self.stats, "complaints"), *self.sessions.rows)
        found = [word(row, name) for row in told for name in ("message_id", "session_id")]
        return [one for one in dict.fromkeys((*found, *self.session_ids())) if one]

    def complaints(self) -> list[Notice]:
        """Central's warnings and errors and the notices, newest first."""
        told = [
            Notice(number(row, "at") or 0.0, word(row, "level").upper(), word(row, "text"), word(row, "message_id"))
            for row in rows(self.stats, "complaints")
        ]
        return sorted((*told, *self.notices), key=lambda notice: -notice.at)
