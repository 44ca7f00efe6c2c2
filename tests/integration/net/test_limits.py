"""What a listener bears: too many, too fast, too slow, too silent; each costs itself only."""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from common.errors import TransportLost
from common.messages import HeartbeatResponse, Message
from common.net.limits import Why
from tests.integration.net.conftest import BEAT, BEAT_LINE, Listener, Raw, asked, call
from tests.waiting import until

Listen = Callable[..., Any]


async def is_served(listener: Listener) -> bool:
    """Whether an honest peer that was there all along, or comes now, gets its answer."""
    link = await call(listener, None)
    answer: Message | None = None
    with suppress(OSError):
        answer = await asked(link)
    await link.close()
    return isinstance(answer, HeartbeatResponse)


async def test_connections_beyond_the_limit_are_told_and_closed_and_those_before_go_on(listen: Listen) -> None:
    listener = await listen(links=3, links_from_one=2)
    first, second = await call(listener, None), await call(listener, None)
    for link in (first, second):
        assert isinstance(await asked(link), HeartbeatResponse)
    third = await Raw.at(listener)
    (told,) = await third.rest()
    assert (told["error"], told["message"]) == ("rate_limited", "There are too many connections; come back later.")
    assert listener.cut == [Why.TOO_MANY_FROM_ONE]
    assert isinstance(await asked(first), HeartbeatResponse)
    await first.close()
    await until(lambda: listener.server.link_count == 1)
    assert await is_served(listener)
    await second.close()


@pytest.mark.parametrize(("links", "from_one"), [(2, 9), (9, 2)])
async def test_who_has_said_nothing_yet_gives_way_to_who_comes_when_there_is_no_more_room(
    listen: Listen, links: int, from_one: int
) -> None:
    listener = await listen(links=links, links_from_one=from_one)
    honest = await call(listener, None)
    assert isinstance(await asked(honest), HeartbeatResponse)
    silent = [await Raw.at(listener) for _ in range(5)]
    for raw in silent[:4]:
        assert [told["error"] for told in await raw.rest()] == ["rate_limited"]
    assert await is_served(listener)
    assert [told["error"] for told in await silent[4].rest()] == ["rate_limited"]
    assert listener.cut == [Why.GAVE_WAY] * 5
    assert isinstance(await asked(honest), HeartbeatResponse)
    await honest.close()


async def test_a_thousand_that_say_nothing_are_no_links_and_cost_one_timer(listen: Listen) -> None:
    listener = await listen(open_within_s=0.5)
    silent = [await Raw.at(listener) for _ in range(1000)]
    door = listener.server._door
    assert (listener.links, len(door.tasks)) == ([], 0)
    assert await is_served(listener)
    for raw in silent:
        assert [told["error"] for told in await raw.rest()] == ["rate_limited"]
    assert Counter(listener.cut) == {Why.SILENT: 1000}
    assert (listener.server.waiting, len(door._crowd)) == (0, 0)


async def test_what_is_said_in_pieces_and_at_once_is_heard_whole_and_in_order(listen: Listen) -> None:
    listener = await listen()
    raw = await Raw.at(listener)
    bad = b'{"type":"strange","message_id":"m0"}\n'
    for piece in (b"\r\n", bad[:10], bad[10:] + BEAT_LINE[:7]):
        raw.write(piece)
        await asyncio.sleep(0)
    raw.write(BEAT_LINE[7:] + b"nonsense\n" + BEAT_LINE + BEAT_LINE[:9])
    said = [await raw.answer() for _ in range(4)]
    raw.write(BEAT_LINE[9:])
    said.append(await raw.answer())
    assert [one.get("error", one["type"]) for one in said] == [
        "unknown_type",
        "heartbeat_response",
        "malformed_json",
        "heartbeat_response",
        "heartbeat_response",
    ]
    assert (listener.heard, len(listener.links), listener.server.waiting) == (3, 1, 0)
    raw.close()


@pytest.mark.parametrize(("line", "answered"), [(b"nonsense\n", 10), (b"{}\n", 30)])
async def test_who_opens_with_what_cannot_be_taken_hears_so_and_is_soon_closed(
    listen: Listen, line: bytes, answered: int
) -> None:
    listener = await listen()
    raw = await Raw.at(listener)
    raw.write(line * answered)
    assert len(await raw.rest()) == answered
    more = await Raw.at(listener)
    more.write(line * 5000)
    await more.rest()  # what is closed upon unread bytes may lose its last words
    assert (listener.cut, listener.links) == ([Why.GARBAGE, Why.GARBAGE], [])
    assert await is_served(listener)


