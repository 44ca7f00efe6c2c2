"""
Where connections wait until they have said something: no task, transport or timer for those who say nothing.

They are strangers, and there may be any number of them: what is done for all of them together takes a bounded part of each
turn of the loop, so that those who are in are served between any two handfuls. Among themselves they take turns by address.
Who says its first words does not stand behind those who go on with theirs, nor who comes from an address of few behind those
from an address of many. Who waits for too long is turned away, and so is the oldest when there is no room for one who has
just come.
"""

import asyncio
import logging
import socket
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from common.net.hoard import Hoard, Kept
from common.net.lanes import Lanes
from common.net.limits import Why
from common.net.opening import Then, Verdict
from common.net.watch import watch_of

#: A turn goes on, a few at a time, until it has taken so long. Then others have three times as long.
#: So many of an address are few: what they say first is heard first.
_FEW = 16
#: So many are asked for at once who have something to say; they then wait in their lanes.
_SEEN_AT_ONCE = 256
_TURN_S = 0.0005
_SHARE = 1 / 4
_LEAST_BREATH_S = 0.001
#: Time in which this machine did something else is not to be paid back.
_LONGEST_BREATH_S = 0.005
#: So many become links in one turn: what a link costs comes later, and is not in the time above.
_IN_AT_ONCE = 8
_DISMISSED_AT_ONCE = 2
_READ_BYTES = 16 * 1024
#: What all of them together may have said by halves.
MOST_HELD_BYTES = 64 * 1024 * 1024
_LITTLE_BYTES = 4 * 1024


log = logging.getLogger("ev.door")


class Words(Protocol):
    """What is made of what one caller says."""

    @property
    def held(self) -> int: ...

    @property
    def said(self) -> bytes: ...

    def hear(self, data: bytes) -> Verdict: ...


@dataclass(slots=True, eq=False)
class Caller:
    """One connection. `words` are there once it has said something."""

    socket: socket.socket
    fd: int
    host: str
    due: float
    words: Words | None = None
    kept: Kept | None = None
    #: Where it waits to be heard.
    lanes: "Lanes[Caller] | None" = None


