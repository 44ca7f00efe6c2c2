"""What makes a TLS context, and the one sentence for each mistake in its files."""

import logging
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from charging_point.monitor.settings import MonitorSettings
from common.certificates import Authority
from common.errors import BadSetting, CannotStart
from common.net import tls
from common.settings import Listens, WithCentral, load
from tests import certificates


class PortSettings(Listens):
    process = "port"


class CallerSettings(WithCentral):
    process = "caller"


@pytest.fixture
def made(clean_place: Path) -> Path:
    """The directory of a CA, with pairs for localhost and CP1."""
    certificates.good(clean_place / "tls")
    return clean_place / "tls"


def listener(made: Path, **told: Path | str) -> tls.Tls | None:
    pair = certificates.host(made)
    return tls.of_listener(load(PortSettings, {"tls_cert": pair.cert, "tls_key": pair.key, **told}))


def complaint(made: Path, **told: Path | str) -> str:
    with pytest.raises(BadSetting) as wrong:
        listener(made, **told)
    return str(wrong.value)


@pytest.mark.usefixtures("clean_place")
def test_without_a_certificate_and_without_a_ca_there_is_no_tls() -> None:
    assert tls.of_listener(PortSettings()) is None
    assert tls.of_client(CallerSettings(), None) is None


def test_tls_of_a_version_before_1_2_is_not_spoken(made: Path) -> None:
    port, caller = listener(made), tls.of_client(CallerSettings(), made / "ca.pem")
    assert port is not None
    assert caller is not None
    assert {port.context.minimum_version.name, caller.context.minimum_version.name} == {"TLSv1_2"}
    assert (caller.context.check_hostname, caller.context.verify_mode.name) == (True, "CERT_REQUIRED")


def test_a_client_ca_asks_for_certificates(made: Path) -> None:
    plain, asking = listener(made), listener(made, tls_client_ca=made / "ca.pem")
    assert plain is not None
    assert asking is not None
    assert (plain.context.verify_mode.name, plain.asks_for_certificate) == ("CERT_NONE", False)
    # The door turns away who shows none.
    assert (asking.context.verify_mode.name, asking.asks_for_certificate) == ("CERT_OPTIONAL", True)


def test_certificate_and_key_may_stand_in_one_file(made: Path) -> None:
    pair = certificates.host(made)
    both = made / "both.pem"
    both.write_bytes(pair.cert.read_bytes() + pair.key.read_bytes())
    assert tls.of_listener(PortSettings(tls_cert=both)) is not None


def test_each_mistake_in_a_file_is_one_sentence_that_names_it(made: Path) -> None:
    other = certificates.signed(Authority(made).pair, made / "other")
    expired = certificates.signed(Authority(made).pair, made / "old", days=(-3, -1))
    early = certificates.signed(Authority(made).pair, made / "new", days=(1, 3))
    locked, text, key = made / "locked.key", made / "text", certificates.host(made).key
    locked.write_bytes(certificates.private(ec.generate_private_key(ec.SECP256R1()), b"secret"))
    text.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    gone, cert = made / "gone.pem", certificates.host(made).cert
    assert complaint(made, tls_cert=gone) == f"Cannot read {gone}, which --tls-cert names: No such file or directory."
    assert complaint(made, tls_cert=key) == f"{key}, which --tls-cert names, holds no certificate in PEM form."
    no_key = "holds no private key in PEM form without a passphrase."
    assert complaint(made, tls_key=cert) == f"{cert}, which --tls-key names, {no_key}"
    assert complaint(made, tls_key=locked) == f"{locked}, which --tls-key names, {no_key}"
    assert complaint(made, tls_key=other.key) == f"The key in {other.key} does not belong to the certificate in {cert}."
    asked = {"tls_cert": expired.cert, "tls_key": expired.key}
    assert complaint(made, **asked) == f"The certificate in {expired.cert} has expired; make or ask for a new one."
    asked = {"tls_cert": early.cert, "tls_key": early.key}
    assert complaint(made, **asked).startswith(f"The certificate in {early.cert} is not valid yet;")
    no_cert = "holds no certificate in PEM form."
    assert complaint(made, tls_client_ca=text) == f"{text}, which --tls-client-ca names, {no_cert}"