async def test_an_address_that_sends_garbage_again_and_again_is_no_longer_answered_and_who_does_not_is(
    listen: Listen,
) -> None:
    listener = await listen()
    for _ in range(25):
        raw = await Raw.at(listener)
        raw.write(b"nonsense\n" * 10)
        await raw.rest()
    assert listener.cut == [Why.GARBAGE] * 25
    late = await Raw.at(listener)
    late.write(b"nonsense\n")
    assert await late.rest() == []
    assert await is_served(listener)


async def test_long_frames_kept_half_sent_by_too_many_are_bounded_and_short_ones_go_on(listen: Listen) -> None:
    listener = await listen(open_within_s=60.0)
    little = await Raw.at(listener)
    little.write(BEAT_LINE[:20])
    long = [await Raw.at(listener) for _ in range(1100)]
    for raw in long:
        raw.write(b'{"' + b"x" * 62_000)
    # 64 MiB are held: 1,082 of these.
    await until(lambda: len(listener.cut) >= 18)
    little.write(BEAT_LINE[20:])
    assert (await little.answer())["type"] == "heartbeat_response"
    assert set(listener.cut) == {Why.HOARDING}
    assert listener.server._door._doorstep._hoard.bytes < 65 * 1024 * 1024
    assert await is_served(listener)
    for raw in (little, *long):
        raw.close()
    await until(lambda: listener.server.waiting == 0)


async def test_a_limit_in_all_counts_every_address(listen: Listen) -> None:
    listener = await listen(links=1, links_from_one=5)
    first = await call(listener, None)
    assert isinstance(await asked(first), HeartbeatResponse)
    assert [told["error"] for told in await (await Raw.at(listener)).rest()] == ["rate_limited"]
    assert listener.cut == [Why.TOO_MANY]
    await first.close()


async def test_a_flood_of_connections_is_one_line_in_the_log(listen: Listen, caplog: pytest.LogCaptureFixture) -> None:
    listener = await listen(links=1, links_from_one=1)
    first = await call(listener, None)
    assert isinstance(await asked(first), HeartbeatResponse)
    with caplog.at_level(logging.WARNING, "ev"):
        for _ in range(20):
            await (await Raw.at(listener)).rest()
    assert [line.message for line in caplog.records] == [
        "A connection from 127.0.0.1 was closed: there are as many connections as may be."
    ]
    assert Counter(listener.cut) == {Why.TOO_MANY: 20}
    await first.close()


@pytest.mark.parametrize("said", [b"", b'{"type":', b"\n\n\n", b'{"type":"strange","message_id":"m"}\n'])
async def test_who_says_nothing_that_can_be_taken_is_closed(listen: Listen, said: bytes) -> None:
    listener = await listen(open_within_s=0.3)
    raw = await Raw.at(listener)
    raw.write(said)
    told = await raw.rest()
    assert (told[-1]["error"], told[-1]["message"]) == (
        "rate_limited",
        "Nothing that could be taken came in time; the connection is closed.",
    )
    assert listener.cut == [Why.SILENT]
    assert await is_served(listener)


async def test_who_has_said_something_may_be_silent_for_long(listen: Listen) -> None:
    listener = await listen(open_within_s=0.2, frame_within_s=0.2)
    raw = await Raw.at(listener)
    raw.write(BEAT_LINE)
    assert (await raw.answer())["type"] == "heartbeat_response"
    other = await Raw.at(listener)  # its end shows that the time has passed
    await other.rest()
    raw.write(BEAT_LINE)
    assert (await raw.answer())["type"] == "heartbeat_response"
    assert listener.cut == [Why.SILENT]
    raw.close()


async def test_where_peers_must_prove_something_only_the_welcome_may_stay(listen: Listen) -> None:
    listener = await listen(must_prove=True, open_within_s=0.5)
    welcome, other = await Raw.at(listener), await Raw.at(listener)
    for raw in (welcome, other):
        raw.write(BEAT_LINE)
        assert (await raw.answer())["type"] == "heartbeat_response"
    listener.links[0].welcome()
    other.write(BEAT_LINE)
    assert [told["type"] for told in await other.rest()] == ["heartbeat_response", "error_response"]
    assert listener.cut == [Why.SILENT]
    welcome.write(BEAT_LINE)
    assert (await welcome.answer())["type"] == "heartbeat_response"
    welcome.close()


async def test_a_lump_of_frames_is_not_heard_at_the_cost_of_others(listen: Listen) -> None:
    listener = await listen(frames_per_s=1_000_000.0)
    lump, other = await Raw.at(listener), await Raw.at(listener)
    for raw in (lump, other):
        raw.write(BEAT_LINE)
        await raw.answer()
    lump.write(BEAT_LINE * 200)
    other.write(BEAT_LINE)
    await other.answer()
    assert listener.heard < 2 + 200
    assert {(await lump.answer())["type"] for _ in range(200)} == {"heartbeat_response"}
    for raw in (lump, other):
        raw.close()


