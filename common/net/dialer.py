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
        #: How long until the next attempt, while there is none.
        self.waiting_s: float | None = None

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
            self.waiting_s = self._backoff.next_delay()
            await asyncio.sleep(self.waiting_s)
            self.waiting_s = None

    async def _use(self, link: Link) -> None:
        since = self._clock.now().mono
        self.link = link
        try:
            await self._on_link(link)
        finally:
            self.link = None
            await link.close()
        if self._clock.now().mono - since >= _GOOD_AFTER_S:
            self._backoff.reset()
        self._on_event(
            ConnectionLost(
                message_id=self._ids(),
                timestamp=self._clock.now().wall,
                peer=str(self.address),
                description=f"The link to {self.address} ended{f': {link.why_ended}' if link.why_ended else ''}.",
            )
        )

    def _tell_failed(self, wrong: OSError) -> None:
        self._on_event(
            ConnectionFailed(
                message_id=self._ids(),
                timestamp=self._clock.now().wall,
                peer=str(self.address),
                description=f"Cannot connect to {self.address}: {self._why_not(wrong)}.",
            )
        )

    def _why_not(self, wrong: OSError) -> str:
        return why_not(wrong, self._tls.option) if self._tls else why_not(wrong)
