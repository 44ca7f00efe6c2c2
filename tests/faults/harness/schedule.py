"""Which faults come when: drawn from a seed, so that a run can be replayed. Pure."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from common.failpoints import Place


class Kind(StrEnum):
    KILL = "kill -9"
    PAUSE = "SIGSTOP, SIGCONT"
    RESTART = "orderly restart"
    FAILPOINT = "kill -9 at a failpoint"
    CUT = "link closed"
    SILENCE = "link silent both ways"
    SILENCE_UP = "link silent towards its server"
    SILENCE_DOWN = "link silent towards its client"
    DELAY = "link slow"
    HALF_FRAME = "link cut in the middle of a frame"
    FULL_DISK = "disk full"
    CLOCK = "clock jumps an hour"
    DUPLICATE = "records written twice"
    LATE = "old records written again"
    LIE = "a point tells of another's session"


class Profile(StrEnum):
    """What a schedule is made of."""

    MIXED = "mixed"
    KILLS = "kills"
    AIMED = "aimed"
    SERVERS = "servers"


SENTENCES = {
    Profile.MIXED: "all kinds of faults",
    Profile.KILLS: "mostly kill -9, as many as programs can be started again",
    Profile.SERVERS: "broker, database and the links to them, where a mixed run breaks mostly programs of ours",
    Profile.AIMED: "each failpoint in turn, until something died there; takes the minutes that it takes",
}


_ON_PROGRAMS = (Kind.KILL, Kind.PAUSE, Kind.RESTART)
_ON_LINKS = (Kind.CUT, Kind.SILENCE, Kind.SILENCE_UP, Kind.SILENCE_DOWN, Kind.DELAY, Kind.HALF_FRAME)
_ON_RECORDS = (Kind.DUPLICATE, Kind.LATE, Kind.LIE)
#: How often each comes, beside the others.
_MIXED: dict[Kind, float] = {
    Kind.KILL: 6,
    Kind.PAUSE: 3,
    Kind.RESTART: 2,
    Kind.FAILPOINT: 14,
    Kind.CUT: 2,
    Kind.SILENCE: 1,
    Kind.SILENCE_UP: 1,
    Kind.SILENCE_DOWN: 1,
    Kind.DELAY: 1,
    Kind.HALF_FRAME: 2,
    Kind.FULL_DISK: 2,
    Kind.CLOCK: 1,
    Kind.DUPLICATE: 2,
    Kind.LATE: 1,
    Kind.LIE: 1,
}
_WEIGHTS: dict[Profile, dict[Kind, float]] = {
    Profile.MIXED: _MIXED,
    Profile.KILLS: {Kind.KILL: 12, Kind.FAILPOINT: 6, Kind.RESTART: 1, Kind.CUT: 1, Kind.DUPLICATE: 1},
    Profile.SERVERS: {**_MIXED, Kind.FAILPOINT: 0, Kind.CLOCK: 0, Kind.FULL_DISK: 4},
}
#: Half of the longest pause between two faults.
_GAP_S = {Profile.MIXED: 1.5, Profile.KILLS: 0.5, Profile.SERVERS: 1.5}
_SHORTEST_S, _LONGEST_S = 0.3, 8.0
#: After this long without it, what was broken for good counts as whole again: a start takes its time.
_RECOVERY_S = 4.0
#: These are passed all the time; the others once or twice a charge, or less.
_OFTEN = (Place.BEFORE_COMMIT, Place.AFTER_COMMIT, Place.BEFORE_JOURNAL, Place.JOURNALED)
_MOST_PASSINGS, _MOST_RARE_PASSINGS = 10, 2
#: A clock jumps so long after the start of its process.
_JUMP_AFTER_S = 4
#: What a program needs to get to a failpoint before it is given up and started without. Central passes most in a moment,
#: but where a Central died in a group of readers the next one waits for its partitions.
_FAILPOINT_WITHIN_S = {"central": 10.0, "engine": 20.0, "monitor": 20.0}
_READING_WITHIN_S = 20.0
#: Who aims at a place waits longer, and tries it so often.
_AIMED_WITHIN_S, _ATTEMPTS = 30.0, 3
_READING = (Place.METERED, Place.BEFORE_OFFSETS)


@dataclass(frozen=True, slots=True)
class Targets:
    """What there is to break, by name."""

    programs: Sequence[str]
    links: Sequence[str]
    #: Programs whose disk can be full.
    disks: Sequence[str]
    #: Programs whose clock can jump.
    clocks: Sequence[str]
    #: Programs that know no Kafka.
    without_kafka: Sequence[str] = ()
    #: What bears no kill, because it keeps nothing: it is only paused.
    fragile: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `detail` is the failpoint and its passing, or the seconds that a clock jumps."""

    at: float
    kind: Kind
    target: str
    lasts_s: float = 0.0
    detail: str = ""

    def __str__(self) -> str:
        words = [f"{self.at:7.1f} s", f"{self.kind:<34}", self.target]
        words += [f"for {self.lasts_s:.1f} s"] if self.lasts_s else []
        return "  ".join([*words, *([self.detail] if self.detail else [])])


