"""HTTP as a watcher asks it: whole bytes in, whole bytes out."""

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any

from common.net.address import Address, parse_address


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    fields: dict[str, str]
    body: str

    @property
    def told(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    def checks(self) -> dict[str, bool]:
        return {name: check["ok"] for name, check in self.told["checks"].items()}


async def exchange(address: Address, data: bytes, *, ends: bool = True) -> bytes:
    """Send bytes and give what comes back until the other end closes."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(data)
        if ends:
            writer.write_eof()
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


def answer(data: bytes) -> Answer:
    head, _, body = data.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return Answer(int(first.split()[1]), fields, body)


async def ask(address: Address, path: str, accept: str = "*/*", method: str = "GET") -> Answer:
    request = f"{method} {path} HTTP/1.1\r\nHost: here\r\nAccept: {accept}\r\n\r\n"
    return answer(await exchange(address, request.encode(), ends=False))


def get(address: str, path: str) -> Answer:
    """The same without an event loop, for tests that drive real processes."""
    return asyncio.run(ask(parse_address(address), path))


def figures(page: str) -> dict[str, float]:
    """Every sample of a page by its name and labels."""
    samples = re.findall(r"^([a-z_]+(?:\{[^}]*\})?) (\S+)$", page, re.MULTILINE)
    return {name: float(value) for name, value in samples}
