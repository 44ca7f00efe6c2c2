"""TLS between a listener and its callers: who is let in, what each side says of the other, and certificates that change."""

import asyncio
import ipaddress
import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from common.certificates import Authority
from common.clock import ManualClock
from common.ids import counted_ids
from common.messages import ConnectionFailed, ConnectionLost, ErrorResponse, HeartbeatResponse
from common.net.backoff import Backoff
from common.net.dialer import Dialer
from common.net.http import HttpServer, sentence
from common.net.limits import Why
from common.net.link import Link, why_not
from common.net.server import bind
from common.net.tls import Tls
from tests import certificates
from tests.integration.net.conftest import BEAT_LINE, DOWNWARD, Listener, Raw, asked, call, caller_tls, port_tls
from tests.waiting import until

Listen = Callable[..., Any]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    certificates.good(tmp_path / "tls")
    return tmp_path / "tls"


async def refusal(listener: Listener, tls: Tls | None, host: str = "127.0.0.1") -> str:
    """Why a caller gets no answer, as its program says it."""
    try:
        link = await call(listener, tls, host)
        assert await asked(link) is None
        await link.close()
    except OSError as wrong:
        return why_not(wrong)
    return link.why_ended or "the link ended"


async def test_messages_go_both_ways_under_tls(listen: Listen, made: Path) -> None:
    listener = await listen(port_tls(made))
    for host in ("127.0.0.1", "localhost"):
        link = await call(listener, caller_tls(made), host)
        assert isinstance(await asked(link), HeartbeatResponse)
        found = link._writer.get_extra_info("ssl_object")
        assert found.version() in {"TLSv1.2", "TLSv1.3"}
        await link.close()
    assert listener.cut == []
    assert [link.certified_for for link in listener.links] == [None, None]


async def test_a_version_before_1_2_gets_no_link(listen: Listen, made: Path) -> None:
    listener, old = await listen(port_tls(made)), caller_tls(made)
    with pytest.warns(DeprecationWarning, match="TLSVersion"):
        old.context.minimum_version, old.context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.context.set_ciphers("ALL:@SECLEVEL=0")
    assert "no TLS link could be agreed on" in await refusal(listener, old) or listener.cut == [Why.TLS]
    assert listener.heard == 0


