"""The proxy between two programs: it carries, closes, falls silent one way or both, is slow, and cuts a frame in half."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from common.net.address import Address
from tests.faults.harness.links import Proxy, kafka_client
from tests.waiting import until

#: The first bytes of librdkafka's first request: length, API, version, correlation id, and the client's id.
HELLO = b"\x00\x00\x00\x20\x00\x12\x00\x03\x00\x00\x00\x01\x00\x04load\x00"


class Echo:
    """A server that says back what it hears, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            self.heard.append(data)
            writer.write(data)
        writer.close()


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard = b""
        self.ended = False
        self._writer = writer
        self._reading = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while data := await reader.read(1000):
                self.heard += data
        except OSError:
            pass
        self.ended = True

    async def say(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def hears(self, data: bytes) -> None:
        await until(lambda: self.heard == data)

    async def close(self) -> None:
        self._writer.transport.abort()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


class Line:
    """A proxy with an echo behind it."""

    def __init__(self, echo: Echo, proxy: Proxy, at: Address) -> None:
        self.echo, self.proxy, self.at = echo, proxy, at
        self.clients: list[Client] = []

    async def client(self) -> Client:
        self.clients.append(Client(*await asyncio.open_connection(self.at.host, self.at.port)))
        return self.clients[-1]


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    proxy = Proxy("line", Address(*server.sockets[0].getsockname()[:2]), kafka_client)
    made = Line(echo, proxy, await proxy.start())
    yield made
    for client in made.clients:
        await client.close()
    await proxy.stop()
    server.close()


async def test_in_good_weather_everything_is_carried(line: Line) -> None:
    client = await line.client()
    await client.say(HELLO)
    await client.hears(HELLO)
    assert not client.ended


async def test_a_closed_link_ends_and_is_refused_until_it_heals(line: Line) -> None:
    client, other = await line.client(), await line.client()
    await client.say(HELLO)
    await client.hears(HELLO)
    await other.say(b"somebody else")
    line.proxy.close("load")
    await until(lambda: client.ended)
    again = await line.client()
    await again.say(HELLO)
    await until(lambda: again.ended)
    line.proxy.heal("load")
    last = await line.client()
    await last.say(HELLO)
    await last.hears(HELLO)
    assert (again.heard, other.heard, other.ended) == (b"", b"somebody else", False)


async def test_a_link_that_is_silent_towards_its_server_brings_it_late(line: Line) -> None:
    client = await line.client()
    await client.say(HELLO)
    await client.hears(HELLO)
    line.proxy.silence("up", client="load")
    await client.say(b"late")
    other = await line.client()
    await other.say(b"in time")
    await other.hears(b"in time")
    assert b"late" not in line.echo.heard
    line.proxy.heal("load")
    await client.hears(HELLO + b"late")


async def test_a_link_that_is_silent_towards_its_client_is_heard_all_the_same(line: Line) -> None:
    client = await line.client()
    await client.say(HELLO)
    await client.hears(HELLO)
    line.proxy.silence("down", client="load")
    await client.say(b"heard")
    await until(lambda: line.echo.heard[-1] == b"heard")
    assert client.heard == HELLO
    line.proxy.heal("load")
    await client.hears(HELLO + b"heard")


async def test_half_a_frame_arrives_and_then_the_end(line: Line) -> None:
    client = await line.client()
    await client.say(HELLO)
    await client.hears(HELLO)
    line.proxy.halve("load")
    await client.say(b"12345678")
    await until(lambda: client.ended)
    assert line.echo.heard[-1] == b"1234"


async def test_a_slow_link_takes_its_time(line: Line) -> None:
    client = await line.client()
    await client.say(HELLO)
    await client.hears(HELLO)
    line.proxy.slow(0.2, "load")
    began = asyncio.get_running_loop().time()
    await client.say(b"slow")
    await client.hears(HELLO + b"slow")
    assert asyncio.get_running_loop().time() - began >= 0.4


@pytest.mark.parametrize(
    ("first", "name"), [(HELLO, "load"), (b"", ""), (b"GET /", ""), (HELLO[:12] + b"\xff\xff", "")]
)
def test_a_client_of_kafka_is_known_by_its_first_request(first: bytes, name: str) -> None:
    assert kafka_client(first) == name