async def test_a_frame_that_takes_too_long_is_told_and_closed(listen: Listen) -> None:
    listener = await listen(frame_within_s=0.3)
    raw = await Raw.at(listener)
    raw.write(BEAT_LINE + BEAT_LINE[:20])
    told = await raw.rest()
    assert [one["type"] for one in told] == ["heartbeat_response", "error_response"]
    assert (told[1]["error"], told[1]["message"]) == (
        "rate_limited",
        "A frame took too long to arrive; the connection is closed.",
    )
    assert listener.cut == [Why.SLOW_SENDER]
    assert await is_served(listener)


async def test_a_frame_in_pieces_that_ends_in_time_is_taken(listen: Listen) -> None:
    listener = await listen(frame_within_s=60.0)
    raw = await Raw.at(listener)
    raw.write(BEAT_LINE)
    await raw.answer()
    link = listener.links[0]
    raw.write(BEAT_LINE[:10])
    await until(lambda: link._timer is not None)
    timer = link._timer
    raw.write(BEAT_LINE[10:50])
    raw.write(BEAT_LINE[50:])
    assert (await raw.answer())["type"] == "heartbeat_response"
    assert timer is not None
    await until(timer.cancelled)
    raw.close()


async def test_too_many_frames_are_refused_with_a_hint_and_the_link_goes_on(listen: Listen) -> None:
    listener = await listen(frames_per_s=4.0, frames_per_point_s=0.0)
    raw = await Raw.at(listener)
    raw.write(BEAT_LINE * 25)
    answers = [await raw.answer() for _ in range(25)]
    assert Counter(one["type"] for one in answers) == {"heartbeat_response": 20, "error_response": 5}
    told = answers[-1]
    assert (told["error"], told["message_id"], told["message"], told["data"]) == (
        "rate_limited",
        "m1",
        "Too many messages on this link; try again in 2 s.",
        {"retry_after_s": 2},
    )
    assert listener.cut == []
    assert listener.server.link_count == 1
    raw.close()


async def test_who_floods_on_is_closed_and_the_others_do_not_feel_it(listen: Listen) -> None:
    listener = await listen(frames_per_s=4.0, frames_per_point_s=0.0)
    honest = await call(listener, None)
    assert isinstance(await asked(honest), HeartbeatResponse)
    raw = await Raw.at(listener)
    raw.write(BEAT_LINE * 500)
    told = await raw.rest()
    assert told[-1]["message"] == "Too many messages on this link, and no end of it; the connection is closed."
    assert len(told) == 41
    assert listener.cut == [Why.TOO_FAST]
    assert isinstance(await asked(honest), HeartbeatResponse)
    await honest.close()


async def test_a_link_of_many_points_may_bring_as_many_frames(listen: Listen) -> None:
    listener = await listen(frames_per_s=4.0, frames_per_point_s=1.0)
    raw = await Raw.at(listener)
    raw.write(BEAT_LINE)
    await raw.answer()
    listener.links[0].widen(100)
    raw.write(BEAT_LINE * 500)
    assert {(await raw.answer())["type"] for _ in range(500)} == {"heartbeat_response"}
    raw.close()


async def test_a_peer_that_asks_and_does_not_read_is_not_asked_on_and_then_cut(listen: Listen) -> None:
    listener = await listen(frames_per_s=1_000_000.0, read_within_s=0.5, room=4096)
    # With little room in the system between the two, a few thousand answers fill it, not a hundred thousand.
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(listener.address)
    reader, writer = await asyncio.open_connection(sock=made, limit=1024)
    writer.write(BEAT_LINE * 100_000)
    await until(lambda: len(listener.links) == 1)
    link, owed = listener.links[0], 0

    def is_cut() -> bool:
        nonlocal owed
        owed = max(owed, link._writer.transport.get_write_buffer_size() if link.is_open else 0)
        return bool(listener.cut == [Why.SLOW_READER])

    await until(is_cut)
    assert not link.is_open
    assert 128 * 1024 < owed < 129 * 1024  # and not all that it asked for
    assert listener.heard < 100_000
    assert await is_served(listener)
    writer.transport.abort()
    del reader


async def test_what_is_pushed_at_a_peer_that_does_not_read_is_bounded(listen: Listen) -> None:
    listener = await listen()
    reader, writer = await asyncio.open_connection(*listener.address, limit=1024)
    writer.write(BEAT_LINE)
    await until(lambda: len(listener.links) == 1)
    answer = HeartbeatResponse(message_id=BEAT.message_id, status="success", message="x" * 1000)

    def flood() -> bool:
        try:
            for _ in range(2000):
                listener.links[0].send(answer)
        except TransportLost:
            return True
        return False

    await until(flood)
    assert listener.cut == [Why.SLOW_READER]
    writer.transport.abort()
    del reader
