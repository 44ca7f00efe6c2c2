"""A Central played by a test for the programs that connect to it: listens, keeps what it was asked, answers as told."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from common.clock import SystemClock
from common.ids import random_id
from common.messages import Message
from common.net.address import Address
from common.net.link import Link
from common.net.server import Server
from common.registry import over_tcp
from common.routes import Role

DEADLINE_S = 20.0
#: What the session around the tests has set must not reach the programs under test.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("EV_")}

Answer = Callable[[Message, Link], None]


class PlayedCentral:
    def __init__(self, sender: Role, answer: Answer) -> None:
        self.heard: list[Message] = []
        self.links: list[Link] = []
        self.answer = answer
        self._server = Server(self._serve, over_tcp(sender, Role.CENTRAL), clock=SystemClock(), ids=random_id)
        self.address: Address

    async def start(self, port: int = 0) -> None:
        self.address = await self._server.start("127.0.0.1", port)

    async def stop(self) -> None:
        await self._server.stop()

    async def _serve(self, link: Link) -> None:
        self.links.append(link)
        async for message in link:
            self.heard.append(message)
            self.answer(message, link)


@asynccontextmanager
async def played(sender: Role, answer: Answer) -> AsyncIterator[PlayedCentral]:
    central = PlayedCentral(sender, answer)
    await central.start()
    try:
        yield central
    finally:
        await central.stop()


@dataclass(frozen=True, slots=True)
class Ended:
    """What a program left behind."""

    status: int | None
    out: str
    err: str


class Program:
    """One of our programs, running."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, module: str, *arguments: str) -> "Program":
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=_ENVIRONMENT,
            )
        )

    async def line(self) -> str:
        """Its next line on standard output."""
        assert self._process.stdout is not None
        async with asyncio.timeout(DEADLINE_S):
            return (await self._process.stdout.readline()).decode().rstrip("\n")

    async def complaint(self, words: str) -> str:
        """The next line on standard error that has these words."""
        assert self._process.stderr is not None
        async with asyncio.timeout(DEADLINE_S):
            async for line in self._process.stderr:
                if words in line.decode():
                    return line.decode().rstrip("\n")
        raise AssertionError(f"It never said: {words}")

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def terminate(self) -> None:
        self._process.terminate()

    async def end(self) -> Ended:
        """Wait for its end; what was read by `line` is not told again."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                out, err = await self._process.communicate()
        except TimeoutError:
            self._process.kill()
            out, err = await self._process.communicate()
            raise AssertionError(f"It did not end: {out.decode()} {err.decode()}") from None
        return Ended(self._process.returncode, out.decode(), err.decode())


async def run(module: str, *arguments: str) -> Ended:
    return await (await Program.start(module, *arguments)).end()
