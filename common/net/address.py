"""HOST:PORT, as people write it. No I/O."""

from ipaddress import IPv6Address
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, PlainSerializer

from common.words.net import MUST_BE_ADDRESS

_LAST_PORT = 65535
_HOST_BITS = 64
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - these are looked up, not bound to


class Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: object) -> Address:
    """Read HOST:PORT or [IPV6]:PORT; raises ValueError with a sentence."""
    if isinstance(text, Address):
        return text
    host, colon, port = str(text).rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > _LAST_PORT:
        raise ValueError(MUST_BE_ADDRESS())
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def is_anywhere(host: str) -> bool:
    """Whether it means every address of this machine, and so none that another can use."""
    return host in _ANYWHERE


def reachable(host: str) -> str:
    """How programs on this machine reach what listens on `host`."""
    return _ANYWHERE.get(host, host)


def source_of(host: str) -> str:
    """Who is behind the address of a peer, for limits: of IPv6 a whole /64, since one machine may have all of that."""
    if ":" not in host:
        return host
    found = IPv6Address(host.partition("%")[0])
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return f"{IPv6Address(int(found) >> _HOST_BITS << _HOST_BITS)}/64"


class Servers(tuple[Address, ...]):
    """Several addresses of one service, any of which will do to begin with."""

    __slots__ = ()

    def __str__(self) -> str:
        return ",".join(map(str, self))


def parse_servers(text: object) -> Servers:
    """Read HOST:PORT[,HOST:PORT...]; raises ValueError with a sentence."""
    if isinstance(text, Servers):
        return text
    return Servers(parse_address(part.strip()) for part in str(text).split(","))


HostPorts = Annotated[Servers, BeforeValidator(parse_servers), PlainSerializer(str)]
HostPort = Annotated[Address, BeforeValidator(parse_address), PlainSerializer(str)]
