"""How much one peer may take of a listener: connections, frames, time. Pure: no clock, no socket."""

import math
from collections import Counter, OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """Why a connection was refused or cut, for figures."""

    TOO_MANY = "too_many"
    TOO_MANY_FROM_ONE = "too_many_from_one_address"
    PLAIN = "plain"
    TLS = "tls"
    NO_CERTIFICATE = "no_certificate"
    SILENT = "silent"
    SLOW_SENDER = "slow_sender"
    SLOW_READER = "slow_reader"
    TOO_FAST = "too_fast"
    GARBAGE = "garbage"
    GAVE_WAY = "gave_way"
    HOARDING = "hoarding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a listener bears. The defaults are far from what honest peers do."""

    links: int = 20_000
    links_from_one: int = 5_000
    #: Until a TLS link is made, and then until the first message was good.
    open_within_s: float = 10.0
    #: From the first byte of a frame to its end.
    frame_within_s: float = 30.0
    #: Until a peer that was told much has read it.
    read_within_s: float = 30.0
    frames_per_s: float = 200.0
    frames_per_point_s: float = 10.0


class Crowd:
    """Counts who is there, in all and by address."""

    def __init__(self, most: int, most_from_one: int) -> None:
        self._most = most
        self._most_from_one = most_from_one
        self._from: Counter[str] = Counter()
        self._all = 0

    def __len__(self) -> int:
        return self._all

    def enter(self, host: str) -> Why | None:
        """Let one in, or say why not."""
        if self._all >= self._most:
            return Why.TOO_MANY
        if self._from[host] >= self._most_from_one:
            return Why.TOO_MANY_FROM_ONE
        self._from[host] += 1
        self._all += 1
        return None

    def leave(self, host: str) -> None:
        self._all -= 1
        self._from[host] -= 1
        if not self._from[host]:
            del self._from[host]


class Pace(StrEnum):
    FINE = "fine"
    TOO_FAST = "too_fast"
    HOPELESS = "hopeless"


#: So many seconds' worth of frames may come at once.
_BURST_S = 5.0


class Bucket:
    """
    Frames a second, with bursts. What is refused counts too: who goes on regardless runs into debt, and is hopeless once
    it owes as much as a burst; it never owes more.

    A link's rate grows with the points that registered on it. Each brings its burst along at once, so that a gateway may
    register its thousands as fast as they are taken.
    """

    def __init__(self, rate: float, per_point: float, now: float, burst_s: float = _BURST_S) -> None:
        self._burst_s = burst_s
        self._base = rate
        self._per_point = per_point
        self._points = 0
        self._rate = rate
        self._most = rate * burst_s
        self._tokens = self._most
        self._at = now

    def widen(self, points: int) -> None:
        """So many points speak over the link now."""
        gained = max(0, points - self._points)
        self._points = max(points, self._points)
        self._rate = self._base + self._points * self._per_point
        self._most = self._rate * self._burst_s
        self._tokens += gained * self._per_point * self._burst_s

    def take(self, now: float) -> Pace:
        """One frame came."""
        tokens = self._tokens + (now - self._at) * self._rate
        self._at = now
        self._tokens = tokens = max(min(self._most, tokens) - 1, -self._most)
        if tokens >= 0:
            return Pace.FINE
        return Pace.TOO_FAST if tokens > -self._most else Pace.HOPELESS

    def is_empty(self, now: float) -> bool:
        """Whether a frame that came now would be refused; nothing is taken."""
        return self._tokens + (now - self._at) * self._rate < 1

    @property
    def patience_s(self) -> int:
        """How long after the last frame one would be taken again, in whole seconds."""
        return self.patience_at(self._at)

    def patience_at(self, now: float) -> int:
        """And from now on."""
        return max(1, math.ceil((1 - self._tokens) / self._rate - (now - self._at)))


#: Whoever was quiet for longest is forgotten beyond these, and begins anew.
_MOST_KNOWN = 20_000


class Buckets:
    """A bucket for each of many: addresses, drivers, ids."""

    def __init__(self, rate: float, burst_s: float = _BURST_S, most_known: int = _MOST_KNOWN) -> None:
        self._rate = rate
        self._burst_s = burst_s
        self._most_known = most_known
        self._known: OrderedDict[Hashable, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def take(self, who: Hashable, now: float) -> Pace:
        found = self._known.get(who)
        if found is None:
            found = self._known[who] = Bucket(self._rate, 0.0, now, self._burst_s)
            if len(self._known) > self._most_known:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(who)
        return found.take(now)

    def is_empty(self, who: Hashable, now: float) -> bool:
        found = self._known.get(who)
        return found is not None and found.is_empty(now)

    def patience_s(self, who: Hashable, now: float) -> int:
        """How long until one more would be taken, in whole seconds."""
        found = self._known.get(who)
        return 1 if found is None else found.patience_at(now)


#: One line a minute for each reason is enough to know; the figures have the rest.
_SAY_EVERY_S = 60.0


class Sparing:
    """Lets a line of a kind through once a while, and counts those between. The first is always said."""

    def __init__(self, every_s: float = _SAY_EVERY_S) -> None:
        self._every_s = every_s
        self._said: dict[str, float] = {}
        self._unsaid: Counter[str] = Counter()

    def may_say(self, kind: str, now: float) -> int | None:
        """How many were left out since the last line of this kind; None: leave this one out too."""
        last = self._said.get(kind)
        if last is not None and now - last < self._every_s:
            self._unsaid[kind] += 1
            return None
        self._said[kind] = now
        return self._unsaid.pop(kind, 0)