async def test_a_caller_says_why_it_does_not_trust_the_listener(listen: Listen, made: Path, tmp_path: Path) -> None:
    ca = Authority(made).pair
    other = certificates.good(tmp_path / "other")
    good = await listen(port_tls(made))
    assert (
        await refusal(good, caller_tls(made, tls_ca=other.pair.cert))
        == "its certificate is not from a CA that --tls-ca names; give that CA's certificate"
    )
    elsewhere = certificates.signed(ca, made / "elsewhere", names=[x509.DNSName("box.lan")])
    away = await listen(port_tls(made, tls_cert=elsewhere.cert, tls_key=elsewhere.key))
    told = await refusal(away, caller_tls(made))
    assert told.startswith("its certificate is for another name (IP address mismatch")
    assert "'localhost'" in await refusal(away, caller_tls(made), "localhost")
    byname = certificates.signed(ca, made / "byname", names=[x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    near = await listen(port_tls(made, tls_cert=byname.cert, tls_key=byname.key))
    link = await call(near, caller_tls(made))
    assert isinstance(await asked(link), HeartbeatResponse)
    await link.close()
    await until(lambda: good.cut == [Why.TLS])


async def test_a_caller_may_trust_just_the_certificate_of_its_listener(
    listen: Listen, made: Path, tmp_path: Path
) -> None:
    listener, own = await listen(port_tls(made)), certificates.host(made).cert
    link = await call(listener, caller_tls(made, tls_ca=own))
    assert isinstance(await asked(link), HeartbeatResponse)
    await link.close()
    other = await listen(port_tls(certificates.good(tmp_path / "other").pair.cert.parent))
    assert "not from a CA that --tls-ca names" in await refusal(other, caller_tls(made, tls_ca=own))


async def test_an_expired_certificate_is_told_by_the_caller(listen: Listen, made: Path) -> None:
    listener, old = await listen(port_tls(made)), certificates.signed(Authority(made).pair, made / "old", days=(-3, -1))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # it expired while its program ran
    context.load_cert_chain(old.cert, old.key)
    listener.server._door._tls._context = context
    assert (
        await refusal(listener, caller_tls(made))
        == "its certificate has expired or is not valid yet; renew it there, or check this machine's clock"
    )


async def test_client_certificates_are_asked_for_and_held_to_their_ca(
    listen: Listen, made: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    listener = await listen(port_tls(made, tls_client_ca=made / "ca.pem"))
    cp1 = certificates.point(made, "CP1")
    link = await call(listener, caller_tls(made, tls_cert=cp1.cert, tls_key=cp1.key))
    assert isinstance(await asked(link), HeartbeatResponse)
    assert listener.links[0].certified_for == {"CP1"}
    await link.close()
    foreign = certificates.point(certificates.good(tmp_path / "other").pair.cert.parent, "CP1")
    with caplog.at_level(logging.WARNING, "ev.door"):
        bare = await call(listener, caller_tls(made))
        told = await asked(bare)
        wrong = await refusal(listener, caller_tls(made, tls_cert=foreign.cert, tls_key=foreign.key))
    await bare.close()
    assert isinstance(told, ErrorResponse)
    assert (told.error, told.message) == (
        "not_authenticated",
        "This port asks for a client certificate (our programs: --tls-cert FILE, --tls-key FILE).",
    )
    assert wrong.startswith("it closed the link before it said anything; it may not accept this program's certificate")
    assert (listener.cut, listener.heard) == ([Why.NO_CERTIFICATE, Why.TLS], 1)
    assert [line.message.partition("127.0.0.1 ")[2] for line in caplog.records] == [
        "was closed: it showed no client certificate, which --tls-client-ca asks for.",
        "was closed: its certificate is not trusted (unable to get local issuer certificate).",
    ]


async def test_a_plain_caller_at_a_tls_port_is_told_so_in_plain_words(listen: Listen, made: Path) -> None:
    listener = await listen(port_tls(made))
    raw = await Raw.at(listener)
    raw.write(BEAT_LINE)
    (told,) = await raw.rest()
    assert (told["type"], told["error"], told["message"]) == (
        "error_response",
        "not_allowed",
        "This port takes TLS only: connect with TLS (our programs: --tls-ca FILE).",
    )
    assert listener.cut == [Why.PLAIN]


async def test_a_tls_caller_at_a_plain_port_is_told_what_to_do(listen: Listen, made: Path) -> None:
    listener = await listen()
    assert (
        await refusal(listener, caller_tls(made))
        == "it does not speak TLS; leave out --tls-ca here, or give --tls-cert and --tls-key there"
    )


async def test_what_begins_like_tls_at_a_plain_port_is_answered_at_once(listen: Listen) -> None:
    raw = await Raw.at(await listen())
    raw.write(b"\x16\x03\x01\x02\x00\x01")
    (told,) = await raw.rest()
    assert (told["error"], told["message"]) == (
        "not_allowed",
        "This port does not take TLS: connect without it (our programs: leave out --tls-ca).",
    )


async def test_a_dialer_tells_both_kinds_of_failure_as_events(listen: Listen, made: Path, tmp_path: Path) -> None:
    plain, asking = await listen(), await listen(port_tls(made, tls_client_ca=made / "ca.pem"))
    foreign = certificates.point(certificates.good(tmp_path / "other").pair.cert.parent, "CP1")
    told: list[ConnectionLost | ConnectionFailed] = []

    async def hear(link: Link) -> None:
        async for _ in link:
            pass

    for listener in (plain, asking):
        dialer = Dialer(
            listener.address,
            DOWNWARD,
            on_link=hear,
            on_event=told.append,
            clock=ManualClock(),
            ids=counted_ids(),
            backoff=Backoff(lambda: 1.0),
            tls=caller_tls(made, tls_cert=foreign.cert, tls_key=foreign.key),
        )
        task, before = asyncio.create_task(dialer.run()), len(told)
        await until(lambda before=before: len(told) > before)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    no_tls = "it does not speak TLS; leave out --tls-ca here, or give --tls-cert and --tls-key there"
    not_ours = (
        "it closed the link before it said anything; it may not accept this program's certificate "
        "(see --tls-cert here and --tls-client-ca there)"
    )
    assert [(type(event), event.description) for event in told] == [
        (ConnectionFailed, f"Cannot connect to {plain.address}: {no_tls}."),
        (ConnectionLost, f"The link to {asking.address} ended: {not_ours}."),
    ]


def serial(link: Link) -> str:
    return str(link._writer.get_extra_info("peercert")["serialNumber"])


async def test_new_handshakes_use_a_renewed_certificate_and_old_links_go_on(listen: Listen, made: Path) -> None:
    listener, pair = await listen(port_tls(made)), certificates.host(made)
    first = await call(listener, caller_tls(made))
    assert isinstance(await asked(first), HeartbeatResponse)
    fresh = certificates.signed(Authority(made).pair, made / "fresh")
    for old, new in ((pair.key, fresh.key), (pair.cert, fresh.cert)):
        new.replace(old)
    second = await call(listener, caller_tls(made))
    assert serial(second) != serial(first)
    assert isinstance(await asked(first), HeartbeatResponse)
    assert isinstance(await asked(second), HeartbeatResponse)
    for link in (first, second):
        await link.close()


async def test_who_connects_and_never_begins_the_handshake_is_cut(listen: Listen, made: Path) -> None:
    listener = await listen(port_tls(made), open_within_s=0.2)
    silent, half = await Raw.at(listener), await Raw.at(listener)
    half.write(b"\x16\x03\x01\x02\x00")  # the beginning of a hello
    assert (await silent.rest(), await half.rest()) == ([], [])
    assert listener.cut == [Why.SILENT, Why.SILENT]


async def test_stopping_does_not_wait_for_handshakes_that_never_end(listen: Listen, made: Path) -> None:
    listener = await listen(port_tls(made))
    silent = await Raw.at(listener)
    await until(lambda: listener.server.waiting == 1)
    half = await Raw.at(listener)
    half.write(b"\x16\x03\x01\x02\x00")
    await until(lambda: len(listener.server._door.tasks) == 1)
    async with asyncio.timeout(1):
        await listener.server.stop()
    assert (await silent.rest(), await half.rest()) == ([], [])


async def test_the_pages_are_served_over_https_and_a_plain_request_is_told_so(made: Path) -> None:
    async def page(_: str) -> Any:
        return sentence(200, "x" * 300_000)

    server = HttpServer({"/metrics": page})
    address = await server.listen(bind("127.0.0.1", 0), port_tls(made))
    try:
        reader, writer = await asyncio.open_connection(*address, ssl=caller_tls(made).context)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(10):
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        assert (head.split(b"\r\n")[0], len(body)) == (b"HTTP/1.1 200 OK", 300_001)
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(10):
            told = await reader.read()
        writer.close()
        assert told.startswith(b"HTTP/1.1 400 Bad Request")
        assert told.endswith(b"This port takes HTTPS only.\n")
    finally:
        await server.stop()
