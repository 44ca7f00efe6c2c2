"""
The operator's console as a child that has our terminal while we work: its pictures cost our work no time, and its end is
not ours. What it shows it asks over the operator's link, like anybody; what only we know reaches it through a pipe.
"""

import asyncio
import json
import os
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict

from common.net.address import Address
from common.ui.notes import MOST_NOTES, Note
from common.words import spoken
from common.words.screen import CONSOLE_ENDED, CONSOLE_KILLED

#: Who the console of a Central says it is.
CONSOLE_ID = "console"
_LEFT_WITHIN_S = 2.0


class Hosted:
    """Start it with `run`; `tell` it something any time, before too. `program` is that of the operator."""

    def __init__(
        self,
        program: Sequence[str],
        central: Address,
        *,
        by: str,
        limit: int,
        secret: str | None = None,
        tls: Sequence[str] = (),
    ) -> None:
        """`tls` are the options by which it connects safely, and proves who it is, where Central asks for that."""
        told = ("--central", central, "--max-frame-bytes", limit, "--lang", spoken(), *tls)
        self._command = [*program, *map(str, told)]
        self._by = by
        self._secret = secret
        self._notices: int | None = None
        self._early: deque[Note] = deque(maxlen=MOST_NOTES)

    def tell(self, note: Note) -> None:
        """A line for its notices. One that it has no room for is dropped: our work does not wait for a screen."""
        if self._notices is None:
            self._early.append(note)
            return
        with suppress(OSError):
            os.write(self._notices, f"{json.dumps(asdict(note))}\n".encode())

    async def run(self, stop: asyncio.Event) -> bool:
        """Until its person quits (true), it fails, or we are told to stop."""
        theirs, ours = os.pipe()
        os.set_blocking(ours, False)
        secret = _readable(self._secret)
        try:
            child = await asyncio.create_subprocess_exec(
                *self._command,
                *(() if secret is None else ("--admin-id", CONSOLE_ID, "--secret-file", f"/dev/fd/{secret}")),
                *("console", "--hosted-by", self._by, "--notices-fd", str(theirs)),
                pass_fds=(theirs,) if secret is None else (theirs, secret),
            )
        finally:
            os.close(theirs)
            if secret is not None:
                os.close(secret)
        self._notices = ours
        while self._early:
            self.tell(self._early.popleft())
        try:
            return await self._watch(child, stop)
        finally:
            self._notices = None
            os.close(ours)

    async def _watch(self, child: asyncio.subprocess.Process, stop: asyncio.Event) -> bool:
        ended, stopping = asyncio.ensure_future(child.wait()), asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                await _end(child)
                return False
            status = ended.result()
        finally:
            stopping.cancel()
        if status and not stop.is_set():
            how = CONSOLE_KILLED(number=-status) if status < 0 else CONSOLE_ENDED(status=status)
            sys.stderr.write(f"{self._by}: {how}\n")
        return status == 0


async def _end(child: asyncio.subprocess.Process) -> None:
    """It gives the terminal back when asked to end; what does not is killed, and then its guardian does."""
    with suppress(ProcessLookupError):
        child.terminate()
    try:
        await asyncio.wait_for(child.wait(), _LEFT_WITHIN_S)
    except TimeoutError:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def _readable(secret: str | None) -> int | None:
    """The secret as an open file that the child inherits: nobody else can read it there."""
    if secret is None:
        return None
    theirs, ours = os.pipe()
    os.write(ours, secret.encode())
    os.close(ours)
    return theirs
