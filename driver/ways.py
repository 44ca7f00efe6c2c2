"""How the ways to Central stand, for who shows it. Pure; how messages travel is post.py's."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Way:
    """Open, or lost since a moment (monotonic), or not yet opened for the first time."""

    is_open: bool
    lost_at: float | None = None
    #: When it is tried again, where that is known.
    next_try_at: float | None = None


@dataclass(frozen=True, slots=True)
class Ways:
    """None stands for a way that this driver was not told of."""

    socket: Way | None = None
    kafka: Way | None = None

    @property
    def is_lost(self) -> bool:
        """Whether there was a way for requests and there is none now."""
        lost = [way.lost_at is not None for way in (self.socket, self.kafka) if way is not None]
        return bool(lost) and all(lost)
