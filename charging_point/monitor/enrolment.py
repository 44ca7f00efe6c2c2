"""
How a point joins Central and stays: proof, registration, heartbeats. Pure.

AWAY -> (PROVING ->) REGISTERING -> REGISTERED; whatever goes wrong leads back to AWAY.
"""

from enum import Enum, auto

from charging_point.monitor.effects import Effects, ToCentral
from charging_point.monitor.timings import FASTEST_HEARTBEAT_S, Timings
from common.auth import signature
from common.clock import Moment
from common.ids import Ids
from common.messages import (
    AuthRequest,
    HeartbeatRequest,
    PointStatus,
    RegisterRequest,
    RegisterResponse,
)
from common.routes import Role

#: Central may lose this many heartbeats in a row before its silence counts.
_HEARTBEATS_IN_SILENCE = 3


class Stage(Enum):
    AWAY = auto()
    PROVING = auto()
    REGISTERING = auto()
    REGISTERED = auto()


class Enrolment:
    def __init__(self, announcement: RegisterRequest, *, timings: Timings, ids: Ids, secret: str | None) -> None:
        #: What the point says of itself, dated anew at each registration.
        self._announcement = announcement
        self._timings = timings
        self._ids = ids
        self._secret = secret
        self.stage = Stage.AWAY
        #: Whether Central has ever said how things stand with the point.
        self.ever_registered = False
        self._awaited = ""
        self._answer_by = 0.0
        self._interval_s = timings.heartbeat_interval_s
        self._beat_at = 0.0
        #: When Central last answered (monotonic).
        self.heard_at = 0.0
        #: Why this side left Central, until Central accepts the point again.
        self.why_left: str | None = None

    @property
    def away(self) -> bool:
        return self.stage is Stage.AWAY

    @property
    def registered(self) -> bool:
        return self.stage is Stage.REGISTERED

    @property
    def interval_s(self) -> float:
        """Between two heartbeats."""
        return self._interval_s

    @property
    def silence_s(self) -> float:
        """How long a registered Central may be silent."""
        return max(self._timings.silence_s, _HEARTBEATS_IN_SILENCE * self._interval_s)

    def begin(self, now: Moment) -> Effects:
        """The link is there: prove who speaks, where there is a secret, else announce the point."""
        if self._secret is None:
            return self._announce(now)
        cp_id, nonce = self._announcement.cp_id, self._ids()
        proof = AuthRequest(
            message_id=self._ids(),
            timestamp=now.wall,
            role="monitor",
            cp_id=cp_id,
            nonce=nonce,
            signature=signature(self._secret, Role.MONITOR, cp_id, now.wall, nonce),
        )
        self._await(proof.message_id, Stage.PROVING, now)
        return [ToCentral(proof)]

    def awaits(self, message_id: str) -> bool:
        """Whether this is the answer to the request that the enrolment hangs on."""
        return self.stage in (Stage.PROVING, Stage.REGISTERING) and message_id == self._awaited

    def proved(self, now: Moment) -> Effects:
        return self._announce(now)

    def accepted(self, answer: RegisterResponse, now: Moment) -> None:
        self.stage = Stage.REGISTERED
        self.ever_registered = True
        self.why_left = None
        asked = answer.heartbeat_interval_s or self._timings.heartbeat_interval_s
        self._interval_s = max(asked, FASTEST_HEARTBEAT_S)
        self._beat_at = now.mono + self._interval_s
        self.heard_at = now.mono

    def heard(self, now: Moment) -> None:
        """Central answered a heartbeat."""
        self.heard_at = now.mono

    def lose(self) -> None:
        self.stage = Stage.AWAY

    def why_lost(self, now: Moment) -> str | None:
        """A sentence when Central has been silent for too long."""
        if self.stage is Stage.AWAY or now.mono < self._give_up_at():
            return None
        if self.stage is Stage.REGISTERED:
            return "Central does not answer heartbeats."
        asked = "authentication" if self.stage is Stage.PROVING else "registration"
        return f"Central does not answer the {asked} request."

    def beat(self, status: PointStatus, now: Moment) -> Effects:
        """A heartbeat, when it is time for one."""
        if not self.registered or now.mono < self._beat_at:
            return []
        self._beat_at = now.mono + self._interval_s
        cp_id = self._announcement.cp_id
        return [ToCentral(HeartbeatRequest(message_id=self._ids(), timestamp=now.wall, cp_id=cp_id, status=status))]

    def due(self) -> list[float]:
        if self.stage is Stage.AWAY:
            return []
        return [self._give_up_at()] + ([self._beat_at] if self.registered else [])

    def _give_up_at(self) -> float:
        if not self.registered:
            return self._answer_by
        return self.heard_at + self.silence_s

    def _announce(self, now: Moment) -> Effects:
        request = self._announcement.model_copy(update={"message_id": self._ids(), "timestamp": now.wall})
        self._await(request.message_id, Stage.REGISTERING, now)
        return [ToCentral(request)]

    def _await(self, message_id: str, stage: Stage, now: Moment) -> None:
        self.stage = stage
        self._awaited = message_id
        self._answer_by = now.mono + self._timings.answer_s
