"""
One charging point of a fleet: a Monitor's watch and an Engine's point, bound to each other in memory. Pure.

What one sends reaches the other in order, as over a socket that never breaks. What leaves the pair is the business of its
`Outside`: frames to Central, records to Kafka, entries of the journal.
"""

import math
from collections import deque
from typing import Protocol

from charging_point.engine import effects as engine
from charging_point.engine.effects import Answer, Bind, NoteJournalWorks, Publish, ToMonitor, WriteJournal
from charging_point.engine.handlers import Arrival as AtEngine
from charging_point.engine.handlers import Handlers
from charging_point.engine.handlers import wire as wire_engine
from charging_point.engine.ledger import Entry
from charging_point.engine.local_start import LocalStarts
from charging_point.engine.point import Point
from charging_point.fleet.traffic import Traffic
from charging_point.monitor import effects as monitor
from charging_point.monitor.effects import Note, ToCentral, ToEngine
from charging_point.monitor.handlers import Arrival as AtMonitor
from charging_point.monitor.handlers import Side
from charging_point.monitor.handlers import wire as wire_monitor
from charging_point.monitor.watch import Watch
from common.clock import Moment
from common.errors import IllegalTransition
from common.ids import Ids
from common.messages import (
    ChargeCompletion,
    ChargingData,
    LocalStartResponse,
    Message,
)

#: Tables without a state of their own: one of each serves every pair.
ENGINE, MONITOR = wire_engine(), wire_monitor()
#: Monitor left an Engine that is in the same process: this long after it knocks again.
_ENGINE_AGAIN_S = 1.0


class Outside(Protocol):
    """What a pair needs of the process around it."""

    def to_central(self, pair: "Pair", message: Message) -> None: ...

    def publish(self, pair: "Pair", message: ChargingData | ChargeCompletion) -> None: ...

    def write(self, pair: "Pair", entry: Entry) -> bool:
        """True: it is written. False: `written` or `not_written` will be called, and until then Engine does nothing."""
        ...

    def join(self, pair: "Pair") -> None:
        """It wants to be let in at Central, and to stay."""
        ...

    def leave(self, pair: "Pair", after_s: float) -> None:
        """It leaves its link to Central, and comes back no sooner than that."""
        ...

    def registered(self, pair: "Pair") -> None: ...

    def note(self, pair: "Pair", note: Note) -> None: ...


