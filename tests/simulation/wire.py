"""
The network: TCP links with latency that can be cut, silenced, slowed, or broken in the middle of a frame.

As in TCP, bytes of one direction arrive in order or not at all. A silent direction keeps what is sent and hands it over when
it heals, unless one end has given up by then.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from tests.simulation.listening import Port, Watch
from tests.simulation.loop import Process, VirtualLoop, current

_LATENCY_S = (0.0005, 0.004)
_LATENCY_SPREAD_S = _LATENCY_S[1] - _LATENCY_S[0]
_SLOW_S = 0.4
_SPLITS = 0.05
#: How often a link that is broken ends by a reset; otherwise by an end of what is to be read.
_RESETS = 0.5
END, RESET = b"", None
Sent = Callable[[str, str, bytes], None]


@dataclass(slots=True)
class Route:
    """How the way from one process to another is now."""

    is_closed: bool = False
    silent_up: bool = False
    silent_down: bool = False
    is_slow: bool = False


class End(asyncio.Transport):
    """One end of a link, as asyncio sees it; also what a listener gets instead of an accepted socket."""

    def __init__(self, name: str, process: Process, network: "Network", peername: tuple[str, int]) -> None:
        super().__init__({"peername": peername})
        self.name = name
        self.process = process
        self.other: End
        self.link: Link
        self._network = network
        self._loop = network.loop
        self._protocol: asyncio.Protocol | None = None
        self._is_closing = False
        self.watch: Watch | None = None
        self._reads = True
        #: What has arrived and is not taken yet; and what is on its way here.
        self._unread: deque[bytes | None] = deque()
        self.coming: deque[bytes | None] = deque()
        self._arrives_at = 0.0

    # -- as asyncio's transport

    def attach(self, protocol: asyncio.Protocol) -> None:
        self._protocol = protocol
        protocol.connection_made(self)
        self._take_unread()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._is_closing and self.process.runs:
            self._network.sent(self.process.name, self.other.process.name, bytes(data))
            self.other.expect(bytes(data))

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._leave(END, None)

    def abort(self) -> None:
        self._leave(RESET, None)

    def get_write_buffer_size(self) -> int:
        return sum(len(one or b"") for one in self.other.coming)

    def pause_reading(self) -> None:
        self._reads = False

    def resume_reading(self) -> None:
        self._reads = True
        self._loop.call_soon(self._take_unread)

    def setblocking(self, flag: bool) -> None:
        del flag

    # -- as an accepted socket that is still on the doorstep

    @property
    def is_closed(self) -> bool:
        return self._is_closing

    @property
    def is_readable(self) -> bool:
        return bool(self._unread) and not self._is_closing

    def fileno(self) -> Any:
        return self

    def recv(self, most: int) -> bytes:
        if not self._unread:
            raise BlockingIOError
        data = self._unread.popleft()
        if data is RESET:
            raise ConnectionResetError(104, "Connection reset by peer")
        if len(data) > most:
            self._unread.appendleft(data[most:])
        if data:
            self._network.taken(self.name, self.process.name, data[:most])
        return data[:most]

    def send(self, data: bytes) -> int:
        self.write(data)
        return len(data)

    # -- as a part of the network

    def expect(self, data: bytes | None) -> None:
        """Something was sent towards here."""
        chance, draw = self.link.chance, self.link.chance.random
        latency = (_LATENCY_S[0] + _LATENCY_SPREAD_S * draw()) * (1 + draw() ** 8 * 20)
        latency += _SLOW_S if self.link.route.is_slow else 0.0
        cut = chance.randrange(len(data)) if data and draw() < _SPLITS else 0
        for part in (data[:cut], data[cut:]) if data and cut else (data,):
            self.coming.append(part)
            self._arrives_at = max(self._arrives_at + 1e-7, self._loop.time() + latency)
            self._loop.call_at(self._arrives_at, self.arrive, context=self._network.context)
            latency += _LATENCY_S[0] + _LATENCY_SPREAD_S * draw()

    def arrive(self) -> None:
        """The next part comes in, unless this direction is silent: then it waits for `heal`."""
        if self.coming and not self.link.is_silent_to(self):
            self._unread.append(self.coming.popleft())
            self._stir()

    def heal(self) -> None:
        for _ in range(len(self.coming)):
            self._loop.call_soon(self.arrive, context=self._network.context)

    def halve(self) -> None:
        """What is on its way arrives as far as the middle of a frame, and nothing behind it."""
        if self.coming and self.coming[0]:
            first = self.coming[0]
            self._unread.append(first[: len(first) // 2])
        self.coming.clear()

    def _take_unread(self) -> None:
        while self._unread and self._protocol is not None and self._reads:
            data = self._unread.popleft()
            if self._is_closing:
                self._unread.clear()
            elif data == RESET:
                self._lose(ConnectionResetError(104, "Connection reset by peer"))
            elif data == END:
                if not self._protocol.eof_received():
                    self.close()
            else:
                self._network.taken(self.name, self.process.name, data)
                self._protocol.data_received(data)

    def _leave(self, farewell: bytes | None, wrong: Exception | None) -> None:
        if self._is_closing or not self.process.runs:
            return
        self.other.expect(farewell)
        self._lose(wrong)

    def _lose(self, wrong: Exception | None) -> None:
        if self._is_closing:
            return
        self._is_closing = True
        self.link.ended(self)
        if self._protocol is not None:
            self._loop.call_soon(self._protocol.connection_lost, wrong, context=self.process.context)

    def break_off(self) -> None:
        """The network closes the link at this end."""
        self._unread.append(RESET if self.link.chance.random() < _RESETS else END)
        self._stir()

    def _stir(self) -> None:
        self._loop.call_soon(self._take_unread, context=self.process.context)
        if self.watch is not None:
            self.watch.wake()

    def die(self) -> None:
        """Its process was killed: the kernel closes for it."""
        if not self._is_closing:
            self._is_closing = True
            self.link.ended(self)
            self.other.expect(RESET if self.link.chance.random() < _RESETS else END)


@dataclass(slots=True, eq=False)
class Link:
    client: End
    server: End
    route: Route
    chance: random.Random
    open_ends: int = 2
    links: "dict[Link, None]" = field(default_factory=dict)

    def is_silent_to(self, end: End) -> bool:
        return self.route.silent_up if end is self.server else self.route.silent_down

    def ended(self, end: End) -> None:
        del end
        self.open_ends -= 1
        if not self.open_ends:
            self.links.pop(self, None)


class Network:
    """Who listens where, which links there are, and how the ways between processes are."""

    def __init__(self, loop: VirtualLoop, seed: int, context: Any, sent: Sent, taken: Sent) -> None:
        self.loop = loop
        self.context = context
        self.sent = sent
        self.taken = taken
        self._chance = random.Random(f"wire {seed}")
        self._ports: dict[tuple[str, int], Port] = {}
        self._routes: dict[str, Route] = {}
        #: In the order of their beginning.
        self._links: dict[Link, None] = {}
        self._dialled = 0
        #: A name that stands for several hosts -> those.
        self.balanced: dict[str, list[str]] = {}
        loop.dial = self.dial
        loop.new_watch = lambda: Watch(loop)

    def port(self, host: str, number: int, process: Process) -> Any:
        made = self._ports[host, number] = Port((host, number), process)
        return cast("Any", made)

    def route(self, name: str) -> Route:
        """`CLIENT>SERVER`, where a name that stands for several is one server."""
        return self._routes.setdefault(name, Route())

    def of(self, name: str) -> list[Link]:
        route = self.route(name)
        return [link for link in self._links if link.route is route]

    def heal(self, name: str) -> None:
        route = self.route(name)
        route.is_closed = route.silent_up = route.silent_down = route.is_slow = False
        for link in self.of(name):
            link.client.heal()
            link.server.heal()

    def cut(self, name: str, *, in_a_frame: bool) -> None:
        for link in self.of(name):
            for end in (link.client, link.server):
                if in_a_frame:
                    end.halve()
                end.break_off()

    async def dial(self, host: str, port: int, factory: Callable[[], asyncio.BaseProtocol]) -> Any:
        process = current()
        assert process is not None
        self._dialled += 1
        found: asyncio.Future[End] = self.loop.create_future()
        there = self._chance.uniform(*_LATENCY_S)
        route = self.route(f"{process.name}>{host}")
        self.loop.call_later(there, self._knock, process, (host, port), route, found, context=self.context)
        end = await found
        protocol = cast("asyncio.Protocol", factory())
        end.attach(protocol)
        return end, protocol

    def _knock(self, process: Process, address: tuple[str, int], route: Route, found: asyncio.Future[End]) -> None:
        if route.silent_up or route.silent_down or found.done() or not process.is_alive:
            return  # who dials gives up by itself
        hosts = [host for host in self.balanced.get(address[0], [address[0]]) if self._listens(host, address[1])]
        back = self._chance.uniform(*_LATENCY_S)
        if route.is_closed or not hosts:
            refused = ConnectionRefusedError(111, "Connection refused")
            self.loop.call_later(back, _fail, found, refused, context=process.context)
            return
        port = self._ports[self._chance.choice(hosts), address[1]]
        client = self._connect(process, port, route)
        self.loop.call_later(back, _give, found, client, context=process.context)

    def _listens(self, host: str, number: int) -> bool:
        port = self._ports.get((host, number))
        return port is not None and port.listens

    def _connect(self, process: Process, port: Port, route: Route) -> End:
        name = f"{process.name}>{port.process.name}#{self._dialled}"
        peername = (f"10.0.0.{1 + self._dialled % 250}", 40_000 + self._dialled)
        client, server = End(name, process, self, port.address), End(name, port.process, self, peername)
        client.other, server.other = server, client
        link = Link(client, server, route, random.Random(self._chance.random()), links=self._links)
        client.link = server.link = link
        self._links[link] = None
        for end in (client, server):
            end.process.on_end.append(end.die)
        port.waiting.append((server, peername))
        assert port.watch is not None
        port.watch.wake()
        return client


def _give(found: "asyncio.Future[End]", end: End) -> None:
    if found.done():
        end.abort()
    else:
        found.set_result(end)


def _fail(found: "asyncio.Future[End]", wrong: OSError) -> None:
    if not found.done():
        found.set_exception(wrong)
