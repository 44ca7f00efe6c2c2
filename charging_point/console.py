"""
How the panels of Engine and Monitor look: head, boxes, log, the talk with the person, keys. What stands in the boxes is
each program's own; which line a key becomes, the dialogue's.

Everything is lines of text, each cut or filled to its width, because a panel is drawn every second for months: this
costs a tenth of what Rich's layouts do.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.text import Text

from charging_point.dialogue import HELP_KEY, QUIT_KEY, Choice, Dialogue, Question
from common.clock import Clock, SystemClock
from common.messages import ChargeCompletion
from common.ui.keys import Key
from common.ui.notes import Note, Notes
from common.ui.shapes import Figure, bar, kw, kwh, money, price, printable, reason, when
from common.ui.shapes import clock as time_of_day
from common.ui.stage import Stage
from common.ui.terminal import Size
from common.words import panels as words

#: Below this there is no room for boxes: then plain lines, the most important ones first.
_LEAST_BOXED = Size(76, 22)
_LEAST_LOG = 3
_GAP = "  "
_MARGIN = 2
_MOST_KEY_ROWS = 2
_LONGEST_BAR = 60
#: Room for what is said after a bar.
_SAID_WIDTH = 24


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
        foot = [fit(_talk(self._dialogue), size.columns), *_keys(self._dialogue, size.columns, boxed=boxed)]
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
            asked = _entries(dialogue.step, dialogue.chosen)
            below = box(dialogue.step.prompt(), asked, width, min(height, len(asked) + _MARGIN))
            above = self._picture.boxes(width, height)[: height - len(below)]
            return [*above, *[Text("")] * (height - len(below) - len(above)), *below]
        boxes = self._picture.boxes(width, height - _LEAST_LOG)
        left = height - len(boxes)
        return [*boxes, *box(words.LOG(), _log(self._notes.kept, left - _MARGIN), width, left)]

    def _plain(self, width: int, height: int) -> list[Text]:
        dialogue = self._dialogue
        if dialogue.shows_help:
            lines = help_lines(dialogue)
        elif isinstance(dialogue.step, Choice):
            lines = _entries(dialogue.step, dialogue.chosen)
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


# -- pieces that the pictures are made of


def fit(line: Text, width: int) -> Text:
    """Exactly so wide; what is cut off shows as an ellipsis."""
    fitted = line.copy()
    fitted.truncate(max(0, width), overflow="ellipsis", pad=True)
    return fitted


def box(title: str | Text, lines: Sequence[Text], width: int, height: int) -> list[Text]:
    """A frame of exactly this size around as many of the lines as fit."""
    if height < _MARGIN or width < _MARGIN + 2:
        return [Text("")] * max(0, height)
    inner = width - 4
    shown = Text(title, style="title") if isinstance(title, str) else title
    named = fit(Text.assemble(" ", shown, " "), min(shown.cell_len + 2, inner))
    rule = "─" * (width - 3 - named.cell_len)
    top = Text.assemble(("╭─", "border"), named, (f"{rule}╮", "border"))
    bottom = Text(f"╰{'─' * (width - 2)}╯", style="border")
    rows = [*lines, *[Text("")] * height][: height - _MARGIN]
    return [top, *(Text.assemble(("│ ", "border"), fit(row, inner), (" │", "border")) for row in rows), bottom]


def beside(left: Iterable[Text], right: Iterable[Text]) -> list[Text]:
    """Two boxes of one height next to each other."""
    return [Text.assemble(one, other) for one, other in zip(left, right, strict=True)]


def field(label: str, value: Text | str, label_width: int, style: str = "") -> Text:
    """A label and what it says, aligned with those above and below."""
    said = Text(printable(value), style=style) if isinstance(value, str) else value
    return Text.assemble((set_cell_size(label, max(label_width, cell_len(label))), "label"), _GAP, said)


def fields(pairs: Sequence[tuple[str, Text | str]]) -> list[Text]:
    """Labels in a column as wide as the widest."""
    width = max((cell_len(label) for label, _ in pairs), default=0)
    return [field(label, value, width) for label, value in pairs]


def columns(parts: Sequence[Text], width: int) -> Text:
    """Parts of one line, the first in half of the width: they stand still while figures change."""
    _, *others = parts
    share = width // 2 // max(1, len(others))
    widths = [width - share * len(others), *[share] * len(others)]
    fitted = (Text.assemble(fit(part, wide - len(_GAP)), _GAP) for part, wide in zip(parts, widths, strict=True))
    return Text.assemble(*fitted)


def gauge(label: str, share: float, said: str, label_width: int, width: int) -> Text:
    """A share from 0 to 1 as a bar, and in words after it. Bars of one box are of one length, whatever is said."""
    room = width - label_width - 2 * len(_GAP) - _SAID_WIDTH
    return field(label, Text.assemble(bar(share, max(0, min(_LONGEST_BAR, room))), _GAP, said), label_width)


@dataclass(frozen=True, slots=True)
class Running:
    """The charge that runs, as far as its program knows it."""

    driver_id: str | None
    since: float | None
    price_per_kwh: Decimal | None
    energy_kwh: Decimal | None
    total_cost: Decimal | None
    power_kw: float | None

    def lines(self, label_width: int, width: int) -> list[Text]:
        """Who charges since when at what price; how much, for how much, how fast."""
        middle = max(cell_len(label()) for label in (words.SINCE, words.COST))
        right = max(cell_len(label()) for label in (words.PRICE, words.POWER))
        return [
            columns(
                [
                    field(words.DRIVER(), self.driver_id or words.UNKNOWN(), label_width, "id"),
                    field(words.SINCE(), time_of_day(self.since), middle),
                    field(words.PRICE(), _known(self.price_per_kwh, price), right),
                ],
                width,
            ),
            columns(
                [
                    field(words.ENERGY(), _known(self.energy_kwh, kwh, " kWh"), label_width, "figure"),
                    field(words.COST(), _known(self.total_cost, money), middle, "money"),
                    field(words.POWER(), _known(self.power_kw, kw, " kW"), right, "figure"),
                ],
                width,
            ),
        ]


def _known(value: Figure | None, shown: Callable[[Figure], str], unit: str = "") -> str:
    return words.UNKNOWN() if value is None else f"{shown(value)}{unit}"


def limit(energy_kwh: Decimal, limit_kwh: Decimal | None, label_width: int, width: int) -> Text:
    """How much of the energy limit is in."""
    if limit_kwh is None:
        return field(words.LIMIT(), words.NO_LIMIT(), label_width, "quiet")
    said = words.OF_LIMIT(kwh=kwh(energy_kwh), limit=kwh(limit_kwh))
    return gauge(words.LIMIT(), float(energy_kwh / limit_kwh) if limit_kwh else 1.0, said, label_width, width)


def account(last: ChargeCompletion, *, owed: bool) -> Text:
    """The final account of a charge in one line."""
    line = Text.assemble(
        (f"{words.LAST_ACCOUNT()}{_GAP}", "label"),
        (f"{kwh(last.energy_consumed_kwh)} kWh{_GAP}", "figure"),
        (f"{money(last.total_cost)}{_GAP}", "money"),
        f"{reason(last.reason)}{_GAP}",
        (f"{time_of_day(last.timestamp)}{_GAP}", "quiet"),
    )
    return line.append(words.OWED(), "warning") if owed else line.append(last.session_id, "id")


# -- the log, the talk, the keys


def _log(kept: Iterable[Note], rows: int) -> list[Text]:
    notes = list(kept)
    return [
        Text.assemble((time_of_day(note.at), "quiet"), _GAP, (printable(note.text), "warning" if note.is_grave else ""))
        for note in notes[max(0, len(notes) - rows) :]
        if rows > 0
    ]


def _talk(dialogue: Dialogue) -> Text:
    """What is asked, or what the last key did."""
    if dialogue.warning is not None:
        return Text.assemble(" ", (dialogue.warning(), "warning"), _GAP, (words.SURE_KEYS(), "quiet"))
    if isinstance(dialogue.step, Question):
        return _question(dialogue, dialogue.step)
    if dialogue.step is not None:
        return Text.assemble(" ", (dialogue.step.prompt(), "prompt"), _GAP, (words.CHOOSE_KEYS(), "quiet"))
    if dialogue.told is None:
        return Text.assemble(" ", (words.NO_ANSWER_YET(), "quiet"))
    told = dialogue.told
    style = "bad" if told.answer.startswith("error:") else "good" if told.answer.startswith("ok:") else ""
    said = (f"{printable(told.line)}{_GAP}", "quiet") if told.line else ""
    return Text.assemble(" ", said, (printable(told.answer), style))


def _question(dialogue: Dialogue, question: Question) -> Text:
    editor = dialogue.editor
    before, rest = editor.text[: editor.cursor], editor.text[editor.cursor :]
    hint = "" if editor.text else f"{_GAP}{words.ASK_ENTER()}"
    return Text.assemble(
        " ", (f"{question.prompt()}: ", "prompt"), before, (rest[:1] or " ", "chosen"), rest[1:], (hint, "quiet")
    )


def _entries(choice: Choice, chosen: int) -> list[Text]:
    width = max(cell_len(value) for value, _ in choice.entries)
    return [
        Text.assemble(
            (f"{number}", "key"),
            _GAP,
            (set_cell_size(value, width) + _GAP if value else "", "chosen" if number - 1 == chosen else ""),
            (meaning(), "chosen" if number - 1 == chosen else "quiet"),
        )
        for number, (value, meaning) in enumerate(choice.entries, start=1)
    ]


def _keys(dialogue: Dialogue, width: int, *, boxed: bool) -> list[Text]:
    """Every key there is, in as few rows as it takes; quiet where it would be refused now."""
    items = [(order.key, order.name(), order.fits()) for order in dialogue.orders]
    always = [(HELP_KEY, words.KEY_HELP(), True), (QUIT_KEY, words.KEY_QUIT(), True)]
    # Where there is one row for them, help must be in it: it tells the others.
    items = [*items, *always] if boxed else [*always, *items]
    rows: list[Text] = [Text(" ")]
    for key, name, fits in items:
        item = Text.assemble((key, "key" if fits else "quiet"), " ", (name, "" if fits else "quiet"), _GAP)
        if rows[-1].cell_len + item.cell_len - len(_GAP) > width:
            rows.append(Text(" "))
        rows[-1].append_text(item)
    shown = rows[: _MOST_KEY_ROWS if boxed else 1]
    for row in shown:
        row.rstrip()
    return [fit(row, width) for row in shown]


def help_lines(dialogue: Dialogue) -> list[Text]:
    items = [(order.key, order.explains()) for order in dialogue.orders]
    items += [(HELP_KEY, words.EXPLAIN_HELP()), (QUIT_KEY, words.EXPLAIN_QUIT()), ("F12", words.EXPLAIN_PICTURE())]
    lines = [Text.assemble((f"{key:4}", "key"), explained) for key, explained in items]
    return [*lines, Text(""), Text(words.EXPLAIN_ASKED(), style="quiet")]
