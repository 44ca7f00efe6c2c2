"""A private CA for trials and what it signs: files in one directory, never overwritten. Beside Central's vault the only place that knows `cryptography`."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from common.disk import make_folder, write_new
from common.errors import CannotStart
from common.net.pairs import Pair, ca_pair, host_pair, point_pair
from common.net.tls import POINT_URN
from common.words import certs as words

#: Long enough for a trial, short enough that nobody builds on it.
_LASTS = timedelta(days=365)
_CLOCKS_DIFFER = timedelta(minutes=5)
#: A machine reaches itself by these, whatever others call it.
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Issued:
    """A pair that is there now, and whether it was before."""

    pair: Pair
    made: bool


class Authority:
    """The CA of a directory, made when it is not there; raises CannotStart with what is wrong."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.pair = ca_pair(directory)
        self.made = not self._is_there()
        if self.made:
            self._found()
        self._read()

    def for_host(self, *called: str) -> Issued:
        """For the programs of a machine, by all the names that others call it."""
        names = [_name_of(one) for one in dict.fromkeys((*called, *_LOOPBACK))]
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        return self._issue(host_pair(self._directory, *called), called[0], names, purposes)

    def for_point(self, cp_id: str) -> Issued:
        """For the Monitor of a point, which may speak for this one only."""
        names = [x509.UniformResourceIdentifier(f"{POINT_URN}{cp_id}")]
        return self._issue(point_pair(self._directory, cp_id), cp_id, names, [ExtendedKeyUsageOID.CLIENT_AUTH])

    def _is_there(self) -> bool:
        there = [path for path in (self.pair.cert, self.pair.key) if path.exists()]
        if len(there) == 1:
            missing = self.pair.key if there[0] == self.pair.cert else self.pair.cert
            raise CannotStart(words.HALF_A_CA(there=there[0], missing=missing))
        return bool(there)

    def _found(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _subject("EV charging trial CA")
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        made = (
            _begun(name, name, key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(self.pair, made, key)

    def _read(self) -> None:
        try:
            self._cert = x509.load_pem_x509_certificate(self.pair.cert.read_bytes())
            key = serialization.load_pem_private_key(self.pair.key.read_bytes(), None)
        except OSError as wrong:
            raise CannotStart(words.NO_CA(path=wrong.filename, why=wrong.strerror)) from None
        except (ValueError, TypeError) as wrong:
            raise CannotStart(words.NO_CA(path=self._directory, why=str(wrong).split(".")[0])) from None
        assert isinstance(key, Key)
        self._key = key

    def _issue(
        self, pair: Pair, name: str, names: Sequence[x509.GeneralName], purposes: Sequence[x509.ObjectIdentifier]
    ) -> Issued:
        if pair.is_there:
            return Issued(pair, made=False)
        key = ec.generate_private_key(ec.SECP256R1())
        made = (
            _begun(_subject(name), self._cert.subject, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        _write(pair, made, key)
        return Issued(pair, made=True)


def _begun(subject: x509.Name, issuer: x509.Name, key: Key) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + _LASTS)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _name_of(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(pair: Pair, cert: x509.Certificate, key: Key) -> None:
    """The certificate last: where it is, its key is too. What is there already stays, so half a pair is an error."""
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for path, data, mode in (
        (pair.key, secret, 0o600),
        (pair.cert, cert.public_bytes(serialization.Encoding.PEM), 0o644),
    ):
        try:
            make_folder(path.parent, 0o700)
            write_new(path, data, mode)
        except OSError as wrong:
            raise CannotStart(words.CANNOT_WRITE(path=path, why=wrong.strerror)) from None
