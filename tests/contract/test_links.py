"""Links, the listener and the dialer over real sockets."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Protocol

import pytest

from common.clock import ManualClock
from common.errors import CannotStart, TransportLost
from common.framing import MAX_FRAME_BYTES
from common.ids import counted_ids
from common.messages import (
    ChargeRequest,
    ConnectionFailed,
    ConnectionLost,
    HeartbeatRequest,
    HeartbeatResponse,
    Message,
    PointStatus,
)
from common.net.address import Address
from common.net.backoff import Backoff
from common.net.dialer import Dialer, connect
from common.net.link import Link
from common.net.server import Server
from common.registry import over_tcp
from common.routes import Role
from tests.waiting import until

HOST = "127.0.0.1"
BEAT = HeartbeatRequest(message_id="m1", timestamp=5.5, cp_id="CP001", status=PointStatus.ACTIVE)
HEARD = HeartbeatResponse(message_id="m1", timestamp=6.5, status="success")
UPWARD, DOWNWARD = over_tcp(Role.MONITOR, Role.CENTRAL), over_tcp(Role.CENTRAL, Role.MONITOR)


class Listener:
    """A server that keeps what it was sent."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.links: list[Link] = []
        self.server = Server(self._on_link, UPWARD, clock=ManualClock(wall=77.0), ids=counted_ids("c"))
        self.address = Address(HOST, 0)

    async def _on_link(self, link: Link) -> None:
        self.links.append(link)
        async for message in link:
            self.heard.append(message)

    async def start(self) -> None:
        self.address = await self.server.start(HOST, self.address.port)


