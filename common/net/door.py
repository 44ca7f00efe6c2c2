"""Takes connections on one port: refuses what is too many, makes the TLS link, and hands over reader and writer."""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress

from common.net.limits import Crowd, Limits, Sparing, Why
from common.net.tls import Tls, why_no_client
from common.words.net import BROKEN_OFF

log = logging.getLogger("ev.door")

#: So many are accepted in one turn of the loop; those that are in already get the next one.
_AT_ONCE = 16
#: How long to leave the port alone when the system has no more sockets for us.
_PAUSE_S = 0.5
_FAREWELL_WITHIN_S = 1.0
_READ_BYTES = 64 * 1024
_TLS_BEGINS_WITH = b"\x16"
_GOODBYE_OF_TLS_S = 1.0
_WORDS = {
    Why.TOO_MANY: "there are as many connections as may be",
    Why.TOO_MANY_FROM_ONE: "there are as many connections from this address as may be",
    Why.PLAIN: "it does not speak TLS, and this port takes nothing else",
    Why.NO_CERTIFICATE: "it showed no client certificate, which --tls-client-ca asks for",
    Why.SILENT: "it did not finish its TLS handshake in time",
}

OnOpen = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
#: Hears why a connection was turned away or cut.
OnCut = Callable[[Why], None]


class Door:
    """`on_open` owns each connection until it returns. `farewell(why)` gives the bytes for who must leave."""

    def __init__(
        self,
        on_open: OnOpen,
        *,
        tls: Tls | None,
        limits: Limits,
        buffer_bytes: int,
        farewell: Callable[[Why], bytes],
        on_cut: OnCut = lambda _: None,
    ) -> None:
        self._on_open = on_open
        self._tls = tls
        self._limits = limits
        self._buffer_bytes = buffer_bytes
        self._farewell = farewell
        self._on_cut = on_cut
        self._crowd = Crowd(limits.links, limits.links_from_one)
        self._bound: socket.socket | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._sparing = Sparing()
        #: One for each connection; and those of them that are still on the doorstep.
        self.tasks: set[asyncio.Task[None]] = set()
        self._opening: set[asyncio.Task[None]] = set()

    def listen(self, bound: socket.socket, backlog: int = 1024) -> None:
        """On a port that `bind` took."""
        bound.setblocking(False)
        bound.listen(backlog)
        self._bound = bound
        asyncio.get_running_loop().add_reader(bound, self._accept)

    def close(self) -> None:
        """Take no more; those that are in stay, those in the middle of a handshake go."""
        for task in self._opening:
            task.cancel()
        if self._pause is not None:
            self._pause.cancel()
        if self._bound is not None:
            asyncio.get_running_loop().remove_reader(self._bound)
            self._bound.close()
            self._bound = None

    def _accept(self) -> None:
        assert self._bound is not None
        for _ in range(_AT_ONCE):
            try:
                found, peer = self._bound.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            except OSError as wrong:
                self._rest(wrong)
                return
            found.setblocking(False)
            self._take(found, peer[0])

    def _rest(self, wrong: OSError) -> None:
        """The system has no more sockets for us: the port would be ready at once, again and again."""
        loop, bound = asyncio.get_running_loop(), self._bound
        assert bound is not None
        self._note(errno.errorcode.get(wrong.errno or 0, "accept"), f"Cannot take a connection: {wrong.strerror}.")
        loop.remove_reader(bound)
        self._pause = loop.call_later(_PAUSE_S, lambda: loop.add_reader(bound, self._accept))

    def _take(self, found: socket.socket, host: str) -> None:
        why = self._crowd.enter(host)
        if why is not None:
            self.cut(why, host)
            if self._tls is None:
                with suppress(OSError):
                    found.send(self._farewell(why))
            found.close()
            return
        task = asyncio.get_running_loop().create_task(self._attend(found, host))
        for group in (self.tasks, self._opening):
            group.add(task)
            task.add_done_callback(group.discard)

    async def _attend(self, found: socket.socket, host: str) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            ends = await self._open(found, host)
            self._opening.discard(task)
            if ends is not None:
                await self._on_open(*ends)
        finally:
            self._crowd.leave(host)

    async def _open(self, found: socket.socket, host: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Reader and writer, or None when there will be no link."""
        try:
            async with asyncio.timeout(self._limits.open_within_s):
                if self._tls is None:
                    return await self._streams(found)
                if not await self._speaks_tls(found, host):
                    return None
                return await self._certified(*await self._streams(found), host)
        except TimeoutError:
            self.cut(Why.SILENT, host)
        except ssl.SSLError as wrong:
            self.cut(Why.TLS, host, why_no_client(wrong))
        except OSError:
            if self._tls is not None:
                self.cut(Why.TLS, host, BROKEN_OFF.en)
        return None

    async def _streams(self, found: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=self._buffer_bytes, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        if self._tls is None:
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, found)
        else:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol,
                found,
                ssl=self._tls.context,
                ssl_handshake_timeout=2 * self._limits.open_within_s,  # ours comes first
                ssl_shutdown_timeout=_GOODBYE_OF_TLS_S,
            )
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

    async def _certified(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Only who showed a certificate, where one is asked for; its CA is already checked."""
        assert self._tls is not None
        if not self._tls.asks_for_certificate or writer.get_extra_info("peercert"):
            return reader, writer
        self.cut(Why.NO_CERTIFICATE, host)
        writer.write(self._farewell(Why.NO_CERTIFICATE))
        writer.close()
        await writer.wait_closed()
        return None

    async def _speaks_tls(self, found: socket.socket, host: str) -> bool:
        """Look at the first byte and leave it there. Who speaks plainly is told so in plain words."""
        is_tls = False
        try:
            await _readable(found)
            first = found.recv(1, socket.MSG_PEEK)
            is_tls = first == _TLS_BEGINS_WITH
            if first and not is_tls:
                self.cut(Why.PLAIN, host)
                await self._tell_to_speak_tls(found)
        finally:
            if not is_tls:  # else the transport owns it
                found.close()
        return is_tls

    async def _tell_to_speak_tls(self, found: socket.socket) -> None:
        # Read first: closing upon what is unread would take the farewell away.
        found.recv(_READ_BYTES)
        found.send(self._farewell(Why.PLAIN))
        found.shutdown(socket.SHUT_WR)
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_WITHIN_S):
                await _readable(found)

    def cut(self, why: Why, host: str, words: str = "") -> None:
        """Count one that was turned away, and say so once a while."""
        self._on_cut(why)
        self._note(why, f"A connection from {host} was closed: {words or _WORDS[why]}.")

    def _note(self, kind: str, sentence: str) -> None:
        left_out = self._sparing.may_say(kind, asyncio.get_running_loop().time())
        if left_out is not None:
            log.warning("%s%s", sentence, f" (And {left_out} more since the last such line.)" if left_out else "")


async def _readable(found: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(found, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(found)
