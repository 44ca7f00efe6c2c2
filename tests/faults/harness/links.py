"""A TCP proxy between two programs, which can be closed, fall silent one way or both, be slow, or end within a frame."""

import asyncio
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from common.net.address import Address

_READ_BYTES = 64 * 1024
_CONNECT_WITHIN_S = 5.0
_ANYWHERE = Address("127.0.0.1", 0)
_API_HEADER = struct.Struct(">ihhih")


def kafka_client(first: bytes) -> str:
    """The client id in the first request on a connection to Kafka; empty where there is none."""
    if len(first) < _API_HEADER.size:
        return ""
    *_, length = _API_HEADER.unpack_from(first)
    return first[_API_HEADER.size : _API_HEADER.size + max(0, length)].decode(errors="replace")


@dataclass(slots=True)
class Weather:
    """How it is between one client and its server just now."""

    closed: bool = False
    silent: set[str] = field(default_factory=set)
    delay_s: float = 0.0
    #: The next write towards the server is cut in half, and the connection with it.
    halves: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class _Connection:
    client: str | None
    writers: list[asyncio.StreamWriter]
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class Proxy:
    """Listens for clients of one server. `identify` tells clients apart by what they say first; else all are one."""

    def __init__(self, name: str, server: Address, identify: Callable[[bytes], str] | None = None) -> None:
        self.name = name
        self.server = server
        self._identify = identify
        self._weather: dict[str, Weather] = {}
        self._connections: list[_Connection] = []
        self._listener: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self, at: Address = _ANYWHERE) -> Address:
        self._listener = await asyncio.start_server(self._accept, *at)
        host, port = self._listener.sockets[0].getsockname()[:2]
        return Address(host, port)

    async def stop(self) -> None:
        if self._listener is not None:
            self._listener.close()
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    # -- breaking it

    def close(self, client: str = "") -> None:
        """Connections end, and new ones with them, until it heals."""
        self._of(client).closed = True
        self._abort(client)

    def silence(self, *ways: str, client: str = "") -> None:
        """Nothing arrives any more, `up` towards the server or `down` from it, and nobody is told; it comes late."""
        self._of(client).silent |= set(ways)

    def slow(self, delay_s: float, client: str = "") -> None:
        self._of(client).delay_s = delay_s

    def halve(self, client: str = "") -> None:
        self._of(client).halves = True

    def heal(self, client: str = "") -> None:
        before = self._weather.pop(client, None)
        if before is not None:
            before.closed, before.silent, before.delay_s, before.halves = False, set(), 0.0, False
            before.changed.set()

    def heal_all(self) -> None:
        for client in list(self._weather):
            self.heal(client)

    def _of(self, client: str) -> Weather:
        return self._weather.setdefault(client, Weather())

    def _abort(self, client: str) -> None:
        for connection in self._connections:
            if connection.client == client:
                for writer in connection.writers:
                    writer.transport.abort()

    # -- carrying

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        connection = _Connection(None if self._identify else "", [writer])
        self._connections.append(connection)
        try:
            await self._carry(connection, reader, writer)
        except (asyncio.CancelledError, OSError, TimeoutError):
            return
        finally:
            self._connections.remove(connection)
            self._serving.discard(task)
            for one in connection.writers:
                one.transport.abort()

    async def _carry(self, connection: _Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._closed(connection):
            return
        async with asyncio.timeout(_CONNECT_WITHIN_S):
            far_reader, far_writer = await asyncio.open_connection(self.server.host, self.server.port)
        connection.writers.append(far_writer)
        ways = [
            asyncio.create_task(self._pump(connection, "up", reader, far_writer)),
            asyncio.create_task(self._pump(connection, "down", far_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    def _closed(self, connection: _Connection) -> bool:
        weather = self._weather.get(connection.client or "")
        return weather is not None and weather.closed

    async def _pump(
        self, connection: _Connection, way: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while True:
                data = await reader.read(_READ_BYTES)
                if connection.client is None and self._identify is not None:
                    connection.client = self._identify(data)
                weather = await self._weathered(connection, way)
                if weather is not None and (weather.closed or not data):
                    return
                if not data:
                    return
                if weather is not None and weather.halves and way == "up":
                    weather.halves = False
                    writer.write(data[: max(1, len(data) // 2)])
                    await writer.drain()
                    return
                writer.write(data)
                await writer.drain()

    async def _weathered(self, connection: _Connection, way: str) -> Weather | None:
        """Wait as the weather wants; also an end is heard of only then."""
        weather = self._weather.get(connection.client or "")
        if weather is None:
            return None
        if weather.delay_s:
            await asyncio.sleep(weather.delay_s)
        if way in weather.silent:
            await weather.changed.wait()
            return self._weather.get(connection.client or "")
        return weather
