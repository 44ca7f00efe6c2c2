"""
When a point changes hands again and again: each link proves the secret, so perhaps two devices have it. Pure.

Nobody can tell which of them is the right one. So neither is shut out, but they are slowed down, each time longer, and
the operator is told.
"""

import math
from collections.abc import Sequence

#: So many takeovers in a row are nothing: a Monitor that reboots behind its own dead link makes one.
FREE = 3
#: Takeovers this far apart do not belong together; beside that, those who have to wait do not fall out of the row by it.
_QUIET_S = 60.0
_FIRST_PAUSE_S = 10.0
_LONGEST_PAUSE_S = 300.0
#: Centrals' clocks may differ by so much; a takeover further ahead was dated by a clock that has jumped since.
_AHEAD_S = 5.0
#: More than these change nothing: by then the pause is at its longest.
MOST = 16


def row(taken_at: Sequence[float], now: float) -> int:
    """How many takeovers belong to the present row; `taken_at` are the newest ones, oldest first."""
    count, before = 0, -math.inf
    for at in (*_credible(taken_at, now), now):
        if at - before > _QUIET_S + _pause_s(count):
            count = 0
        count, before = count + 1, at
    return count - 1


def wait_s(taken_at: Sequence[float], now: float) -> int:
    """How long the next one has to wait, in whole seconds; 0: it may take the point now."""
    count = row(taken_at, now)
    if count < FREE:
        return 0
    return max(0, math.ceil(_credible(taken_at, now)[-1] + _pause_s(count) - now))


def _credible(taken_at: Sequence[float], now: float) -> list[float]:
    return [min(at, now) for at in sorted(taken_at) if at <= now + _AHEAD_S]


def _pause_s(count: int) -> float:
    """The time a point stays where it is after so many takeovers in a row."""
    if count < FREE:
        return 0.0
    return min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * float(1 << (count - FREE)))
