"""
The journal: Engine's durable memory, one file that only grows until it is rewritten whole.

Each line is `{"crc32":"........","entry":{...}}`, the checksum over the entry's bytes. An entry is on the disk when
`append` returns. A last line without its end is what a crash in the middle of a write leaves, and one with its end but
with a sector of zeros in it what a power cut leaves there: it was never promised and is dropped. Anything else that
cannot be read stops the start: nobody but the user may give up a charge.
"""

import fcntl
import logging
import os
import zlib
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError

from charging_point.engine.ledger import ENTRY, ContradictoryEntry, Entry, Ledger, SessionAcked
from common import failpoints
from common.disk import make_folder, sync_folder
from common.errors import CannotStart, StoreUnavailable
from common.failpoints import Place
from common.words import journal as words
from common.words import retold, system

log = logging.getLogger("ev.engine")

COMPACT_ABOVE_BYTES = 1024 * 1024
_OPEN = b'{"crc32":"'
_MIDDLE = b'","entry":'
_CLOSE = b"}"
_CRC_DIGITS = 8
#: A disk writes so much at once, or nothing of it.
_SECTOR = 512


def to_line(entry: Entry) -> bytes:
    body = ENTRY.dump_json(entry, exclude_none=True)
    return _OPEN + f"{zlib.crc32(body):08x}".encode() + _MIDDLE + body + _CLOSE + b"\n"


def from_line(line: bytes) -> Entry:
    """Read one line without its end; raises ValueError for anything that `to_line` did not write."""
    start = len(_OPEN) + _CRC_DIGITS
    digits, body = line[len(_OPEN) : start], line[start + len(_MIDDLE) : -len(_CLOSE)]
    if line != _OPEN + digits + _MIDDLE + body + _CLOSE or f"{zlib.crc32(body):08x}".encode() != digits:
        raise ValueError("the checksum does not fit")
    return ENTRY.validate_json(body)


def read(data: bytes, name: str) -> Ledger:
    """The sum of a journal's bytes; raises CannotStart that names the damaged line."""
    ledger = Ledger()
    *lines, torn = data.split(b"\n")
    if lines and not torn and has_hole(lines[-1], len(data) - 1 - len(lines[-1])):
        torn = lines.pop()
    for number, line in enumerate(lines, start=1):
        try:
            ledger = ledger.plus(from_line(line))
        except (ValueError, ContradictoryEntry) as wrong:
            unreadable = isinstance(wrong, ValidationError)
            why = words.UNREADABLE() if unreadable else retold(str(wrong), words.CONTRADICTIONS)
            raise CannotStart(words.DAMAGED(name=name, number=number, why=why)) from None
    if torn:
        log.warning("The journal %s ended in the middle of a write; that unfinished entry is left out.", name)
    return ledger


def has_hole(line: bytes, start: int) -> bool:
    """Whether a sector of the file has nothing of its part of this line: it had not been written when the power went."""
    borders = [0, *range(_SECTOR - start % _SECTOR, len(line), _SECTOR), len(line)]
    return any(first < last and not line[first:last].strip(b"\0") for first, last in pairwise(borders))


class Journal:
    """Open it once a process. `ledger` is what the file adds up to."""

    def __init__(self, path: Path, *, compact_above: int = COMPACT_ABOVE_BYTES) -> None:
        self.path = path
        self._compact_above = compact_above
        self._compact_at = compact_above
        self._size = 0
        self._file: int | None = None
        try:
            make_folder(path.parent)
            self._lock = lock(path)
            self.ledger = self._load()
        except OSError as wrong:
            why = words.FOLDER_IS_A_FILE() if isinstance(wrong, FileExistsError) else system.why(reason(wrong))
            raise CannotStart(words.CANNOT_USE(path=path, why=why)) from None

    def _load(self) -> Ledger:
        try:
            ledger = read(self.path.read_bytes() if self.path.exists() else b"", str(self.path))
            self._rewrite(ledger)
        except (OSError, CannotStart):
            os.close(self._lock)
            raise
        return ledger

    def append(self, entry: Entry) -> None:
        """Returns when the entry is durable; raises StoreUnavailable when it is not, and then may be called again."""
        after = self.ledger.plus(entry)
        failpoints.reached(Place.BEFORE_ACKED if isinstance(entry, SessionAcked) else Place.BEFORE_JOURNAL)
        try:
            if self._file is None:
                # After a failed write nobody knows what is on the disk: only a whole new file is sure.
                self._rewrite(after)
            else:
                self._size += write_all(self._file, to_line(entry))
                os.fsync(self._file)
        except OSError as wrong:
            self._drop_file()
            raise StoreUnavailable(
                f"The journal {self.path} cannot be written: {reason(wrong)}. Make room there; no charge starts until then."
            ) from None
        self.ledger = after
        failpoints.reached(Place.JOURNALED)
        if self._size > self._compact_at:
            self._compact()

    def close(self) -> None:
        self._drop_file()
        os.close(self._lock)

    def _compact(self) -> None:
        try:
            self._rewrite(self.ledger)
        except OSError as wrong:
            # Nothing is lost: the long file is whole. Try again after it has grown as much again.
            log.warning("The journal %s cannot be made shorter: %s.", self.path, reason(wrong))
            self._compact_at = self._size + self._compact_above

    def _rewrite(self, ledger: Ledger) -> None:
        """Replace the file by a short one that adds up to the same: all or nothing, and durable with its name."""
        fresh = self.path.with_name(self.path.name + ".new")
        written = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            size = write_all(written, b"".join(to_line(entry) for entry in ledger.entries()))
            os.fsync(written)
            failpoints.reached(Place.BEFORE_RENAME)
            fresh.replace(self.path)
            # From here on the old file has no name: nothing may be written to it any more.
            self._drop_file()
            sync_folder(self.path.parent)
        except OSError:
            os.close(written)
            with suppress(OSError):
                fresh.unlink()
            raise
        self._file, self._size = written, size
        self._compact_at = max(self._compact_above, 2 * size)

    def _drop_file(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None


def write_all(file: int, data: bytes) -> int:
    """All of it, however many calls that takes; how much it was."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
    return len(data)


def lock(path: Path) -> int:
    """Held until the process ends, however it ends. A file of its own, because the journal's is replaced."""
    file = os.open(path.with_name(path.name + ".lock"), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise CannotStart(words.IN_USE(path=path)) from None
    return file


def reason(wrong: OSError) -> str:
    if isinstance(wrong, FileExistsError):
        return words.FOLDER_IS_A_FILE.en
    return wrong.strerror or str(wrong)
