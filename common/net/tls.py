"""TLS for listeners and clients: contexts made from PEM files, read again when they change, and sentences for what goes wrong."""

import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from common.errors import BadSetting
from common.settings import Listens, ShowsCertificate, Watchable
from common.words import net as reasons
from common.words import tls as words

log = logging.getLogger("ev.tls")

#: How a certificate names the charging point that it was made for, among its other names.
POINT_URN = "urn:ev:point:"
#: What OpenSSL says of a certificate that it does not take.
_NOT_YET, _EXPIRED = 9, 10
_UNTRUSTED = (2, 18, 19, 20, 21)
_OTHER_NAME = (62, 64)
_TURNS_OF_A_HANDSHAKE = 6

Context = ssl.SSLContext
Stamp = tuple[int, int, int]


class Tls:
    """A context as its files make it. Handshakes take `context`; a broken new file leaves the old one in use."""

    def __init__(
        self,
        make: Callable[[], Context],
        files: Sequence[Path],
        option: str,
        *,
        asks_for_certificate: bool = False,
        shows_certificate: bool = False,
    ) -> None:
        self._make = make
        self.shows_certificate = shows_certificate
        #: Whether a client without a certificate is to be turned away.
        self.asks_for_certificate = asks_for_certificate
        self._files = files
        #: The option that turned it on, for sentences.
        self.option = option
        self._seen = self._stamps()
        self._context = make()

    @property
    def context(self) -> Context:
        stamps = self._stamps()
        if stamps != self._seen:
            self._seen = stamps
            self._read_again()
        return self._context

    def _read_again(self) -> None:
        try:
            self._context = self._make()
        except BadSetting as wrong:
            log.error("%s", words.KEPT_THE_OLD.en.format(why=wrong))  # noqa: TRY400 - the sentence says all
        else:
            log.info("%s", words.READ_AGAIN.en.format(path=", ".join(map(str, self._files))))

    def _stamps(self) -> list[Stamp | None]:
        return [stamp(path) for path in self._files]


def of_listener(settings: Listens) -> Tls | None:
    """For the port of a program; None: without TLS. Raises BadSetting."""
    return _listening(settings.tls_cert, settings.tls_key, settings.tls_client_ca, "--tls")


def of_metrics(settings: Watchable) -> Tls | None:
    """For the pages of a program; None: without TLS. Raises BadSetting."""
    return _listening(
        settings.metrics_tls_cert, settings.metrics_tls_key, settings.metrics_tls_client_ca, "--metrics-tls"
    )


def of_client(
    settings: ShowsCertificate, ca: Path | None, *, option: str = "--tls-ca", other_ca: Path | None = None
) -> Tls | None:
    """For a client that trusts what this CA made; None: without TLS. `other_ca` is of its other link. Raises BadSetting."""
    cert, key = settings.tls_cert, settings.tls_key
    if key and not cert:
        raise BadSetting(words.NEEDS(option="--tls-key", other="--tls-cert"))
    if ca is None:
        if cert and other_ca is None:  # else it would go out without TLS, and without a word
            raise BadSetting(words.NEEDS(option="--tls-cert", other=option))
        return None
    return Tls(
        lambda: _client_context(ca, cert, key, option),
        _named(ca, cert, key),
        option,
        shows_certificate=cert is not None,
    )


def _listening(cert: Path | None, key: Path | None, client_ca: Path | None, prefix: str) -> Tls | None:
    if cert is None:
        for told, option in ((key, f"{prefix}-key"), (client_ca, f"{prefix}-client-ca")):
            if told:
                raise BadSetting(words.NEEDS(option=option, other=f"{prefix}-cert"))
        return None
    found = cert
    return Tls(
        lambda: _server_context(found, key, client_ca, prefix),
        _named(cert, key, client_ca),
        f"{prefix}-cert",
        asks_for_certificate=client_ca is not None,
    )


def _named(*files: Path | None) -> list[Path]:
    return [path for path in files if path is not None]


