"""What the health check of a container says of a process that is well, ill, silent or not there."""

import asyncio
from pathlib import Path

import pytest

from common.net.http import HttpServer, Reply, sentence
from common.net.server import bind
from common.net.tls import of_metrics
from common.net.token import Token
from common.settings import Watchable, load
from deploy.health import main
from tests import certificates


async def check(answer: bytes) -> int:
    """Its exit status, when something on the other side reads the question and says this."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        return await asyncio.to_thread(main, [f"http://{host}:{port}/readyz"])


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n", 0, "ok\n"),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 9\r\n\r\nno link\r\n", 1, "no link\n"),
    ],
)
async def test_it_tells_what_the_process_says(
    answer: bytes, status: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (await check(answer), capsys.readouterr().out) == (status, told)


async def test_what_speaks_no_http_is_ill(capsys: pytest.CaptureFixture[str]) -> None:
    assert await check(b"{}\n") == 1
    assert capsys.readouterr().out.endswith("/readyz does not answer: {}\n.\n")


def test_nobody_there_is_ill(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["http://127.0.0.1:1/readyz"]) == 1
    told = "http://127.0.0.1:1/readyz does not answer: [Errno 111] Connection refused.\n"
    assert capsys.readouterr().out == told


async def test_an_https_page_is_asked_under_its_ca_and_with_a_certificate_where_it_wants_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def page(_: str) -> Reply:
        return sentence(200, "ok")

    authority = certificates.good(tmp_path)
    ca, pair = str(authority.pair.cert), certificates.host(tmp_path)
    own = of_metrics(
        load(Watchable, {"metrics_tls_cert": pair.cert, "metrics_tls_key": pair.key, "metrics_tls_client_ca": ca})
    )
    server = HttpServer({"/readyz": page})
    address = await server.listen(bind("127.0.0.1", 0), own)
    url = f"https://{address}/readyz"
    try:
        assert await asyncio.to_thread(main, [url, ca, str(pair.cert), str(pair.key)]) == 0
        assert capsys.readouterr().out == "ok\n"
        assert await asyncio.to_thread(main, [url, ca]) == 1
        assert capsys.readouterr().out == "These pages are shown only to clients with a certificate.\n"
        assert await asyncio.to_thread(main, [url, str(tmp_path / "gone.pem")]) == 1
    finally:
        await server.stop()


async def test_with_the_token_it_tells_all_and_without_it_whether_it_is_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "token"
    file.write_text("a-token-of-some-length\n")
    server = HttpServer({"/readyz": _no_disk}, told_to_all=("/readyz",))
    address = await server.listen(bind("127.0.0.1", 0), token=Token(file))
    try:
        url = f"http://{address}/readyz"
        assert await asyncio.to_thread(main, [url, "--token", str(file)]) == 1
        assert await asyncio.to_thread(main, [url]) == 1
        assert capsys.readouterr().out == "there is no disk\nnot well\n"
        assert await asyncio.to_thread(main, [url, "--token", str(tmp_path / "gone")]) == 1
        assert capsys.readouterr().out.endswith("No such file or directory: " + repr(str(tmp_path / "gone")) + ".\n")
    finally:
        await server.stop()


async def _no_disk(_: str) -> Reply:
    return sentence(503, "there is no disk")


@pytest.mark.parametrize("arguments", [[], ["127.0.0.1:9100"], ["http://a", "http://b"], ["https://a"], ["--token"]])
def test_a_wrong_call_shows_how_it_is_called(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert (
        capsys.readouterr().err
        == "usage: python -m deploy.health http[s]://HOST:PORT/readyz [CA [CERT KEY]] [--token FILE]\n"
    )