class Pair:
    """Feed it what happens and the time. `due()` says when it wants a tick; `rejoin_at` is the outside's to set."""

    __slots__ = (
        "_behind",
        "_entry",
        "_handlers",
        "_is_bound",
        "_is_stirred",
        "_local_starts",
        "_outside",
        "_relink_at",
        "_to_engine",
        "_to_monitor",
        "_watch_due",
        "place",
        "point",
        "rejoin_at",
        "secret",
        "traffic",
        "watch",
    )

    def __init__(
        self, place: int, watch: Watch, point: Point, outside: Outside, *, ids: Ids, secret: str | None = None
    ) -> None:
        self.place = place
        self.watch = watch
        self.point = point
        self.secret = secret
        #: Who comes to charge here by itself; nobody, where points only obey.
        self.traffic: Traffic | None = None
        #: When it asks Central in again, after it left or was left.
        self.rejoin_at = math.inf
        self._outside = outside
        self._local_starts = LocalStarts(point, ids)
        self._handlers = Handlers(point, self._local_starts)
        self._is_bound = False
        #: The watch heard or did something by which it may be due at another time.
        self._is_stirred = True
        self._relink_at = math.inf
        self._watch_due = math.inf
        self._to_engine: deque[Message] = deque()
        self._to_monitor: deque[Message] = deque()
        #: The entry that is being written, and what stands behind it.
        self._entry: Entry | None = None
        self._behind: deque[engine.Effect] = deque()

    @property
    def cp_id(self) -> str:
        return self.watch.cp_id

    @property
    def is_writing(self) -> bool:
        """Engine waits for its journal: it hears and does nothing until then."""
        return self._entry is not None

    def owes(self, now: Moment) -> bool:
        """Whether a session is open or asked for, or an account is not acknowledged."""
        is_idle = self.point.session_id is None and not self.point.completions
        return not is_idle or self.is_writing or self._local_starts.is_asking(now)

    def drive(self, traffic: Traffic) -> None:
        self.traffic = traffic
        traffic.takes_place_at(self.point, self._local_starts)

    # -- what happens

    def begin(self, now: Moment) -> None:
        """Once: settle what the journal left open, then bind the two to each other."""
        self._engine(self.point.restart(now), now)
        self.watch.start(now)
        self._monitor(self.watch.engine_up(now))
        self._settle(now)

    def central_up(self, now: Moment) -> None:
        self._is_stirred = True
        self._monitor(self.watch.central_up(now))
        self._settle(now)

    def hear_central(self, message: Message, now: Moment) -> None:
        self._is_stirred = True
        self._monitor(MONITOR.dispatch(message, AtMonitor(self.watch, Side.CENTRAL, now)))
        self._settle(now)

    def note_kafka(self, now: Moment, *, is_up: bool) -> None:
        self._engine(self.point.note_kafka(now, is_up=is_up), now)
        self._settle(now)

    def shut_down(self, now: Moment) -> None:
        self.traffic = None
        self._engine(self.point.shut_down(now), now)
        self._settle(now)

    def written(self, now: Moment) -> None:
        """The entry is durable."""
        self._entry, behind = None, self._behind
        self._run(behind, now)
        self._settle(now)

    def not_written(self, now: Moment) -> None:
        """It is not: what stood behind it is replaced by what the core says then."""
        entry, behind = self._entry, self._behind
        assert entry is not None
        self._entry = None
        self._run(deque(self.point.journal_failed(entry, list(behind), now)), now)
        self._settle(now)

    def tick(self, now: Moment) -> None:
        mono = now.mono
        if mono >= self._relink_at:
            self._relink_at, self._is_stirred = math.inf, True
            self._monitor(self.watch.engine_up(now))
        if mono >= self._watch_due:
            self._is_stirred = True
            self._monitor(self.watch.tick(now))
        if self._entry is None and (effects := self.point.tick(now)):
            self._run(deque(effects), now)
        if self.traffic is not None and not self.is_writing and mono >= self.traffic.due:
            self._engine(self.traffic.tick(now), now)
        self._settle(now)

    def due(self, now: Moment) -> float:
        """When (monotonic) it next wants a tick."""
        least = min(self._watch_due, self._relink_at, self.rejoin_at)
        if self.is_writing:
            return least
        if self.traffic is not None and self.traffic.due < least:
            least = self.traffic.due
        wait_s = self.point.seconds_left(now)
        return least if wait_s is None else min(least, now.mono + wait_s)

    # -- what comes of it

    def _settle(self, now: Moment) -> None:
        """Deliver what the two have for each other, until nothing is left; Engine hears nothing while it writes."""
        while True:
            if self._to_monitor:
                message = self._to_monitor.popleft()
                if type(message) is not ChargingData:  # of these there are most, and no watch waits for one
                    self._is_stirred = True
                effects = MONITOR.dispatch(message, AtMonitor(self.watch, Side.ENGINE, now))
                if effects:
                    self._monitor(effects)
            elif self._entry is not None:
                break
            elif self._to_engine:
                self._tell_engine(self._to_engine.popleft(), now)
            elif self.traffic is not None and (wanted := self.traffic.look(now)):
                self._run(deque(wanted), now)
            else:
                break
        if self._is_stirred:
            self._is_stirred = False
            due = self.watch.due()
            self._watch_due = math.inf if due is None else due

    def _tell_engine(self, message: Message, now: Moment) -> None:
        try:
            self._engine(ENGINE.dispatch(message, AtEngine(self._handlers, now)), now)
        except IllegalTransition as wrong:
            self._outside.note(self, Note(f"{message.type} could not be handled: {wrong}", grave=True, about=message))
        if self.traffic is not None and isinstance(message, LocalStartResponse) and not message.succeeded:
            self.traffic.turned_down(message, now)

    def _monitor(self, effects: monitor.Effects) -> None:
        for effect in effects:
            match effect:
                case ToCentral(message):
                    self._outside.to_central(self, message)
                case ToEngine(message):
                    self._to_engine.append(message)
                case monitor.OpenCentral():
                    self._outside.join(self)
                case monitor.CloseCentral(after_s):
                    self._outside.leave(self, after_s)
                case monitor.Registered():
                    self._outside.registered(self)
                case Note():
                    self._outside.note(self, effect)
                case monitor.CloseEngine():
                    self._unbind()

    def _unbind(self) -> None:
        """Monitor gave its Engine up, as after this process stood still for minutes."""
        self._to_engine.clear()
        self._to_monitor.clear()
        self._is_bound = False
        self.point.unlink()
        self._relink_at = self.watch.engine.heard_at + self.watch.engine.silence_s + _ENGINE_AGAIN_S

    def _engine(self, effects: engine.Effects, now: Moment) -> None:
        if self._entry is None:
            self._run(deque(effects), now)
        else:
            self._behind.extend(effects)

    def _run(self, todo: deque[engine.Effect], now: Moment) -> None:
        while todo:
            effect = todo.popleft()
            # Not a match statement: this runs three times a reading, and its patterns cost as much as what they lead to.
            if isinstance(effect, WriteJournal):
                if not self._outside.write(self, effect.entry):
                    self._entry, self._behind = effect.entry, todo
                    return
            elif isinstance(effect, Publish):
                self._outside.publish(self, effect.message)
            elif isinstance(effect, ToMonitor):
                if self._is_bound:
                    self._to_monitor.append(effect.message)
            elif isinstance(effect, Answer):
                self._to_monitor.append(effect.message)
            elif isinstance(effect, Bind):
                self._is_bound = True
            elif isinstance(effect, NoteJournalWorks):
                todo.extend(self.point.journal_works(now))
            # What is left is a Tell, the answer to a swipe: what comes of that shows.
