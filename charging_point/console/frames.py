"""
Lines of text, fields and boxes of an exact width: what every panel is made of.

Each line is cut or filled to its width, because a panel is drawn every second for months: this costs a fraction of what
Rich's layouts do.
"""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from common.ui.shapes import bar, printable

GAP = "  "
#: What a frame takes of the height of a box, and of its width.
FRAME, INSET = 2, 4
_LONGEST_BAR = 60
#: Room for what is said after a bar.
_SAID_WIDTH = 24


def fit(line: Text, width: int) -> Text:
    """Exactly so wide; what is cut off shows as an ellipsis."""
    fitted = line.copy()
    fitted.truncate(max(0, width), overflow="ellipsis", pad=True)
    return fitted


def box(title: str | Text, lines: Sequence[Text], width: int, height: int) -> list[Text]:
    """A frame of exactly this size around as many of the lines as fit."""
    if height < FRAME or width < FRAME + 2:
        return [Text("")] * max(0, height)
    inner = width - INSET
    shown = Text(title, style="title") if isinstance(title, str) else title
    named = fit(Text.assemble(" ", shown, " "), min(shown.cell_len + 2, inner))
    rule = "─" * (width - 3 - named.cell_len)
    top = Text.assemble(("╭─", "border"), named, (f"{rule}╮", "border"))
    bottom = Text(f"╰{'─' * (width - 2)}╯", style="border")
    rows = [*lines, *[Text("")] * height][: height - FRAME]
    return [top, *(Text.assemble(("│ ", "border"), fit(row, inner), (" │", "border")) for row in rows), bottom]


def beside(left: Iterable[Text], right: Iterable[Text]) -> list[Text]:
    """Two boxes of one height next to each other."""
    return [Text.assemble(one, other) for one, other in zip(left, right, strict=True)]


def field(label: str, value: Text | str, label_width: int, style: str = "") -> Text:
    """A label and what it says, aligned with those above and below."""
    said = Text(printable(value), style=style) if isinstance(value, str) else value
    return Text.assemble((set_cell_size(label, max(label_width, cell_len(label))), "label"), GAP, said)


def fields(pairs: Sequence[tuple[str, Text | str]]) -> list[Text]:
    """Labels in a column as wide as the widest."""
    width = max((cell_len(label) for label, _ in pairs), default=0)
    return [field(label, value, width) for label, value in pairs]


def columns(parts: Sequence[Text], width: int) -> Text:
    """Parts of one line, the first in half of the width: they stand still while figures change."""
    _, *others = parts
    share = width // 2 // max(1, len(others))
    widths = [width - share * len(others), *[share] * len(others)]
    fitted = (Text.assemble(fit(part, wide - len(GAP)), GAP) for part, wide in zip(parts, widths, strict=True))
    return Text.assemble(*fitted)


def gauge(label: str, share: float, said: str, label_width: int, width: int) -> Text:
    """A share from 0 to 1 as a bar, and in words after it. Bars of one box are of one length, whatever is said."""
    room = width - label_width - 2 * len(GAP) - _SAID_WIDTH
    return field(label, Text.assemble(bar(share, max(0, min(_LONGEST_BAR, room))), GAP, said), label_width)
