"""A terminal with a person at it: runs a program in a pseudo-terminal, types, resizes, and reads what the screen shows."""

import os
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pexpect
import pyte
from rich.cells import cell_len

from tests.waiting import wait_until

ENTER, ESCAPE, TAB, BACKSPACE, CTRL_C, CTRL_U = "\r", "\x1b", "\t", "\x7f", "\x03", "\x15"
UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
PAGE_UP, PAGE_DOWN, HOME, END, F12 = "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", "\x1b[24~"
WITHIN_S = 30.0
_READ_BYTES = 65_536
#: Modes that a full screen sets, and what says that they are unset again.
_MODES = ("?1049", "?25", "?7", "?2004")
_ON_AT_REST = {"?25", "?7"}


class Terminal:
    """Runs the program while the block runs. Every look is at what a person would see now."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 100,
        lines: int = 30,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._command = list(command)
        self._cwd = cwd
        self._env = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(env or {})}
        for name in ("COLUMNS", "LINES", "COLORTERM", "NO_COLOR"):
            if name not in (env or {}):
                self._env.pop(name, None)
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        #: All that was written to the terminal.
        self.written = b""

    def __enter__(self) -> Self:
        self._child = pexpect.spawn(
            self._command[0],
            self._command[1:],
            cwd=None if self._cwd is None else str(self._cwd),
            env=self._env,
            dimensions=(self._screen.lines, self._screen.columns),
            timeout=WITHIN_S,
            preexec_fn=_heed_the_end_of_the_terminal,
        )
        self._child.delaybeforesend = None
        self._at_first = termios.tcgetattr(self._child.child_fd)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            sys.stderr.write(f"---- the screen\n{self.text}\n----\n")
        self._child.close(force=True)
        self._reader.join(WITHIN_S)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._child.child_fd, _READ_BYTES)
            except OSError:  # nobody holds the other end any more
                return
            if not data:
                return
            with self._lock:
                self.written += data
                self._stream.feed(data)

    # -- what a person does

    @property
    def pid(self) -> int:
        assert self._child.pid is not None
        return self._child.pid

    def type(self, text: str) -> None:
        self._child.send(text)

    def resize(self, columns: int, lines: int) -> None:
        with self._lock:
            self._screen.resize(lines, columns)
        self._child.setwinsize(lines, columns)

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """It takes no more while the block runs, as a connection that hangs; whatever is written to it waits."""
        line = os.open(Path(f"/proc/{self.pid}/fd/1").readlink(), os.O_RDWR | os.O_NOCTTY)
        try:
            termios.tcflow(line, termios.TCOOFF)
            yield
        finally:
            termios.tcflow(line, termios.TCOON)
            os.close(line)

    def kill(self, number: int = signal.SIGTERM) -> None:
        os.kill(self.pid, number)

    def wait(self, within_s: float = WITHIN_S) -> int:
        """Its exit status; below zero the signal that ended it."""
        wait_until(lambda: not self._child.isalive(), within_s, f"the end of {self._command}")
        signalled = self._child.signalstatus
        return -int(signalled) if signalled is not None else int(self._child.exitstatus or 0)

    # -- what a person sees

    @property
    def lines(self) -> list[str]:
        with self._lock:
            return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, seen: str | Callable[[str], bool], within_s: float = WITHIN_S) -> str:
        """Until the screen shows this; gives the screen."""
        if isinstance(seen, str):
            wanted = seen
            wait_until(lambda: wanted in self.text, within_s, f"{wanted!r} on the screen")
        else:
            looks = seen
            wait_until(lambda: looks(self.text), within_s, "the screen")
        return self.text

    def line_of(self, words: str) -> str:
        """The first line with these words."""
        return next(line for line in self.lines if words in line)

    def colour_of(self, words: str, *, within: str = "") -> str:
        """The colour of words on the screen as pyte names it, of the first line that has them (and `within`) in it."""
        with self._lock:
            for row, line in enumerate(self._screen.display):
                if words in line and within in line:
                    cells: Any = self._screen.buffer[row]
                    # A wide character takes two cells and one letter of the line.
                    column = cell_len(line[: line.index(words)])
                    return str(cells[column].fg)
        raise AssertionError(f"{words!r} is not on the screen")

    # -- how it is left

    @property
    def is_restored(self) -> bool:
        """Whether the modes of the terminal and of its line are what they were before the program."""
        with self._lock:
            written = self.written
        for mode in _MODES:
            on, off = written.rfind(f"\x1b[{mode}h".encode()), written.rfind(f"\x1b[{mode}l".encode())
            if max(on, off) >= 0 and (on > off) is not (mode in _ON_AT_REST):
                return False
        return self._attributes() == self._at_first

    def _attributes(self) -> list[Any]:
        return termios.tcgetattr(self._child.child_fd)

    def wait_until_restored(self) -> None:
        wait_until(lambda: self.is_restored, WITHIN_S, "the terminal as it was")


def _heed_the_end_of_the_terminal() -> None:
    """Whoever runs the tests may have had them ignore it, as nohup does."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
