"""Who waits stands behind others of the same address and before none of another's: one from each in turn. Pure."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Lanes(Generic[T]):
    """As many as wait, and no more: a lane without anybody in it is not kept."""

    def __init__(self) -> None:
        self._lanes: OrderedDict[str, dict[T, None]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._lanes)

    def put(self, source: str, one: T) -> None:
        """Behind those of its source; nothing when it waits already."""
        self._lanes.setdefault(source, {})[one] = None

    def drop(self, source: str, one: T) -> None:
        """Wait no longer; nothing when it does not."""
        lane = self._lanes.get(source)
        if lane is not None and one in lane:
            del lane[one]
            if not lane:
                del self._lanes[source]

    def take(self) -> T | None:
        """The first of the source whose turn it is."""
        if not self._lanes:
            return None
        source, lane = next(iter(self._lanes.items()))
        one = next(iter(lane))
        del lane[one]
        if lane:
            self._lanes.move_to_end(source)
        else:
            del self._lanes[source]
        return one
