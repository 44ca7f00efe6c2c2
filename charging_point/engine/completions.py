"""Completions that Central has not acknowledged, and when to send them again. Pure."""

from common.clock import Moment
from common.messages import ChargeCompletion

FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 60.0


class Completions:
    """Kept until acknowledged. One that is held is not in the journal yet, so nobody may hear of it."""

    def __init__(self) -> None:
        self._owed: dict[str, ChargeCompletion] = {}
        self._held: set[str] = set()
        self._wait_s = FIRST_WAIT_S
        self._due_at = 0.0

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._owed

    def __len__(self) -> int:
        return len(self._owed)

    def add(self, completion: ChargeCompletion, now: Moment, *, held: bool = False) -> None:
        self._owed[completion.session_id] = completion
        if held:
            self._held.add(completion.session_id)
        self._restart(now)

    def release(self, now: Moment) -> None:
        """The journal has them all."""
        self._held.clear()
        self._restart(now)

    def acknowledge(self, session_id: str) -> bool:
        """Forget one; false when it is not owed, or nobody can have seen it."""
        if session_id not in self._owed or session_id in self._held:
            return False
        del self._owed[session_id]
        return True

    def sendable(self) -> list[ChargeCompletion]:
        return [one for session_id, one in self._owed.items() if session_id not in self._held]

    def resend(self, now: Moment) -> list[ChargeCompletion]:
        """All of them now, because a way to Central is back; the waits start from the shortest again."""
        self._restart(now)
        return self.sendable()

    def due(self, now: Moment) -> list[ChargeCompletion]:
        """All of them when it is time; each time the wait doubles."""
        if not self._owed or now.mono < self._due_at or not self.sendable():
            return []
        self._wait_s = min(LONGEST_WAIT_S, 2 * self._wait_s)
        self._due_at = now.mono + self._wait_s
        return self.sendable()

    def seconds_left(self, now: Moment) -> float | None:
        return max(0.0, self._due_at - now.mono) if self._owed and self.sendable() else None

    def _restart(self, now: Moment) -> None:
        self._wait_s = FIRST_WAIT_S
        self._due_at = now.mono + self._wait_s
