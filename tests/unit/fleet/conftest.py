"""Pairs with an outside that the test plays: everything that leaves a pair is kept in order."""

from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import TypeVar

from charging_point.engine.ledger import Entry, Ledger
from charging_point.fleet.building import Ground, build
from charging_point.fleet.figures import Tally
from charging_point.fleet.pair import Pair
from charging_point.fleet.spec import FleetSpec, PointTemplate
from charging_point.monitor.effects import Note
from charging_point.monitor.timings import Timings
from common import messages as m
from common.clock import ManualClock
from common.ids import counted_ids
from common.messages import Message

M = TypeVar("M", bound=Message)


class PlayedOutside:
    """Central, Kafka and the journal. With `holds` set, entries are durable only when `sync` or `break_journal` says."""

    def __init__(self) -> None:
        self.told: list[Message] = []
        self.published: list[Message] = []
        self.entries: list[Entry] = []
        self.did: list[str] = []
        self.holds = False
        self.waiting: list[Pair] = []

    def to_central(self, pair: Pair, message: Message) -> None:
        del pair
        self.told.append(message)

    def publish(self, pair: Pair, message: Message) -> None:
        del pair
        self.published.append(message)

    def write(self, pair: Pair, entry: Entry) -> bool:
        if self.holds:
            self.waiting.append(pair)
        else:
            self.entries.append(entry)
        return not self.holds

    def join(self, pair: Pair) -> None:
        self.did.append(f"join {pair.cp_id}")

    def leave(self, pair: Pair, after_s: float) -> None:
        self.did.append(f"leave {pair.cp_id} {after_s:g}")

    def registered(self, pair: Pair) -> None:
        self.did.append(f"registered {pair.cp_id}")

    def note(self, pair: Pair, note: Note) -> None:
        self.did.append(f"note {pair.cp_id} {note.words}")

    def told_of(self, kind: type[M]) -> list[M]:
        return [message for message in self.told if isinstance(message, kind)]


class Yard:
    """A small fleet, and the time that the test moves: everybody is ticked when due, and only then."""

    def __init__(
        self,
        template: PointTemplate | None = None,
        *,
        seed: int = 1,
        ledger: Ledger | None = None,
        secret: str | None = None,
    ) -> None:
        self.clock = ManualClock()
        self.outside = PlayedOutside()
        self.tally = Tally()
        self._answered = 0
        ids = counted_ids()
        ground = Ground(
            outside=self.outside,
            ids=ids,
            chances=lambda name: Random(f"{seed} {name}"),
            toll=self.tally.toll,
            began=self.clock.now(),
            timings=Timings(),
            ledgers={} if ledger is None else {"CP1": ledger},
            secret_of=lambda _: secret,
        )
        spec = FleetSpec(points=(template or PointTemplate(id="CP{n}", count=1, on_command=True),))
        self.pairs: Sequence[Pair] = list(build(spec, ground))
        self.pair = self.pairs[0]
        for pair in self.pairs:
            pair.begin(self.clock.now())

    def register(self) -> "Yard":
        for pair in self.pairs:
            pair.central_up(self.clock.now())
            asked = self.outside.told_of(m.RegisterRequest)[-1]
            answer = m.RegisterResponse(message_id=asked.message_id, status="success")
            pair.hear_central(answer, self.clock.now())
        return self

    def charge(self, session_id: str = "s1", limit: str | None = None) -> "Yard":
        self.pair.hear_central(start(session_id, limit), self.clock.now())
        return self

    def hear(self, message: Message) -> None:
        self.pair.hear_central(message, self.clock.now())

    def after(self, seconds: float) -> "Yard":
        end = self.clock.now().mono + seconds
        while True:
            for pair in self.pairs:  # a pair never sleeps longer than its watch wants to
                watch_due = pair.watch.due()
                assert watch_due is None or pair.due(self.clock.now()) <= watch_due
            due, pair = min(((pair.due(self.clock.now()), pair) for pair in self.pairs), key=lambda one: one[0])
            if due > end:
                break
            self.clock.advance(max(1e-3, due - self.clock.now().mono))
            pair.tick(self.clock.now())
            self._answer_heartbeats(pair)
        self.clock.advance(max(0.0, end - self.clock.now().mono))
        return self

    def _answer_heartbeats(self, pair: Pair) -> None:
        beats = self.outside.told_of(m.HeartbeatRequest)
        for beat in beats[self._answered :]:
            pair.hear_central(m.HeartbeatResponse(message_id=beat.message_id, status="success"), self.clock.now())
        self._answered = len(beats)


def start(session_id: str = "s1", limit: str | None = None) -> m.StartChargingCommand:
    return m.StartChargingCommand(
        message_id=f"start-{session_id}",
        cp_id="CP1",
        session_id=session_id,
        driver_id="D1",
        price_per_kwh=Decimal("0.30"),
        max_charging_rate_kw=22,
        energy_limit_kwh=None if limit is None else Decimal(limit),
    )
