"""The list of points on the screen, and the question for a limit before a charge."""

from collections.abc import Sequence

from rich.text import Text

from common.messages import OfferedPoint
from common.ui.shapes import ago, kw, price
from common.ui.terminal import Size
from common.ui.theme import STATUS_STYLE
from common.words import Text as Words
from common.words import driver as words
from common.words.points import STATUS
from driver.app import REFRESH_S, App
from driver.console.frame import Hint, column, field, notice, pad, room
from driver.offers import Offer, Offers, Order

#: The line above the list, and the heads of its columns.
_ABOVE = 2
#: An answer or two did not come.
_OLD_S = 2 * REFRESH_S
_LONGEST_ID, _LONGEST_NAME = 20, 40
_PRICE, _POWER, _DISTANCE = 9, 9, 9

ORDERS: dict[Order, Words] = {
    Order.ID: words.BY_ID,
    Order.DISTANCE: words.BY_DISTANCE,
    Order.PRICE: words.BY_PRICE,
    Order.POWER: words.BY_POWER,
}
HINTS = (
    Hint("↑↓", words.DO_CHOOSE),
    Hint("Enter", words.DO_CHARGE),
    Hint("/", words.DO_FILTER),
    Hint("f", words.DO_FREE),
    Hint("o", words.DO_ORDER),
    Hint("h", words.DO_HISTORY),
    Hint("c", words.DO_SHOW_CHARGE),
    Hint("r", words.DO_REFRESH),
)
FILTER_HINTS = (Hint("Enter", words.DO_CHARGE), Hint("↑↓", words.DO_CHOOSE), Hint("Esc", words.DO_CLEAR))
LIMIT_HINTS = (Hint("Enter", words.DO_START), Hint("Esc", words.DO_BACK))


def points(app: App, size: Size, mono: float) -> list[Text]:
    offers = app.offers
    offers.cursor.fit(len(offers.shown), room(size) - _ABOVE)
    lines = [_summary(offers, size, mono)]
    if offers.told_at is None:
        return [*lines, Text(), Text(f" {words.POINTS_ASKED}", style="quiet")]
    if not offers.shown:
        told = words.NO_POINTS() if not offers.total else words.NOTHING_FITS()
        if (cp_id := app.unlisted) is not None:
            told = words.UNLISTED(cp=cp_id)
        return [*lines, Text(), Text(f" {told}", style="quiet")]
    cursor = offers.cursor
    rows = offers.shown[cursor.top : cursor.top + cursor.rows]
    widths = _Widths(offers, rows, size)
    lines.append(widths.heads())
    lines += [widths.row(offer, chosen=cursor.top + place == cursor.index) for place, offer in enumerate(rows)]
    return lines


def _summary(offers: Offers, size: Size, mono: float) -> Text:
    parts = [
        (words.POINTS_TITLE(), "title"),
        (words.POINTS_COUNT(shown=len(offers.shown), total=offers.told), "figure"),
        (ORDERS[offers.order](), ""),
    ]
    parts += [(words.FREE_ONLY(), "good")] if offers.only_free else []
    parts += [(words.FILTERED(words=offers.words), "id")] if offers.words else []
    if offers.told < offers.total:
        parts.append((words.POINTS_PART(told=offers.told, total=offers.total), "warning"))
    left = Text(" ").append_text(Text("  ").join(Text(text, style=style) for text, style in parts))
    if offers.told_at is None:
        return left
    since = words.TOLD_SINCE(since=ago(mono - offers.told_at))
    gap = size.columns - 1 - left.cell_len - Text(since).cell_len
    style = "warning" if mono - offers.told_at > _OLD_S else "quiet"
    return left if gap < 1 else Text.assemble(left, " " * gap, (since, style))


class _Widths:
    """The columns of the list, as wide as the rows on the screen need."""

    def __init__(self, offers: Offers, rows: Sequence[Offer], size: Size) -> None:
        self._with_distance = Order.DISTANCE in offers.orders
        self._id = column([row.point.cp_id for row in rows] + [words.HEAD_POINT()], 6, _LONGEST_ID)
        self._decimals = max((len(_decimals(row.point)) for row in rows), default=0)
        self._status = column([text() for text in STATUS.values()], 6, 14)
        figures = _PRICE + _POWER + (_DISTANCE if self._with_distance else 0)
        # Two before each column of words.
        left = max(0, size.columns - 2 - self._id - 2 - self._status - figures - 2 - 2)
        name = column([row.point.name or "" for row in rows] + [words.HEAD_NAME()], 4, _LONGEST_NAME)
        address = column([row.point.address or "" for row in rows] + [words.HEAD_ADDRESS()], 0, left)
        self._name = min(name, max(left - address, left // 2))
        self._address = max(0, left - self._name)

    def heads(self) -> Text:
        distance = (words.HEAD_DISTANCE(),) if self._with_distance else ()
        figures = (words.HEAD_PRICE(), words.HEAD_POWER(), *distance)
        told = self._line(
            words.HEAD_POINT(), words.HEAD_STATUS(), figures, words.HEAD_NAME(), words.HEAD_ADDRESS(), " "
        )
        return Text(told, style="label")

    def row(self, offer: Offer, *, chosen: bool) -> Text:
        point = offer.point
        figures = [
            price(point.price_per_kwh) + " " * (self._decimals - len(_decimals(point))),
            kw(point.max_charging_rate_kw),
        ]
        if self._with_distance:
            figures.append("" if offer.distance_km is None else f"{offer.distance_km:.1f}")
        told = self._line(
            point.cp_id, STATUS[point.status](), figures, point.name or "", point.address or "", "▸" if chosen else " "
        )
        line = Text(told, style="chosen" if chosen else "")
        # Ids are of plain letters: as many letters as columns.
        line.stylize(STATUS_STYLE[point.status], 2 + self._id + 2, 2 + self._id + 2 + len(STATUS[point.status]()))
        return line

    def _line(self, cp_id: str, status: str, figures: Sequence[str], name: str, address: str, mark: str) -> str:
        widths = (_PRICE, _POWER, _DISTANCE)
        told = "".join(pad(figure, width, right=True) for figure, width in zip(figures, widths, strict=False))
        words_of = f"{pad(cp_id, self._id)}  {pad(status, self._status)}{told}"
        return f"{mark} {words_of}  {pad(name, self._name)}  {pad(address, self._address)}"


def _decimals(point: OfferedPoint) -> str:
    return price(point.price_per_kwh).partition(".")[2]


def limit(app: App, size: Size) -> list[Text]:
    point = app.offers.point(app.point_id)
    lines = [] if point is None else _about(point)
    return notice(
        size,
        words.LIMIT_TITLE(cp=app.point_id),
        [*lines, ("", ""), (words.LIMIT_ASK(), "")],
        entry=field(words.LIMIT_FIELD(), app.entry),
        fault=app.fault,
    )


def _about(point: OfferedPoint) -> list[tuple[str, str]]:
    lines = [(text, "") for text in (point.name, point.address) if text]
    lines.append((words.LIMIT_PRICE(price=price(point.price_per_kwh), power=kw(point.max_charging_rate_kw)), ""))
    lines.append((words.POINT_IS(status=STATUS[point.status]()), STATUS_STYLE[point.status]))
    return lines
