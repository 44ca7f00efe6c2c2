"""Certificates made for a test: good ones by our own CA, and every kind of bad one."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from common.certificates import Authority
from common.net.pairs import Pair


def good(directory: Path) -> Authority:
    """A CA with a pair for localhost and one for the point CP1."""
    authority = Authority(directory)
    authority.for_host("localhost")
    authority.for_point("CP1")
    return authority


def host(directory: Path) -> Pair:
    return Authority(directory).for_host("localhost").pair


def point(directory: Path, cp_id: str) -> Pair:
    return Authority(directory).for_point(cp_id).pair


def signed(
    ca: Pair,
    into: Path,
    *,
    name: str = "localhost",
    names: list[x509.GeneralName] | None = None,
    days: tuple[int, int] = (-1, 1),
) -> Pair:
    """A pair by that CA with any name, other names and dates."""
    into.mkdir(parents=True, exist_ok=True)
    issuer = x509.load_pem_x509_certificate(ca.cert.read_bytes())
    signer = serialization.load_pem_private_key(ca.key.read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )
    wanted = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))] if names is None else names
    if wanted:
        made = made.add_extension(x509.SubjectAlternativeName(wanted), critical=False)
    pair = Pair(into / "cert.pem", into / "key.pem")
    pair.cert.write_bytes(made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    pair.key.write_bytes(private(key))
    return pair


def private(key: ec.EllipticCurvePrivateKey, passphrase: bytes | None = None) -> bytes:
    kept = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, kept)
