"""
THE LOOK: every colour of every console, by what it means. Nothing else names a colour.

Text keeps the terminal's own colour, and the others are of a middle lightness, so that all of it reads on dark and on
light. Colour never says anything alone: beside it stands the word. With NO_COLOR set, Rich leaves colours out and keeps
bold and dim.
"""

from rich.theme import Theme

from common.messages import PointStatus

THEME = Theme(
    {
        "point.active": "green",
        "point.charging": "bold green",
        "point.stopped": "color(208)",
        "point.faulty": "bold red",
        "point.disconnected": "color(244)",
        "title": "bold",
        "label": "color(244)",
        "key": "bold cyan",
        "figure": "bold",
        "money": "bold",
        "good": "green",
        "warning": "color(208)",
        "bad": "bold red",
        "quiet": "color(244)",
        "id": "cyan",
        "chosen": "reverse",
        "prompt": "bold cyan",
        "bar.done": "green",
        "bar.left": "color(244)",
        "curve": "cyan",
        "border": "color(244)",
    }
)

STATUS_STYLE: dict[PointStatus, str] = {status: f"point.{status.value.lower()}" for status in PointStatus}
