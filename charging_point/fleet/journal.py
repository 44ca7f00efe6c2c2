"""
The accounts of a fleet: in memory, or in one file that all its points share.

In the file each line is `{"crc32":"........","point":"CP","entry":{...}}`. What many points write at once becomes durable
together: a thread writes and syncs, and until then each of them waits as behind its own journal. How the file is kept whole
is the business of charging_point/engine/durable_file.py.
"""

import asyncio
import logging
import threading
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Protocol

from charging_point.engine.durable_file import DurableFile, read_lines, sealed, unsealed
from charging_point.engine.ledger import ENTRY, Entry, Ledger
from common.errors import CannotStart
from common.words import fleet as words

log = logging.getLogger("ev.fleet")

COMPACT_ABOVE_BYTES = 64 * 1024 * 1024
_POINT, _ENTRY = b'","point":"', b'","entry":'
_NOTHING: Mapping[str, Ledger] = {}
_EMPTY = Ledger()


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
    return sealed(_POINT, cp_id.encode() + _ENTRY + ENTRY.dump_json(entry, exclude_none=True))


def from_line(line: bytes) -> tuple[str, Entry]:
    """Read one line without its end; raises ValueError for anything that `to_line` did not write."""
    cp_id, _, entry = unsealed(_POINT, line).partition(_ENTRY)
    return cp_id.decode(), ENTRY.validate_json(entry)


def read(data: bytes, name: str) -> dict[str, Ledger]:
    """What each point's lines add up to; raises CannotStart that names the damaged line."""
    ledgers: dict[str, Ledger] = {}
    read_lines(data, name, lambda line: _add(ledgers, *from_line(line)), log)
    return ledgers


class SharedJournal:
    """Open it once a process. `ledgers` is what the file adds up to, point by point."""

    where_they_stay = "the journal keeps them for the next start"

    def __init__(self, path: Path, *, compact_above: int = COMPACT_ABOVE_BYTES) -> None:
        self.path = path
        self.on_written: Callable[[Sequence[int]], None] = lambda _: None
        self.on_failed: Callable[[Sequence[int], str], None] = lambda _, __: None
        #: Who waits, and for what.
        self._waiting: list[tuple[int, str, Entry]] = []
        self._stirred = asyncio.Event()
        self._is_syncing = False
        #: The file is the thread's while it writes, also when nobody waits for that any more.
        self._at_file = threading.Lock()
        self.ledgers: dict[str, Ledger] = {}
        self._file = DurableFile(path, compact_above=compact_above, log=log)
        self._file.load(lambda line: _add(self.ledgers, *from_line(line)), lambda: _lines(self.ledgers))

    def must_know(self, cp_ids: set[str]) -> None:
        """Raises CannotStart where the file has accounts of points that are not there: nobody else would settle them."""
        owing = [cp_id for cp_id, one in self.ledgers.items() if one.open or one.owed]
        strange = sorted(cp_id for cp_id in owing if cp_id not in cp_ids)
        if strange:
            self.close()
            raise CannotStart(words.OTHERS_ACCOUNTS(path=self.path, count=len(strange), point=strange[0]))

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
        #: Only those who wrote: a batch must not cost what there is of all points.
        changed: dict[str, Ledger] = {}
        after = ChainMap(changed, self.ledgers)
        for _, cp_id, entry in batch:
            _add(after, cp_id, entry)
        try:
            await asyncio.to_thread(self._make_durable, batch, after)
        except OSError as wrong:
            self.on_failed(places, self._file.unwritable(wrong))
            return
        self.ledgers.update(changed)
        self.on_written(places)

    def _make_durable(self, batch: Sequence[tuple[int, str, Entry]], after: Mapping[str, Ledger]) -> None:
        """In the thread: one write and one sync for all."""
        with self._at_file:
            lines = b"".join([to_line(cp_id, entry) for _, cp_id, entry in batch])
            self._file.append(lines, lambda: _lines(after))
            self._file.shorten(lambda: _lines(after))

    def close(self) -> None:
        with self._at_file:
            self._file.close()


def _add(ledgers: MutableMapping[str, Ledger], cp_id: str, entry: Entry) -> None:
    ledgers[cp_id] = (ledgers.get(cp_id) or _EMPTY).plus(entry)


def _lines(ledgers: Mapping[str, Ledger]) -> Iterator[bytes]:
    return (to_line(cp_id, entry) for cp_id, ledger in ledgers.items() for entry in ledger.entries())
