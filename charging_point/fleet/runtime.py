"""What the points of a fleet ask for, done: one timer, a few links, one producer, one journal. No rule of a point is here."""

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from itertools import islice

from charging_point.engine.ledger import Entry
from charging_point.fleet.carrier import Carrier
from charging_point.fleet.figures import Standing, Tally
from charging_point.fleet.journal import Accounts
from charging_point.fleet.pair import Pair
from charging_point.fleet.timer import Timer
from charging_point.monitor.effects import Note
from common.clock import Clock, Moment
from common.errors import TransportLost
from common.ids import Ids
from common.kafka.bus import Publisher, outgoing, signed
from common.messages import (
    AuthResponse,
    ChargeCompletion,
    ChargingData,
    ConnectionFailed,
    ConnectionLost,
    ErrorResponse,
    Message,
    PointStatus,
    RegisterResponse,
)
from common.net.address import Address
from common.net.backoff import Backoff
from common.net.limits import Sparing
from common.net.tls import Tls
from common.process import Tasks
from common.routes import Topic
from common.telemetry import about

log = logging.getLogger("ev.fleet")

#: Points that begin in one go, before what arrives is heard again.
_BEGIN_AT_ONCE = 200
_LINKS_AT_ONCE = 50
_LINKS_EVERY_S = 0.02
_LOOK_AT_KAFKA_EVERY_S = 0.5
#: A registration that lasted so long was a good one: the next back-off starts from the shortest again.
_GOOD_AFTER_S = 5.0
#: A process told to stop has ten seconds in all; one that ends by itself may wait for its accounts.
_DRAIN_S, _DRAIN_AT_LEISURE_S = 4.0, 60.0
_DRAIN_LOOK_S = 0.1
_MOST_NAMED = 20