class Raw:
    """A peer that writes whatever bytes it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    async def answer(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await asyncio.wait_for(self._reader.readuntil(b"\n"), 5))
        return found

    async def is_closed(self) -> bool:
        with suppress(ConnectionResetError):
            return await asyncio.wait_for(self._reader.read(), 5) == b""
        return True

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


@pytest.fixture(name="listener")
async def _listener() -> AsyncIterator[Listener]:
    listener = Listener()
    await listener.start()
    yield listener
    await listener.server.stop()


@pytest.fixture(name="raw")
async def _raw(listener: Listener) -> AsyncIterator[Raw]:
    peer = Raw(*await asyncio.open_connection(*listener.address))
    yield peer
    await peer.close()


async def dialled(listener: Listener) -> Link:
    return await connect(listener.address, DOWNWARD, clock=ManualClock(), ids=counted_ids())


async def test_messages_go_both_ways(listener: Listener) -> None:
    link = await dialled(listener)
    link.send(BEAT)
    await until(lambda: listener.heard == [BEAT])
    listener.links[0].send(HEARD)
    assert await asyncio.wait_for(anext(aiter(link)), 5) == HEARD
    await link.close()


async def test_a_message_without_timestamp_gets_the_time_of_its_receipt(listener: Listener, raw: Raw) -> None:
    raw.write(b'{"type":"heartbeat_request","message_id":"m1","cp_id":"CP001","status":"ACTIVE"}\n')
    await until(lambda: listener.heard == [BEAT.model_copy(update={"timestamp": 77.0})])


async def test_bad_frames_are_answered_and_the_good_ones_behind_them_arrive(listener: Listener, raw: Raw) -> None:
    wrong = BEAT.model_dump_json(exclude_none=True).replace("CP001", "a b").encode()
    foreign = (
        ChargeRequest(message_id="m2", cp_id="CP001", driver_id="D001").model_dump_json(exclude_none=True).encode()
    )
    good = BEAT.model_dump_json(exclude_none=True).encode()
    raw.write(b"\n".join([b"nonsense", b'{"type":"strange","message_id":"m9"}', wrong, foreign, good, b""]))
    answers = [await raw.answer() for _ in range(4)]
    assert [(one["type"], one["message_id"], one["error"]) for one in answers] == [
        ("error_response", "c1", "malformed_json"),
        ("error_response", "m9", "unknown_type"),
        ("error_response", "m1", "invalid_message"),
        ("error_response", "m2", "not_allowed"),
    ]
    await until(lambda: listener.heard == [BEAT])


async def test_ten_bad_frames_in_a_row_close_the_connection(raw: Raw) -> None:
    raw.write(b"nonsense\n" * 11)
    assert [(await raw.answer())["error"] for _ in range(10)] == ["malformed_json"] * 10
    assert await raw.is_closed()


async def test_a_frame_that_is_too_long_is_told_and_the_connection_closed(raw: Raw) -> None:
    raw.write(b"x" * (MAX_FRAME_BYTES + 1))
    assert (await raw.answer())["error"] == "frame_too_large"
    assert await raw.is_closed()


async def test_a_frame_of_the_limit_arrives(listener: Listener, raw: Raw) -> None:
    good = BEAT.model_dump_json(exclude_none=True).encode()
    raw.write(good + b" " * (MAX_FRAME_BYTES - len(good)) + b"\n")
    await until(lambda: listener.heard == [BEAT])


async def test_a_peer_that_does_not_read_is_cut_off(listener: Listener, raw: Raw) -> None:
    await until(lambda: len(listener.links) == 1)
    link = listener.links[0]

    def flood() -> bool:
        try:
            for _ in range(2000):
                link.send(HEARD.model_copy(update={"message": "x" * 1000}))
        except TransportLost:
            return True
        return False

    await until(flood)
    assert not link.is_open
    del raw  # kept open, and silent, until here


async def test_sending_on_a_closed_link_is_told(listener: Listener) -> None:
    link = await dialled(listener)
    await link.close()
    with pytest.raises(TransportLost, match="is closed"):
        link.send(BEAT)


async def test_a_port_in_use_is_one_sentence_that_says_what_to_do(listener: Listener) -> None:
    second = Listener()
    with pytest.raises(
        CannotStart,
        match=r"Cannot listen on 127\.0\.0\.1:\d+: Address already in use\. Choose another port with --port",
    ):
        await second.server.start(*listener.address)


async def test_a_peer_that_vanished_is_found_out_in_35_s(listener: Listener, raw: Raw) -> None:
    del raw
    await until(lambda: len(listener.links) == 1)
    sock = listener.links[0]._writer.get_extra_info("socket")
    found = [sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)]
    found += [
        sock.getsockopt(socket.IPPROTO_TCP, name)
        for name in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    ]
    assert found == [1, 20, 5, 3]


async def test_stopping_the_server_closes_every_link(listener: Listener, raw: Raw) -> None:
    await until(lambda: len(listener.links) == 1)
    await listener.server.stop()
    assert await raw.is_closed()
    assert listener.server.link_count == 0


class Caller:
    """A dialer whose links only listen, and what it was told."""

    def __init__(self, address: Address, jitter: float) -> None:
        self.clock = ManualClock(mono=500.0)
        self.events: list[ConnectionLost | ConnectionFailed] = []
        self.dialer = Dialer(
            address,
            DOWNWARD,
            on_link=self._listen,
            on_event=self.events.append,
            clock=self.clock,
            ids=counted_ids("e"),
            backoff=Backoff(lambda: jitter),
        )

    async def _listen(self, link: Link) -> None:
        async for _ in link:
            pass


class Dial(Protocol):
    def __call__(self, address: Address, jitter: float = 0.01) -> Caller: ...


@pytest.fixture(name="dial")
async def _dial() -> AsyncIterator[Dial]:
    running: list[asyncio.Task[None]] = []

    def start(address: Address, jitter: float = 0.01) -> Caller:
        caller = Caller(address, jitter)
        running.append(asyncio.create_task(caller.dialer.run()))
        return caller

    yield start
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def test_a_dialer_comes_back_after_its_link_is_lost(listener: Listener, dial: Dial) -> None:
    caller = dial(listener.address)
    await until(lambda: len(listener.links) == 1)
    listener.links[0].abort()
    await until(lambda: len(listener.links) == 2)
    await until(lambda: caller.dialer.link is not None)
    assert [type(event) for event in caller.events] == [ConnectionLost]
    assert caller.events[0].peer == str(listener.address)


async def test_a_dialer_tells_why_it_cannot_connect_and_connects_when_somebody_listens(
    dial: Dial,
) -> None:
    listener = Listener()
    await listener.start()
    await listener.server.stop()
    caller = dial(listener.address)
    await until(lambda: len(caller.events) >= 2)
    assert {type(event) for event in caller.events} == {ConnectionFailed}
    assert caller.events[0].description == f"Cannot connect to {listener.address}: Connection refused."
    again = Listener()
    again.address = listener.address
    await again.start()
    await until(lambda: len(again.links) == 1)
    await again.server.stop()


async def test_a_dialer_knows_when_the_other_end_was_heard_and_when_it_tries_again(
    listener: Listener, dial: Dial
) -> None:
    caller = dial(listener.address, jitter=0.5)
    dialer = caller.dialer
    await until(lambda: dialer.link is not None)
    assert (dialer.heard_at, dialer.lost_at, dialer.next_try_at, dialer.why_not) == (None, None, None, None)
    caller.clock.advance(7)
    await until(lambda: len(listener.links) == 1)
    listener.links[0].send(HEARD)
    await until(lambda: dialer.heard_at is not None)
    caller.clock.advance(3)
    await listener.server.stop()
    await until(lambda: dialer.next_try_at is not None)
    # Half of the first ceiling of one second, by the jitter of this test.
    assert (dialer.link, dialer.heard_at, dialer.lost_at, dialer.next_try_at) == (None, 507.0, 510.0, 510.5)
    await until(lambda: dialer.why_not is not None)
    assert (dialer.why_not, dialer.lost_at, dialer.heard_at) == ("Connection refused", 510.0, 507.0)


async def test_a_dialer_leaves_who_asked_for_it_alone_for_as_long_as_was_asked(listener: Listener, dial: Dial) -> None:
    caller = dial(listener.address, jitter=0.0)
    await until(lambda: caller.dialer.link is not None)
    caller.dialer.hold_off(0.25)
    await until(lambda: len(listener.links) == 1)
    listener.links[0].abort()
    await until(lambda: caller.dialer.next_try_at is not None)
    assert caller.dialer.next_try_at == 500.25
    await until(lambda: len(listener.links) == 2)
    await until(lambda: caller.dialer.link is not None)
    listener.links[1].abort()
    await until(lambda: len(listener.links) == 3)
    assert [type(event) for event in caller.events] == [ConnectionLost] * 2
