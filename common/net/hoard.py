"""What peers may keep of our memory, all together: half a frame, answers that they do not read. Pure."""

from collections import Counter


class Hoard:
    """
    Beyond `most` it is too much of those of a source that keeps more than its share, and beyond twice that of anybody.
    `little` may be kept always: there are only so many connections.
    """

    def __init__(self, most: int, little: int) -> None:
        self._most = most
        self._little = little
        self._of: Counter[str] = Counter()
        self.bytes = 0

    def of(self, source: str) -> "Kept":
        """For one peer."""
        return Kept(self, source)

    def move(self, source: str, by: int) -> None:
        self.bytes += by
        self._of[source] += by
        if not self._of[source]:
            del self._of[source]

    def is_too_much(self, source: str, kept: int) -> bool:
        if self.bytes <= self._most or kept <= self._little:
            return False
        return self._of[source] * len(self._of) >= self._most or self.bytes > 2 * self._most


class Kept:
    """What one peer keeps."""

    __slots__ = ("_hoard", "_source", "bytes")

    def __init__(self, hoard: Hoard, source: str) -> None:
        self._hoard = hoard
        self._source = source
        self.bytes = 0

    def note(self, now: int) -> bool:
        """So much is kept now; whether it is too much."""
        if now != self.bytes:
            self._hoard.move(self._source, now - self.bytes)
            self.bytes = now
        return now > 0 and self._hoard.is_too_much(self._source, now)
