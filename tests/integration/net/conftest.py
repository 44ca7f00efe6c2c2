"""A listener and its callers over real sockets, with real certificates, on both of the loops that our programs run on."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import uvloop

from common.clock import SystemClock
from common.errors import TransportLost
from common.ids import counted_ids
from common.messages import HeartbeatRequest, HeartbeatResponse, Message, PointStatus
from common.net.address import Address
from common.net.burden import Hoards
from common.net.dialer import connect
from common.net.limits import Limits, Why
from common.net.link import Link
from common.net.server import Server, bind
from common.net.tls import Tls, of_client, of_listener
from common.registry import over_tcp
from common.routes import Role
from common.settings import Listens, WithCentral, load
from tests import certificates

BEAT = HeartbeatRequest(message_id="m1", timestamp=5.5, cp_id="CP1", status=PointStatus.ACTIVE)
BEAT_LINE = BEAT.model_dump_json(exclude_none=True).encode() + b"\n"
DOWNWARD = over_tcp(Role.CENTRAL, Role.MONITOR)


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Each test on both loops."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class PortSettings(Listens):
    process = "port"


class CallerSettings(WithCentral):
    process = "caller"


def port_tls(directory: Path, **told: Path) -> Tls:
    pair = certificates.host(directory)
    found = of_listener(load(PortSettings, {"tls_cert": pair.cert, "tls_key": pair.key, **told}))
    assert found is not None
    return found


def caller_tls(directory: Path, **told: Path) -> Tls:
    settings = load(CallerSettings, {"tls_ca": directory / "ca.pem", **told})
    found = of_client(settings, settings.tls_ca)
    assert found is not None
    return found


class Listener:
    """A server that answers every heartbeat, and keeps what happened."""

    def __init__(
        self,
        tls: Tls | None = None,
        limits: Limits | None = None,
        *,
        must_prove: bool = False,
        hoards: Hoards | None = None,
    ) -> None:
        self.hears = asyncio.Event()
        self.hears.set()
        self.links: list[Link] = []
        self.cut: list[Why] = []
        self.heard = 0
        self.server = Server(
            self._serve,
            over_tcp(Role.MONITOR, Role.CENTRAL),
            clock=SystemClock(),
            ids=counted_ids("c"),
            tls=tls,
            limits=limits,
            on_cut=self.cut.append,
            doorstep=True,
            must_prove=must_prove,
            hoards=hoards,
        )
        self.address: Address

    async def start(self, room: int | None = None) -> "Listener":
        """`room` is what the system keeps of answers that a peer does not read; else it is megabytes."""
        bound = bind("127.0.0.1", 0)
        if room is not None:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, room)
        self.address = await self.server.listen(bound)
        return self

    async def _serve(self, link: Link) -> None:
        self.links.append(link)
        async for message in link:
            self.heard += 1
            await self.hears.wait()
            with suppress(TransportLost):
                link.send(HeartbeatResponse(message_id=message.message_id, timestamp=6.5, status="success"))


@pytest.fixture
async def listen() -> AsyncIterator[Callable[..., Any]]:
    started: list[Listener] = []

    async def start(
        tls: Tls | None = None,
        *,
        must_prove: bool = False,
        hoards: Hoards | None = None,
        room: int | None = None,
        **limits: float,
    ) -> Listener:
        held = Limits(**limits) if limits else None  # type: ignore[arg-type]  # counts are whole
        started.append(await Listener(tls, held, must_prove=must_prove, hoards=hoards).start(room))
        return started[-1]

    yield start
    for one in started:
        await one.server.stop()


async def call(listener: Listener, tls: Tls | None, host: str = "127.0.0.1") -> Link:
    return await connect(
        Address(host, listener.address.port), DOWNWARD, clock=SystemClock(), ids=counted_ids(), tls=tls
    )


async def asked(link: Link) -> Message | None:
    """The answer to a heartbeat, or None when the link ends instead."""
    link.send(BEAT)
    async with asyncio.timeout(10):
        async for message in link:
            return message
    return None


class Raw:
    """A peer that writes whatever bytes it likes, or none."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def at(cls, listener: Listener) -> "Raw":
        return cls(*await asyncio.open_connection(*listener.address))

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    async def rest(self) -> list[dict[str, Any]]:
        """All that comes until the other end closes."""
        data = b""
        async with asyncio.timeout(10):
            with suppress(ConnectionResetError):
                while chunk := await self._reader.read(65536):
                    data += chunk
        self._writer.close()
        return [json.loads(line) for line in data.splitlines()]

    async def answer(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            return dict(json.loads(await self._reader.readline()))

    def close(self) -> None:
        self._writer.close()

    def abort(self) -> None:
        """Leave at once, whatever is unsent."""
        self._writer.transport.abort()
