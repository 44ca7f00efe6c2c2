"""Every key of the app on one screen, and the newest of the log."""

from collections.abc import Sequence

from rich.text import Text

from common.ui.notes import Note
from common.ui.shapes import clock, cut
from common.ui.terminal import Size
from common.words import Text as Words
from common.words import driver as words
from driver.console.frame import Hint, pad, room

_KEY = 8
_LEAST_LOG = 3
HINTS = (Hint("Esc", words.DO_BACK),)

#: What a key is called here, and the keys of the core that it stands for.
KEYS: Sequence[tuple[Words, Sequence[tuple[str, Words]]]] = (
    (
        words.HELP_POINTS,
        (
            ("↑ ↓", words.HELP_MOVE),
            ("Enter", words.HELP_ENTER),
            ("/", words.HELP_FILTER),
            ("f", words.HELP_FREE),
            ("o", words.HELP_ORDER),
            ("r", words.HELP_REFRESH),
        ),
    ),
    (words.HELP_CHARGE, (("s", words.HELP_STOP),)),
    (words.HELP_HISTORY, (("Enter", words.HELP_OPEN),)),
    (
        words.HELP_ALWAYS,
        (
            ("p", words.HELP_POINTS_KEY),
            ("c", words.HELP_CHARGE_KEY),
            ("h", words.HELP_HISTORY_KEY),
            ("Esc", words.HELP_BACK),
            ("?", words.HELP_HELP),
            ("F12", words.HELP_PICTURE),
            ("q", words.HELP_QUIT),
        ),
    ),
)


def help_page(notes: Sequence[Note], size: Size) -> list[Text]:
    lines: list[Text] = []
    for title, keys in KEYS:
        lines.append(Text(f" {title}", style="title"))
        lines += [Text.assemble("   ", (pad(key, _KEY), "key"), does()) for key, does in keys]
    left = room(size) - len(lines) - 2
    if left >= _LEAST_LOG:
        lines += [Text(), Text(f" {words.LOG_TITLE}", style="title"), *_log(notes, left, size.columns)]
    return lines


def _log(notes: Sequence[Note], most: int, columns: int) -> list[Text]:
    if not notes:
        return [Text(f"   {words.LOG_EMPTY}", style="quiet")]
    return [
        Text(f"   {clock(note.at)} {cut(note.text, columns - 13)}", style="warning" if note.is_grave else "quiet")
        for note in list(notes)[-most:]
    ]
