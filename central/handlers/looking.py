"""The operator's commands that only look: lists in pages, a trace, figures."""

import re
from collections.abc import Callable

from central import views
from central.context import Context
from central.handlers.orders import ENVELOPE_BYTES, Refusal, most_rows, page, size_of, that_fit
from central.standing import Standing
from common.errors import ErrorCode
from common.messages.operating import ListDrivers, ListEvents, ListPoints, ListSessions, Trace

_MOST_EVENTS = 200
_DRIVERS = 40
#: A place in a list whose order is not that of the ids; no id has this mark.
_PLACE = re.compile(r"@(\d{1,15})")
_NUMBER = re.compile(r"\d{1,15}")
Told = tuple[str, views.Json]


class Looking:
    def __init__(self, context: Context) -> None:
        self._c = context
        self._standing = Standing(context)
        self._room = context.settings.max_frame_bytes - ENVELOPE_BYTES

    def close(self) -> None:
        self._standing.close()

    async def list_points(self, wanted: ListPoints) -> Told:
        after, skip = _begin(wanted)
        most = most_rows(wanted.limit, self._room)
        rows, total = await self._c.store.read(
            lambda connection: views.points(connection, wanted, after=after, skip=skip, most=most + 1)
        )
        by_id = wanted.sort == "cp_id" and not wanted.descending
        shown, following = self._page(
            rows, most, lambda last, shown: last["cp_id"] if by_id else f"@{skip + len(shown)}"
        )
        data = page("charging_points", shown, following)
        if total is None:
            return f"{len(shown)} charging points.", data
        return f"{len(shown)} of {total} charging points.", data | {"total": total}

    async def list_sessions(self, wanted: ListSessions) -> Told:
        most = most_rows(wanted.limit, self._room)
        try:
            rows = await self._c.store.read(lambda connection: views.sessions(connection, wanted, most + 1))
        except ValueError:
            raise _wrong_cursor() from None
        shown, following = self._page(rows, most, lambda last, _: f"{last['started_at']!r}/{last['session_id']}")
        return f"{len(shown)} sessions.", page("sessions", shown, following)

    async def list_drivers(self, wanted: ListDrivers) -> Told:
        rows = await self._c.store.read(lambda connection: views.drivers(connection, wanted.after, _DRIVERS + 1))
        shown, following = self._page(rows, _DRIVERS, lambda last, _: last["driver_id"])
        return f"{len(shown)} drivers.", page("drivers", shown, following)

    async def list_events(self, wanted: ListEvents) -> Told:
        if wanted.after and not _NUMBER.fullmatch(wanted.after):
            raise _wrong_cursor()
        most = most_rows(wanted.limit, self._room)
        rows, newest = await self._c.store.read(lambda connection: views.events(connection, wanted, most + 1))
        shown, following = self._page(rows, most, lambda last, _: str(last["id"]))
        return f"{len(shown)} events.", page("events", shown, following) | {"newest": newest}

    async def trace(self, wanted: Trace) -> Told:
        rows = await self._c.store.read(lambda connection: views.trace(connection, wanted.id, _MOST_EVENTS))
        if not rows:
            sentence = f"Nothing is known of {wanted.id}; give a message id or a session id."
            raise Refusal(ErrorCode.BAD_ARGUMENT, sentence)
        shown = that_fit(rows, self._room)
        more = "" if len(shown) == len(rows) else f" Only the first {len(shown)} are shown."
        return f"{len(rows)} events.{more}", {"events": shown}

    async def stats(self) -> Told:
        data = await self._standing.figures()
        room = self._room - size_of(data)
        complaints = that_fit(self._c.complaints.newest(), room) if room > 0 else []
        return "Figures since start and from the database.", data | {"complaints": complaints}

    def _page(
        self, rows: list[views.Json], most: int, cursor: Callable[[views.Json, list[views.Json]], str]
    ) -> tuple[list[views.Json], str | None]:
        """Of one row more than a page has: what is shown, and the cursor where there is more."""
        shown = that_fit(rows[:most], self._room)
        return shown, cursor(shown[-1], shown) if len(shown) < len(rows) else None


def _begin(wanted: ListPoints) -> tuple[str, int]:
    """After which id, and how many rows are passed over."""
    if not wanted.after:
        return "", wanted.offset
    place = _PLACE.fullmatch(wanted.after)
    if place is not None:
        return "", int(place[1])
    if wanted.sort != "cp_id" or wanted.descending:
        raise _wrong_cursor()
    return wanted.after, 0


def _wrong_cursor() -> Refusal:
    return Refusal(ErrorCode.BAD_ARGUMENT, "after must be the cursor of an earlier answer.")
