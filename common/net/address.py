"""HOST:PORT, as people write it. No I/O."""

from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, PlainSerializer

_LAST_PORT = 65535


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
        raise ValueError("must be HOST:PORT, for example 127.0.0.1:5000")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


HostPort = Annotated[Address, BeforeValidator(parse_address), PlainSerializer(str)]
