"""Small pieces of a picture: figures, times, bars, curves. What comes from the network is made printable here."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from common.messages import PointStatus, Reason
from common.ui.theme import STATUS_STYLE
from common.words import points as words

_BLOCKS = "▁▂▃▄▅▆▇█"
_DONE, _LEFT = "█", "░"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_JUST_NOW_S = 2

Figure = int | float | Decimal


def printable(text: str) -> str:
    """One line of it, without anything that would steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def cut(text: str, width: int) -> str:
    """No wider than this on the screen, Chinese characters counted as the two columns they take."""
    text = printable(text)
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)).rstrip() + "…" if width > 0 else ""


def status(value: PointStatus) -> Text:
    return Text(words.STATUS[value](), style=STATUS_STYLE[value])


def reason(value: Reason | None) -> str:
    return "" if value is None else words.REASON[value]()


def kwh(energy: Figure) -> str:
    return f"{energy:.3f}"


def money(amount: Figure) -> str:
    return f"{amount:.2f}"


def kw(power: Figure) -> str:
    return f"{power:.1f}"


def price(value: Figure) -> str:
    """At least two decimals, up to the four that a price may have."""
    whole = f"{value:.4f}"
    return whole[:-2] + whole[-2:].rstrip("0")


def when(timestamp: float | None) -> str:
    """Date and time here; empty for none."""
    if timestamp is None:
        return ""
    try:
        return datetime.fromtimestamp(timestamp).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return f"{timestamp}"


def clock(timestamp: float | None) -> str:
    """The time of day here; empty for none."""
    return when(timestamp)[11:]


def ago(seconds: float | None) -> str:
    """How long since."""
    if seconds is None:
        return words.AGO_NEVER()
    whole = int(seconds)
    if whole < _JUST_NOW_S:
        return words.AGO_NOW()
    for unit, text in ((_DAY, words.AGO_DAYS), (_HOUR, words.AGO_HOURS), (_MINUTE, words.AGO_MINUTES)):
        if whole >= unit:
            return text(n=whole // unit)
    return words.AGO_SECONDS(n=whole)


def span(seconds: float) -> str:
    """How long it takes or took."""
    whole = max(0, int(seconds))
    if whole >= _HOUR:
        return words.SPAN_HOURS(h=whole // _HOUR, m=whole % _HOUR // _MINUTE)
    if whole >= _MINUTE:
        return words.SPAN_MINUTES(m=whole // _MINUTE, s=whole % _MINUTE)
    return words.SPAN_SECONDS(s=whole)


def bar(share: float, width: int) -> Text:
    """A share from 0 to 1 as a bar of so many columns."""
    done = round(max(0.0, min(1.0, share)) * width)
    return Text.assemble((_DONE * done, "bar.done"), (_LEFT * (width - done), "bar.left"))


def curve(values: Sequence[float], width: int, most: float | None = None) -> Text:
    """A sparkline of the newest values, against the highest that can be (else the highest of them)."""
    shown = list(values)[-width:]
    top = most or max(shown, default=0.0)
    marks = (
        _BLOCKS[min(len(_BLOCKS) - 1, int(value / top * (len(_BLOCKS) - 1) + 0.5))] if top else _BLOCKS[0]
        for value in shown
    )
    return Text("".join(marks), style="curve")


def area(values: Sequence[float], rows: int, most: float) -> list[Text]:
    """The same over several rows, highest first; every value that is more than nothing shows at least a little."""
    eighths = [
        max(1, round(min(1.0, value / most) * rows * len(_BLOCKS))) if value > 0 and most > 0 else 0 for value in values
    ]
    picture = []
    for below in range(rows - 1, -1, -1):
        filled = (min(len(_BLOCKS), max(0, height - below * len(_BLOCKS))) for height in eighths)
        picture.append(Text("".join(_BLOCKS[part - 1] if part else " " for part in filled), style="curve"))
    return picture
