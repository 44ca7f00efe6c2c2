"""Requests passed on whose answer is still to come: bounded, each with its time-out. Pure."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from common.clock import Moment
from common.messages import Message

#: One point has a handful of requests under way; more is a peer gone wild.
MOST_UNDER_WAY = 256

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Relay(Generic[M]):
    request: M
    deadline: float
    #: Asked by Monitor itself: the answer stays here.
    own: bool = False


class Relays(Generic[M]):
    def __init__(self, most: int = MOST_UNDER_WAY) -> None:
        self._most = most
        self._under_way: dict[str, Relay[M]] = {}

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._under_way

    def requests(self) -> list[M]:
        return [relay.request for relay in self._under_way.values()]

    def put(self, request: M, *, now: Moment, timeout_s: float, own: bool = False) -> bool:
        """Note a request; false when there is no room for one more."""
        if len(self._under_way) >= self._most:
            return False
        self._under_way[request.message_id] = Relay(request, now.mono + timeout_s, own)
        return True

    def take(self, message_id: str) -> Relay[M] | None:
        """The request that this answer belongs to, which is then no longer under way."""
        return self._under_way.pop(message_id, None)

    def take_overdue(self, now: Moment) -> list[Relay[M]]:
        late = [relay for relay in self._under_way.values() if relay.deadline <= now.mono]
        for relay in late:
            del self._under_way[relay.request.message_id]
        return late

    def take_all(self) -> list[Relay[M]]:
        left = list(self._under_way.values())
        self._under_way.clear()
        return left

    def due(self) -> list[float]:
        return [relay.deadline for relay in self._under_way.values()]
