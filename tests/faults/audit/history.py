"""What a network left behind, as plain values: the journals, the books, the topics, what was told, how it stood at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an Engine's journal; `energy_wh` where the line has one."""

    cp_id: str
    kind: str
    session_id: str
    energy_wh: int | None = None
    price: Decimal | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """One session of the database."""

    session_id: str
    cp_id: str
    driver_id: str
    request_id: str
    state: str
    energy_wh: int
    price: Decimal
    cost: Decimal
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One step of the story that the database tells, in its order."""

    kind: str
    cp_id: str | None
    session_id: str | None


@dataclass(frozen=True, slots=True)
class KeptApart:
    """One row of the quarantine."""

    cp_id: str
    session_id: str
    energy_wh: int


@dataclass(frozen=True, slots=True)
class Point:
    cp_id: str
    status: str
    out_of_service: bool
    price: Decimal


@dataclass(frozen=True, slots=True)
class Told:
    """What one driver asked and heard, in order. Of a real driver program only what Kafka has for it is known."""

    driver_id: str
    asked: Sequence[Mapping[str, Any]] = ()
    heard: Sequence[Mapping[str, Any]] = ()
    is_program: bool = False
    #: When it heard each, in Unix time; empty where nobody looked at the clock.
    heard_at: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What the operator wanted of a point; unconfirmed when no answer came."""

    cp_id: str
    command: str
    value: str = ""
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Remains:
    """What was there once all was quiet, and what was seen on the way."""

    outbox: int = 0
    stops: int = 0
    #: Topic -> records that nobody had read.
    lag: Mapping[str, int] = field(default_factory=dict)
    #: Processes of the run that were there after its end.
    orphans: Sequence[str] = ()
    #: Processes that ended though nobody ended them, each as a sentence.
    ended_alone: Sequence[str] = ()
    #: Queue -> (the most that was seen in it, its bound).
    queues: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    dead_letters: Sequence[str] = ()
    #: Why the network did not come to rest; empty when it did.
    unrest: str = ""


@dataclass(frozen=True, slots=True)
class History:
    journals: Mapping[str, Sequence[Entry]] = field(default_factory=dict)
    booked: Sequence[Booked] = ()
    events: Sequence[Event] = ()
    quarantine: Sequence[KeptApart] = ()
    points: Sequence[Point] = ()
    told: Sequence[Told] = ()
    orders: Sequence[Order] = ()
    #: Point -> the state that its Monitor says it is in.
    monitors: Mapping[str, str] = field(default_factory=dict)
    remains: Remains = field(default_factory=Remains)
    #: When the one Central was started, each time, and when all was over; None where there were several Centrals.
    lives: Sequence[float] | None = ()


@dataclass(slots=True)
class Account:
    """What the journals say of one session, summed up."""

    session_id: str
    cp_id: str
    started: int = 0
    price: Decimal | None = None
    metered_wh: int = 0
    #: Every different final account: more than one is wrong.
    finals: set[tuple[int, str | None]] = field(default_factory=set)
    acked: bool = False

    @property
    def energy_wh(self) -> int | None:
        return next(iter(self.finals))[0] if len(self.finals) == 1 else None


def accounts(history: History) -> dict[str, Account]:
    """The sum of all journals. A rewritten journal repeats what it kept, so nothing is counted here."""
    found: dict[str, Account] = {}
    for cp_id, entries in history.journals.items():
        for entry in entries:
            account = found.setdefault(entry.session_id, Account(entry.session_id, cp_id))
            match entry.kind:
                case "started":
                    account.started += 1
                    account.price = entry.price
                case "metered":
                    account.metered_wh = max(account.metered_wh, entry.energy_wh or 0)
                case "finished":
                    account.finals.add((entry.energy_wh or 0, entry.reason))
                case "acked":
                    account.acked = True
    return found
