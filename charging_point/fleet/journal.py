"""
The accounts of a fleet: in memory, or in one file that all its points share.

In the file each line is `{"crc32":"........","point":"CP","entry":{...}}`. What many points write at once becomes durable
together: a thread writes and syncs, and until then each of them waits as behind its own journal.
"""

import asyncio
import logging
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from charging_point.engine.journal import has_hole, lock, reason, write_all
from charging_point.engine.ledger import ENTRY, ContradictoryEntry, Entry, Ledger
from common.disk import make_folder, sync_folder
from common.errors import CannotStart
from common.words import fleet as fleet_words
from common.words import journal as words
from common.words import retold, system

log = logging.getLogger("ev.fleet")

COMPACT_ABOVE_BYTES = 64 * 1024 * 1024
_OPEN, _POINT, _ENTRY, _CLOSE = b'{"crc32":"', b'","point":"', b'","entry":', b"}"
_CRC_DIGITS = 8
_NOTHING: Mapping[str, Ledger] = {}


class Accounts(Protocol):
    """Where what points must not forget stands."""

    on_written: Callable[[Sequence[int]], None]
    on_failed: Callable[[Sequence[int], str], None]

    @property
    def ledgers(self) -> Mapping[str, Ledger]: ...

    @property
    def where_they_stay(self) -> str:
        """What becomes of accounts that nobody has acknowledged, as the end of a sentence."""
        ...

    def write(self, place: int, cp_id: str, entry: Entry) -> bool:
        """True: it is written. False: `on_written` or `on_failed` will name the place."""
        ...

    async def run(self) -> None: ...

    @property
    def is_busy(self) -> bool: ...

    def close(self) -> None: ...


class InMemory:
    """Nothing outlives the process. What a point owes it keeps itself, until it is acknowledged."""

    on_written: Callable[[Sequence[int]], None]
    on_failed: Callable[[Sequence[int], str], None]
    ledgers = _NOTHING
    where_they_stay = "without --journal they end with this process, but for what Kafka has of them"
    is_busy = False

    def write(self, place: int, cp_id: str, entry: Entry) -> bool:
        del place, cp_id, entry
        return True

    async def run(self) -> None:
        """Nothing is to be done."""

    def close(self) -> None:
        """Nothing is open."""


def to_line(cp_id: str, entry: Entry) -> bytes:
    body = cp_id.encode() + _ENTRY + ENTRY.dump_json(entry, exclude_none=True)
    return _OPEN + f"{zlib.crc32(body):08x}".encode() + _POINT + body + _CLOSE + b"\n"


def from_line(line: bytes) -> tuple[str, Entry]:
    """Read one line without its end; raises ValueError for anything that `to_line` did not write."""
    start = len(_OPEN) + _CRC_DIGITS
    digits, body = line[len(_OPEN) : start], line[start + len(_POINT) : -len(_CLOSE)]
    if line != _OPEN + digits + _POINT + body + _CLOSE or f"{zlib.crc32(body):08x}".encode() != digits:
        raise ValueError("the checksum does not fit")
    cp_id, _, entry = body.partition(_ENTRY)
    return cp_id.decode(), ENTRY.validate_json(entry)


def read(data: bytes, name: str) -> dict[str, Ledger]:
    """What each point's lines add up to; raises CannotStart that names the damaged line."""
    ledgers: dict[str, Ledger] = {}
    *lines, torn = data.split(b"\n")
    if lines and not torn and has_hole(lines[-1], len(data) - 1 - len(lines[-1])):
        torn = lines.pop()
    for number, line in enumerate(lines, start=1):
        try:
            cp_id, entry = from_line(line)
            ledgers[cp_id] = ledgers.get(cp_id, Ledger()).plus(entry)
        except (ValueError, ContradictoryEntry) as wrong:
            unreadable = isinstance(wrong, ValidationError)
            why = words.UNREADABLE() if unreadable else retold(str(wrong), words.CONTRADICTIONS)
            raise CannotStart(words.DAMAGED(name=name, number=number, why=why)) from None
    if torn:
        log.warning("The journal %s ended in the middle of a write; that unfinished entry is left out.", name)
    return ledgers


