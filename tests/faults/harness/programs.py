"""One real program of the network: started again and again with the same words, killed, paused, told to stop, starved of disk."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from common.clock import SystemClock
from deploy.children import _die_with_parent
from tests.waiting import until

#: In the environment of every program of a run: how its orphans are found.
MARK = "FAULTS_RUN"
#: The tree of code that the programs of a run are to be, where it is not this one.
TREE = "FAULTS_TREE"
_SAID_LINES = 200
#: Our programs promise ten seconds; a broker on a busy machine promises nothing.
_STOPS_WITHIN_S, _BROKER_STOPS_WITHIN_S = 20.0, 60.0
_STARTS_WITHIN_S = 180.0
_AGAIN_S = 1.0


class Program:
    """
    `says`: what it says on standard output once it is there; without it, it is there at once.

    `excuse`: in its last words where it may refuse to start, because it needs what is broken just now; it is then started
    again until it does, as whoever runs it would.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        env: Mapping[str, str],
        *,
        says: str | None = None,
        excuse: str | None = None,
    ) -> None:
        self._excuse = excuse
        self._again: asyncio.Task[None] | None = None
        self._is_launching = False
        #: Where its code is: Python looks there first.
        self._tree = env.get(TREE)
        self.name = name
        self._command = command
        self._log = folder / f"{name}.log"
        self._env = env
        self._says = says
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._expected = False
        self.said: deque[str] = deque(maxlen=_SAID_LINES)
        #: When it was started, each time, in Unix time.
        self.began: list[float] = []
        #: How it ended when nobody had ended it, each time in a sentence.
        self.ended_alone: list[str] = []
        self._is_ready = False
        #: How it ended last.
        self.status: int | None = None
        #: It may die by itself, because it was told to.
        self.is_armed = False
        #: It runs with something that only a test would have it run with.
        self.is_rigged = False

    @staticmethod
    def ours(*words: str) -> list[str]:
        return [sys.executable, "-m", *words]

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def _is_over(self) -> bool:
        """It has ended, and will not be started again by itself."""
        has_ended = self._watching is not None and self._watching.done()
        return has_ended and self._again is None and not self.is_running

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self, **env: str) -> None:
        await self._leave_be()
        await self._launch(env)

    async def _launch(self, env: Mapping[str, str]) -> None:
        self.began.append(SystemClock().now().wall)
        self._expected = self._is_ready = False
        self.is_armed, self.is_rigged = "EV_FAILPOINT" in env, bool(env)
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._tree,
                env={**self._env, **env, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
                preexec_fn=_die_with_parent(os.getpid()),
            )
        self.said.clear()
        self._watching = asyncio.create_task(self._watch(self._process, env))

    async def ready(self) -> None:
        if self._says is not None:
            await until(lambda: self._is_over or self._is_ready, _STARTS_WITHIN_S)
            if self._is_over:
                raise RuntimeError(f"{self.name} does not start: {self.last_words()}")

    async def _watch(self, process: asyncio.subprocess.Process, env: Mapping[str, str]) -> None:
        assert process.stdout is not None
        with suppress(ValueError):
            async for line in process.stdout:
                self.said.append(line.decode(errors="replace").strip())
                self._is_ready = self._is_ready or (self._says or "") in self.said[-1]
        self.status = status = await process.wait()
        if self._expected or (self.is_armed and status == -signal.SIGKILL):
            return
        if self._excuse is not None and not self._is_ready and self._excuse in self.last_words():
            self._again = asyncio.create_task(self._start_again(env))
        else:
            self.ended_alone.append(f"{self.name} ended by itself with status {status}: {self.last_words()}")

    async def _start_again(self, env: Mapping[str, str]) -> None:
        await asyncio.sleep(_AGAIN_S)
        self._is_launching = True
        await self._launch(env)
        self._is_launching, self._again = False, None

    async def _leave_be(self) -> None:
        """Not start it again, unless that has begun."""
        again, self._again = self._again, None
        if again is not None:
            if not self._is_launching:
                again.cancel()
            await asyncio.gather(again, return_exceptions=True)

    def last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return " / ".join(lines[-3:])[-600:]

    async def ask(self, line: str, prefix: str, within_s: float = 5.0) -> str | None:
        """Write a line to its standard input and give the answer that begins so."""
        if not self.is_running or self._process is None or self._process.stdin is None:
            return None
        self.said.clear()
        self._process.stdin.write(f"{line}\n".encode())
        with suppress(TimeoutError, OSError):
            await self._process.stdin.drain()
            await until(lambda: any(one.startswith(prefix) for one in self.said), within_s)
            return next(one for one in self.said if one.startswith(prefix))
        return None

    def signal(self, number: signal.Signals) -> None:
        if self.is_running and self._process is not None:
            with suppress(ProcessLookupError):
                # Not through the process: it would take the end of one that is just dead from who waits for it.
                os.kill(self._process.pid, number)

    async def kill(self) -> None:
        """As a power cut of this one program."""
        await self._leave_be()
        self._expected = True
        self.signal(signal.SIGKILL)
        await self.gone()

    async def stop(self) -> None:
        """In good order; who does not stop in time is killed, and that is told."""
        await self._leave_be()
        self._expected = True
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        within_s = _BROKER_STOPS_WITHIN_S if self.name == "broker" else _STOPS_WITHIN_S
        try:
            async with asyncio.timeout(within_s):
                await self.gone()
        except TimeoutError:
            self.ended_alone.append(f"{self.name} did not stop within {within_s:.0f} s and was killed")
            await self.kill()

    async def gone(self) -> None:
        if self._watching is not None:
            await asyncio.shield(self._watching)

    def fill_disk(self) -> None:
        """No file of its can grow or be made any more, as on a full disk."""
        self._limit_files(0)

    def free_disk(self) -> None:
        self._limit_files(resource.RLIM_INFINITY)

    def _limit_files(self, most: int) -> None:
        if self.is_running:
            with suppress(ProcessLookupError):
                resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def of_run(mark: str) -> list[str]:
    """The processes of this machine that carry the mark of a run, but not this one."""
    found: list[str] = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_own = int(folder.name) == os.getpid()
            if not is_own and f"{MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append(f"process {folder.name} ({words.strip()[:120]})")
    return found
