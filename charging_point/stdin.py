"""Lines from standard input to a program of a point, answers to standard output: in a thread, so that neither can hold up its work."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress

from common.words import panels as words

STDIN, STDOUT = 0, 1
_LONGEST_LINE = 1000
_READ_BYTES = 4096


def say(line: str) -> None:
    """One line to standard output, or nowhere when it is closed: a charge does not depend on its audience."""
    if sys.stdout is None:  # closed before the start: the number may belong to another file by now
        return
    rest = f"{line}\n".encode()
    with suppress(OSError):
        while rest:
            rest = rest[os.write(STDOUT, rest) :]


def start(obey: Callable[[str], str], loop: asyncio.AbstractEventLoop) -> None:
    """Have every line answered by `obey`, called in the loop. The end of the input only ends the reading."""
    if sys.stdin is None:
        return
    # A job in the background that reads its terminal would be stopped by this signal; now its read only fails.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    # A daemon: nothing wakes a thread out of a read, and the exit must not wait for it.
    threading.Thread(target=_serve, args=(obey, loop), name="stdin", daemon=True).start()


def _serve(obey: Callable[[str], str], loop: asyncio.AbstractEventLoop) -> None:
    for line in _lines():
        answer = f"error: {words.LINE_TOO_LONG()}" if line is None else _in_loop(obey, line, loop)
        if answer is None:
            return
        say(answer)


def _in_loop(obey: Callable[[str], str], line: str, loop: asyncio.AbstractEventLoop) -> str | None:
    """The answer; None when the process is ending. Waiting for it keeps a fast writer from filling the memory."""
    answer: Future[str] = Future()
    try:
        loop.call_soon_threadsafe(lambda: answer.set_result(obey(line)))
    except RuntimeError:  # the loop is closed
        return None
    return answer.result()


def _lines() -> Iterator[str | None]:
    """Lines that say something; None for one that is too long. sys.stdin is not used: its lock would hang the exit."""
    rest = b""
    too_long = False
    while data := _read():
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            if too_long or len(line) > _LONGEST_LINE:
                yield None
            elif line.strip():
                yield line.decode(errors="replace")
            too_long = False
        if len(rest) > _LONGEST_LINE:
            rest, too_long = b"", True
    if rest.strip():
        yield rest.decode(errors="replace")


def _read() -> bytes:
    try:
        return os.read(STDIN, _READ_BYTES)
    except OSError:
        return b""
