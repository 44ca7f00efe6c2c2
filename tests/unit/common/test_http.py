"""The HTTP server for watchers: pages, refusals, and any bytes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.net import http
from common.net.address import Address
from common.net.http import HttpServer, Reply, sentence
from common.net.server import bind
from common.net.token import Token
from tests.asking import Answer, answer, ask, exchange


async def hello(accept: str) -> Reply:
    return sentence(200, f"hello {accept}")


async def broken(_: str) -> Reply:
    raise RuntimeError("this page is broken")


@pytest.fixture
async def server() -> AsyncIterator[Address]:
    made = HttpServer({"/hello": hello, "/broken": broken})
    yield await made.listen(bind("127.0.0.1", 0))
    await made.stop()


async def test_a_page_is_given_with_its_length_and_the_connection_ends(server: Address) -> None:
    got = await ask(server, "/hello?name=x", accept="text/plain")
    assert (got.status, got.body) == (200, "hello text/plain\n")
    assert {name: got.fields[name] for name in ("content-type", "content-length", "connection")} == {
        "content-type": "text/plain; charset=utf-8",
        "content-length": "17",
        "connection": "close",
    }


async def test_head_has_everything_but_the_body(server: Address) -> None:
    got = await ask(server, "/hello", method="HEAD")
    assert (got.status, got.fields["content-length"], got.body) == (200, "10", "")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /nothing HTTP/1.1\r\n\r\n", 404),
        (b"POST /hello HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 405),
        (b"GET /hello HTTP/2.0\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET  /hello HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"GET /hello HTTP/1.1\r\nHalf: a", 400),
        (b"GET /hello HTTP/1.1\r\nX: " + b"x" * 10_000 + b"\r\n\r\n", 431),
        (b"GET /hello HTTP/1.1\r\n" + b"X: y\r\n" * 2_000 + b"\r\n", 431),
        (b"GET /hello HTTP/1.0\n\n", 200),
    ],
)
async def test_every_request_gets_the_answer_it_deserves(server: Address, data: bytes, status: int) -> None:
    got = answer(await exchange(server, data))
    assert got.status == status
    assert got.body.endswith(("\n", "}"))
    assert ("allow" in got.fields) is (status == 405)


async def test_with_a_token_a_page_is_for_who_sends_it_and_what_all_may_know_is_one_word(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("a-token-of-some-length")
    made = HttpServer({"/hello": hello, "/well": hello, "/ill": ill}, told_to_all=("/well", "/ill"))
    address = await made.listen(bind("127.0.0.1", 0), token=Token(file))
    try:
        refused = await ask(address, "/hello")
        assert (refused.status, refused.fields["www-authenticate"], refused.body) == (
            401,
            "Bearer",
            "These pages are shown only to who sends the token (Authorization: Bearer TOKEN).\n",
        )
        unknown = await ask(address, "/nothing")
        assert unknown.status == 401
        told = [(one.status, one.body) for one in (await ask(address, "/well"), await ask(address, "/ill"))]
        assert told == [(200, "ok\n"), (503, "not well\n")]
        seen = [await _with_token(address, path) for path in ("/hello", "/well", "/ill")]
        assert [(one.status, one.body) for one in seen] == [(200, "hello \n"), (200, "hello \n"), (503, "no disk\n")]
    finally:
        await made.stop()


async def _with_token(address: Address, path: str) -> Answer:
    request = f"GET {path} HTTP/1.1\r\nAuthorization: Bearer a-token-of-some-length\r\n\r\n"
    return answer(await exchange(address, request.encode()))


async def ill(_: str) -> Reply:
    return sentence(503, "no disk")


async def test_a_page_that_fails_is_one_sentence_and_a_log_line(
    server: Address, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "ev.http"):
        got = await ask(server, "/broken")
    assert (got.status, got.body) == (500, "/broken could not be made; the log says why.\n")
    assert [record.getMessage() for record in caplog.records] == ["/broken could not be made."]
    assert (await ask(server, "/hello")).status == 200


async def test_who_says_nothing_takes_nobody_elses_place(server: Address) -> None:
    silent = [await asyncio.open_connection(server.host, server.port) for _ in range(http.MOST_CONNECTIONS)]
    crowded = await ask(server, "/hello")
    assert (crowded.status, crowded.body) == (503, "Too many connections; come back later.\n")
    for _, writer in silent:
        writer.close()
        await writer.wait_closed()
    async with asyncio.timeout(5):
        while (await ask(server, "/hello")).status != 200:
            pass


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
def test_any_bytes_are_answered_or_closed_and_nothing_breaks(data: bytes) -> None:
    async def run() -> tuple[bytes, int]:
        made = HttpServer({"/hello": hello})
        address = await made.listen(bind("127.0.0.1", 0))
        try:
            return await exchange(address, data), (await ask(address, "/hello")).status
        finally:
            await made.stop()

    got, after = asyncio.run(run())
    assert got.startswith(b"HTTP/1.1 ")
    assert after == 200
