"""Central under TLS: a link whose client showed a certificate registers the points it names, and no other."""

from pathlib import Path

import pytest
from cryptography.x509 import UniformResourceIdentifier as Uri

from common import messages as m
from common.ids import counted_ids
from common.metrics import catalogue as figures
from common.net.dialer import connect
from common.net.pairs import Pair
from common.net.tls import Tls, of_client
from common.registry import CATALOGUE
from common.settings import WithCentral, load
from tests import certificates
from tests.integration.central.conftest import Network, Peer


class CallerSettings(WithCentral):
    process = "caller"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    certificates.good(tmp_path / "tls")
    return tmp_path / "tls"


def tls(made: Path, pair: Pair | None = None) -> Tls:
    shown = {"tls_cert": pair.cert, "tls_key": pair.key} if pair else {}
    settings = load(CallerSettings, {"tls_ca": made / "ca.pem", **shown})
    found = of_client(settings, settings.tls_ca)
    assert found is not None
    return found


async def start(network: Network, made: Path, *, asks: bool) -> None:
    pair = certificates.host(made)
    await network.stop()
    await network.start(tls_cert=pair.cert, tls_key=pair.key, tls_client_ca=made / "ca.pem" if asks else None)


async def caller(network: Network, own: Tls) -> Peer:
    link = await connect(network.address, CATALOGUE, clock=network.clock, ids=counted_ids("p"), tls=own)
    network._peers.append(Peer(link))
    return network._peers[-1]


def registration(cp_id: str) -> m.RegisterRequest:
    return m.RegisterRequest(message_id=f"reg-{cp_id}", cp_id=cp_id, max_charging_rate_kw=22)


async def test_a_point_registers_under_its_own_certificate_and_not_under_anothers(network: Network, made: Path) -> None:
    await start(network, made, asks=True)
    peer = await caller(network, tls(made, certificates.point(made, "CP1")))
    peer.send(registration("CP2"))
    refused = await peer.expect(m.RegisterResponse)
    assert (refused.error, refused.message, refused.reason) == (
        "auth_failed",
        "The certificate of this link is for CP1, not for CP2.",
        "The certificate of this link is for CP1, not for CP2.",
    )
    assert network.central.context.measures.value(figures.AUTH_REFUSED) == 1
    peer.send(registration("CP1"))
    assert (await peer.expect(m.RegisterResponse)).succeeded
    assert await network.rows("SELECT cp_id FROM points") == [("CP1",)]


async def test_a_certificate_may_name_several_points_of_a_gateway(network: Network, made: Path) -> None:
    await start(network, made, asks=True)
    urns = [Uri("urn:ev:point:A"), Uri("urn:ev:point:B")]
    pair = certificates.signed(Pair(made / "ca.pem", made / "ca.key"), made / "gateway", name="gateway", names=[*urns])
    peer = await caller(network, tls(made, pair))
    answers = []
    for cp_id in ("A", "B", "gateway"):
        peer.send(registration(cp_id))
        answers.append((await peer.expect(m.RegisterResponse)).status)
    assert answers == ["success", "success", "failure"]


async def test_without_client_certificates_any_point_registers_under_tls(network: Network, made: Path) -> None:
    await start(network, made, asks=False)
    peer = await caller(network, tls(made))
    for cp_id in ("CP1", "CP2"):
        peer.send(registration(cp_id))
        assert (await peer.expect(m.RegisterResponse)).succeeded


async def test_what_central_turns_away_is_in_its_figures(network: Network, made: Path) -> None:
    await start(network, made, asks=True)
    peer = await caller(network, tls(made))
    told = await peer.expect(m.ErrorResponse)
    assert told.error == "not_authenticated"
    plain = await network.peer()
    plain.send(registration("CP1"))
    assert (await plain.expect(m.ErrorResponse)).error == "not_allowed"
    assert network.central.context.measures.values(figures.LINKS_CUT) == {("no_certificate",): 1, ("plain",): 1}
