"""The app on the stage: which screen is drawn, what stands around it, and the way of a key to the core."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from rich.console import RenderableType
from rich.text import Text

from common.clock import Clock, Moment
from common.ui.keys import Key
from common.ui.notes import Notes
from common.ui.shapes import ago, printable
from common.ui.stage import Stage
from common.ui.terminal import Size
from common.words import driver as words
from driver.app import SAID_S, App, Dialog, View
from driver.console import charge, help, points, tickets  # noqa: A004 - the page is called so
from driver.console.entrance import Entrance
from driver.console.frame import Hint, Styled, field, frame
from driver.controls import press
from driver.events import Output, Shown
from driver.ways import Way, Ways

Outcome = TypeVar("Outcome")

_ALWAYS = (Hint("?", words.DO_HELP), Hint("q", words.DO_QUIT))
_HINTS = {
    View.POINTS: points.HINTS,
    View.CHARGE: charge.HINTS,
    View.TICKET: tickets.TICKET_HINTS,
    View.HISTORY: tickets.HISTORY_HINTS,
    View.HELP: help.HINTS,
}
_DIALOG_HINTS = {
    Dialog.FILTER: points.FILTER_HINTS,
    Dialog.LIMIT: points.LIMIT_HINTS,
    Dialog.STOP: charge.YES_NO,
    Dialog.QUIT: charge.YES_NO,
}


class Driving(Protocol):
    """The runtime as the screen needs it."""

    @property
    def ways(self) -> Ways: ...

    def do(self, wish: Callable[[Moment], list[Output]]) -> None: ...


class AppScreen:
    """An Act for the stage and the Screen of a runtime: the entrance first where needed, then the app."""

    title = "ev-driver"
    hides = False

    def __init__(self, notes: Notes, clock: Clock) -> None:
        self._notes = notes
        self._clock = clock
        self._entrance: Entrance | None = None
        self._app: App | None = None
        self._runtime: Driving | None = None
        self._told = ""
        self.stage = Stage(self)
        #: Set when the stage is to be left.
        self.left = asyncio.Event()
        notes.touch = self.stage.touch

    async def ask_who(self, stop: asyncio.Event) -> str | None:
        """The id of the driver; None when its person would rather leave."""
        self._entrance = Entrance()
        self.stage.touch()
        stopping = asyncio.ensure_future(stop.wait())
        entrance = self._entrance
        stopping.add_done_callback(lambda _: entrance.leave())
        try:
            return await self._entrance.answer
        finally:
            stopping.cancel()

    def open(self, app: App, runtime: Driving) -> None:
        self._app, self._runtime = app, runtime
        self.stage.touch()

    # -- the screen of a runtime

    def show(self, event: Shown) -> None:
        """The app has heard it too, and remembers what is to be seen."""

    def touch(self) -> None:
        self.stage.touch()

    def close(self) -> None:
        self.left.set()

    # -- the act

    def tell(self, sentence: str) -> None:
        self._told = sentence
        if self._app is not None:
            self._app.say(sentence, self._clock.now())

    def press(self, key: Key) -> None:
        app = self._app
        if app is not None and self._runtime is not None:
            self._runtime.do(lambda now: press(app, key, now))
        elif self._entrance is not None:
            self._entrance.press(key)

    def draw(self, size: Size) -> RenderableType:
        if self._app is None or self._runtime is None:
            return self._entrance.draw(size, self._told) if self._entrance is not None else Text()
        app, now = self._app, self._clock.now()
        ways = self._runtime.ways
        hints = _HINTS[app.view] + _ALWAYS if app.dialog is None else _DIALOG_HINTS[app.dialog]
        title = words.TITLE(driver_id=app.trip.driver_id)
        return frame(size, title, standing(ways, now), self._body(app, size, now), said(app, ways, now), hints)

    def _body(self, app: App, size: Size, now: Moment) -> list[Text]:
        if app.dialog is Dialog.LIMIT:
            return points.limit(app, size)
        if app.dialog is Dialog.QUIT:
            return charge.leaving(app, size)
        pages: dict[View, Callable[[], list[Text]]] = {
            View.POINTS: lambda: points.points(app, size, now.mono),
            View.CHARGE: lambda: charge.charge(app, size, now),
            View.TICKET: lambda: tickets.ticket(app, size),
            View.HISTORY: lambda: tickets.history(app, size),
            View.HELP: lambda: help.help_page(tuple(self._notes.kept), size),
        }
        return pages[app.view]()


async def on_stage(screen: AppScreen, work: Coroutine[Any, Any, Outcome], stop: asyncio.Event) -> Outcome:
    """Do this while the screen is shown; its terminal has been given back when this returns."""
    working = asyncio.ensure_future(work)
    working.add_done_callback(lambda _: screen.close())
    try:
        await screen.stage.play(screen.left)
    finally:
        stop.set()  # its person has gone, or it broke
        await asyncio.wait({working})
    return working.result()


def standing(ways: Ways, now: Moment) -> list[Styled]:
    """How the ways to Central are, for the head of the screen."""
    told: list[Styled] = []
    if ways.socket is not None:
        told.append(_socket(ways.socket, now))
    if ways.kafka is not None:
        told.append(_kafka(ways.kafka, now))
    return told


def _socket(way: Way, now: Moment) -> Styled:
    if way.is_open:
        return words.CENTRAL_OPEN(), "good"
    if way.lost_at is None:
        return words.CENTRAL_TRYING(), "quiet"
    since = ago(now.mono - way.lost_at)
    if way.next_try_at is None:
        return words.CENTRAL_LOST(since=since), "bad"
    return words.CENTRAL_LOST_NEXT(since=since, s=max(0, round(way.next_try_at - now.mono))), "bad"


def _kafka(way: Way, now: Moment) -> Styled:
    if way.is_open:
        return words.KAFKA_OPEN(), "good"
    if way.lost_at is None:
        return words.KAFKA_TRYING(), "quiet"
    return words.KAFKA_LOST(since=ago(now.mono - way.lost_at)), "bad"


def said(app: App, ways: Ways, now: Moment) -> Text:
    """The line above the keys: what is asked, else what was said a moment ago, else what goes on."""
    if app.dialog is Dialog.FILTER:
        return field(words.FILTER(), app.entry)
    if app.dialog is Dialog.STOP and app.gauge is not None:
        return Text(words.STOP_ASK(cp=app.gauge.cp_id), style="prompt")
    if app.said is not None and now.mono - app.said.at < SAID_S:
        return Text(printable(app.said.sentence), style="bad" if app.said.is_grave else "good")
    if app.wanted is not None:
        return Text(words.ASKING(cp=app.wanted.cp_id), style="prompt")
    if app.gauge is not None and ways.is_lost and app.gauge.is_stale(now.mono):
        return Text(words.CHARGE_LOST(), style="warning")
    return Text()