class Runtime:
    """`open` first, then `begin`; `stop` ends the charges. The pairs call what `Outside` promises them."""

    def __init__(
        self,
        *,
        tasks: Tasks,
        clock: Clock,
        ids: Ids,
        rng: Callable[[], float],
        accounts: Accounts,
        publisher: Publisher | None,
        tally: Tally,
        silent_after_s: float,
    ) -> None:
        self.pairs: Sequence[Pair] = ()
        self.carriers: list[Carrier] = []
        self.tally = tally
        self._tasks = tasks
        self._clock = clock
        self._ids = ids
        self._rng = rng
        self._accounts = accounts
        self._publisher = publisher
        self._kafka_is_up = publisher is not None
        self._silent_after_s = silent_after_s
        self._timer = self._new_timer(0)
        self._carrier_of: list[Carrier] = []
        self._backoffs: list[Backoff] = []
        self._registered_at: list[float] = []
        self._sparing = Sparing()
        #: What the points have to say now was said for all of them.
        self._is_said = False
        #: Told now and then, for a panel.
        self.touch: Callable[[], None] = lambda: None

    # -- putting together

    def open(self, pairs: Sequence[Pair], central: Address, links: int | None, *, limit: int, tls: Tls | None) -> None:
        """Divide the points among so many links; None: one each."""
        self.pairs = pairs
        count = len(pairs)
        self._timer = self._new_timer(count)
        self._backoffs = [Backoff(self._rng) for _ in pairs]
        self._registered_at = [math.inf] * count
        wanted = count if links is None else min(links, count)
        self.carriers = [
            Carrier(
                central,
                list(pairs[place::wanted]),
                hear=self._hear,
                let_in=self._let_in,
                lost=self._lose_link,
                failed=self._fail_link,
                clock=self._clock,
                ids=self._ids,
                backoff=Backoff(self._rng),
                limit=limit,
                tls=tls,
            )
            for place in range(wanted)
        ]
        self._carrier_of = [self.carriers[place % wanted] for place in range(count)]

    async def begin(self) -> None:
        """Links first, then the points, a few at a time."""
        self._accounts.on_written = self._written
        self._accounts.on_failed = self._not_written
        self._tasks.start("links", self._dial())
        if self._publisher is not None:
            self._tasks.start("kafka", self._watch_kafka(self._publisher))
        self._tasks.start("journal", self._accounts.run())
        for place, pair in enumerate(self.pairs, 1):
            pair.begin(self._clock.now())
            self._expect(pair)
            if place % _BEGIN_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def stop(self, told: asyncio.Event) -> None:
        """End what is being charged, and give Central time to acknowledge the accounts: little, where we are told to stop."""
        ends_at = self._clock.now().mono + (_DRAIN_S if told.is_set() else _DRAIN_AT_LEISURE_S)
        for place, pair in enumerate(self.pairs, 1):
            pair.shut_down(self._clock.now())
            self._expect(pair)
            if place % _BEGIN_AT_ONCE == 0:
                await asyncio.sleep(0)
        # Meanwhile who lost its link comes back, and what got no answer is sent again.
        while self._owes() and self._clock.now().mono < ends_at:
            await asyncio.sleep(_DRAIN_LOOK_S)
            if told.is_set():
                ends_at = min(ends_at, self._clock.now().mono + _DRAIN_S)
        self._timer.stop()
        owed = self.standing().owed
        if owed:
            log.warning("%d final accounts are not acknowledged; %s.", owed, self._accounts.where_they_stay)

    def away(self) -> dict[str, str | None]:
        """Some of the points that Central has not let in, each with why."""
        away = (pair for pair in self.pairs if not pair.watch.enrolment.registered)
        return {pair.cp_id: pair.watch.enrolment.why_left for pair in islice(away, _MOST_NAMED)}

    def _owes(self) -> bool:
        now = self._clock.now()
        return self._accounts.is_busy or any(pair.owes(now) for pair in self.pairs)

    async def _dial(self) -> None:
        for number, carrier in enumerate(self.carriers, 1):
            self._tasks.start("link to Central", carrier.run())
            if number % _LINKS_AT_ONCE == 0:
                await asyncio.sleep(_LINKS_EVERY_S)

    # -- time

    def _new_timer(self, count: int) -> Timer:
        return Timer(count, self._clock, self._tick, self.tally.note_late)

    def _expect(self, pair: Pair) -> None:
        self._timer.expect(pair.place, pair.due(self._clock.now()))

    def _tick(self, place: int, now: Moment) -> float:
        pair = self.pairs[place]
        if now.mono >= pair.rejoin_at:
            pair.rejoin_at = math.inf
            self._carrier_of[place].join(pair)
        pair.tick(now)
        return pair.due(now)

    # -- Central

    def _hear(self, pair: Pair, message: Message) -> None:
        if isinstance(message, AuthResponse | RegisterResponse | ErrorResponse) and not message.succeeded:
            self.tally.refused[str(message.error or "refused")] += 1
        pair.hear_central(message, self._clock.now())
        self._expect(pair)

    def _let_in(self, pair: Pair) -> None:
        pair.central_up(self._clock.now())
        self._expect(pair)

    def _lose_link(self, carrier: Carrier, event: ConnectionLost) -> None:
        """Its points know, and come back each at its own time."""
        self.tally.links_lost += 1
        self._warn("lost", f"{event.description} Its {len(carrier.pairs)} points keep trying.")
        now = self._clock.now()
        self._is_said = True
        for pair in carrier.pairs:
            was_there = not pair.watch.enrolment.away
            pair.hear_central(event, now)
            if carrier.is_single:
                carrier.join(pair)
            elif was_there or pair.rejoin_at == math.inf:
                self._come_back(pair, 0.0, now)
            self._expect(pair)
        self._is_said = False

    def _fail_link(self, event: ConnectionFailed) -> None:
        self._warn("failed", f"{event.description} It is tried on.")

    def _come_back(self, pair: Pair, after_s: float, now: Moment) -> None:
        """After a back-off of its own, with full jitter: thousands must not come in step."""
        if now.mono - self._registered_at[pair.place] >= _GOOD_AFTER_S:
            self._backoffs[pair.place].reset()
        self._registered_at[pair.place] = math.inf
        pair.rejoin_at = now.mono + max(self._backoffs[pair.place].next_delay(), after_s)

    # -- what a pair asks of its outside

    def to_central(self, pair: Pair, message: Message) -> None:
        self._carrier_of[pair.place].send(pair, message)

    def publish(self, pair: Pair, message: ChargingData | ChargeCompletion) -> None:
        if isinstance(message, ChargingData):
            self.tally.readings += 1
            topic = Topic.SESSION_DATA
        else:
            topic = Topic.SESSION_COMPLETE
        if self._publisher is None:
            return
        try:
            self._publisher.publish(signed(outgoing(topic, message.cp_id, message), pair.secret))
        except TransportLost as wrong:
            self._warn("unpublished", f"Not published: {wrong}")

    def write(self, pair: Pair, entry: Entry) -> bool:
        self.tally.note_entry(entry)
        return self._accounts.write(pair.place, pair.cp_id, entry)

    def join(self, pair: Pair) -> None:
        self._carrier_of[pair.place].join(pair)

    def leave(self, pair: Pair, after_s: float) -> None:
        carrier, now = self._carrier_of[pair.place], self._clock.now()
        carrier.settled(pair)
        if carrier.is_single:
            carrier.close(after_s)
            return
        self._come_back(pair, after_s, now)
        heard_at = None if carrier.link is None else carrier.link.heard_at
        if carrier.link is not None and now.mono - (heard_at or now.mono) >= self._silent_after_s:
            carrier.close(0.0)  # nobody is heard over it any more, not only this one

    def registered(self, pair: Pair) -> None:
        self.tally.registrations += 1
        self._registered_at[pair.place] = self._clock.now().mono
        self._carrier_of[pair.place].settled(pair)
        self.touch()

    def note(self, pair: Pair, note: Note) -> None:
        """Thousands have the same trouble at once: it is said for one of them, and how many more there were, later."""
        kind = note.words.replace(pair.cp_id, "…")
        if note.grave and not self._is_said:
            self._warn(kind, f"{pair.cp_id}: {note.words}", extra=about(note.about))
        else:
            log.debug("%s: %s", pair.cp_id, note.words)

    def _warn(self, kind: str, sentence: str, extra: dict[str, str] | None = None) -> None:
        more = self._sparing.may_say(kind, self._clock.now().mono)
        if more is None:
            log.debug("%s", sentence, extra=extra)
        else:
            log.warning("%s%s", sentence, f" ({more} more such before.)" if more else "", extra=extra)

    # -- the journal

    def _written(self, places: Sequence[int]) -> None:
        now = self._clock.now()
        for place in places:
            self.pairs[place].written(now)
            self._expect(self.pairs[place])

    def _not_written(self, places: Sequence[int], why: str) -> None:
        self.tally.journal_errors += 1
        self._warn("journal", why)
        now = self._clock.now()
        for place in places:
            self.pairs[place].not_written(now)
            self._expect(self.pairs[place])

    # -- Kafka

    async def _watch_kafka(self, publisher: Publisher) -> None:
        """Tell the points when Kafka goes away, and when it is back."""
        while True:
            await asyncio.sleep(_LOOK_AT_KAFKA_EVERY_S)
            if publisher.is_up == self._kafka_is_up:
                continue
            self._kafka_is_up = publisher.is_up
            log.warning(
                "Kafka takes readings again."
                if self._kafka_is_up
                else "Kafka does not answer. Readings go through the links."
            )
            for pair in self.pairs:
                pair.note_kafka(self._clock.now(), is_up=self._kafka_is_up)
                self._expect(pair)

    # -- how it stands

    def standing(self) -> Standing:
        statuses = [pair.point.status for pair in self.pairs]
        return Standing(
            points=len(self.pairs),
            linked=sum(pair.watch.enrolment.registered for pair in self.pairs),
            charging=statuses.count(PointStatus.CHARGING),
            faulty=statuses.count(PointStatus.FAULTY),
            out_of_service=statuses.count(PointStatus.STOPPED),
            power_kw=round(sum(pair.point.session.power_kw for pair in self.pairs if pair.point.is_charging), 3),
            owed=sum(len(pair.point.completions) for pair in self.pairs),
            links=len(self.carriers),
            links_up=sum(carrier.link is not None for carrier in self.carriers),
            kafka="none" if self._publisher is None else "up" if self._kafka_is_up else "away",
        )
