"""A listener: hands every accepted connection to its owner as a Link."""

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from common.clock import Clock
from common.codec import encode_line
from common.errors import BadMessage, CannotStart, ErrorCode
from common.framing import MAX_FRAME_BYTES
from common.ids import Ids
from common.messages import Message
from common.net.address import Address
from common.net.burden import Hoards
from common.net.door import Door
from common.net.limits import Buckets, Limits, Pace, Sparing, Why
from common.net.link import READ_BYTES, SILENT, Link, refusal, why_not
from common.net.opening import CROWDED, Opening
from common.net.tls import Tls
from common.words.net import CANNOT_LISTEN
from common.words.system import why
from common.words.tls import SHOW_CERTIFICATE, SPEAK_TLS

log = logging.getLogger("ev.server")

_OWNERS_END_WITHIN_S = 1.5
#: Database, Kafka, logs and whatever a library opens.
_OTHER_FILES = 500
_CUT_AT_ONCE = 16
#: Bad frames of an address that are answered while they open a connection; who sends more is closed without a word.
_ERRORS_PER_S = 20.0
_ERRORS_BURST_S = 10.0
_TOO_MANY = "There are too many connections; come back later."
_FAREWELLS = {
    Why.PLAIN: (ErrorCode.NOT_ALLOWED, SPEAK_TLS.en),
    Why.NO_CERTIFICATE: (ErrorCode.NOT_AUTHENTICATED, SHOW_CERTIFICATE.en),
    Why.SILENT: (ErrorCode.RATE_LIMITED, SILENT),
    Why.HOARDING: (ErrorCode.RATE_LIMITED, CROWDED),
}
_CUT = {
    Why.SILENT: "it said nothing that could be taken",
    Why.SLOW_SENDER: "a frame took too long to arrive",
    Why.SLOW_READER: "it does not read what it is sent",
    Why.HOARDING: "it kept a long frame half sent while too many did so",
    Why.TOO_FAST: "it sends too many messages, and no end of it",
}


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


def make_room(links: int) -> None:
    """Each link is an open file, and systems begin with few: take as many as this one allows us."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    wanted = links + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


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
        tls: Tls | None = None,
        limits: Limits | None = None,
        on_cut: Callable[[Why], None] = lambda _: None,
        doorstep: bool = False,
        must_prove: bool = False,
        hoards: Hoards | None = None,
    ) -> None:
        """
        With `doorstep` a connection becomes a link by its first good message (without TLS: with it, a link is dear already).

        With `must_prove` it may stay only once its owner has welcomed it.
        """
        self._must_prove = must_prove
        self._on_link = on_link
        self._accepts = accepts
        self._clock = clock
        self._ids = ids
        self._limit = limit
        self._on_bad = on_bad
        self._on_cut = on_cut
        self._limits = limits or Limits()
        self._door = Door(
            self._accept,
            tls=tls,
            limits=self._limits,
            buffer_bytes=READ_BYTES // 2,
            farewell=self._farewell,
            on_cut=on_cut,
            words=self._opening if doorstep else None,
        )
        self._errors = Buckets(_ERRORS_PER_S, _ERRORS_BURST_S)
        self._sparing = Sparing()
        self._stopping = False
        self._links: set[Link] = set()
        self._hoards = hoards or Hoards()
        #: How to cut those that are due to be.
        self._overdue: deque[Callable[[], None]] = deque()

    async def start(self, host: str, port: int) -> Address:
        """Listen, and say where; raises CannotStart with what to do."""
        return await self.listen(bind(host, port))

    async def listen(self, bound: socket.socket) -> Address:
        """Listen on a port that `bind` took."""
        self._stopping = False
        host, port = bound.getsockname()[:2]
        self._door.listen(bound)
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
            limits=self._limits,
            on_cut=self._note_cut,
            in_turn=self._queue_cut,
            must_prove=self._must_prove,
            hoards=self._hoards,
        )
        self._links.add(link)
        try:
            if not self._stopping:  # else it was accepted in the very moment of the end
                await self._on_link(link)
        finally:
            self._links.discard(link)
            await link.close()

    def _opening(self, host: str) -> Opening:
        """For who has just come: what it says is read here until it is worth a link."""
        loop = asyncio.get_running_loop()
        return Opening(
            self._accepts,
            self._limit,
            self._refuse,
            may_err=lambda: self._errors.take(host, loop.time()) is Pace.FINE,
            may_bring=lambda count: not self._hoards.unheard.is_too_much(host, count),
        )

    def _refuse(self, bad: BadMessage) -> bytes:
        self._on_bad(bad)
        return encode_line(refusal(bad, self._clock, self._ids))

    def _queue_cut(self, cut: Callable[[], None]) -> None:
        """Links that owe something come due in crowds; between two handfuls the others are served."""
        self._overdue.append(cut)
        if len(self._overdue) == 1:
            asyncio.get_running_loop().call_soon(self._cut_some)

    def _cut_some(self) -> None:
        for _ in range(min(_CUT_AT_ONCE, len(self._overdue))):
            self._overdue[0]()
            self._overdue.popleft()
        if self._overdue:
            asyncio.get_running_loop().call_soon(self._cut_some)

    def _note_cut(self, why: Why, peer: str) -> None:
        self._on_cut(why)
        left_out = self._sparing.may_say(why, asyncio.get_running_loop().time())
        if left_out is not None:
            more = f" (And {left_out} more since the last such line.)" if left_out else ""
            log.warning("The link from %s was cut: %s.%s", peer, _CUT[why], more)

    def _farewell(self, why: Why) -> bytes:
        """What who must leave before there is a link is told."""
        code, sentence = _FAREWELLS.get(why, (ErrorCode.RATE_LIMITED, _TOO_MANY))
        return encode_line(refusal(BadMessage(code, sentence), self._clock, self._ids))

    @property
    def link_count(self) -> int:
        return len(self._links)

    @property
    def waiting(self) -> int:
        """Connections that have not said anything that could be taken."""
        return self._door.waiting

    async def stop_listening(self) -> None:
        self._door.close()

    async def stop(self) -> None:
        """Stop listening, close every link, wait until their owners are done; a peer that does not read is cut off."""
        self._stopping = True
        await self.stop_listening()
        for farewell in (Link.close_soon, Link.abort):
            for link in list(self._links):
                farewell(link)
            if not self._door.tasks:
                return
            await asyncio.wait(self._door.tasks, timeout=_OWNERS_END_WITHIN_S)
        for task in self._door.tasks:
            task.cancel()
