"""
What is on the screen of all there is: the view, the page, the order; and what must be asked of Central for it. Pure.

Only what is shown is asked for, a page of it, so that a console costs the same whether there are ten points or ten thousand.
"""

from dataclasses import dataclass, replace
from typing import Self

from pydantic import JsonValue

from central.admin.asking import Answer, Question
from central.admin.effects import Ask, Topic
from central.admin.known import Known, Pages
from central.admin.layout import MOST_ROWS, Layout, most_points, plan
from central.admin.orders import Filter, Search, Sort, View
from common.messages import PointStatus
from common.messages.operating import Command, PointOrder


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which points are shown, in which order."""

    search: str = ""
    states: tuple[PointStatus, ...] = ()
    sort: PointOrder = "cp_id"
    descending: bool = False

    def as_told(self, order: Search | Filter | Sort) -> Self:
        match order:
            case Search(text):
                return replace(self, search=text)
            case Filter(states):
                return replace(self, states=states)
            case Sort(key, descending):
                return replace(self, sort=key, descending=descending)

    @property
    def args(self) -> dict[str, JsonValue]:
        found: dict[str, JsonValue] = {"sort": self.sort, "descending": self.descending}
        if self.search:
            found["search"] = self.search
        if self.states:
            found["status"] = [str(state) for state in self.states]
        return found


class Wanted:
    def __init__(self, known: Known) -> None:
        self.known = known
        self.view = View.BOARD
        self.chosen = Chosen()
        self.offset = 0
        #: First of the errors and notices on the screen.
        self.errors_from = 0
        #: Of sessions, only those that run.
        self.only_open = False
        self.layout = Layout(80, 24)

    def fit(self, columns: int, lines: int) -> bool:
        """Lay everything out for this size; whether other rows than before are to be asked for now."""
        before = self._rows()
        self.layout = plan(columns, lines, self.view, self.known.total)
        return self._rows() != before

    def _rows(self) -> tuple[int, ...]:
        shown = self.layout
        return (
            most_points(shown) if shown.points.height else 0,
            shown.running.rows,
            shown.sessions.entries,
            shown.drivers.rows,
        )

    # -- asking

    def polls(self) -> list[Ask]:
        shown, asked = self.layout, [self._ask(Topic.STATS)]
        if shown.points.height:
            asked.append(self._ask(Topic.POINTS))
        if shown.running.height:
            asked.append(self._ask(Topic.RUNNING))
        if shown.sessions.height:
            asked.append(self._ask(Topic.SESSIONS))
        if shown.drivers.height:
            asked.append(self._ask(Topic.DRIVERS))
        if shown.events.height:
            asked.append(self._ask(Topic.EVENTS))
        if self.is_back_in_time:
            asked.append(self._ask(Topic.OLDER))
        return asked

    @property
    def is_back_in_time(self) -> bool:
        """Whether older events than the newest are shown."""
        return self.view is View.EVENTS and bool(self.known.older.after)

    def _ask(self, topic: Topic) -> Ask:
        return Ask(topic, self._question(topic))

    def _question(self, topic: Topic) -> Question:
        shown, known = self.layout, self.known
        args: dict[str, JsonValue]
        command: Command
        match topic:
            case Topic.STATS:
                command, args = "stats", {}
            case Topic.POINTS:
                command = "list_cps"
                args = {**self.chosen.args, "limit": most_points(shown), "offset": self.offset}
            case Topic.RUNNING:
                command, args = "list_sessions", {"open": True, "limit": max(1, min(shown.running.rows, MOST_ROWS))}
            case Topic.SESSIONS:
                which: dict[str, JsonValue] = {"open": True} if self.only_open else {}
                command, args = "list_sessions", which | _page(known.sessions, shown.sessions.entries)
            case Topic.DRIVERS:
                command, args = "list_drivers", _page(known.drivers, None)
            case Topic.EVENTS:
                command, args = "list_events", known.events_args(MOST_ROWS)
            case Topic.OLDER:
                command, args = "list_events", _page(known.older, shown.events.entries)
        return Question(command, args)

    def take(self, ask: Ask, answer: Answer) -> bool:
        """What was polled has come. Whether something else must be asked now."""
        topic = ask.purpose
        assert isinstance(topic, Topic)
        known = self.known
        if topic is Topic.EVENTS:
            known.take_events(answer)
        elif ask.question != self._question(topic):
            return False  # the answer to what is no longer on the screen
        elif topic is Topic.STATS:
            known.stats = answer.data
        elif topic is Topic.POINTS:
            known.take_points(answer)
            return self._came_up_empty()
        else:
            pages = {
                Topic.RUNNING: (known.running, "sessions"),
                Topic.SESSIONS: (known.sessions, "sessions"),
                Topic.DRIVERS: (known.drivers, "drivers"),
                Topic.OLDER: (known.older, "events"),
            }
            kept, name = pages[topic]
            kept.take(name, answer)
        return False

    def _came_up_empty(self) -> bool:
        """The page is behind the end, since there are fewer now: go to the last one there is."""
        total = self.known.total or 0
        if self.known.points or not self.offset:
            return False
        self.offset = self._last_offset(total)
        return True

    # -- turning pages

    def choose(self, chosen: Chosen) -> None:
        """Show other points, or in another order: from the first on."""
        self.chosen = chosen
        self.offset = 0

    def show(self, view: View, *, only_open: bool = False) -> None:
        self.view, self.only_open = view, only_open
        known = self.known
        known.sessions, known.drivers, known.older = Pages(), Pages(), Pages()
        self.errors_from = 0

    def turn(self) -> bool:
        match self.view:
            case View.SESSIONS:
                return self.known.sessions.turn()
            case View.DRIVERS:
                return self.known.drivers.turn()
            case View.EVENTS:
                return self._turn_events()
            case View.ERRORS:
                return self._scroll(self.layout.errors.entries)
            case _:
                return self._turn_points()

    def turn_back(self) -> bool:
        match self.view:
            case View.SESSIONS:
                return self.known.sessions.turn_back()
            case View.DRIVERS:
                return self.known.drivers.turn_back()
            case View.EVENTS:
                return self.known.older.turn_back()
            case View.ERRORS:
                return self._scroll(-self.layout.errors.entries)
            case _:
                before, self.offset = self.offset, max(0, self.offset - max(1, self.layout.point_rows))
                return self.offset != before

    def go_to(self, page: int) -> bool:
        offset = (page - 1) * max(1, self.layout.point_rows)
        if offset and offset >= (self.known.total or 0):
            return False
        self.offset = offset
        return True

    @property
    def points_shown(self) -> int:
        return min(len(self.known.points), self.layout.point_rows)

    def _turn_points(self) -> bool:
        following = self.offset + self.points_shown
        if not self.points_shown or following >= (self.known.total or 0):
            return False
        self.offset = following
        return True

    def _last_offset(self, total: int) -> int:
        rows = max(1, self.layout.point_rows)
        return max(0, (total - 1) // rows * rows)

    def _turn_events(self) -> bool:
        older, room = self.known.older, self.layout.events.entries
        if older.after:
            return older.turn()
        if len(self.known.events) <= room:
            return False
        older.following = str(self.known.events[room - 1]["id"])
        return older.turn()

    def _scroll(self, rows: int) -> bool:
        most = max(0, len(self.known.complaints()) - 1)
        before, self.errors_from = self.errors_from, max(0, min(most, self.errors_from + rows))
        return self.errors_from != before


def _page(pages: Pages, rows: int | None) -> dict[str, JsonValue]:
    args: dict[str, JsonValue] = {} if rows is None else {"limit": max(1, min(rows, MOST_ROWS))}
    return args | ({"after": pages.after} if pages.after else {})
