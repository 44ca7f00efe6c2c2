"""Engine's panel: the charge, the point, the links. What a key does stands in keys.py, the frame around it in ../console/."""

import asyncio
import math
from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.text import Text

from charging_point.console.charge import Running, account, limit
from charging_point.console.frames import FRAME, INSET, beside, box, field, fields, gauge
from charging_point.console.panel import show as show_panel
from charging_point.dialogue import Dialogue
from charging_point.engine import keys
from charging_point.engine.curve import PowerCurve
from charging_point.engine.journal import Journal
from charging_point.engine.meter import Meter
from charging_point.engine.point import Point
from charging_point.engine.runtime import KafkaState, Runtime
from charging_point.engine.session import Order
from common.clock import Clock, Moment, SystemClock
from common.messages import Reason
from common.money import cost
from common.money import kwh as as_kwh
from common.net.address import Address
from common.ui.shapes import ago, area, kw, printable, span, status
from common.words import engine as words
from common.words import panels as shared

_FACT_ROWS = 5
_CHARGE_ROWS = 5
_MOST_CURVE_ROWS = 12


async def show(point: Point, runtime: Runtime, journal: Journal, *, address: Address, stop: asyncio.Event) -> None:
    """The panel of an Engine, until told to stop."""
    picture = EnginePicture(
        point,
        journal=journal.path.name,
        kafka=lambda: runtime.kafka,
        address=address,
        monitor_heard_at=lambda: runtime.monitor_heard_at,
        clock=SystemClock(),
    )
    dialogue = Dialogue(keys.orders(point), obey=runtime.obey, leave=stop.set, sure=lambda: keys.sure(point))
    await show_panel(picture, dialogue, runtime, stop)


