"""
A file of lines that is never half written: what it took is on the disk, a line at a time or the whole file anew.

Each line is `{"crc32":"........","KEY":...}`, the checksum over what stands behind the key. A last line without its end is
what a crash in the middle of a write leaves, and one with its end but with a sector of zeros in it what a power cut leaves
there: it was never promised and is dropped. Anything else that cannot be read stops the start: nobody but the user
may give up a charge.

The journals of an Engine and of a fleet stand on this. What their lines say, and what they add up to, is theirs.
"""

import fcntl
import logging
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError

from charging_point.engine.ledger import ContradictoryEntry
from common import failpoints
from common.disk import make_folder, sync_folder
from common.errors import CannotStart
from common.failpoints import Place
from common.words import journal as words
from common.words import retold, system

_OPEN, _CLOSE = b'{"crc32":"', b"}"
_CRC_DIGITS = 8
#: A disk writes so much at once, or nothing of it.
_SECTOR = 512

#: Gets each line without its end; raises ValueError or ContradictoryEntry for what it cannot take.
Take = Callable[[bytes], None]
#: The lines of the shortest file that adds up to what this one should.
Whole = Callable[[], Iterable[bytes]]


def sealed(key: bytes, body: bytes) -> bytes:
    """A line of the file. `key` is all that stands between the checksum and what it is over."""
    return _OPEN + f"{zlib.crc32(body):08x}".encode() + key + body + _CLOSE + b"\n"


def unsealed(key: bytes, line: bytes) -> bytes:
    """What was sealed in a line, which comes without its end; raises ValueError for any that `sealed` did not write."""
    start = len(_OPEN) + _CRC_DIGITS
    digits, body = line[len(_OPEN) : start], line[start + len(key) : -len(_CLOSE)]
    if line != _OPEN + digits + key + body + _CLOSE or f"{zlib.crc32(body):08x}".encode() != digits:
        raise ValueError("the checksum does not fit")
    return body


def read_lines(data: bytes, name: str, take: Take, log: logging.Logger) -> None:
    """Give out all lines; raises CannotStart that names the damaged one."""
    *lines, torn = data.split(b"\n")
    if lines and not torn and has_hole(lines[-1], len(data) - 1 - len(lines[-1])):
        torn = lines.pop()
    for number, line in enumerate(lines, start=1):
        try:
            take(line)
        except (ValueError, ContradictoryEntry) as wrong:
            unreadable = isinstance(wrong, ValidationError)
            why = words.UNREADABLE() if unreadable else retold(str(wrong), words.CONTRADICTIONS)
            raise CannotStart(words.DAMAGED(name=name, number=number, why=why)) from None
    if torn:
        log.warning("The journal %s ended in the middle of a write; that unfinished entry is left out.", name)


def has_hole(line: bytes, start: int) -> bool:
    """Whether a sector of the file has nothing of its part of this line: it had not been written when the power went."""
    borders = [0, *range(_SECTOR - start % _SECTOR, len(line), _SECTOR), len(line)]
    return any(first < last and not line[first:last].strip(b"\0") for first, last in pairwise(borders))


class DurableFile:
    """Open it once a process, `load` it, then `append`. What its file adds up to is whoever's it is."""

    def __init__(self, path: Path, *, compact_above: int, log: logging.Logger) -> None:
        self.path = path
        self._compact_above = compact_above
        self._compact_at = compact_above
        self._log = log
        self._size = 0
        self._file: int | None = None
        with _told_plainly(path):
            make_folder(path.parent)
            self._lock = _lock(path)

    def load(self, take: Take, whole: Whole) -> None:
        """Once, before anything else: give out the lines, and write the file anew from what they came to."""
        try:
            with _told_plainly(self.path):
                data = self.path.read_bytes() if self.path.exists() else b""
                read_lines(data, str(self.path), take, self._log)
                self._rewrite(whole())
        except CannotStart:
            os.close(self._lock)
            raise

    def append(self, lines: bytes, whole: Whole) -> None:
        """Returns when they are durable; raises OSError when that is not sure, and then may be called again."""
        if self._file is None:
            # After a failed write nobody knows what is on the disk: only a whole new file is sure.
            self._rewrite(whole())
            return
        try:
            self._size += _write_all(self._file, lines)
            os.fsync(self._file)
        except OSError:
            self.forget_file()
            raise

    def shorten(self, whole: Whole) -> None:
        """Write it anew where it has become long; where that fails it stays as it is."""
        if self._size <= self._compact_at:
            return
        try:
            self._rewrite(whole())
        except OSError as wrong:
            # Nothing is lost: the long file is whole. Try again after it has grown as much again.
            self._log.warning("The journal %s cannot be made shorter: %s.", self.path, reason(wrong))
            self._compact_at = self._size + self._compact_above

    def unwritable(self, wrong: OSError) -> str:
        """What is to be said when `append` raised this."""
        return (
            f"The journal {self.path} cannot be written: {reason(wrong)}. Make room there; no charge starts until then."
        )

    def forget_file(self) -> None:
        """Nothing more goes to it: the next that is appended writes it anew."""
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None

    def close(self) -> None:
        self.forget_file()
        os.close(self._lock)

    def _rewrite(self, lines: Iterable[bytes]) -> None:
        """Replace the file by one of these lines: all or nothing, and durable with its name."""
        fresh = self.path.with_name(self.path.name + ".new")
        written = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            size = _write_all(written, b"".join(lines))
            os.fsync(written)
            failpoints.reached(Place.BEFORE_RENAME)
            fresh.replace(self.path)
            # From here on the old file has no name: nothing may be written to it any more.
            self.forget_file()
            sync_folder(self.path.parent)
        except BaseException as wrong:
            os.close(written)
            if isinstance(wrong, OSError):
                with suppress(OSError):
                    fresh.unlink()
            raise
        self._file, self._size = written, size
        self._compact_at = max(self._compact_above, 2 * size)


def reason(wrong: OSError) -> str:
    if isinstance(wrong, FileExistsError):
        return words.FOLDER_IS_A_FILE.en
    return wrong.strerror or str(wrong)


@contextmanager
def _told_plainly(path: Path) -> Iterator[None]:
    """What the system has against the file, as one sentence."""
    try:
        yield
    except OSError as wrong:
        why = words.FOLDER_IS_A_FILE() if isinstance(wrong, FileExistsError) else system.why(reason(wrong))
        raise CannotStart(words.CANNOT_USE(path=path, why=why)) from None


def _write_all(file: int, data: bytes) -> int:
    """All of it, however many calls that takes; how much it was."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
    return len(data)


def _lock(path: Path) -> int:
    """Held until the process ends, however it ends. A file of its own, because the journal's is replaced."""
    file = os.open(path.with_name(path.name + ".lock"), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise CannotStart(words.IN_USE(path=path)) from None
    return file
