"""`ev-up --tls`: the certificates of a network on this machine, and the words by which its programs use them."""

from collections.abc import Iterator
from pathlib import Path

from common.kafka import embedded
from common.net.pairs import Pair, ca_pair, point_pair
from common.net.shore import Listener
from common.words import shore as words
from deploy.settings import UpSettings


def listeners(settings: UpSettings) -> Iterator[Listener]:
    """What ev-up is going to have listen on --host, for the rule of the shore; the pages see to themselves."""
    if not settings.central:
        yield Listener(
            words.CENTRAL, settings.host, has_tls=settings.tls, proves=settings.auth, remedies=("--tls", "--auth")
        )
    if not settings.kafka:
        yield embedded.listener(settings.host)


def make_certificates(settings: UpSettings) -> UpSettings:
    """What is not there yet; gives the settings with what our own pages are served with. Raises CannotStart."""
    from common.certificates import Authority  # noqa: PLC0415 - a heavy library that is needed only here

    authority = Authority(settings.tls_dir)
    authority.for_host(settings.advertised, settings.reach_host)
    for cp_id in settings.cp_ids:
        authority.for_point(cp_id)
    if settings.metrics is None or settings.metrics_tls_cert:
        return settings
    pair = settings.own_pair
    return settings.model_copy(update={"metrics_tls_cert": pair.cert, "metrics_tls_key": pair.key})


def ca_of(settings: UpSettings) -> Path:
    return ca_pair(settings.tls_dir).cert


def of_central(settings: UpSettings) -> list[str]:
    return _shown(settings.own_pair) if settings.tls else []


def of_engine(settings: UpSettings) -> list[str]:
    """Only Monitors have business there, and they have certificates."""
    return [*_shown(settings.own_pair), "--tls-client-ca", str(ca_of(settings))] if settings.tls else []


def of_monitor(settings: UpSettings, cp_id: str) -> list[str]:
    if not settings.tls:
        return []
    ca = str(ca_of(settings))
    return ["--tls-ca", ca, "--engine-tls-ca", ca, *_shown(point_pair(settings.tls_dir, cp_id))]


def of_client(settings: UpSettings) -> list[str]:
    """Drivers and operators show no certificate: Central asks for none."""
    return ["--tls-ca", str(ca_of(settings))] if settings.tls else []


def of_pages(settings: UpSettings) -> list[str]:
    told = {
        "--metrics-tls-cert": settings.metrics_tls_cert,
        "--metrics-tls-key": settings.metrics_tls_key,
        "--metrics-tls-client-ca": settings.metrics_tls_client_ca,
        "--metrics-token-file": settings.metrics_token_file,
    }
    return [word for option, path in told.items() if path is not None for word in (option, str(path))]


def _shown(pair: Pair) -> list[str]:
    return ["--tls-cert", str(pair.cert), "--tls-key", str(pair.key)]
