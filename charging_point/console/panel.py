"""A panel as an act: head, what its picture shows, the log, the talk with the person."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from rich.console import Group, RenderableType
from rich.text import Text

from charging_point.console.frames import FRAME, box, fit
from charging_point.console.talk import entries, help_lines, keys, talk
from charging_point.dialogue import Choice, Dialogue
from common.clock import Clock, SystemClock
from common.ui.keys import Key
from common.ui.notes import Note, Notes
from common.ui.shapes import clock as time_of_day
from common.ui.shapes import printable, when
from common.ui.stage import Stage
from common.ui.terminal import Size
from common.words import panels as words

#: Below this there is no room for boxes: then plain lines, the most important ones first.
_LEAST_BOXED = Size(76, 22)
_LEAST_LOG = 3


class Picture(Protocol):
    """What a program shows of itself."""

    title: str

    def head(self) -> Text:
        """Who it is and how it stands, in one line."""

    def boxes(self, width: int, height: int) -> list[Text]:
        """The state in boxes, no higher than this; what is left is the log's."""

    def brief(self, width: int) -> list[Text]:
        """The same in plain lines, the most important ones first."""


class Panel:
    """An act for the stage."""

    hides = False

    def __init__(self, picture: Picture, dialogue: Dialogue, notes: Notes, clock: Clock) -> None:
        self.title = picture.title
        self._picture = picture
        self._dialogue = dialogue
        self._notes = notes
        self._clock = clock

    def press(self, key: Key) -> None:
        self._dialogue.press(key)

    def tell(self, sentence: str) -> None:
        self._dialogue.tell(sentence)

    def draw(self, size: Size) -> RenderableType:
        boxed = size.columns >= _LEAST_BOXED.columns and size.lines >= _LEAST_BOXED.lines
        foot = [fit(talk(self._dialogue), size.columns), *keys(self._dialogue, size.columns, boxed=boxed)]
        height = max(0, size.lines - 1 - len(foot))
        body = self._boxed(size.columns, height) if boxed else self._plain(size.columns, height)
        body += [Text("")] * (height - len(body))
        return Group(fit(self._head(size.columns), size.columns), *body[:height], *foot)

    def _head(self, width: int) -> Text:
        left = Text.assemble(" ", self._picture.head())
        now = when(self._clock.now().wall)
        room = width - left.cell_len - len(now) - 1
        return Text.assemble(left, " " * room, (now, "quiet")) if room > 1 else left

    def _boxed(self, width: int, height: int) -> list[Text]:
        dialogue = self._dialogue
        if dialogue.shows_help:
            return box(words.HELP(), help_lines(dialogue), width, height)
        if isinstance(dialogue.step, Choice):
            asked = entries(dialogue.step, dialogue.chosen)
            below = box(dialogue.step.prompt(), asked, width, min(height, len(asked) + FRAME))
            above = self._picture.boxes(width, height)[: height - len(below)]
            return [*above, *[Text("")] * (height - len(below) - len(above)), *below]
        boxes = self._picture.boxes(width, height - _LEAST_LOG)
        left = height - len(boxes)
        return [*boxes, *box(words.LOG(), _log(self._notes.kept, left - FRAME), width, left)]

    def _plain(self, width: int, height: int) -> list[Text]:
        dialogue = self._dialogue
        if dialogue.shows_help:
            lines = help_lines(dialogue)
        elif isinstance(dialogue.step, Choice):
            lines = entries(dialogue.step, dialogue.chosen)
            # The entry that the cursor is on stays in sight.
            lines = lines[max(0, dialogue.chosen - height + 1) :]
        else:
            lines = self._picture.brief(width - 1)
            lines += _log(self._notes.kept, height - len(lines))
        return [fit(Text.assemble(" ", line), width) for line in lines[:height]]


class Busy(Protocol):
    """What the panel shows; it tells when something has changed."""

    touch: Callable[[], None]


async def show(picture: Picture, dialogue: Dialogue, busy: Busy, stop: asyncio.Event) -> None:
    """Until told to stop; when it ends, the terminal is given back."""
    notes = Notes()
    stage = Stage(Panel(picture, dialogue, notes, SystemClock()))
    notes.touch = busy.touch = stage.touch
    with notes.instead():
        await stage.play(stop)


def _log(kept: Iterable[Note], rows: int) -> list[Text]:
    """The newest lines; what is grave has a mark as well as a colour."""
    newest = list(kept)[-rows:] if rows > 0 else []
    return [_logged(note) for note in newest]


def _logged(note: Note) -> Text:
    mark, style = ("!", "warning") if note.is_grave else (" ", "")
    return Text.assemble((time_of_day(note.at), "quiet"), " ", (f"{mark} {printable(note.text)}", style))
