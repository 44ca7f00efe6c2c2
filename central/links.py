"""Which live link carries which point, and since when its point was last heard."""

from collections import defaultdict
from dataclasses import dataclass

from common.clock import Clock
from common.errors import TransportLost
from common.messages import Message, PointStatus, ResumeCpCommand, StopCpCommand
from common.net.link import Link


@dataclass(slots=True)
class Attached:
    """
    A point on a live link. `status` is what the database holds, so that a heartbeat need not ask it; `is_out_of_service` what
    its Monitor was told last, in so many words over this link.
    """

    cp_id: str
    link: Link
    generation: int
    status: PointStatus
    heard_mono: float
    heard_wall: float
    is_out_of_service: bool
    noted_wall: float = 0.0
    words_on_service: int = 0


class Links:
    """The points attached to this Central."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._attached: dict[str, Attached] = {}
        self._on_link: dict[Link, set[str]] = defaultdict(set)

    def attach(
        self, cp_id: str, link: Link, generation: int, status: PointStatus, *, is_out_of_service: bool
    ) -> Attached:
        self.detach(cp_id)
        now = self._clock.now()
        found = Attached(cp_id, link, generation, status, now.mono, now.wall, is_out_of_service)
        self._attached[cp_id] = found
        self._on_link[link].add(cp_id)
        link.widen(len(self._on_link[link]))
        return found

    def detach(self, cp_id: str) -> Attached | None:
        found = self._attached.pop(cp_id, None)
        if found is not None:
            points = self._on_link[found.link]
            points.discard(cp_id)
            if not points:
                del self._on_link[found.link]
        return found

    def find(self, cp_id: str) -> Attached | None:
        """The point, if its link is alive and here."""
        found = self._attached.get(cp_id)
        return found if found is not None and found.link.is_open else None

    def owned(self, cp_id: str, link: Link | None) -> Attached | None:
        """The point, if it is registered on just this link."""
        found = self._attached.get(cp_id)
        return found if found is not None and found.link is link else None

    def on(self, link: Link) -> list[Attached]:
        return [self._attached[cp_id] for cp_id in sorted(self._on_link.get(link, ()))]

    def is_current(self, found: Attached) -> bool:
        """Whether the point has not moved to another link meanwhile."""
        return self._attached.get(found.cp_id) is found

    def every(self) -> list[Attached]:
        return list(self._attached.values())

    def heard(self, found: Attached) -> None:
        now = self._clock.now()
        found.heard_mono, found.heard_wall = now.mono, now.wall

    def silent_since(self, mono: float) -> list[Attached]:
        return [found for found in self._attached.values() if found.heard_mono < mono]

    def send(self, cp_id: str, message: Message, generation: int) -> bool:
        """Send to a point's Monitor over the link of this registration; false when that is not here or just went."""
        found = self.find(cp_id)
        if found is None or found.generation != generation:
            return False
        try:
            found.link.send(message)
        except TransportLost:
            return False
        if isinstance(message, StopCpCommand | ResumeCpCommand):
            found.is_out_of_service = isinstance(message, StopCpCommand)
            found.words_on_service += 1
        return True
