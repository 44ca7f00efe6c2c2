"""
A small HTTP server for who watches a process: GET and HEAD of a few pages, one request a connection.

It bears any bytes, any silence and any crowd; it is no place for anything that changes something.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate

from common.net.address import Address
from common.net.door import Door
from common.net.limits import Limits, Why
from common.net.tls import Tls
from common.net.token import Token

log = logging.getLogger("ev.http")

MOST_HEADER_BYTES = 8 * 1024
MOST_CONNECTIONS = 32
#: How long a client may take to ask, and to take its answer.
REQUEST_WITHIN_S = 5.0
#: How long a page may take to be made.
PAGE_WITHIN_S = 5.0
_LINGER_S = 0.5
#: Those beyond MOST_CONNECTIONS are told so; beyond these they are not even heard.
_LIMITS = Limits(links=1000, links_from_one=1000, open_within_s=REQUEST_WITHIN_S)

_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    status: int
    body: bytes
    kind: str = "text/plain; charset=utf-8"


def sentence(status: int, words: str) -> Reply:
    return Reply(status, f"{words}\n".encode())


_FAREWELLS = {
    Why.PLAIN: sentence(400, "This port takes HTTPS only."),
    Why.NO_CERTIFICATE: sentence(403, "These pages are shown only to clients with a certificate."),
}
_TOO_MANY = sentence(503, "Too many connections; come back later.")

#: Makes a page for what the client accepts.
Page = Callable[[str], Awaitable[Reply]]


class Refused(Exception):
    """The request cannot be taken; carries the answer."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.reply = sentence(status, words)


class HttpServer:
    """Serves pages by their path."""

    def __init__(self, pages: Mapping[str, Page], *, told_to_all: Collection[str] = ()) -> None:
        self._pages = pages
        #: Whether these are well, and no more, is told also to who does not send the token.
        self._told_to_all = told_to_all
        self._token: Token | None = None
        self._door: Door | None = None

    async def listen(self, bound: socket.socket, tls: Tls | None = None, token: Token | None = None) -> Address:
        """Listen on a port that `bind` took; with a token, show the pages only to who sends it."""
        self._token = token
        host, port = bound.getsockname()[:2]
        self._door = Door(self._attend, tls=tls, limits=_LIMITS, buffer_bytes=MOST_HEADER_BYTES, farewell=_farewell)
        self._door.listen(bound)
        return Address(host, port)

    async def stop(self) -> None:
        if self._door is None:
            return
        self._door.close()
        tasks = list(self._door.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, TimeoutError):
                await self._serve(reader, writer)
        finally:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reply, with_body = await self._answer(reader)
        async with asyncio.timeout(REQUEST_WITHIN_S):
            writer.write(_head(reply) + (reply.body if with_body else b""))
            await writer.drain()
            if not writer.can_write_eof():  # TLS says itself where it ends
                writer.close()
                await writer.wait_closed()
                return
            writer.write_eof()
        # A connection cut while the client still writes would take the answer with it.
        async with asyncio.timeout(_LINGER_S):
            while await reader.read(MOST_HEADER_BYTES):
                pass

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[Reply, bool]:
        """The reply, and whether its body is wanted."""
        if self._door is None or len(self._door.tasks) > MOST_CONNECTIONS:
            return _TOO_MANY, True
        with_body = True
        try:
            method, path, fields = await _read_request(reader)
            with_body = method != "HEAD"
            may_see = self._token is None or self._token.admits(fields.get("authorization", ""))
            return await self._page(method, path, fields.get("accept", ""), may_see=may_see), with_body
        except Refused as refused:
            return refused.reply, with_body

    async def _page(self, method: str, path: str, accept: str, *, may_see: bool) -> Reply:
        if not may_see and path not in self._told_to_all:
            raise Refused(401, "These pages are shown only to who sends the token (Authorization: Bearer TOKEN).")
        page = self._pages.get(path)
        if page is None:
            raise Refused(404, f"There are {', '.join(self._pages)}.")
        if method not in ("GET", "HEAD"):
            raise Refused(405, "Only GET and HEAD are taken.")
        try:
            async with asyncio.timeout(PAGE_WITHIN_S):
                reply = await page(accept)
                return reply if may_see else _in_a_word(reply)
        except TimeoutError:
            raise Refused(503, f"{path} was not ready within {PAGE_WITHIN_S:.0f} s.") from None
        except Exception as wrong:
            log.exception("%s could not be made.", path)
            raise Refused(500, f"{path} could not be made; the log says why.") from wrong


def _in_a_word(reply: Reply) -> Reply:
    return sentence(reply.status, "ok" if reply.status == 200 else "not well")  # noqa: PLR2004 - HTTP


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
    """Method, path without its query, and the fields of the head; raises Refused."""
    try:
        async with asyncio.timeout(REQUEST_WITHIN_S):
            first, fields = await _read_head(reader)
    except TimeoutError:
        raise Refused(408, f"The request was not whole within {REQUEST_WITHIN_S:.0f} s.") from None
    words = first.split(" ")
    if len(words) != 3 or not words[0].isalpha() or not words[1].startswith("/"):  # noqa: PLR2004 - method, path, version
        raise Refused(400, "This is no HTTP request.")
    if words[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise Refused(505, "Only HTTP/1.1 is spoken here.")
    return words[0], words[1].partition("?")[0], fields


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    lines: list[str] = []
    size = 0
    while True:
        try:
            line = await reader.readline()
        except ValueError:  # longer than the limit of the reader
            line = b"x" * MOST_HEADER_BYTES
        size += len(line)
        if size >= MOST_HEADER_BYTES:
            raise Refused(431, f"The request is longer than {MOST_HEADER_BYTES} bytes.")
        if not line.endswith(b"\n"):
            raise Refused(400, "The request ended before it was whole.")
        text = line.decode("latin-1").strip()
        if not text:
            break
        lines.append(text)
    if not lines:
        raise Refused(400, "This is no HTTP request.")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return lines[0], fields


def _farewell(why: Why) -> bytes:
    """For who is turned away before it has asked."""
    reply = _FAREWELLS.get(why, _TOO_MANY)
    return _head(reply) + reply.body


#: What else an answer must say, by its status.
_MORE = {401: ["WWW-Authenticate: Bearer"], 405: ["Allow: GET, HEAD"]}


def _head(reply: Reply) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {_REASONS[reply.status]}",
        f"Date: {formatdate(usegmt=True)}",
        f"Content-Type: {reply.kind}",
        f"Content-Length: {len(reply.body)}",
        *_MORE.get(reply.status, ()),
        "Cache-Control: no-store",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode()
