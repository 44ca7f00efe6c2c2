"""What links may keep of a listener's memory, all together."""

import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from common.errors import TransportLost
from common.messages import HeartbeatResponse
from common.net.burden import Hoards
from common.net.limits import Why
from tests.integration.net.conftest import BEAT, BEAT_LINE, Listener, Raw, asked, call
from tests.waiting import until

Listen = Callable[..., Any]
_MOST = 1_000_000
_OF_ONE = 120 * 1024
_HALF = b'{"' + b"x" * 60_000


async def linked(listener: Listener) -> Raw:
    raw = await Raw.at(listener)
    raw.write(BEAT_LINE)
    assert (await raw.answer())["type"] == "heartbeat_response"
    return raw


async def test_long_frames_kept_half_sent_by_too_many_links_are_bounded_and_short_ones_go_on(listen: Listen) -> None:
    hoards = Hoards(most_unheard=_MOST)
    listener = await listen(hoards=hoards)
    little, honest = await linked(listener), await call(listener, None)
    little.write(BEAT_LINE[:20])
    assert isinstance(await asked(honest), HeartbeatResponse)
    many = [await linked(listener) for _ in range(30)]
    for raw in many:
        raw.write(_HALF)
    # 16 of these are a million.
    await until(lambda: len(listener.cut) >= 14)
    assert set(listener.cut) == {Why.HOARDING}
    little.write(BEAT_LINE[20:])
    assert (await little.answer())["type"] == "heartbeat_response"
    assert isinstance(await asked(honest), HeartbeatResponse)
    await until(lambda: hoards.unheard.bytes <= _MOST)
    for raw in (little, *many):
        raw.abort()
    await honest.close()
    await until(lambda: hoards.unheard.bytes == 0)


async def test_half_a_frame_that_came_with_the_first_message_counts_too(listen: Listen) -> None:
    hoards = Hoards(most_unheard=_MOST)
    listener = await listen(hoards=hoards)
    many = [await Raw.at(listener) for _ in range(30)]
    for raw in many:
        raw.write(BEAT_LINE + _HALF)
    await until(lambda: len(listener.cut) >= 14)
    assert set(listener.cut) == {Why.HOARDING}
    await until(lambda: hoards.unheard.bytes <= _MOST)
    for raw in many:
        raw.abort()
    await until(lambda: (hoards.unheard.bytes, listener.server.link_count) == (0, 0))


async def test_who_is_cut_for_what_too_many_keep_half_sent_is_told_so(listen: Listen) -> None:
    listener = await listen(hoards=Hoards(most_unheard=50_000))
    raw = await linked(listener)
    raw.write(_HALF)
    (told,) = await raw.rest()
    assert (told["error"], told["message"]) == (
        "rate_limited",
        "Too much is half sent or unheard here; the connection is closed. Come back later.",
    )


async def test_what_comes_while_links_wait_for_their_answers_is_bounded(listen: Listen) -> None:
    hoards = Hoards(most_unheard=_MOST)
    listener = await listen(hoards=hoards, frames_per_s=1_000_000.0)
    many = [await linked(listener) for _ in range(40)]
    listener.hears.clear()
    for raw in many:
        raw.write(BEAT_LINE * 2000)
    await until(lambda: len(listener.cut) > 0)
    assert set(listener.cut) == {Why.HOARDING}
    assert hoards.unheard.bytes <= _MOST
    listener.hears.set()
    for raw in many:
        raw.abort()
    await until(lambda: (hoards.unheard.bytes, listener.server.link_count) == (0, 0))


async def test_a_long_lump_is_forgotten_once_it_is_heard(listen: Listen) -> None:
    hoards = Hoards(most_unheard=_MOST)
    listener = await listen(hoards=hoards, frames_per_s=1_000_000.0)
    raw = await linked(listener)
    raw.write(BEAT_LINE * 3000)
    assert Counter([(await raw.answer())["type"] for _ in range(3000)]) == {"heartbeat_response": 3000}
    await until(lambda: hoards.unheard.bytes == 0)
    assert (listener.cut, listener.server.link_count) == ([], 1)
    raw.abort()


async def test_answers_that_too_many_leave_unread_are_bounded_and_who_reads_goes_on(listen: Listen) -> None:
    hoards = Hoards(most_unread=_MOST)
    listener = await listen(hoards=hoards)
    honest = await call(listener, None)
    assert isinstance(await asked(honest), HeartbeatResponse)
    deaf: list[socket.socket] = []
    for _ in range(12):
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.connect(listener.address)
        made.send(BEAT_LINE)
        deaf.append(made)
    await until(lambda: listener.heard == 13)
    long = HeartbeatResponse(message_id=BEAT.message_id, timestamp=1.0, status="success", message="x" * 1000)
    told = listener.links[1:]

    def are_cut() -> bool:
        for link in told:
            with suppress(TransportLost):
                while link._writer.transport.get_write_buffer_size() < _OF_ONE:
                    link.send(long)
        return bool(listener.cut)

    await until(are_cut)
    assert set(listener.cut) == {Why.SLOW_READER}
    await until(lambda: hoards.unread.bytes <= _MOST)
    assert isinstance(await asked(honest), HeartbeatResponse)
    for made in deaf:
        made.close()
    await honest.close()
    await until(lambda: hoards.unread.bytes == 0)


async def test_who_brings_a_long_half_where_too_many_do_becomes_no_link_and_who_brings_little_does(
    listen: Listen,
) -> None:
    hoards = Hoards(most_unheard=100_000)
    listener = await listen(hoards=hoards)
    held = hoards.unheard.of("127.0.0.1")
    held.note(150_000)
    raw = await Raw.at(listener)
    raw.write(BEAT_LINE + _HALF)
    assert [told["error"] for told in await raw.rest()] == ["rate_limited"]
    assert (listener.cut, listener.links) == ([Why.HOARDING], [])
    other = await linked(listener)
    other.abort()
    held.note(0)


async def test_what_is_being_heard_counts_with_what_waits_behind_it(listen: Listen) -> None:
    listener = await listen(hoards=Hoards(most_unheard=40_000), frames_per_s=1_000_000.0)
    raw = await linked(listener)
    listener.hears.clear()
    lump = BEAT_LINE * (25_000 // len(BEAT_LINE))
    raw.write(lump)
    await until(lambda: listener.heard == 2)
    raw.write(lump)
    await until(lambda: listener.cut == [Why.HOARDING])
    listener.hears.set()
    raw.abort()
    await until(lambda: listener.server.link_count == 0)


async def test_answers_that_were_read_after_all_count_no_longer(listen: Listen) -> None:
    hoards = Hoards()
    listener = await listen(hoards=hoards, room=4096)
    with socket.socket() as late:
        late.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        late.connect(listener.address)
        late.send(BEAT_LINE)
        await until(lambda: listener.heard == 1)
        long = HeartbeatResponse(message_id=BEAT.message_id, timestamp=1.0, status="success", message="x" * 1000)
        for _ in range(100):
            listener.links[0].send(long)
        assert hoards.unread.bytes > 0
        late.setblocking(False)

        def is_forgotten() -> bool:
            with suppress(BlockingIOError):
                late.recv(65536)
            return hoards.unread.bytes == 0

        await until(is_forgotten)
        assert (listener.cut, listener.server.link_count) == ([], 1)