def test_options_that_need_another_say_which(made: Path) -> None:
    pair = certificates.host(made)

    def alone(settings: WithCentral) -> str:
        with pytest.raises(BadSetting) as wrong:
            tls.of_client(settings, settings.tls_ca)
        return str(wrong.value)

    with pytest.raises(BadSetting, match="--tls-client-ca needs --tls-cert too"):
        tls.of_listener(PortSettings(tls_client_ca=made / "ca.pem"))
    assert alone(CallerSettings(tls_cert=pair.cert)) == "--tls-cert needs --tls-ca too."
    assert alone(CallerSettings(tls_ca=made / "ca.pem", tls_key=pair.key)) == "--tls-key needs --tls-cert too."


def test_a_monitor_may_show_its_certificate_to_engine_alone(made: Path) -> None:
    pair = certificates.point(made, "CP1")
    told = MonitorSettings(cp_id="CP1", tls_cert=pair.cert, tls_key=pair.key, engine_tls_ca=made / "ca.pem")
    assert tls.of_client(told, told.tls_ca, other_ca=told.engine_tls_ca) is None
    to_engine = tls.of_client(told, told.engine_tls_ca, option="--engine-tls-ca")
    assert to_engine is not None
    assert to_engine.option == "--engine-tls-ca"


def replace(path: Path, data: bytes) -> None:
    """As a tool that renews certificates does: whole, and of another age."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(data)
    fresh.replace(path)


def test_a_new_file_is_read_and_a_broken_one_keeps_the_old_and_is_told_once(
    made: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pair, found = certificates.host(made), listener(made)
    assert found is not None
    first = found.context
    assert found.context is first
    fresh = certificates.signed(Authority(made).pair, made / "fresh")
    with caplog.at_level(logging.INFO, "ev.tls"):
        replace(pair.cert, fresh.cert.read_bytes())  # its key is still the old one
        assert (found.context, found.context) == (first, first)
        replace(pair.key, fresh.key.read_bytes())
        second = found.context
    assert second is not first
    assert [(line.levelname, line.message) for line in caplog.records] == [
        (
            "ERROR",
            (
                f"The key in {pair.key} does not belong to the certificate in {pair.cert}. "
                "What was read before stays in use."
            ),
        ),
        ("INFO", f"Read again, since it has changed: {pair.cert}, {pair.key}."),
    ]
    pair.cert.unlink()
    assert found.context is second


def test_a_certificate_speaks_for_the_points_of_its_urns_else_for_its_common_name(made: Path) -> None:
    del made
    subject = ((("commonName", "CP9"),),)
    urns = (("URI", "urn:ev:point:CP1"), ("DNS", "CP7"), ("URI", "urn:ev:point:CP2"), ("URI", "https://x/CP3"))
    assert tls.points_of({"subject": subject, "subjectAltName": urns}) == frozenset({"CP1", "CP2"})
    assert tls.points_of({"subject": subject, "subjectAltName": (("DNS", "CP7"),)}) == frozenset({"CP9"})
    assert tls.points_of({"subject": (), "notAfter": "never"}) == frozenset()
    assert tls.points_of(None) is None


# -- the private CA


def names(path: Path) -> list[str]:
    found = x509.load_pem_x509_certificate(path.read_bytes())
    return [str(one.value) for one in found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value]


def test_a_ca_names_machines_and_points_and_keeps_its_keys_to_its_owner(made: Path) -> None:
    authority = Authority(made)
    assert not authority.made
    box = authority.for_host("box.lan", "10.0.0.7")
    assert (box.made, authority.for_host("box.lan", "10.0.0.7").made) == (True, False)
    assert names(box.pair.cert) == ["box.lan", "10.0.0.7", "localhost", "127.0.0.1", "::1"]
    assert names(authority.for_point("CP1").pair.cert) == ["urn:ev:point:CP1"]
    keys = sorted(made.rglob("*.key"))
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    assert len(keys) == 4


def test_a_ca_never_overwrites_and_says_what_is_missing(made: Path) -> None:
    before = (made / "ca.pem").read_bytes()
    Authority(made)
    assert (made / "ca.pem").read_bytes() == before
    (made / "points" / "CP1.pem").unlink()
    with pytest.raises(CannotStart, match=r"Cannot write .*CP1\.key: File exists\."):
        Authority(made).for_point("CP1")
    (made / "ca.key").unlink()
    with pytest.raises(CannotStart, match=r"ca\.pem is there and .*ca\.key is not"):
        Authority(made)
    (made / "ca.key").write_text("nonsense")
    with pytest.raises(CannotStart, match="is no CA of ours"):
        Authority(made)
