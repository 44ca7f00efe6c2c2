"""
The journal: Engine's durable memory, a durable file of the entries of one point.

Each line is `{"crc32":"........","entry":{...}}`. An entry is on the disk when `append` returns. How the file is kept whole
is durable_file.py's; what the entries mean is ledger.py's.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

from charging_point.engine.durable_file import DurableFile, read_lines, sealed, unsealed
from charging_point.engine.ledger import ENTRY, Entry, Ledger, SessionAcked
from common import failpoints
from common.errors import StoreUnavailable
from common.failpoints import Place

log = logging.getLogger("ev.engine")

COMPACT_ABOVE_BYTES = 1024 * 1024
_KEY = b'","entry":'


def to_line(entry: Entry) -> bytes:
    return sealed(_KEY, ENTRY.dump_json(entry, exclude_none=True))


def from_line(line: bytes) -> Entry:
    """Read one line without its end; raises ValueError for anything that `to_line` did not write."""
    return ENTRY.validate_json(unsealed(_KEY, line))


def read(data: bytes, name: str) -> Ledger:
    """The sum of a journal's bytes; raises CannotStart that names the damaged line."""
    adding = _Sum()
    read_lines(data, name, adding.take, log)
    return adding.ledger


class Journal:
    """Open it once a process. `ledger` is what the file adds up to."""

    def __init__(self, path: Path, *, compact_above: int = COMPACT_ABOVE_BYTES) -> None:
        self.path = path
        self._file = DurableFile(path, compact_above=compact_above, log=log)
        adding = _Sum()
        self._file.load(adding.take, lambda: _lines(adding.ledger))
        self.ledger = adding.ledger

    def append(self, entry: Entry) -> None:
        """Returns when the entry is durable; raises StoreUnavailable when it is not, and then may be called again."""
        after = self.ledger.plus(entry)
        failpoints.reached(Place.BEFORE_ACKED if isinstance(entry, SessionAcked) else Place.BEFORE_JOURNAL)
        try:
            self._file.append(to_line(entry), lambda: _lines(after))
        except OSError as wrong:
            raise StoreUnavailable(self._file.unwritable(wrong)) from None
        self.ledger = after
        failpoints.reached(Place.JOURNALED)
        self._file.shorten(lambda: _lines(after))

    def close(self) -> None:
        self._file.close()


class _Sum:
    """What the lines come to."""

    def __init__(self) -> None:
        self.ledger = Ledger()

    def take(self, line: bytes) -> None:
        self.ledger = self.ledger.plus(from_line(line))


def _lines(ledger: Ledger) -> Iterator[bytes]:
    return map(to_line, ledger.entries())
