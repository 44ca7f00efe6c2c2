"""A TCP load balancer as simple as they come: the backend with the fewest connections that takes one."""

import asyncio
from contextlib import suppress

from common.net.address import Address

_READ_BYTES = 64 * 1024
_CONNECT_WITHIN_S = 2.0


class Balancer:
    def __init__(self, backends: list[Address]) -> None:
        self._open = dict.fromkeys(backends, 0)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> Address:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        return Address(host, port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._carry(reader, writer)
        except asyncio.CancelledError:
            return
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for backend in sorted(self._open, key=lambda one: self._open[one]):
            try:
                async with asyncio.timeout(_CONNECT_WITHIN_S):
                    far_reader, far_writer = await asyncio.open_connection(backend.host, backend.port)
            except (OSError, TimeoutError):
                continue
            self._open[backend] += 1
            try:
                ways = [asyncio.create_task(_pump(reader, far_writer)), asyncio.create_task(_pump(far_reader, writer))]
                try:
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()
            finally:
                self._open[backend] -= 1
                far_writer.transport.abort()
            return


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_READ_BYTES):
            writer.write(data)
            await writer.drain()
