"""
The terminal of this process, taken for a full screen and given back as it was. What is drawn on it stands elsewhere.

Given back also when the process dies: a guardian, a small process of its own, waits for our end and then does what we no
longer can. Writing goes through a thread, since a terminal may stop reading (a stalled connection) and no charge, claim
or watch may wait for it.
"""

import os
import select
import subprocess
import sys
import termios
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self

STDIN, STDOUT = 0, 1
#: Alternate screen, no cursor, no wrapping, pastes told as such; and back. CAN ends whatever sequence was cut short.
_ENTER = b"\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[H\x1b[2J"
_LEAVE = b"\x18\x1b[0m\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l"
_LEAVE_WITHIN_S = 1.0
_NO_KEY = b"\x00"
_LFLAG, _IFLAG, _CC = 3, 0, 6

_GUARDIAN = f"""
import ast, os, sys, termios
os.write(1, b"!")
if not os.read(0, 1):
    try:
        os.set_blocking(2, True)
        os.write(2, {_LEAVE!r})
        termios.tcsetattr(2, termios.TCSANOW, ast.literal_eval(sys.argv[1]))
    except OSError:
        pass
"""


class Size(NamedTuple):
    columns: int
    lines: int


#: Guardians that still have something to do when we end.
_left_behind: list["_Guardian"] = []


def is_terminal() -> bool:
    """Whether a person sits in front of both ends, at something that can show a screen, and we are not in the background."""
    if os.environ.get("TERM", "dumb") == "dumb":
        return False
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        return False
    try:
        return os.tcgetpgrp(STDIN) == os.getpgrp()
    except OSError:
        return False


class Terminal:
    """Ours while the block runs. Ctrl-C goes on being a signal; Ctrl-Z does nothing."""

    def __enter__(self) -> Self:
        self._before = termios.tcgetattr(STDIN)
        self._guardian = _Guardian(self._before)
        self._brush = _Brush()
        with suppress(termios.error):
            termios.tcsetattr(STDIN, termios.TCSANOW, _for_keys(self._before))
        self._brush.paint(_ENTER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._brush.end(_LEAVE):
            # A stalled terminal: no end may wait for it. What is logged to it now is dropped, since it does not block its
            # writers, and the guardian gives it back once we are gone and it goes on.
            _left_behind.append(self._guardian)
            return
        with suppress(termios.error, OSError):  # it may have gone away
            # Not TCSAFLUSH, which waits for a writer that a stalled terminal holds up.
            termios.tcsetattr(STDIN, termios.TCSANOW, self._before)
            termios.tcflush(STDIN, termios.TCIFLUSH)
            os.set_blocking(STDIN, True)  # uvloop reads it unblocked, and whoever comes after us shares that
        self._guardian.dismiss()

    @property
    def size(self) -> Size:
        try:
            found = os.get_terminal_size(STDOUT)
        except OSError:
            return Size(80, 24)
        return Size(found.columns or 80, found.lines or 24)

    @property
    def is_busy(self) -> bool:
        """Whether it has not taken yet what was painted last; then another picture would only queue up."""
        return self._brush.is_busy

    def paint(self, data: bytes) -> None:
        self._brush.paint(data)


def _for_keys(before: list[Any]) -> list[Any]:
    """The attributes for single keys without an echo."""
    attributes: list[Any] = [list(one) if isinstance(one, list) else one for one in before]
    attributes[_LFLAG] &= ~(termios.ICANON | termios.ECHO | termios.IEXTEN)
    attributes[_IFLAG] &= ~(termios.IXON | termios.ICRNL)
    attributes[_CC][termios.VSUSP] = _NO_KEY
    attributes[_CC][termios.VMIN], attributes[_CC][termios.VTIME] = 1, 0
    return attributes


class _Guardian:
    """In a session of its own, so that no signal of the terminal or of our group reaches it."""

    def __init__(self, attributes: list[Any]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
            [sys.executable, "-I", "-S", "-c", _GUARDIAN, repr(attributes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=STDOUT,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._process.stdout.read(1)  # from now on it watches

    def dismiss(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.write(b".")
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


class _Brush:
    """Writes in a thread of its own, one picture after the other; it never queues more than one."""

    def __init__(self) -> None:
        self._next = b""
        self._stirred = threading.Condition()
        self._ended = False
        self._busy = False
        # A daemon: nothing wakes a thread out of a write, and the exit must not wait for it.
        self._thread = threading.Thread(target=self._run, name="terminal", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        return self._busy

    def paint(self, data: bytes) -> None:
        with self._stirred:
            self._next += data
            self._busy = True
            self._stirred.notify()

    def end(self, data: bytes) -> bool:
        """Whether the terminal took this as the last."""
        with self._stirred:
            self._next, self._ended = data, True
            self._stirred.notify()
        self._thread.join(_LEAVE_WITHIN_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._stirred:
                while not self._next and not self._ended:
                    self._stirred.wait()
                data, self._next = self._next, b""
                if not data:
                    return
            with suppress(OSError):  # the terminal is gone; our reader learns of it and ends the screen
                _write(data)
            with self._stirred:
                self._busy = bool(self._next)


def _write(data: bytes) -> None:
    """All of it, though a terminal that uvloop reads from does not block its writers either."""
    able = select.poll()
    able.register(STDOUT, select.POLLOUT)
    while data:
        try:
            data = data[os.write(STDOUT, data) :]
        except BlockingIOError:
            able.poll()
