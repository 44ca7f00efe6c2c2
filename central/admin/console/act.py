"""The operator's console on the stage: keys to the desk, the desk to a picture."""

from rich.console import RenderableType

from central.admin.attendant import Attendant
from central.admin.console.board import board
from central.admin.desk import Desk
from common.clock import Clock
from common.ui.keys import Key
from common.ui.terminal import Size


class Console:
    title = "ev-admin"

    def __init__(self, desk: Desk, attendant: Attendant, clock: Clock) -> None:
        self._desk = desk
        self._attendant = attendant
        self._clock = clock

    def draw(self, size: Size) -> RenderableType:
        if self._desk.wanted.fit(size.columns, size.lines):
            self._attendant.refresh()
        return board(self._desk, self._clock.now())

    @property
    def hides(self) -> bool:
        return self._desk.shows_secret

    def press(self, key: Key) -> None:
        self._attendant.do(self._desk.press(key, self._clock.now()))

    def tell(self, sentence: str) -> None:
        self._desk.say(sentence)
