"""One live TCP connection that carries messages, and the answers that section 1 and 2 owe to bad frames."""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress

from pydantic import JsonValue

from common import tracing
from common.clock import Clock
from common.codec import decode, encode_line, traceparent_of, with_traceparent
from common.errors import BadMessage, ErrorCode, TransportLost
from common.framing import MAX_FRAME_BYTES, BadFrameCount, LineFramer
from common.ids import Ids
from common.messages import ErrorResponse, Message
from common.net.address import source_of
from common.net.burden import Burden, Hoards
from common.net.limits import Bucket, Limits, Pace, Why
from common.net.opening import CROWDED
from common.net.tls import points_of, why_no_server
from common.words.net import NO_ANSWER, SILENTLY_REFUSED
from common.words.tls import SPEAK_PLAINLY

log = logging.getLogger("ev.link")

#: One read; with the frame limit, the most that a link ever buffers of what arrives.
READ_BYTES = 32 * 1024
#: A peer that leaves more than this unread is cut off: memory is not its to fill.
MOST_UNSENT_BYTES = 4 * 1024 * 1024
#: Of a listener's peer that leaves more than this unread, nothing more is read until it has caught up.
_MOST_OWED_BYTES = 128 * 1024
_LINES_A_TURN = 16
_GOODBYE_S = 1.0
#: A machine that vanished is found out in 35 s: until then a point that must not be taken over is locked out by its dead link.
_KEEPALIVE = {socket.TCP_KEEPIDLE: 20, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3}
_MOST_UNHEARD_BYTES = 256 * 1024
_TLS_BEGINS_WITH = b"\x16\x03"
SILENT = "Nothing that could be taken came in time; the connection is closed."
SLOW_SENDER = "A frame took too long to arrive; the connection is closed."
_TOO_FAST = "Too many messages on this link, and no end of it; the connection is closed."


def why_not(wrong: OSError, option: str = "--tls-ca") -> str:
    """Why a socket could not be had, in the system's own words; asyncio puts addresses and brackets around them."""
    if isinstance(wrong, ssl.SSLError):
        return why_no_server(wrong, option)
    if isinstance(wrong, TimeoutError):
        return NO_ANSWER.en
    return os.strerror(wrong.errno) if wrong.errno and wrong.errno > 0 else wrong.strerror or str(wrong)


def refusal(bad: BadMessage, clock: Clock, ids: Ids) -> ErrorResponse:
    """What the sender of a bad frame is told."""
    return ErrorResponse(
        message_id=bad.message_id or ids(),
        timestamp=clock.now().wall,
        error=bad.code,
        message=bad.sentence[:1000],
        data=_beside(bad),
    )


def _beside(bad: BadMessage) -> dict[str, JsonValue] | None:
    found: dict[str, JsonValue] = {}
    if bad.retry_after_s is not None:
        found["retry_after_s"] = bad.retry_after_s
    if bad.cp_id is not None:
        found["cp_id"] = bad.cp_id
    return found or None


