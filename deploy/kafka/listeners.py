"""Where a broker is going to listen, and how safely, read from what it was told: for the rule of the shore. No I/O."""

from collections.abc import Iterator, Mapping

from common.net.shore import Listener
from common.words import shore as words


def listeners(host: str, told: Mapping[str, str]) -> Iterator[Listener]:
    """Ours, which is plain, and those that `--property listeners=` puts beside it."""
    yield Listener(words.KAFKA, host, else_do=words.OTHER_LISTENER)
    protocols = dict(pair.strip().split(":", 1) for pair in _entries(told.get("listener.security.protocol.map", "")))
    for entry in _entries(told.get("listeners", "")):
        name, _, address = entry.partition("://")
        yield Listener(
            words.KAFKA,
            address.rpartition(":")[0].removeprefix("[").removesuffix("]"),
            has_tls=(protocol := protocols.get(name, name).upper()).endswith("SSL"),
            proves=protocol.startswith("SASL_") or _wants_certificates(name, protocol, told),
            else_do=words.OTHER_LISTENER,
        )


def _wants_certificates(name: str, protocol: str, told: Mapping[str, str]) -> bool:
    asked = told.get(f"listener.name.{name.lower()}.ssl.client.auth", told.get("ssl.client.auth", ""))
    return protocol == "SSL" and asked == "required"


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if ":" in entry]
