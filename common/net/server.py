"""A listener: hands every accepted connection to its owner as a Link."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping

from common.clock import Clock
from common.errors import BadMessage, CannotStart
from common.framing import MAX_FRAME_BYTES
from common.ids import Ids
from common.messages import Message
from common.net.address import Address
from common.net.link import READ_BYTES, Link, why_not
from common.words.net import CANNOT_LISTEN
from common.words.system import why

_OWNERS_END_WITHIN_S = 1.5


def bind(host: str, port: int, option: str = "--port") -> socket.socket:
    """Take a port before anything else is touched, so that a second process on it disturbs nothing."""
    taken = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
    except OSError as wrong:
        taken.close()
        told = CANNOT_LISTEN(address=Address(host, port), why=why(why_not(wrong)), option=option)
        raise CannotStart(told) from None
    return taken


class Server:
    """Listens on one address; closing it closes every link it accepted."""

    def __init__(
        self,
        on_link: Callable[[Link], Awaitable[None]],
        accepts: Mapping[str, type[Message]],
        *,
        clock: Clock,
        ids: Ids,
        limit: int = MAX_FRAME_BYTES,
        on_bad: Callable[[BadMessage], None] = lambda _: None,
    ) -> None:
        self._on_link = on_link
        self._accepts = accepts
        self._clock = clock
        self._ids = ids
        self._limit = limit
        self._on_bad = on_bad
        self._listener: asyncio.Server | None = None
        self._stopping = False
        self._links: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> Address:
        """Listen, and say where; raises CannotStart with what to do."""
        return await self.listen(bind(host, port))

    async def listen(self, bound: socket.socket) -> Address:
        """Listen on a port that `bind` took."""
        self._stopping = False
        self._listener = await asyncio.start_server(self._accept, sock=bound, limit=READ_BYTES // 2, backlog=1024)
        host, port = bound.getsockname()[:2]
        return Address(host, port)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(
            reader,
            writer,
            self._accepts,
            clock=self._clock,
            ids=self._ids,
            limit=self._limit,
            on_bad=self._on_bad,
        )
        self._links.add(link)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if not self._stopping:  # else it was accepted in the very moment of the end
                await self._on_link(link)
        finally:
            self._links.discard(link)
            self._tasks.discard(task)
            await link.close()

    @property
    def link_count(self) -> int:
        return len(self._links)

    async def stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()

    async def stop(self) -> None:
        """Stop listening, close every link, wait until their owners are done; a peer that does not read is cut off."""
        self._stopping = True
        await self.stop_listening()
        for farewell in (Link.close_soon, Link.abort):
            for link in list(self._links):
                farewell(link)
            if not self._tasks:
                return
            await asyncio.wait(self._tasks, timeout=_OWNERS_END_WITHIN_S)
        for task in self._tasks:
            task.cancel()