def schedule(
    seed: int, seconds: float, targets: Targets, profile: Profile = Profile.MIXED, gap_s: float | None = None
) -> list[Fault]:
    """The faults of one run. No target is broken twice at once, so that each fault has its own chance to land."""
    if profile is Profile.AIMED:
        return []
    chance = random.Random(seed)
    places = _Places(chance)
    free_at: dict[str, float] = {}
    found: list[Fault] = []
    gap_s, weights = gap_s or _GAP_S[profile], _WEIGHTS[profile]
    now = chance.uniform(0, gap_s)
    while now < seconds:
        free = [name for name in targets.programs if free_at.get(name, 0.0) <= now]
        fault = _draw(chance, places, now, replace(targets, programs=free), weights)
        if fault is not None and free_at.get(fault.target, 0.0) <= now:
            found.append(fault)
            free_at[fault.target] = now + fault.lasts_s + _RECOVERY_S
        now += chance.uniform(0, 2 * gap_s)
    return found


def _draw(
    chance: random.Random, places: "_Places", now: float, targets: Targets, weights: Mapping[Kind, float]
) -> Fault | None:
    kind = chance.choices(list(weights), list(weights.values()))[0]
    lasts_s = round(chance.uniform(_SHORTEST_S, _LONGEST_S), 1)
    if kind is Kind.FAILPOINT:
        return places.draw(now, targets)
    if kind in _ON_RECORDS:
        return Fault(now, kind, "records", 0.0, str(chance.randint(1, 20)))
    some = {Kind.FULL_DISK: targets.disks, Kind.CLOCK: targets.clocks}.get(kind)
    if some is None:
        some = targets.links if kind in _ON_LINKS else targets.programs
    if not some:
        return None
    target = chance.choice(some)
    if kind in _ON_PROGRAMS and target in targets.fragile:
        kind = Kind.PAUSE
    if kind is Kind.CLOCK:
        return Fault(now, kind, target, lasts_s, f"{chance.choice((-3600, 3600)):+d}@{_JUMP_AFTER_S}")
    return Fault(now, kind, target, 0.0 if kind is Kind.HALF_FRAME else lasts_s)


def aims(seed: int, targets: Targets) -> dict[str, list[list[Fault]]]:
    """For each role its failpoints in an order, and for each of them some attempts to have something die there."""
    chance = random.Random(seed)
    found: dict[str, list[list[Fault]]] = {}
    for place in chance.sample(list(Place), len(Place)):
        role, programs = _passing(place, targets)
        if programs:
            some = chance.sample(programs, min(_ATTEMPTS, len(programs))) * _ATTEMPTS
            aims = [Fault(0, Kind.FAILPOINT, name, _AIMED_WITHIN_S, f"{place}=1") for name in some[:_ATTEMPTS]]
            found.setdefault(role, []).append(aims)
    return found


def _passing(place: Place, targets: Targets) -> tuple[str, list[str]]:
    """The role of a failpoint, and the programs that can pass it."""
    role = place.partition(".")[0]
    programs = [name for name in targets.programs if name.startswith(role)]
    if place is Place.KAFKA_ACKED:
        programs = [name for name in programs if name not in targets.without_kafka]
    return role, programs


class _Places:
    """Deals failpoints like cards, so that each has its turn before any comes again."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._left: list[Place] = []

    def draw(self, now: float, targets: Targets) -> Fault | None:
        """The next failpoint that one of the programs can pass."""
        if not self._left:
            self._left = list(Place)
            self._chance.shuffle(self._left)
        for place in self._left:
            role, programs = _passing(place, targets)
            if programs:
                self._left.remove(place)
                passing = self._chance.randint(1, _MOST_PASSINGS if place in _OFTEN else _MOST_RARE_PASSINGS)
                within_s = _READING_WITHIN_S if place in _READING else _FAILPOINT_WITHIN_S[role]
                return Fault(now, Kind.FAILPOINT, self._chance.choice(programs), within_s, f"{place}={passing}")
        return None
