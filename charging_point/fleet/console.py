"""The board of a fleet: its points, its sessions, what it costs to keep up. The frame around it stands in ../console/."""

import asyncio
from collections.abc import Sequence

from rich.text import Text

from charging_point.console.frames import FRAME, beside, box, field, fields, gauge
from charging_point.console.panel import show as show_panel
from charging_point.dialogue import Dialogue
from charging_point.fleet.progress import Progress
from common.clock import Clock
from common.ui.shapes import curve, kw, printable, span
from common.words import fleet as words
from common.words import panels as shared

_ROWS = 7
_MOST_REASONS = 3


async def show(progress: Progress, stop: asyncio.Event, clock: Clock) -> None:
    """Until told to stop."""
    dialogue = Dialogue((), obey=lambda _: "", leave=stop.set)
    await show_panel(FleetPicture(progress, clock), dialogue, progress, stop)


class FleetPicture:
    title = "ev-fleet"

    def __init__(self, progress: Progress, clock: Clock) -> None:
        self._progress = progress
        self._clock = clock

    def head(self) -> Text:
        standing = self._progress.standing
        runs = span(self._clock.now().mono - self._progress.began.mono)
        points = words.POINTS_OF(points=standing.points, central=self._progress.central)
        return Text.assemble((words.FLEET(), "title"), "  ", (points, "id"), "  ", (words.SINCE(span=runs), "quiet"))

    def boxes(self, width: int, height: int) -> list[Text]:
        del height
        left = width // 2
        upper = beside(
            box(words.POINTS(), fields(self._points()), left, _ROWS + FRAME),
            box(words.SESSIONS(), fields(self._sessions()), width - left, _ROWS + FRAME),
        )
        return [*upper, *box(words.WORK(), self._work(width - FRAME - 2), width, _ROWS + FRAME)]

    def brief(self, width: int) -> list[Text]:
        return [*fields([*self._points(), *self._sessions()]), *self._work(width)]

    def _points(self) -> Sequence[tuple[str, Text | str]]:
        standing = self._progress.standing
        is_whole = standing.linked == standing.points
        linked = Text(f"{standing.linked} / {standing.points}", style="good" if is_whole else "warning")
        return [
            (words.LINKED(), linked),
            (words.CHARGING(), Text(str(standing.charging), style="point.charging")),
            (words.FAULTY(), Text(str(standing.faulty), style="point.faulty" if standing.faulty else "quiet")),
            (words.OUT_OF_SERVICE(), str(standing.out_of_service)),
            (words.LINKS(), f"{standing.links_up} / {standing.links}"),
            (words.LINKS_LOST(), str(self._progress.tally.links_lost)),
            (words.REFUSED(), _most(self._progress.tally.refused)),
        ]

    def _sessions(self) -> Sequence[tuple[str, Text | str]]:
        tally = self._progress.tally
        return [
            (words.BEGUN(), str(tally.begun)),
            (words.ENDED(), str(tally.ended.total())),
            (words.WHY_ENDED(), _most(tally.ended)),
            (words.CAME(), str(tally.toll.came)),
            (words.DROVE_ON(), str(tally.toll.drove_on)),
            (words.REFUSED(), _most(tally.toll.refused)),
            (words.OWED(), Text(str(self._progress.standing.owed), style="figure")),
        ]

    def _work(self, width: int) -> list[Text]:
        progress, standing = self._progress, self._progress.standing
        wide = 16
        share = standing.linked / standing.points if standing.points else 0.0
        states = {
            "up": (words.KAFKA_UP, "good"),
            "away": (words.KAFKA_AWAY, "bad"),
            "none": (words.KAFKA_NONE, "quiet"),
        }
        said, style = states[standing.kafka]
        return [
            gauge(words.LINKED(), share, f"{100 * share:.0f} %", wide, width),
            field(words.READINGS(), words.A_SECOND(n=f"{progress.readings.per_s:.0f}"), wide),
            field("", curve(list(progress.rates), max(0, width - wide - 2)), wide),
            field(shared.POWER(), f"{kw(standing.power_kw)} kW", wide),
            field(shared.ENERGY(), f"{progress.tally.energy_wh / 1000:.3f} kWh", wide),
            field(shared.KAFKA, Text(said(), style=style), wide),
            field(words.LATE(), words.LATE_BY(ms=f"{1000 * progress.tally.worst_late_s:.0f}"), wide),
        ]


def _most(counts: dict[str, int]) -> Text:
    """What there is most of."""
    if not counts:
        return Text("0", style="quiet")
    newest = sorted(counts.items(), key=lambda one: -one[1])[:_MOST_REASONS]
    return Text(printable(", ".join(f"{name} {count}" for name, count in newest)))
