"""The first screen where nobody said who drives: asks for the driver's id."""

import asyncio

from rich.console import RenderableType
from rich.text import Text

from common.ui.editor import Editor
from common.ui.keys import Key
from common.ui.terminal import Size
from common.words import driver as words
from driver.console.frame import Hint, field, frame, notice
from driver.entries import is_id


class Entrance:
    """`answer` has the id once it was given; None when its person would rather leave."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._entry = Editor(lambda *_: ())
        self._fault = ""

    def leave(self) -> None:
        if not self.answer.done():
            self.answer.set_result(None)

    def press(self, key: Key) -> None:
        if self.answer.done():
            return
        if key.name == "escape":
            self.leave()
        elif key.name != "enter":
            self._entry.press(key)
            self._fault = ""
        elif is_id(typed := self._entry.text.strip()):
            self.answer.set_result(typed)
        else:
            self._fault = words.NO_ID(text=typed)

    def draw(self, size: Size, told: str) -> RenderableType:
        body = notice(
            size,
            words.WHO(),
            [(words.WHO_HINT(), "quiet")],
            entry=field(words.WHO_FIELD(), self._entry),
            fault=self._fault,
        )
        hints = [Hint("Enter", words.DO_GO_ON), Hint("Esc", words.DO_QUIT)]
        return frame(size, words.WELCOME(), [], body, Text(told, style="quiet"), hints)
