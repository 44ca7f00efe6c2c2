"""Questions of drivers: which points there are, and what was charged."""

from collections.abc import Sequence
from typing import TypeVar

from central import views
from central.context import Context, Source
from common.messages import (
    AvailableCpsRequest,
    AvailableCpsResponse,
    ChargingHistoryRequest,
    ChargingHistoryResponse,
    OfferedPoint,
    PastSession,
)

Item = TypeVar("Item", OfferedPoint, PastSession)

_MOST_POINTS = 1000
_MOST_SESSIONS = 200
_USUAL_SESSIONS = 20
#: Room for the envelope around a list.
_ENVELOPE_BYTES = 1024


class Asking:
    def __init__(self, context: Context) -> None:
        self._c = context

    async def list_points(self, request: AvailableCpsRequest, source: Source) -> None:
        found, total = await self._c.store.read(lambda connection: views.offered_points(connection, _MOST_POINTS))
        shown = self._that_fit(found)
        whole = len(shown) == total
        answer = AvailableCpsResponse(
            message_id=request.message_id,
            timestamp=self._c.wall(),
            status="success",
            message=f"{total} charging points." if whole else f"{len(shown)} of {total} charging points.",
            charging_points=shown,
            data=None if whole else {"total": total, "shown": len(shown)},
        )
        self._c.answers.reply(request.driver_id, answer, source.link)

    async def tell_history(self, request: ChargingHistoryRequest, source: Source) -> None:
        most = min(request.limit or _USUAL_SESSIONS, _MOST_SESSIONS)
        found = await self._c.store.read(
            lambda connection: views.history(connection, request.driver_id, most, request.before)
        )
        shown = self._that_fit(found)
        answer = ChargingHistoryResponse(
            message_id=request.message_id,
            timestamp=self._c.wall(),
            status="success",
            message=f"{len(shown)} sessions.",
            sessions=shown,
        )
        self._c.answers.reply(request.driver_id, answer, source.link)

    def _that_fit(self, items: Sequence[Item]) -> tuple[Item, ...]:
        """As many as one frame holds: a longer frame would be refused by its reader."""
        room = self._c.settings.max_frame_bytes - _ENVELOPE_BYTES
        shown: list[Item] = []
        for item in items:
            room -= len(item.model_dump_json(exclude_none=True).encode()) + 1
            if room < 0:
                break
            shown.append(item)
        return tuple(shown)
