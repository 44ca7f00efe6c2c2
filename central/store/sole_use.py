"""One Central a SQLite file: the lock that a second one finds taken. It goes with the process, however that ends."""

import sys
from pathlib import Path
from typing import IO

from common.errors import CannotStart
from common.words import database as words
from common.words.system import why


class SoleUse:
    """Held until `release`; raises CannotStart when another process holds it. Without a file there is nothing to hold."""

    def __init__(self, database: str | None) -> None:
        self._file: IO[bytes] | None = None
        if database in (None, "", ":memory:") or sys.platform == "win32":
            return
        import fcntl  # noqa: PLC0415 - not on Windows

        path = Path(f"{database}.lock")
        try:
            self._file = path.open("wb")
        except OSError as wrong:
            raise CannotStart(words.CANNOT_WRITE(path=path, why=why(str(wrong.strerror)))) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise CannotStart(words.ONE_CENTRAL(database=database)) from None

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
