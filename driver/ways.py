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
        """Whether one of them was there and is gone. Others may still do, or go round."""
        return any(way is not None and way.lost_at is not None for way in (self.socket, self.kafka))
