"""A small console for tests of the stage: shows its size and the keys it heard. `x` breaks it, `q` ends it, `l` logs, `f` fills it."""

import asyncio
import logging
import os
import sys

from rich.console import Group, RenderableType
from rich.text import Text

from common.process import run_process
from common.settings import ProcessSettings
from common.ui.keys import Key
from common.ui.notes import Notes
from common.ui.stage import Stage
from common.ui.terminal import Size


class Sample:
    title = "sample"

    def __init__(self, notes: Notes, leave: asyncio.Event) -> None:
        self._notes = notes
        self._leave = leave
        self._heard: list[str] = []
        self._told = ""
        self._broken = False
        self._full = False
        self.hides = False

    def draw(self, size: Size) -> RenderableType:
        if self._broken:
            raise RuntimeError("broken on purpose")
        lines = [
            Text(f"size {size.columns}x{size.lines} pid {os.getpid()} told {' '.join(sys.argv[1:])}"),
            Text("heard " + " ".join(self._heard), style="point.stopped"),
        ]
        lines += [Text(note.text) for note in self._notes.kept]
        if self._full:
            lines += [Text("#" * size.columns, style="bold red on blue") for _ in range(size.lines - 4)]
        return Group(*lines, Text(self._told))

    def press(self, key: Key) -> None:
        self._heard.append(key.name if key.name != "paste" else f"paste:{key.text}")
        self._broken = key.name == "x"
        self._full = key.name == "f"
        self.hides = key.name == "s"
        if key.name == "l":
            logging.getLogger("ev.sample").error("logged %s", "words")
        if key.name == "q":
            self._leave.set()

    def tell(self, sentence: str) -> None:
        self._told = sentence


async def _play(stop: asyncio.Event) -> int:
    notes = Notes()
    stage = Stage(Sample(notes, stop))
    notes.touch = stage.touch
    with notes.instead():
        await stage.play(stop)
    sys.stdout.write("left in good order\n")
    return 0


if __name__ == "__main__":
    sys.exit(run_process(ProcessSettings(), _play))
