"""Every journal that an Engine ever wrote, though it replaces the file: a second name keeps what loses its first."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

_LOOK_EVERY_S = 0.1


class Archive:
    def __init__(self, live: Path, kept: Path) -> None:
        self._live = live
        self._kept = kept
        self._newest: dict[str, int] = {}

    def look(self) -> None:
        """Give every journal that is new a second name."""
        for path in self._live.glob("**/*.journal"):
            with suppress(FileNotFoundError):
                number = path.stat().st_ino
                if self._newest.get(path.stem) == number:
                    continue
                folder = self._kept / path.stem
                folder.mkdir(parents=True, exist_ok=True)
                os.link(path, folder / f"{len(list(folder.iterdir())) + 1:06}")
                self._newest[path.stem] = number

    def files(self, cp_id: str) -> list[Path]:
        return sorted((self._kept / cp_id).glob("*"))

    async def run(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(_LOOK_EVERY_S)