class Link:
    """Iterate to receive; `send` to send. Bad frames are answered here and never reach the iterator."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        accepts: Mapping[str, type[Message]],
        *,
        clock: Clock,
        ids: Ids,
        limit: int = MAX_FRAME_BYTES,
        on_bad: Callable[[BadMessage], None] = lambda _: None,
        limits: Limits | None = None,
        on_cut: Callable[[Why, str], None] = lambda _, __: None,
        in_turn: Callable[[Callable[[], None]], None] = lambda cut: cut(),
        shows_certificate: bool = False,
        must_prove: bool = False,
        hoards: Hoards | None = None,
    ) -> None:
        """
        `limits` and `hoards` hold the peers of a listener; `on_cut` hears which of them cost this one its link, `in_turn` when.

        With `must_prove` the first good message is not enough to stay: the owner says who is welcome.
        """
        self._must_prove = must_prove
        self._in_turn = in_turn
        self._shows_certificate = shows_certificate
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._ids = ids
        self._framer = LineFramer(limit)
        self._bad_frames = BadFrameCount()
        self._on_bad = on_bad
        self._closed = False
        #: It was cut while it talked: closing upon what is unread would take its farewell away.
        self._lingers = False
        self._is_new = True
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._on_cut = on_cut
        self._bucket = Bucket(limits.frames_per_s, limits.frames_per_point_s, self._loop.time()) if limits else None
        #: Runs while the peer owes us something: its first good message, or the end of a frame.
        self._timer: asyncio.TimerHandle | None = None
        if limits is not None:
            self._timer = self._loop.call_later(limits.open_within_s, self._be_overdue, Why.SILENT, SILENT)
        self._is_opening = limits is not None
        #: Why it ended, where the peer or TLS said so.
        self.why_ended: str | None = None
        #: The points that its client's certificate speaks for; None without a certificate.
        self.certified_for = points_of(writer.get_extra_info("peercert")) if limits else None
        #: What may arrive; narrowed by its owner once the other end's role is known.
        self.accepts = accepts
        #: What the message that was just received brought of a trace; always None while tracing is off.
        self.traceparent: str | None = None
        peer = writer.get_extra_info("peername")
        self.peer = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "unknown"
        #: Who is behind that address, for limits.
        self.source = source_of(str(peer[0])) if isinstance(peer, tuple) else "unknown"
        self._burden = self._burden_on(hoards) if hoards is not None else None
        #: When something last arrived here (monotonic); None before the first.
        self.heard_at: float | None = None
        _tune(writer)

    @property
    def is_open(self) -> bool:
        return not self._closed

    def send(self, message: Message) -> None:
        """Queue one message; raises TransportLost when the link is gone."""
        if self._closed or self._writer.is_closing():
            raise TransportLost(f"The link to {self.peer} is closed.")
        line, traceparent = encode_line(message), tracing.traceparent()
        self._writer.write(line if traceparent is None else with_traceparent(line, traceparent))
        unsent = self._writer.transport.get_write_buffer_size()
        if unsent > MOST_UNSENT_BYTES or (self._burden and self._burden.is_too_much(unsent)):
            self._on_cut(Why.SLOW_READER, self.peer)
            self.abort()
            raise TransportLost(f"{self.peer} does not read what it is sent; its link was cut.")

    def refuse(self, bad: BadMessage) -> None:
        """Tell the other end what was wrong with what it sent."""
        self._on_bad(bad)
        with suppress(TransportLost):
            self.send(refusal(bad, self._clock, self._ids))

    def welcome(self) -> None:
        """It has said what it must to stay."""
        if self._is_opening:
            self._is_opening = False
            self._stop_timer()

    def widen(self, points: int) -> None:
        """So many points speak over this link: it may bring more frames."""
        if self._bucket is not None:
            self._bucket.widen(points)

    async def __aiter__(self) -> AsyncIterator[Message]:
        """Good messages in order of arrival, until the link ends."""
        while not self._ended():
            data = await self._receive()
            if not data:
                break
            self.heard_at = self._clock.now().mono
            for number, line in enumerate(self._framer.feed(data), 1):
                if self._ended():
                    return
                if self._limits is not None and number % _LINES_A_TURN == 0:
                    await asyncio.sleep(0)  # what one peer sends in a lump is not heard at the cost of the others
                message = self._read(line)
                if message is not None:
                    yield message
                if self._limits is not None and self._is_owed_much():
                    await self._let_it_read(self._limits.read_within_s)
            data = b""  # or it would stay for as long as the link waits
            if self._framer.broken:
                self.refuse(self._framer.broken)
                break
            self._mind_the_rest()
        await self.close()

    async def _receive(self) -> bytes:
        """What comes next; nothing when the link is at its end, with the reason in `why_ended` where it is known."""
        is_first, self._is_new = self._is_new, False
        data = b""
        try:
            data = await self._reader.read(READ_BYTES)
        except ssl.SSLError as wrong:
            self.why_ended = why_not(wrong)
        except OSError as wrong:
            log.debug("The link with %s broke: %s", self.peer, wrong)
        if self._burden is not None:
            self._burden.take(len(data))
        if is_first and not data and self._shows_certificate:
            self.why_ended = self.why_ended or SILENTLY_REFUSED.en
        if is_first and data.startswith(_TLS_BEGINS_WITH):
            self.refuse(BadMessage(ErrorCode.NOT_ALLOWED, SPEAK_PLAINLY.en))
            return b""
        return data

    def _ended(self) -> bool:
        # A method, because the owner closes the link while the iterator is suspended.
        return self._closed

    def _read(self, line: bytes) -> Message | None:
        pace = Pace.FINE if self._bucket is None else self._bucket.take(self._loop.time())
        if pace is Pace.HOPELESS:
            self._on_cut(Why.TOO_FAST, self.peer)
            self.refuse(BadMessage(ErrorCode.RATE_LIMITED, _TOO_FAST))
            self._closed = self._lingers = True
            return None
        try:
            message = decode(line, self.accepts)
            if pace is Pace.TOO_FAST:
                raise self._too_fast(message)
        except BadMessage as bad:
            self.refuse(bad)
            if self._bad_frames.saw(bad.code):
                self.close_soon()
            return None
        self._bad_frames.saw(None)
        if not self._must_prove:
            self.welcome()
        if tracing.is_on():
            self.traceparent = traceparent_of(line)
        if message.timestamp is None:
            message = message.model_copy(update={"timestamp": self._clock.now().wall})
        return message

    # -- what a listener's peer may not do

    def _too_fast(self, message: Message) -> BadMessage:
        assert self._bucket is not None
        wait_s = self._bucket.patience_s
        sentence = f"Too many messages on this link; try again in {wait_s} s."
        return BadMessage(ErrorCode.RATE_LIMITED, sentence, message.message_id, retry_after_s=wait_s)

    def _mind_the_rest(self) -> None:
        """A frame that has begun must end some time; those that are whole are not timed."""
        if self._burden is not None:
            self._burden.let_go()
        if self._ended():
            return
        if self._limits is None or self._is_opening:
            return
        if not self._framer.has_rest:
            self._stop_timer()
        elif self._timer is None:
            within_s = self._limits.frame_within_s
            self._timer = self._loop.call_later(within_s, self._be_overdue, Why.SLOW_SENDER, SLOW_SENDER)

    def _burden_on(self, hoards: Hoards) -> Burden:
        return Burden(
            hoards,
            self.source,
            self._reader,
            half_sent=lambda: self._framer.rest_bytes,
            unsent=self._writer.transport.get_write_buffer_size,
            on_crowded=self._be_crowded_out,
        )

    def _be_crowded_out(self) -> None:
        if not self._closed:
            self._cut(Why.HOARDING, CROWDED)

    def _is_owed_much(self) -> bool:
        return not self._closed and self._writer.transport.get_write_buffer_size() > _MOST_OWED_BYTES

    async def _let_it_read(self, within_s: float) -> None:
        """Take no more of a peer that does not read its answers: what it is owed is our memory."""
        try:
            async with asyncio.timeout(within_s):
                await self._writer.drain()
        except TimeoutError:
            self._on_cut(Why.SLOW_READER, self.peer)
            self.abort()
        except OSError:
            self.close_soon()

    def _be_overdue(self, why: Why, sentence: str) -> None:
        """Thousands may be at once: each is cut when its turn comes, unless what it owed has come meanwhile."""
        self._in_turn(lambda: None if self._timer is None else self._cut(why, sentence))

    def _cut(self, why: Why, sentence: str) -> None:
        self._stop_timer()
        self._on_cut(why, self.peer)
        self.refuse(BadMessage(ErrorCode.RATE_LIMITED, sentence))
        self.close_soon()
        self._loop.call_later(_GOODBYE_S, self._writer.transport.abort)  # it may not read its farewell either

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close_soon(self) -> None:
        """Close after what is queued has been written; the iterator ends."""
        self._closed = True
        self._stop_timer()
        self._writer.close()

    def abort(self) -> None:
        """Cut the connection at once."""
        self._closed = True
        self._stop_timer()
        self._writer.transport.abort()

    async def close(self) -> None:
        """Close and wait, but not for a peer that does not read."""
        if self._lingers:
            await self._hear_out()
        self.close_soon()
        try:
            async with asyncio.timeout(_GOODBYE_S):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()
        if self._burden is not None:
            self._burden.end()

    async def _hear_out(self) -> None:
        """Pass over what is on its way already, within bounds; whoever goes on has had its farewell."""
        left = _MOST_UNHEARD_BYTES
        with suppress(OSError, TimeoutError):
            if self._writer.can_write_eof():
                self._writer.write_eof()
            async with asyncio.timeout(_GOODBYE_S):
                while left > 0 and (data := await self._reader.read(READ_BYTES)):
                    left -= len(data)


def _tune(writer: asyncio.StreamWriter) -> None:
    """Send small frames at once, and let the kernel notice a peer that vanished."""
    found = writer.get_extra_info("socket")
    if found is None:
        return
    with suppress(OSError):
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE.items():
            found.setsockopt(socket.IPPROTO_TCP, option, value)
