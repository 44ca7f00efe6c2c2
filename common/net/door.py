"""Takes connections on one port: refuses what is too many, makes the TLS link, and hands over reader and writer."""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress

from common.net.address import source_of
from common.net.doorstep import Caller, Doorstep, Words
from common.net.inbox import Inbox
from common.net.limits import Crowd, Limits, Sparing, Why
from common.net.tls import Tls, why_no_client
from common.words.net import BROKEN_OFF

log = logging.getLogger("ev.door")

#: So many are accepted before some of those who speak are heard.
_AT_ONCE = 8
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
    Why.SILENT: "it said nothing that could be taken, or did not finish its TLS handshake, in time",
    Why.GARBAGE: "it sent nothing but what cannot be taken",
    Why.GAVE_WAY: "it had said nothing yet, and had to make room for a newer one",
    Why.HOARDING: "it kept a long frame half sent while too many did so",
    Why.SLOW_READER: "it does not read what it is told",
}

OnOpen = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
#: Hears why a connection was turned away or cut.
OnCut = Callable[[Why], None]


class Door:
    """
    `on_open` owns each connection until it returns. `farewell(why)` gives the bytes for who must leave.

    With `words` a connection that comes without TLS stays on the doorstep until it has said something that can be taken.
    """

    def __init__(
        self,
        on_open: OnOpen,
        *,
        tls: Tls | None,
        limits: Limits,
        buffer_bytes: int,
        farewell: Callable[[Why], bytes],
        on_cut: OnCut = lambda _: None,
        words: Callable[[str], Words] | None = None,
    ) -> None:
        self._on_open = on_open
        self._tls = tls
        self._limits = limits
        self._buffer_bytes = buffer_bytes
        self._farewell = farewell
        self._on_cut = on_cut
        self._words = words if tls is None else None
        self._crowd = Crowd(limits.links, limits.links_from_one)
        self._bound: socket.socket | None = None
        self._doorstep: Doorstep | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._sparing = Sparing()
        #: One for each connection that is in; and those of them whose TLS link is being made.
        self.tasks: set[asyncio.Task[None]] = set()
        self._opening: set[asyncio.Task[None]] = set()

    def listen(self, bound: socket.socket, backlog: int = 4096) -> None:
        """On a port that `bind` took."""
        bound.setblocking(False)
        bound.listen(backlog)
        self._bound = bound
        self._doorstep = Doorstep(
            within_s=self._limits.open_within_s,
            let_in=self._let_in,
            dismiss=self._dismiss,
            words=self._words,
            **({} if self._tls is None else {"in_at_once": 1}),  # a handshake is dear
        )
        self._doorstep.listen(bound, self._accept)

    def close(self) -> None:
        """Take no more; those that are in stay, those on the doorstep and in the middle of a handshake go."""
        for task in self._opening:
            task.cancel()
        if self._pause is not None:
            self._pause.cancel()
        if self._doorstep is not None:
            self._doorstep.close()
            self._doorstep = None
        if self._bound is not None:
            self._bound.close()
            self._bound = None

    @property
    def waiting(self) -> int:
        """How many are on the doorstep."""
        return 0 if self._doorstep is None else len(self._doorstep)

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
            self._take(found, source_of(peer[0]))

    def _rest(self, wrong: OSError) -> None:
        """The system has no more sockets for us: the port would be ready at once, again and again."""
        bound, doorstep = self._bound, self._doorstep
        assert bound is not None
        assert doorstep is not None
        self._note(errno.errorcode.get(wrong.errno or 0, "accept"), f"Cannot take a connection: {wrong.strerror}.")
        doorstep.deafen()
        self._pause = asyncio.get_running_loop().call_later(_PAUSE_S, lambda: doorstep.listen(bound, self._accept))

    def _take(self, found: socket.socket, host: str) -> None:
        assert self._doorstep is not None
        why = self._crowd.enter(host)
        # Who has not said anything yet gives way to who has just come: silence keeps nobody out.
        if why is not None and self._doorstep.give_way(None if why is Why.TOO_MANY else host):
            why = self._crowd.enter(host)
        if why is not None:
            self.cut(why, host)
            self._say_farewell(found, self._farewell(why))
            return
        if self._tls is None and self._words is None:
            due = asyncio.get_running_loop().time() + self._limits.open_within_s
            self._let_in(Caller(found, found.fileno(), host, due))
        else:
            self._doorstep.add(found, host)

    def _dismiss(self, caller: Caller, told: bytes | None, why: Why | None) -> None:
        self._crowd.leave(caller.host)
        if why is not None:
            self.cut(why, caller.host)
        if told is None and why is not None:
            told = self._farewell(why)
        self._say_farewell(caller.socket, told)

    def _say_farewell(self, found: socket.socket, told: bytes | None) -> None:
        if told and self._tls is None:
            with suppress(OSError):
                found.send(told)
        found.close()

    def _let_in(self, caller: Caller) -> None:
        task = asyncio.get_running_loop().create_task(self._attend(caller))
        for group in (self.tasks, self._opening):
            group.add(task)
            task.add_done_callback(group.discard)

    async def _attend(self, caller: Caller) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            ends = await self._open(caller)
            self._opening.discard(task)
            if ends is not None:
                await self._on_open(*ends)
        finally:
            self._crowd.leave(caller.host)

    async def _open(self, caller: Caller) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Reader and writer, or None when there will be no link."""
        host = caller.host
        try:
            if self._tls is None:
                said, caller.words = b"" if caller.words is None else caller.words.said, None
                return await self._streams(caller.socket, said)
            async with asyncio.timeout_at(caller.due):
                if not await self._speaks_tls(caller.socket, host):
                    return None
                return await self._certified(*await self._streams(caller.socket), host)
        except TimeoutError:
            self.cut(Why.SILENT, host)
        except ssl.SSLError as wrong:
            self.cut(Why.TLS, host, why_no_client(wrong))
        except OSError:
            if self._tls is not None:
                self.cut(Why.TLS, host, BROKEN_OFF.en)
        return None

    async def _streams(
        self, found: socket.socket, said: bytes = b""
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """`said` was read on the doorstep, and is heard again."""
        loop = asyncio.get_running_loop()
        reader = Inbox(self._buffer_bytes, loop)
        if said:
            reader.feed_data(said)
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