class EnginePicture:
    title = "ev-engine"

    def __init__(
        self,
        point: Point,
        *,
        journal: str,
        kafka: Callable[[], KafkaState],
        address: Address,
        monitor_heard_at: Callable[[], float | None],
        clock: Clock,
    ) -> None:
        self._point = point
        self._monitor_heard_at = monitor_heard_at
        self._journal = journal
        self._kafka_is = kafka
        self._address = address
        self._clock = clock

    # -- the parts of the panel

    def head(self) -> Text:
        name = self._point.cp_id or shared.UNNAMED()
        head = Text.assemble((shared.ENGINE, "title"), "  ", (printable(name), "id"), "  ", status(self._point.status))
        return head.append(f"  {printable(self._point.fault)}", "bad") if self._point.fault else head

    def boxes(self, width: int, height: int) -> list[Text]:
        now = self._clock.now()
        spare = height - _FACT_ROWS - _CHARGE_ROWS - 2 * FRAME
        rows = max(1, min(_MOST_CURVE_ROWS, spare // 3 + 1))
        order = self._point.session.order
        title = Text(words.CHARGE(), style="title")
        if order is not None:
            title = Text.assemble(title, "  ", (printable(order.session_id), "id"))
        charge = box(title, self._charge(width - INSET, rows, now), width, _CHARGE_ROWS + rows + FRAME)
        left = width // 2
        facts = beside(
            box(words.POINT(), fields(self._of_point()), left, _FACT_ROWS + FRAME),
            box(words.LINKS(), fields(self._of_links(now)), width - left, _FACT_ROWS + FRAME),
        )
        return [*charge, *facts]

    def brief(self, width: int) -> list[Text]:
        now = self._clock.now()
        return [*self._session(now, width), *fields([*self._of_point(), *self._of_links(now)])]

    # -- the charge

    def _charge(self, width: int, curve_rows: int, now: Moment) -> list[Text]:
        session = self._point.session
        order, meter = session.order, session.meter
        lines = self._session(now, width)
        lines += [Text("")] * (_CHARGE_ROWS - 2 - len(lines))
        lines.append(self._battery(width))
        if order is None or meter is None:
            # Of the last charge the curve stays, as its account does.
            return [
                *lines,
                Text(""),
                *_curve(session.curve, curve_rows, max(session.curve.samples, default=0.0), width),
            ]
        most = None if order.limit_wh is None else as_kwh(order.limit_wh)
        lines.append(limit(as_kwh(meter.energy_wh), most, _label_width(), width))
        return [*lines, *_curve(session.curve, curve_rows, meter.offered_kw, width)]

    def _session(self, now: Moment, width: int) -> list[Text]:
        """What is charged now, in three lines; else what there is to wait for, and what was last."""
        point, session = self._point, self._point.session
        if session.order is None:
            last = point.last
            told = [] if last is None else [account(last, owed=last.session_id in point.completions)]
            return [Text(shared.NO_SESSION()), *told]
        if session.meter is None:
            left = span(session.seconds_to_plug(now) or 0.0)
            driver = printable(session.order.driver_id)
            return [Text(words.WAITS_FOR_PLUG(driver=driver, left=left), style="warning")]
        running = _running(session.order, session.meter, session.began)
        return [*running.lines(_label_width(), width), self._time_left(session.meter, now)]

    def _time_left(self, meter: Meter, now: Moment) -> Text:
        left = self._point.session.seconds_to_end(now)
        if left is None or math.isinf(left):
            return field(words.TIME_LEFT(), words.NO_END(), _label_width(), "warning")
        goal = words.TO_LIMIT if meter.will_reach is Reason.ENERGY_LIMIT else words.TO_FULL
        said = Text.assemble((span(left), "figure"), "  ", (goal(), "quiet"))
        return field(words.TIME_LEFT(), said, _label_width())

    def _battery(self, width: int) -> Text:
        battery = self._point.car.battery
        said = words.OF_BATTERY(percent=f"{battery.soc_percent:.1f}", kwh=f"{battery.capacity_wh / 1000:g}")
        return gauge(words.BATTERY(), battery.soc_percent / 100.0, said, _label_width(), width)

    # -- the point and its links

    def _of_point(self) -> Sequence[tuple[str, Text | str]]:
        point, car = self._point, self._point.car
        gives = words.UP_TO_KW_FAST if point.time_scale != 1.0 else words.UP_TO_KW
        plugged = words.CAR_PLUGGED(kw=kw(car.max_kw)) if car.plugged else words.CAR_AWAY()
        fault = point.fault or ("" if point.can_account else words.JOURNAL_FAILS())
        return [
            (words.STATE(), status(point.status)),
            (shared.FAULT(), Text(printable(fault), style="bad") if fault else Text(shared.NONE(), style="quiet")),
            (words.CAR(), plugged),
            (words.GIVES(), gives(kw=kw(point.max_rate_kw), scale=f"{point.time_scale:g}")),
            (words.LISTENS(), str(self._address)),
        ]

    def _of_links(self, now: Moment) -> Sequence[tuple[str, Text | str]]:
        point = self._point
        journal = (
            Text(words.JOURNAL_WORKS(), style="good") if point.can_account else Text(words.JOURNAL_FAILS(), style="bad")
        )
        return [
            (shared.MONITOR, self._monitor(now)),
            (shared.KAFKA, self._kafka()),
            (words.JOURNAL(), Text.assemble(journal, "  ", (printable(self._journal), "quiet"))),
            (words.OWED(), self._accounts(now)),
        ]

    def _monitor(self, now: Moment) -> Text:
        heard_at = self._monitor_heard_at()
        heard = shared.NEVER_HEARD() if heard_at is None else shared.HEARD(ago=ago(now.mono - heard_at))
        is_linked = self._point.is_linked
        said = (words.MONITOR_LINKED if is_linked else words.MONITOR_AWAY)(heard=heard)
        return Text(said, style="good" if is_linked else "warning")

    def _kafka(self) -> Text:
        said, style = {
            KafkaState.NONE: (words.KAFKA_NONE, "quiet"),
            KafkaState.UNTRIED: (words.KAFKA_UNTRIED, "quiet"),
            KafkaState.TAKES: (words.KAFKA_TAKES, "good"),
            KafkaState.AWAY: (words.KAFKA_AWAY, "warning"),
        }[self._kafka_is()]
        return Text(said(), style=style)

    def _accounts(self, now: Moment) -> Text:
        completions = self._point.completions
        if not completions:
            return Text(words.OWED_NONE(), style="good")
        left = completions.seconds_left(now)
        said = words.OWED_SOME(n=len(completions))
        if left is not None:
            said = words.OWED_AGAIN(n=len(completions), left=span(left))
        return Text(said, style="warning")


def _label_width() -> int:
    labels = (shared.DRIVER, shared.ENERGY, words.TIME_LEFT, words.BATTERY, shared.LIMIT)
    return max(cell_len(label()) for label in labels)


def _curve(curve: PowerCurve, rows: int, most_kw: float, width: int) -> list[Text]:
    """Power over the time of the charge; beside its top the most that can be, where there is a row for it."""
    wide = _label_width()
    values = curve.over(max(0, width - wide - 2))
    labels = [f"{kw(most_kw)} kW" if values else "", *[""] * (rows - 1)]
    return [field(label, row, wide) for label, row in zip(labels, area(values, rows, most_kw), strict=True)]


def _running(order: Order, meter: Meter, began: Moment | None) -> Running:
    """The money as the final account would say it, were it made now."""
    return Running(
        driver_id=order.driver_id,
        since=began.wall if began else None,
        price_per_kwh=order.price_per_kwh,
        energy_kwh=as_kwh(meter.energy_wh),
        total_cost=cost(meter.energy_wh, order.price_per_kwh),
        power_kw=meter.power_kw,
    )
