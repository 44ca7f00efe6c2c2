"""
Whether Engine is there and well: the greeting, then a health check at each interval. Pure.

AWAY -> GREETING -> LINKED; whatever goes wrong leads back to AWAY.
"""

from enum import Enum, auto

from charging_point.monitor.effects import Effects, ToEngine
from charging_point.monitor.timings import CONFIRM_WITHIN_S, Timings
from common.clock import Moment
from common.ids import Ids
from common.messages import HealthCheckRequest, InitCpId, PointStatus


class Stage(Enum):
    AWAY = auto()
    GREETING = auto()
    LINKED = auto()


class EngineHealth:
    def __init__(self, cp_id: str, *, timings: Timings, ids: Ids) -> None:
        self._cp_id = cp_id
        self._timings = timings
        self._ids = ids
        self.stage = Stage.AWAY
        self._awaited = ""
        self._answer_by = 0.0
        self._check_at = 0.0
        #: When Engine last answered (monotonic).
        self.heard_at = 0.0
        #: Why this side left Engine, until Engine takes a greeting again.
        self.why_left: str | None = None
        #: Whether Engine holds itself out of service; None while it has not said.
        self.out_of_service: bool | None = None
        #: Until Engine has said how it is, or this passes, nobody is told that it is back.
        self._confirm_by: float | None = None

    @property
    def away(self) -> bool:
        return self.stage is Stage.AWAY

    @property
    def linked(self) -> bool:
        return self.stage is Stage.LINKED

    @property
    def interval_s(self) -> float:
        """Between two health checks."""
        return self._timings.health_interval_s

    @property
    def silence_s(self) -> float:
        """How long a linked Engine may be silent."""
        return self._timings.silence_s

    def greet(self, now: Moment) -> Effects:
        """The link is there: say which point this is."""
        self.stage = Stage.GREETING
        self._awaited = self._ids()
        self._answer_by = now.mono + self._timings.answer_s
        return [ToEngine(InitCpId(message_id=self._awaited, timestamp=now.wall, cp_id=self._cp_id))]

    def awaits(self, message_id: str) -> bool:
        return self.stage is Stage.GREETING and message_id == self._awaited

    def greeted(self, now: Moment) -> Effects:
        """Engine took the greeting; ask at once how it is, because it may be charging."""
        self.stage = Stage.LINKED
        self.why_left = None
        self.heard_at = now.mono
        self._confirm_by = now.mono + CONFIRM_WITHIN_S
        return self.ask(now)

    def ask(self, now: Moment) -> Effects:
        self._check_at = now.mono + self._timings.health_interval_s
        return [ToEngine(HealthCheckRequest(message_id=self._ids(), timestamp=now.wall, id=self._cp_id))]

    def answered(self, status: PointStatus, now: Moment) -> None:
        self.heard_at = now.mono
        self._confirm_by = None
        if status in (PointStatus.ACTIVE, PointStatus.STOPPED):  # the others may hide either
            self.out_of_service = status is PointStatus.STOPPED

    def confirmed_by_waiting(self, now: Moment) -> bool:
        """True once, when a linked Engine has not said how it is in time."""
        if not self.linked or self._confirm_by is None or now.mono < self._confirm_by:
            return False
        self._confirm_by = None
        return True

    def check(self, now: Moment) -> Effects:
        """A health check, when it is time for one."""
        return self.ask(now) if self.linked and now.mono >= self._check_at else []

    def lose(self) -> None:
        self.stage = Stage.AWAY
        self.out_of_service = None
        self._confirm_by = None

    def why_lost(self, now: Moment) -> str | None:
        """A sentence when Engine has been silent for too long."""
        if self.stage is Stage.AWAY or now.mono < self._give_up_at():
            return None
        return "Engine does not answer health checks." if self.linked else "Engine does not answer the greeting."

    def due(self) -> list[float]:
        if self.stage is Stage.AWAY:
            return []
        confirm = [] if self._confirm_by is None else [self._confirm_by]
        return [self._give_up_at(), *([self._check_at] if self.linked else []), *confirm]

    def _give_up_at(self) -> float:
        return self.heard_at + self.silence_s if self.linked else self._answer_by
