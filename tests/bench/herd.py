"""Thousands of registered points, each on a link of its own, played in this process: they register, beat, lose their links and come back."""

import asyncio
import json
import random
import resource
import time
from collections.abc import Callable, Mapping
from typing import cast

from common.net.address import Address

#: Links that are dialled at once; the kernel keeps no more waiting.
_AT_ONCE = 500
_AGAIN_S = 0.2
_THERE_WITHIN_S = 180.0
#: Files of this process beside the links.
_OTHER_FILES = 200


def room_for(links: int) -> int:
    """Raise the limit of open files as far as it goes, and say how many links fit under it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return links if hard == resource.RLIM_INFINITY else min(links, hard - _OTHER_FILES)


class Point(asyncio.Protocol):
    """One point and its link."""

    def __init__(
        self, cp_id: str, on_registered: Callable[[], None], on_lost: Callable[["Point"], None], took: list[float]
    ) -> None:
        now = time.time()  # our Monitors write one
        register = {"type": "register_request", "message_id": "r", "timestamp": now, "cp_id": cp_id}
        register["max_charging_rate_kw"] = 22
        beat = {"type": "heartbeat_request", "message_id": "h", "timestamp": now, "cp_id": cp_id, "status": "ACTIVE"}
        self._register, self._beat = (_line(message) for message in (register, beat))
        self._on_registered = on_registered
        #: Hears of a link that ended before the point was registered.
        self._on_lost = on_lost
        self._took = took
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = b""
        self.is_registered = False
        #: When the heartbeat was sent that has no answer yet.
        self.asked_at: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's are of no class of asyncio's
        self._transport.write(self._register)

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._hear(line)

    def _hear(self, line: bytes) -> None:
        if line.startswith(b'{"type":"heartbeat_response"') and self.asked_at is not None:
            self._took.append(time.monotonic() - self.asked_at)
            self.asked_at = None
        elif line.startswith(b'{"type":"register_response"'):
            if json.loads(line)["status"] == "success":
                self.is_registered = True
                self._on_registered()
            else:  # its old link is not yet known to be gone
                asyncio.get_running_loop().call_later(_AGAIN_S, self._write, self._register)

    def beat(self) -> None:
        if self.is_registered and self.asked_at is None:
            self.asked_at = time.monotonic()
            self._write(self._beat)

    def _write(self, line: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(line)

    def connection_lost(self, _: Exception | None) -> None:
        was_registered = self.is_registered
        self.is_registered, self._transport, self.asked_at, self._buffer = False, None, None, b""
        if not was_registered:
            self._on_lost(self)

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class Herd:
    def __init__(self, central: Address, count: int, prefix: str = "H") -> None:
        self._central = central
        #: Seconds from each heartbeat to its answer.
        self.took: list[float] = []
        self._all_there = asyncio.Event()
        self._missing = count
        self.points = [Point(f"{prefix}{number:05}", self._count, self._again, self.took) for number in range(count)]
        #: Links that ended before their point was registered, since the herd was last called.
        self.turned_away = 0
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._dialling: set[asyncio.Task[None]] = set()

    def _count(self) -> None:
        self._missing -= 1
        if self._missing == 0:
            self._all_there.set()

    async def come(self) -> float:
        """All of them, as fast as they are let; the seconds until the last one is registered."""
        began = time.monotonic()
        self._all_there.clear()
        self._missing, self.turned_away = len(self.points), 0
        try:
            async with asyncio.timeout(_THERE_WITHIN_S):
                await asyncio.gather(*(self._dial(point) for point in self.points))
                await self._all_there.wait()
        except TimeoutError:
            raise SystemExit(f"{self._missing} points did not register in {_THERE_WITHIN_S:.0f} s.") from None
        return time.monotonic() - began

    def _again(self, point: Point) -> None:
        """A link that ended before its point was registered is dialled anew, as a Monitor does."""
        self.turned_away += 1
        dialling = asyncio.ensure_future(self._dial(point))
        self._dialling.add(dialling)
        dialling.add_done_callback(self._dialling.discard)

    async def _dial(self, point: Point) -> None:
        loop = asyncio.get_running_loop()
        async with self._gate:
            while True:
                try:
                    await loop.create_connection(lambda: point, *self._central)
                except OSError:
                    await asyncio.sleep(_AGAIN_S)
                else:
                    return

    def cut(self) -> None:
        for point in self.points:
            point.cut()

    async def beat(self, every_s: float) -> None:
        """Each point once in so long, spread evenly, until cancelled."""
        order, began, sent = random.sample(self.points, len(self.points)), time.monotonic(), 0
        while True:
            await asyncio.sleep(0.01)
            due = int((time.monotonic() - began) / every_s * len(order))
            for number in range(sent, due):
                order[number % len(order)].beat()
            sent = due


def _line(message: Mapping[str, object]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"
