"""The lines of earlier days at the console's command line, in a file that only its person can read. Fails quietly."""

import os
from contextlib import suppress
from pathlib import Path

from common.ui.editor import MOST_REMEMBERED

#: Rewritten when it has grown to this many lines.
_COMPACT_ABOVE = 2 * MOST_REMEMBERED
_LONGEST_BYTES = 1_000_000
_ONLY_MINE, _ONLY_MY_FOLDER = 0o600, 0o700


class History:
    """`lines` are those before today, oldest first. Whatever goes wrong costs the history, never the console."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines = self._read()

    def add(self, line: str) -> None:
        if self.lines and self.lines[-1] == line:
            return
        self.lines.append(line)
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=_ONLY_MY_FOLDER)
            if len(self.lines) > _COMPACT_ABOVE:
                self._compact()
            else:
                self._append(line)

    def _read(self) -> list[str]:
        try:
            if self._path.stat().st_size > _LONGEST_BYTES:
                return []
            found = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        return [line for line in found if line.strip() and line.isprintable()]

    def _append(self, line: str) -> None:
        with open(self._path, "a", encoding="utf-8", opener=_opener) as file:
            file.write(f"{line}\n")

    def _compact(self) -> None:
        self.lines = self.lines[-MOST_REMEMBERED:]
        beside = self._path.with_suffix(f".{os.getpid()}")
        with open(beside, "w", encoding="utf-8", opener=_opener) as file:
            file.write("".join(f"{line}\n" for line in self.lines))
        beside.replace(self._path)


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, _ONLY_MINE)
