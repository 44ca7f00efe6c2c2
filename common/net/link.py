"""One live TCP connection that carries messages, and the answers that section 1 and 2 owe to bad frames."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress

from common import tracing
from common.clock import Clock
from common.codec import decode, encode_line, traceparent_of, with_traceparent
from common.errors import BadMessage, TransportLost
from common.framing import MAX_FRAME_BYTES, BadFrameCount, LineFramer
from common.ids import Ids
from common.messages import ErrorResponse, Message
from common.words.net import NO_ANSWER

#: One read; with the frame limit, the most that a link ever buffers of what arrives.
READ_BYTES = 32 * 1024
#: A peer that leaves more than this unread is cut off: memory is not its to fill.
MOST_UNSENT_BYTES = 4 * 1024 * 1024
_GOODBYE_S = 1.0


def why_not(wrong: OSError) -> str:
    """Why a socket could not be had, in the system's own words; asyncio puts addresses and brackets around them."""
    if isinstance(wrong, TimeoutError):
        return NO_ANSWER.en
    return os.strerror(wrong.errno) if wrong.errno and wrong.errno > 0 else wrong.strerror or str(wrong)


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
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._ids = ids
        self._framer = LineFramer(limit)
        self._bad_frames = BadFrameCount()
        self._on_bad = on_bad
        self._closed = False
        #: What may arrive; narrowed by its owner once the other end's role is known.
        self.accepts = accepts
        #: What the message that was just received brought of a trace; always None while tracing is off.
        self.traceparent: str | None = None
        peer = writer.get_extra_info("peername")
        self.peer = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "unknown"
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
        if self._writer.transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            self.abort()
            raise TransportLost(f"{self.peer} does not read what it is sent; its link was cut.")

    def refuse(self, bad: BadMessage) -> None:
        """Tell the other end what was wrong with what it sent."""
        answer = ErrorResponse(
            message_id=bad.message_id or self._ids(),
            timestamp=self._clock.now().wall,
            error=bad.code,
            message=bad.sentence[:1000],
        )
        self._on_bad(bad)
        with suppress(TransportLost):
            self.send(answer)

    async def __aiter__(self) -> AsyncIterator[Message]:
        """Good messages in order of arrival, until the link ends."""
        while not self._ended():
            try:
                data = await self._reader.read(READ_BYTES)
            except OSError:
                break
            if not data:
                break
            self.heard_at = self._clock.now().mono
            for line in self._framer.feed(data):
                if self._ended():
                    return
                message = self._read(line)
                if message is not None:
                    yield message
            if self._framer.broken:
                self.refuse(self._framer.broken)
                break
        await self.close()

    def _ended(self) -> bool:
        # A method, because the owner closes the link while the iterator is suspended.
        return self._closed

    def _read(self, line: bytes) -> Message | None:
        try:
            message = decode(line, self.accepts)
        except BadMessage as bad:
            self.refuse(bad)
            if self._bad_frames.saw(bad.code):
                self.close_soon()
            return None
        self._bad_frames.saw(None)
        if tracing.is_on():
            self.traceparent = traceparent_of(line)
        if message.timestamp is None:
            message = message.model_copy(update={"timestamp": self._clock.now().wall})
        return message

    def close_soon(self) -> None:
        """Close after what is queued has been written; the iterator ends."""
        self._closed = True
        self._writer.close()

    def abort(self) -> None:
        """Cut the connection at once."""
        self._closed = True
        self._writer.transport.abort()

    async def close(self) -> None:
        """Close and wait, but not for a peer that does not read."""
        self.close_soon()
        try:
            async with asyncio.timeout(_GOODBYE_S):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()


def _tune(writer: asyncio.StreamWriter) -> None:
    """Send small frames at once, and let the kernel notice a peer that vanished."""
    found = writer.get_extra_info("socket")
    if found is None:
        return
    with suppress(OSError):
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