def stamp(path: Path) -> Stamp | None:
    """What changes with a file; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _server_context(cert: Path, key: Path | None, client_ca: Path | None, prefix: str) -> Context:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_own(context, cert, key, prefix)
    if client_ca is not None:
        _load_trusted(context, client_ca, f"{prefix}-client-ca")
        # Whoever shows none is turned away by the door, in words: OpenSSL's would not reach it through asyncio.
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _client_context(ca: Path, cert: Path | None, key: Path | None, option: str) -> Context:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and host name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # What is trusted may be the very certificate of the peer.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    _load_trusted(context, ca, option)
    if cert is not None:
        _load_own(context, cert, key, "--tls")
    return context


def _load_trusted(context: Context, ca: Path, option: str) -> None:
    _must_hold(ca, option, "CERTIFICATE-----", words.NO_CERTIFICATE)
    try:
        context.load_verify_locations(cafile=ca)
    except (OSError, ValueError):  # what OpenSSL says of its parser is no help
        raise BadSetting(words.NO_CERTIFICATE(path=ca, option=option)) from None


def _load_own(context: Context, cert: Path, key: Path | None, prefix: str) -> None:
    """Certificate and key; without a file for the key, it is looked for in that of the certificate."""
    key_option = f"{prefix}-key" if key else f"{prefix}-cert"
    _must_hold(cert, f"{prefix}-cert", "CERTIFICATE-----", words.NO_CERTIFICATE)
    _must_hold(key or cert, key_option, "PRIVATE KEY-----", words.NO_KEY)
    try:
        # Without a password OpenSSL would ask for one on the terminal; an empty one does not fit.
        context.load_cert_chain(cert, key, password="")
    except ssl.SSLError as wrong:
        if wrong.reason == "KEY_VALUES_MISMATCH":
            raise BadSetting(words.WRONG_KEY(key=key or cert, cert=cert)) from None
        raise BadSetting(words.NO_KEY(path=key or cert, option=key_option)) from None
    except (OSError, ValueError) as wrong:
        raise BadSetting(words.UNUSABLE(path=cert, why=wrong)) from None
    _check_dates(cert, key)


def _must_hold(path: Path, option: str, mark: str, complaint: Callable[..., str]) -> None:
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as wrong:
        raise BadSetting(words.CANNOT_READ(path=path, option=option, why=wrong.strerror or wrong)) from None
    if mark not in text:
        raise BadSetting(complaint(path=path, option=option))


def _check_dates(cert: Path, key: Path | None) -> None:
    """Whether the certificate counts today. Python tells the dates of a peer's certificate only, so it is shown to itself."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.load_cert_chain(cert, key, password="")
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(cafile=cert)
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(inward, outward), server.wrap_bio(outward, inward, server_side=True))
    for turn in range(_TURNS_OF_A_HANDSHAKE):
        try:
            ends[turn % 2].do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as wrong:
            if wrong.verify_code == _EXPIRED:
                raise BadSetting(words.EXPIRED(cert=cert)) from None
            if wrong.verify_code == _NOT_YET:
                raise BadSetting(words.NOT_YET_VALID(cert=cert)) from None
            return
        except ssl.SSLError:
            return  # whatever else it is not good for, its peers will say


# -- what goes wrong in a handshake


def why_no_server(wrong: ssl.SSLError, option: str = "--tls-ca") -> str:
    """Why a client has no link, as the end of a sentence."""
    if isinstance(wrong, ssl.SSLCertVerificationError):
        return _why_not_trusted(wrong, option)
    reason = wrong.reason or ""
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"):
        return reasons.NO_TLS_THERE.en.format(option=option)
    if "CERTIFICATE_REQUIRED" in reason:
        return reasons.WANTS_OURS.en
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason or "HANDSHAKE_FAILURE" in reason):
        return reasons.REFUSES_OURS.en.format(why=_plainly(reason))
    return reasons.NO_AGREEMENT.en.format(why=_plainly(reason) or wrong.strerror or wrong)


def _why_not_trusted(wrong: ssl.SSLCertVerificationError, option: str) -> str:
    told = wrong.verify_message.rstrip(".")
    if wrong.verify_code in (_NOT_YET, _EXPIRED):
        return reasons.EXPIRED_THERE.en
    if wrong.verify_code in _UNTRUSTED:
        return reasons.UNKNOWN_CA.en.format(option=option)
    if wrong.verify_code in _OTHER_NAME:
        return reasons.WRONG_NAME.en.format(why=told)
    return reasons.NOT_TRUSTED.en.format(why=told)


def why_no_client(wrong: ssl.SSLError) -> str:
    """Why a listener turned a client away, as the end of a sentence."""
    reason = wrong.reason or ""
    if isinstance(wrong, ssl.SSLCertVerificationError):
        return reasons.NOT_TRUSTED.en.format(why=wrong.verify_message.rstrip("."))
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        return reasons.DISTRUSTS_US.en.format(why=_plainly(reason))
    return reasons.NO_AGREEMENT.en.format(why=_plainly(reason) or wrong.strerror or wrong)


def _plainly(reason: str) -> str:
    """OpenSSL's SSLV3_ALERT_CERTIFICATE_EXPIRED in people's letters."""
    return reason.rpartition("ALERT_")[2].replace("_", " ").lower()


# -- whom a certificate speaks for


def points_of(certificate: Mapping[str, Any] | None) -> frozenset[str] | None:
    """The charging points that a client's certificate names: its URNs, else its common name. None without a certificate."""
    if not certificate:
        return None
    names = certificate.get("subjectAltName", ())
    points = {name.removeprefix(POINT_URN) for kind, name in names if kind == "URI" and name.startswith(POINT_URN)}
    if not points:
        subject = (pair for part in certificate.get("subject", ()) for pair in part)
        points = {value for field, value in subject if field == "commonName"}
    return frozenset(points)


_MOST_NAMED = 3


def why_not_for(names: frozenset[str] | None, cp_id: str) -> str | None:
    """Why a client whose certificate names these points may not speak for this one; None: it may, or showed none."""
    if names is None or cp_id in names:
        return None
    shown = ", ".join(sorted(names)[:_MOST_NAMED]) or words.NO_POINT.en
    return words.OTHER_POINTS.en.format(names=shown, cp_id=cp_id)
