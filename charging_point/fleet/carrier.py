"""
One link to Central and the points that talk over it: who is let in when, and whose an answer is.

What a point says and when it gives up is its watch's decision. A carrier of one point closes its link when that leaves, as
a Monitor does; over one of many the others talk on.
"""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from charging_point.fleet.pair import Pair
from common.clock import Clock
from common.errors import BadMessage, TransportLost
from common.ids import Ids
from common.messages import ChargingData, ConnectionFailed, ConnectionLost, Message
from common.net.address import Address
from common.net.backoff import Backoff
from common.net.dialer import Dialer
from common.net.link import Link
from common.net.tls import Tls
from common.registry import over_tcp
from common.routes import Role

log = logging.getLogger("ev.fleet")

#: So many points of a link ask to be let in at once: a link that nobody is registered on may bring 1000 frames in a burst.
MOST_JOINING = 200
#: Answers are waited for so long in number; older ones nobody waits for.
_MOST_ASKED = 64
_LEAST_ASKED = 4096


class Carrier:
    """`run` keeps the link up. `hear` gets what came for a point; `seen` every event of the link."""

    def __init__(
        self,
        address: Address,
        pairs: list[Pair],
        *,
        hear: Callable[[Pair, Message], None],
        let_in: Callable[[Pair], None],
        lost: Callable[["Carrier", ConnectionLost], None],
        failed: Callable[[ConnectionFailed], None],
        clock: Clock,
        ids: Ids,
        backoff: Backoff,
        limit: int,
        tls: Tls | None,
    ) -> None:
        self.pairs = pairs
        self._by_id = {pair.cp_id: pair for pair in pairs}
        self._hear = hear
        self._let_in = let_in
        self._lost = lost
        self._failed = failed
        self._clock = clock
        #: Whose request it was, by its message_id: answers do not name their point.
        self._asked: dict[str, Pair] = {}
        self._most_asked = max(_LEAST_ASKED, _MOST_ASKED * len(pairs))
        self._queue: deque[Pair] = deque()
        self._joining: set[Pair] = set()
        self._strays = 0
        self.dialer = Dialer(
            address,
            over_tcp(Role.CENTRAL, Role.MONITOR),
            on_link=self._serve,
            on_event=self._hear_event,
            clock=clock,
            ids=ids,
            backoff=backoff,
            limit=limit,
            on_bad=_note_bad,
            tls=tls,
        )

    @property
    def is_single(self) -> bool:
        return len(self.pairs) == 1

    @property
    def link(self) -> Link | None:
        return self.dialer.link

    async def run(self) -> None:
        await self.dialer.run()

    # -- points

    def join(self, pair: Pair) -> None:
        """Let it in when its turn comes; while there is no link, that is after there is one."""
        self._queue.append(pair)
        self._go_on()

    def settled(self, pair: Pair) -> None:
        """It is in, or was turned away: the next may ask."""
        self._joining.discard(pair)
        self._go_on()

    def close(self, after_s: float) -> None:
        """End the link, and try again after the back-off, no sooner than that."""
        self.dialer.hold_off(after_s)
        if self.link is not None:
            self.link.close_soon()

    def send(self, pair: Pair, message: Message) -> None:
        """What cannot be sent needs no second try: that the link is lost is told next."""
        if self.link is None:
            return
        if not isinstance(message, ChargingData):
            self._asked[message.message_id] = pair
            if len(self._asked) > self._most_asked:
                del self._asked[next(iter(self._asked))]
        with suppress(TransportLost):
            self.link.send(message)

    def _go_on(self) -> None:
        while self._queue and self.link is not None and self.link.is_open and len(self._joining) < MOST_JOINING:
            pair = self._queue.popleft()
            self._joining.add(pair)
            self._let_in(pair)

    # -- the link

    async def _serve(self, link: Link) -> None:
        self._asked.clear()
        self._go_on()
        async for message in link:
            pair = self._whose(message)
            if pair is not None:
                self._hear(pair, message)
            else:
                self._note_stray(message)

    def _whose(self, message: Message) -> Pair | None:
        """A command or an acknowledgement names its point; an answer, its request; an error of neither, its point beside it."""
        cp_id = getattr(message, "cp_id", None)
        if cp_id is not None:
            return self._by_id.get(cp_id)
        asked = self._asked.pop(message.message_id, None)
        if asked is not None or self.is_single:
            return asked or self.pairs[0]
        data = getattr(message, "data", None) or {}
        named = data.get("cp_id")
        return self._by_id.get(named) if isinstance(named, str) else None

    def _note_stray(self, message: Message) -> None:
        self._strays += 1
        if self._strays == 1:
            told = getattr(message, "message", "")
            log.warning("Central said what belongs to no point of this link (%s): %s", message.type, told)

    def _hear_event(self, event: ConnectionLost | ConnectionFailed) -> None:
        self._joining.clear()
        if isinstance(event, ConnectionFailed):
            self._failed(event)
            return
        self._queue.clear()
        self._lost(self, event)


def _note_bad(bad: BadMessage) -> None:
    log.warning("Refused what arrived (%s): %s", bad.code, bad.sentence)
