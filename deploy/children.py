"""One started program: its log, the line that says it is ready, its end. What to start, and when, stands in network.py."""

import asyncio
import contextlib
import ctypes
import json
import os
import re
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from common.errors import CannotStart
from common.words import spoken
from common.words import up as words
from common.words.system import why

_TAIL_BYTES = 16 * 1024
_SAID_LINES = 50
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child:
    """A running program whose output goes to a log."""

    def __init__(
        self, name: str, process: asyncio.subprocess.Process, log: Path, on_line: Callable[[str], None]
    ) -> None:
        self.name = name
        self.log = log
        self._process = process
        self._on_line = on_line
        self._said: deque[str] = deque(maxlen=_SAID_LINES)
        #: Ends when the program has ended and all that it wrote is in its log; its result is the exit status.
        self.ended: asyncio.Task[int] = asyncio.create_task(self._keep_log(), name=f"log of {name}")

    @property
    def title(self) -> str:
        return self.name[:1].upper() + self.name[1:]

    @property
    def pid(self) -> int:
        return self._process.pid

    async def _keep_log(self) -> int:
        assert self._process.stdout is not None
        with self.log.open("ab", buffering=0) as log:
            async for line in _lines(self._process.stdout):
                log.write(line)
                words = line.decode(errors="replace").strip()
                self._said.append(words)
                self._on_line(words)
        return await self._process.wait()

    def how_it_ended(self) -> str:
        status = self.ended.result()
        return words.KILLED(n=-status) if status < 0 else words.ENDED(n=status)

    def last_words(self, lines: int = 1) -> str:
        """
        The end of its log, as words; for a person who must know why it does not go on.

        Complaints go to standard error, and straight into the log: what was said on standard output, which comes by way
        of us and so perhaps later, counts only where there is nothing else.
        """
        tail = [line for line in map(str.strip, _tail(self.log)) if line]
        said = [_words(line) for line in tail if line not in self._said] or [_words(line) for line in tail]
        return " / ".join(said[-lines:]) or words.SAID_NOTHING()

    def end(self) -> None:
        """Ask it to stop."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)


async def start(
    name: str,
    command: Sequence[str],
    logs: Path,
    *,
    on_line: Callable[[str], None] = lambda _: None,
    env: Mapping[str, str] | None = None,
) -> Child:
    """Start a program, and tell what it says on standard output; raises CannotStart where the machine cannot."""
    log = _fresh_log(logs, name)
    with log.open("ab", buffering=0) as errors:
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                # What it complains of is repeated by us, in our language.
                env={**os.environ, **(env or {}), "EV_LANG": spoken(), "PYTHONUNBUFFERED": "1"},
                # A Ctrl-C at the terminal is for us; we then stop our programs in their order.
                start_new_session=True,
                preexec_fn=_die_with_parent(os.getpid()),
            )
        except OSError as wrong:
            raise CannotStart(words.DOES_NOT_START(name=name, why=wrong)) from None
    return Child(name, process, log, on_line)


def _die_with_parent(parent: int) -> Callable[[], None] | None:
    """What a program does first of all: have the kernel kill it when we are killed. Linux only."""
    if _LIBC is None:
        return None
    libc = _LIBC

    def first() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:  # we died before the kernel was told
            os._exit(1)

    return first


def _fresh_log(logs: Path, name: str) -> Path:
    """An empty log; the one of the last run is kept beside it."""
    log = logs / f"{name}.log"
    try:
        if log.exists():
            log.replace(logs / f"{name}.log.old")
        log.touch()
    except OSError as wrong:
        raise CannotStart(words.CANNOT_WRITE(path=log, why=why(str(wrong.strerror)))) from None
    return log


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The lines of a stream; a longer one than its buffer in pieces, never an error."""
    while True:
        try:
            line = await stream.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            if end.partial:
                yield end.partial
            return
        except asyncio.LimitOverrunError as long:
            line = await stream.read(long.consumed)
        yield line


def _tail(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []


def _words(line: str) -> str:
    """A line of a log without its trappings: of a JSON line the message, of an error the sentence."""
    if line.startswith("{"):
        try:
            found = json.loads(line)
            line = str(found.get("message", line)) if isinstance(found, dict) else line
        except ValueError:
            pass
    line = re.sub(r"^ev-[a-z]+: ", "", line)
    return re.sub(r"\x1b\[[0-9;]*m", "", line).strip()
