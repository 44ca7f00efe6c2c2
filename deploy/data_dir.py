"""The data directory of one ev-up: its lock, and ready.json, by which other programs know that all is up."""

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from common.disk import make_folder
from common.errors import CannotStart
from common.words import joined
from common.words import up as words
from common.words.system import why


class DataDir:
    """Held by one ev-up at a time, from `with` to its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ready = path / "ready.json"

    def __enter__(self) -> Self:
        try:
            make_folder(self.path / "logs")
            self._lock = (self.path / "lock").open("a+")
        except OSError as wrong:
            told = words.CANNOT_USE_DATA_DIR(path=self.path, why=why(str(wrong.strerror)))
            raise CannotStart(joined(told, words.CHOOSE_DATA_DIR)) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.seek(0)
            holder = self._lock.read().strip()
            self._lock.close()
            told = words.DATA_DIR_IN_USE(path=self.path, holder=holder or words.UNKNOWN)
            raise CannotStart(joined(told, words.CHOOSE_DATA_DIR)) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        self.forget_ready()  # of a run that was killed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.forget_ready()
        self._lock.close()

    def forget_ready(self) -> None:
        self._ready.unlink(missing_ok=True)

    def write_ready(self, facts: dict[str, object]) -> None:
        """Whole or not at all: whoever waits for the file may read it the moment it is there."""
        fresh = self._ready.with_suffix(".new")
        fresh.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        fresh.replace(self._ready)
