"""The charge that runs, on the screen: figures, a bar, the curve of the power; and the question before leaving it."""

from rich.text import Text

from common.clock import Moment
from common.messages import PointStatus
from common.ui.shapes import ago, area, bar, clock, cut, kw, kwh, money, price, span, status
from common.ui.terminal import Size
from common.words import driver as words
from driver.app import App
from driver.console.frame import Hint, notice, pad, room
from driver.gauge import Gauge

_FIGURE = 19
_HIGHEST_CURVE = 6
_WIDEST = 140
HINTS = (
    Hint("s", words.DO_STOP),
    Hint("p", words.DO_POINTS),
    Hint("h", words.DO_HISTORY),
    Hint("Esc", words.DO_BACK),
)
YES_NO = (Hint("y", words.DO_YES), Hint("n", words.DO_NO))


def charge(app: App, size: Size, now: Moment) -> list[Text]:
    gauge = app.gauge
    if gauge is None:
        return [Text(), Text(f" {words.NO_CHARGE}", style="quiet")]
    width = min(_WIDEST, size.columns - 2)
    top = [_head(app, gauge, width, now), _place(app, gauge, width), Text()]
    top += [*_figures(gauge), Text(), *_progress(gauge, width), Text()]
    below = [Text(), *_story(gauge, width, now)]
    high = min(_HIGHEST_CURVE, room(size) - len(top) - len(below) - 1)
    lines = [*top, *_curve(gauge, width, high), *below]
    return [Text.assemble(" ", line) for line in lines]


def _head(app: App, gauge: Gauge, width: int, now: Moment) -> Text:
    point = app.offers.point(gauge.cp_id)
    if gauge.ended:
        state = (words.SETTLING(), "good")
    elif gauge.stopping:
        state = (words.STOPPING(), "warning")
    else:
        state = (words.CHARGING_SINCE(span=span(now.wall - gauge.started_at)), "good")
    name = "" if point is None or not point.name else f"  {point.name}"
    right = Text(state[0], style=state[1])
    left = cut(f"{gauge.cp_id}{name}", width - right.cell_len - 2)
    told = Text(left, style="title")
    return Text.assemble(told, " " * max(2, width - told.cell_len - right.cell_len), right)


def _place(app: App, gauge: Gauge, width: int) -> Text:
    point = app.offers.point(gauge.cp_id)
    told = Text("" if point is None else cut(point.address or "", width - 24), style="quiet")
    if gauge.status is not PointStatus.CHARGING and not gauge.ended:
        told.append("  " if told else "").append_text(status(gauge.status))
    return told


def _figures(gauge: Gauge) -> list[Text]:
    power = words.UNKNOWN() if gauge.rate_kw is None else f"{kw(gauge.rate_kw)} kW"
    cost = words.UNKNOWN() if gauge.price_per_kwh is None else price(gauge.price_per_kwh)
    told = (
        (f"{kwh(gauge.energy_kwh)} kWh", words.ENERGY),
        (money(gauge.cost), words.COST),
        (power, words.POWER),
        (cost, words.PRICE),
    )
    figures, labels = Text(), Text(style="label")
    for figure, label in told:
        figures.append(pad(figure, _FIGURE), style="figure")
        labels.append(pad(label(), _FIGURE))
    return [figures, labels]


def _progress(gauge: Gauge, width: int) -> list[Text]:
    share = gauge.share
    if share is None:
        return [bar(0, width), Text(words.NO_PROGRESS(), style="quiet")]
    percent = f" {100 * share:.0f} %"
    told = words.OF_CENTRAL()
    if gauge.limit_kwh is not None:
        told = words.OF_LIMIT(energy=kwh(gauge.energy_kwh), limit=kwh(gauge.limit_kwh))
    line = Text(told, style="quiet")
    if gauge.seconds_left is not None and not gauge.ended:
        left = Text(words.TIME_LEFT(span=span(gauge.seconds_left)))
        line = Text.assemble(line, " " * max(2, width - line.cell_len - left.cell_len), left)
    return [Text.assemble(bar(share, width - 6), (pad(percent, 6, right=True), "figure")), line]


def _curve(gauge: Gauge, width: int, high: int) -> list[Text]:
    if high < 1:
        return []
    if not gauge.rates_kw:
        return [Text(words.NO_CURVE(), style="quiet")] if gauge.told_at is not None else []
    values = list(gauge.rates_kw)[-width:]
    head = Text(words.CURVE(n=len(values), most=kw(max(values))), style="label")
    return [head, *area(values, high, max(values))]


def _story(gauge: Gauge, width: int, now: Moment) -> list[Text]:
    told = Text.assemble(
        (f"{words.SESSION} ", "label"),
        (gauge.session_id, "id"),
        (f"   {words.STARTED} ", "label"),
        clock(gauge.started_at),
    )
    if gauge.told_at is not None and gauge.is_stale(now.mono):
        since = Text(words.FIGURES_SINCE(since=ago(now.mono - gauge.told_at)), style="warning")
        if told.cell_len + 3 + since.cell_len > width:
            return [told, since]
        told.append("   ").append_text(since)
    return [told]


def leaving(app: App, size: Size) -> list[Text]:
    """The question before the app is left while a charge runs, or may start."""
    where = app.gauge.cp_id if app.gauge is not None else app.point_id
    return notice(size, words.QUIT_ASK(cp=where), [(app.interrupted().parting or "", "")])