class SharedJournal:
    """Open it once a process. `ledgers` is what the file adds up to, point by point."""

    where_they_stay = "the journal keeps them for the next start"

    def __init__(self, path: Path, *, compact_above: int = COMPACT_ABOVE_BYTES) -> None:
        self.path = path
        self.on_written: Callable[[Sequence[int]], None] = lambda _: None
        self.on_failed: Callable[[Sequence[int], str], None] = lambda _, __: None
        self._compact_above = compact_above
        self._compact_at = compact_above
        self._size = 0
        self._file: int | None = None
        #: Who waits, and for what.
        self._waiting: list[tuple[int, str, Entry]] = []
        self._stirred = asyncio.Event()
        self._is_syncing = False
        try:
            make_folder(path.parent)
            self._lock = lock(path)
            self.ledgers = self._load()
        except OSError as wrong:
            why = words.FOLDER_IS_A_FILE() if isinstance(wrong, FileExistsError) else system.why(reason(wrong))
            raise CannotStart(words.CANNOT_USE(path=path, why=why)) from None

    def _load(self) -> dict[str, Ledger]:
        try:
            ledgers = read(self.path.read_bytes() if self.path.exists() else b"", str(self.path))
            self._rewrite(ledgers)
        except (OSError, CannotStart):
            os.close(self._lock)
            raise
        return ledgers

    def must_know(self, cp_ids: set[str]) -> None:
        """Raises CannotStart where the file has accounts of points that are not there: nobody else would settle them."""
        owing = [cp_id for cp_id, one in self.ledgers.items() if one.open or one.owed]
        strange = sorted(cp_id for cp_id in owing if cp_id not in cp_ids)
        if strange:
            self.close()
            raise CannotStart(fleet_words.OTHERS_ACCOUNTS(path=self.path, count=len(strange), point=strange[0]))

    @property
    def is_busy(self) -> bool:
        return self._is_syncing or bool(self._waiting)

    def write(self, place: int, cp_id: str, entry: Entry) -> bool:
        self._waiting.append((place, cp_id, entry))
        self._stirred.set()
        return False

    async def run(self) -> None:
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            batch, self._waiting = self._waiting, []
            self._is_syncing = True
            try:
                await self._sync(batch)
            finally:
                self._is_syncing = False

    async def _sync(self, batch: Sequence[tuple[int, str, Entry]]) -> None:
        places = [place for place, _, _ in batch]
        after = dict(self.ledgers)
        for _, cp_id, entry in batch:
            after[cp_id] = after.get(cp_id, Ledger()).plus(entry)
        try:
            await asyncio.to_thread(self._make_durable, [to_line(cp_id, entry) for _, cp_id, entry in batch], after)
        except OSError as wrong:
            self._drop_file()
            why = f"The journal {self.path} cannot be written: {reason(wrong)}. Make room there; no charge starts until then."
            self.on_failed(places, why)
            return
        self.ledgers = after
        self.on_written(places)

    def _make_durable(self, lines: Sequence[bytes], after: Mapping[str, Ledger]) -> None:
        """In the thread: one write and one sync for all, or a whole new file where nobody knows what is on the disk."""
        if self._file is None or self._size > self._compact_at:
            self._rewrite(after)
            return
        self._size += write_all(self._file, b"".join(lines))
        os.fsync(self._file)

    def close(self) -> None:
        self._drop_file()
        os.close(self._lock)

    def _rewrite(self, ledgers: Mapping[str, Ledger]) -> None:
        """Replace the file by a short one that adds up to the same: all or nothing, and durable with its name."""
        fresh = self.path.with_name(self.path.name + ".new")
        written = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            size = 0
            for cp_id, ledger in ledgers.items():
                size += write_all(written, b"".join(to_line(cp_id, entry) for entry in ledger.entries()))
            os.fsync(written)
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
