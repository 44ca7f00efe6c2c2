"""A client that keeps one link up: connects, hands the link to its owner, and reconnects with back-off."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from common.clock import Clock
from common.errors import BadMessage
from common.framing import MAX_FRAME_BYTES
from common.ids import Ids
from common.messages import ConnectionFailed, ConnectionLost, Message
from common.net.address import Address
from common.net.backoff import Backoff
from common.net.link import READ_BYTES, Link, why_not
from common.net.tls import Tls
from common.words.net import CANNOT_CONNECT, LINK_ENDED, LINK_ENDED_BECAUSE

CONNECT_TIMEOUT_S = 10.0
_GOODBYE_OF_TLS_S = 1.0
#: A link that lived this long was a good one: the next attempt starts from the shortest wait again.
_GOOD_AFTER_S = 5.0


async def connect(
    address: Address,
    accepts: Mapping[str, type[Message]],
    *,
    clock: Clock,
    ids: Ids,
    limit: int = MAX_FRAME_BYTES,
    on_bad: Callable[[BadMessage], None] = lambda _: None,
    tls: Tls | None = None,
) -> Link:
    """One attempt; raises OSError (TimeoutError and what TLS has against the peer included)."""
    safely: dict[str, Any] = {"ssl": tls.context, "ssl_shutdown_timeout": _GOODBYE_OF_TLS_S} if tls else {}
    async with asyncio.timeout(CONNECT_TIMEOUT_S):
        reader, writer = await asyncio.open_connection(address.host, address.port, limit=READ_BYTES // 2, **safely)
    shows = tls is not None and tls.shows_certificate
    return Link(reader, writer, accepts, clock=clock, ids=ids, limit=limit, on_bad=on_bad, shows_certificate=shows)


class Dialer:
    """Runs until cancelled. `on_event` hears connection_lost and connection_error, as the dispatcher's messages."""

    def __init__(
        self,
        address: Address,
        accepts: Mapping[str, type[Message]],
        *,
        on_link: Callable[[Link], Awaitable[None]],
        on_event: Callable[[ConnectionLost | ConnectionFailed], None],
        clock: Clock,
        ids: Ids,
        backoff: Backoff,
        limit: int = MAX_FRAME_BYTES,
        on_bad: Callable[[BadMessage], None] = lambda _: None,
        tls: Tls | None = None,
    ) -> None:
        self.address = address
        self._tls = tls
        self._accepts = accepts
        self._on_link = on_link
        self._on_event = on_event
        self._clock = clock
        self._ids = ids
        self._backoff = backoff
        self._limit = limit
        self._on_bad = on_bad
        #: The link while there is one.
        self.link: Link | None = None
        #: How long the present wait for the next attempt is, while there is one.
        self.waiting_s: float | None = None
        #: When the next attempt comes, while it is waited for; when there was a link last, while there is none. Monotonic.
        self.next_try_at: float | None = None
        self.lost_at: float | None = None
        #: Why the last attempt failed; None once one succeeded.
        self.why_not: str | None = None
        self._heard_at: float | None = None
        self._hold_off_s = 0.0

    def hold_off(self, seconds: float) -> None:
        """The other end asked not to be called for so long: the next wait is no shorter."""
        self._hold_off_s = seconds

    @property
    def heard_at(self) -> float | None:
        """When the other end was last heard (monotonic), on this link or on those before it."""
        heard_now = None if self.link is None else self.link.heard_at
        return self._heard_at if heard_now is None else heard_now

    async def run(self) -> None:
        while True:
            try:
                link = await connect(
                    self.address,
                    self._accepts,
                    clock=self._clock,
                    ids=self._ids,
                    limit=self._limit,
                    on_bad=self._on_bad,
                    tls=self._tls,
                )
            except OSError as wrong:
                self._tell_failed(wrong)
            else:
                await self._use(link)
            self.waiting_s = max(self._backoff.next_delay(), self._hold_off_s)
            self._hold_off_s = 0.0
            self.next_try_at = self._clock.now().mono + self.waiting_s
            await asyncio.sleep(self.waiting_s)
            self.waiting_s = self.next_try_at = None

    async def _use(self, link: Link) -> None:
        since = self._clock.now().mono
        self.link, self.lost_at, self.why_not = link, None, None
        try:
            await self._on_link(link)
        finally:
            self._heard_at = self.heard_at
            self.link, self.lost_at = None, self._clock.now().mono
            await link.close()
        if self._clock.now().mono - since >= _GOOD_AFTER_S:
            self._backoff.reset()
        self._on_event(
            ConnectionLost(
                message_id=self._ids(),
                timestamp=self._clock.now().wall,
                peer=str(self.address),
                description=LINK_ENDED.en.format(address=self.address)
                if link.why_ended is None
                else LINK_ENDED_BECAUSE.en.format(address=self.address, why=link.why_ended),
            )
        )

    def _tell_failed(self, wrong: OSError) -> None:
        self.why_not = why_not(wrong, self._tls.option) if self._tls else why_not(wrong)
        self._on_event(
            ConnectionFailed(
                message_id=self._ids(),
                timestamp=self._clock.now().wall,
                peer=str(self.address),
                description=CANNOT_CONNECT.en.format(address=self.address, why=self.why_not),
            )
        )