class Doorstep:
    """
    `let_in` owns a connection from then on; `dismiss` must close it, and hears what it is told and why it goes (None: it
    went by itself, or was told all). Without `words` it is enough that a caller says anything; that is left unread.
    """

    def __init__(
        self,
        *,
        within_s: float,
        let_in: Callable[[Caller], None],
        dismiss: Callable[[Caller, bytes | None, Why | None], None],
        words: Callable[[str], Words] | None = None,
        in_at_once: int = _IN_AT_ONCE,
    ) -> None:
        self._words = words
        self._within_s = within_s
        self._let_in = let_in
        self._dismiss = dismiss
        self._in_at_once = in_at_once
        self._loop = asyncio.get_running_loop()
        self._watch = watch_of(self._loop)
        #: In the order in which they came, and the same by address. The first of a plain dict is sought among all that have gone.
        self._callers: OrderedDict[int, Caller] = OrderedDict()
        self._of: dict[str, OrderedDict[int, Caller]] = defaultdict(OrderedDict)
        #: Those who have something to say: for the first time, of addresses with few and with many here; and again.
        self._first_of_few: Lanes[Caller] = Lanes()
        self._first: Lanes[Caller] = Lanes()
        self._others: Lanes[Caller] = Lanes()
        self._hoard = Hoard(MOST_HELD_BYTES, _LITTLE_BYTES)
        self._came: tuple[int, Callable[[], None]] | None = None
        self._rest: asyncio.TimerHandle | None = None
        #: One for all: they fall due in the order in which they came.
        self._timer: asyncio.TimerHandle | None = None
        self._attends = False
        self._is_wanted = False
        self._attend()

    def __len__(self) -> int:
        return len(self._callers)

    def listen(self, bound: socket.socket, accept: Callable[[], None]) -> None:
        """Call `accept` in its turn when somebody is at the port; it may leave some for the next."""
        self._came = (bound.fileno(), accept)
        self._watch.add(bound.fileno())

    def deafen(self) -> None:
        """Leave the port alone."""
        if self._came is not None:
            self._watch.drop(self._came[0])
            self._came = None

    def add(self, found: socket.socket, host: str) -> None:
        fd = found.fileno()
        caller = Caller(found, fd, host, self._loop.time() + self._within_s)
        self._callers[fd] = self._of[host][fd] = caller
        self._watch.add(fd)
        self._mind_the_time()

    def give_way(self, host: str | None) -> bool:
        """Turn away who has waited for longest, of an address or (None) of all; false when nobody waits."""
        callers = self._callers if host is None else self._of.get(host)
        if not callers:
            return False
        self._turn_away(next(iter(callers.values())), None, Why.GAVE_WAY)
        return True

    def close(self) -> None:
        """Turn away everybody, without a word."""
        self.deafen()
        if self._attends:
            self._loop.remove_reader(self._watch.fileno())
        for timer in (self._timer, self._rest):
            if timer is not None:
                timer.cancel()
        for caller in list(self._callers.values()):
            self._turn_away(caller, b"", None)
        self._watch.close()

    # -- one turn

    def _turn(self) -> None:
        began, took, came_in = self._watch.stopwatch(), 0.0, 0
        while took < _TURN_S and came_in < self._in_at_once:
            accepted = self._accept_some()
            heard, new = self._hear_some(self._in_at_once - came_in)
            came_in += new
            dismissed = self._dismiss_some()
            took = self._watch.stopwatch() - began
            if not (accepted or heard or dismissed):
                self._attend()
                return
        self._breathe(took)

    def _attend(self) -> None:
        """Nobody is left: wait for the next."""
        self._rest = None
        self._mind_the_time()
        if not self._attends:
            self._attends = True
            self._loop.add_reader(self._watch.fileno(), self._turn)

    def _breathe(self, took: float) -> None:
        """Others have their time before the next turn."""
        if self._attends:
            self._attends = False
            self._loop.remove_reader(self._watch.fileno())
        self._rest = self._loop.call_later(breath(took), self._turn)

    def _accept_some(self) -> bool:
        """Whether somebody was at the port."""
        self._look()
        if not self._is_wanted or self._came is None:
            return False
        self._is_wanted = False
        fd, accept = self._came
        accept()
        if self._came is not None:  # else the port is left alone now
            self._watch.again(fd)
        self._look()
        return True

    def _look(self) -> None:
        """Who has something to say stands in its lane from now on."""
        for fd in self._watch.ready(_SEEN_AT_ONCE):
            if self._came is not None and fd == self._came[0]:
                self._is_wanted = True
                continue
            caller = self._callers.get(fd)
            if caller is not None:
                caller.lanes = self._lanes_of(caller)
                caller.lanes.put(caller.host, caller)

    def _lanes_of(self, caller: Caller) -> "Lanes[Caller]":
        if caller.words is not None:
            return self._others
        return self._first_of_few if len(self._of[caller.host]) <= _FEW else self._first

    def _hear_some(self, most_in: int) -> tuple[bool, int]:
        """Whether anybody was heard, and how many came in."""
        heard, came_in = False, 0
        for lanes in (self._first_of_few, self._first, self._others):
            caller = lanes.take() if came_in < most_in else None
            if caller is not None:
                heard, caller.lanes = True, None
                came_in += self._see(caller)
        return heard, came_in

    def _see(self, caller: Caller) -> bool:
        """Whether it came in."""
        try:
            return self._hear(caller)
        except Exception:
            # A defect of ours costs this caller, not the port.
            log.exception("What %s said could not be heard.", caller.host)
            if self._callers.get(caller.fd) is caller:
                self._turn_away(caller, b"", None)
            return False

    def _hear(self, caller: Caller) -> bool:
        """Whether it came in."""
        if self._words is None:
            self._admit(caller)
            return True
        try:
            data = caller.socket.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            self._watch.again(caller.fd)
            return False
        except OSError:
            data = b""
        if not data:
            self._turn_away(caller, b"", None)
            return False
        if caller.words is None:
            caller.words = self._words(caller.host)
            caller.kept = self._hoard.of(caller.host)
        return self._judge(caller, caller.words, data)

    def _judge(self, caller: Caller, words: Words, data: bytes) -> bool:
        verdict = words.hear(data)
        is_too_much = caller.kept is not None and caller.kept.note(words.held)
        if verdict.then is Then.LEAVE:
            if verdict.told:
                _skip(caller.socket)
            self._turn_away(caller, verdict.told, verdict.why)
            return False
        if verdict.told and not _says(caller.socket, verdict.told):
            self._turn_away(caller, b"", Why.SLOW_READER)
            return False
        if verdict.then is Then.WAIT:
            if is_too_much:
                self._turn_away(caller, None, Why.HOARDING)
            else:
                self._watch.again(caller.fd)
            return False
        self._admit(caller)
        return True

    def _admit(self, caller: Caller) -> None:
        self._watch.drop(caller.fd)  # one that is closed drops by itself
        self._forget(caller)
        self._let_in(caller)

    # -- leaving

    def _mind_the_time(self) -> None:
        """Wake up when the first is due."""
        if self._timer is None and self._callers:
            due = next(iter(self._callers.values())).due
            self._timer = self._loop.call_at(due, self._be_late)

    def _be_late(self) -> None:
        self._timer = None
        if self._attends:  # else a turn comes anyway
            self._turn()

    def _dismiss_some(self) -> bool:
        """A handful of those that are due; whether there were any."""
        now = self._loop.time()
        for number in range(_DISMISSED_AT_ONCE):
            first = next(iter(self._callers.values()), None)
            if first is None or first.due > now:
                return number > 0
            self._turn_away(first, None, Why.SILENT)
        return True

    def _turn_away(self, caller: Caller, told: bytes | None, why: Why | None) -> None:
        self._forget(caller)
        self._dismiss(caller, told, why)

    def _forget(self, caller: Caller) -> None:
        fd = caller.fd
        del self._callers[fd]
        if caller.lanes is not None:
            caller.lanes.drop(caller.host, caller)
            caller.lanes = None
        of = self._of[caller.host]
        del of[fd]
        if not of:
            del self._of[caller.host]
        if caller.kept is not None:
            caller.kept.note(0)


def breath(took: float) -> float:
    """How long others come first after something that took so long."""
    return min(max(took * (1 / _SHARE - 1), _LEAST_BREATH_S), _LONGEST_BREATH_S)


def _skip(found: socket.socket) -> None:
    """Closing upon what is unread would take the farewell away; who sends that much more does not listen."""
    with suppress(OSError):
        found.recv(_READ_BYTES)


def _says(found: socket.socket, told: bytes) -> bool:
    """Whether the peer reads what it is told."""
    try:
        return found.send(told) == len(told)
    except OSError:
        return False
