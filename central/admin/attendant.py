"""Carries out what the desk wants: asks Central again and again, writes exports and the history, hears the host. No screen."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import JsonValue

from central.admin.asking import Question
from central.admin.desk import Confirm, Desk
from central.admin.effects import Ask, Deed, Effect, Remember, StartExport, Topic
from central.admin.exports import COMMANDS, Export, exported, form_of
from central.admin.history import History
from central.admin.line import Line
from central.admin.orders import What
from central.admin.telling import sentence_of
from common.clock import Clock
from common.errors import EvError
from common.process import Tasks
from common.words import admin as words
from common.words.exports import WRITTEN

#: A little under a second: the picture that it brings comes before the one that only lets the clocks go on.
POLL_EVERY_S = 0.95
_POLLED_WITHIN_S = 5.0
#: Central gives an Engine 10 s; its answer to the operator takes no longer than that and a little.
_ANSWERED_WITHIN_S = 15.0
_EXPORT_ROWS = 1000


class _NoAnswer(Exception):
    """A page of an export did not come; carries why."""


class Attendant:
    """`run` attends until cancelled; `leave` is called when its person quits. `touch` is the stage's."""

    def __init__(
        self, desk: Desk, line: Line, *, clock: Clock, history: History, tasks: Tasks, leave: Callable[[], None]
    ) -> None:
        self._desk = desk
        self._line = line
        self._clock = clock
        self._history = history
        self._tasks = tasks
        self._leave = leave
        self._wanted = asyncio.Event()
        self._export: asyncio.Task[None] | None = None
        self.touch: Callable[[], None] = lambda: None
        line.on_change = self._see_link

    def _see_link(self) -> None:
        self._desk.take_link(self._line.standing)
        self.refresh()
        self.touch()

    def refresh(self) -> None:
        """Ask at once for what is on the screen."""
        self._wanted.set()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            self._wanted.clear()
            self._desk.take_link(self._line.standing)
            if self._line.is_up:
                await asyncio.gather(*(self._poll(ask) for ask in self._desk.wanted.polls()))
                self.touch()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, began + POLL_EVERY_S - loop.time())):
                    await self._wanted.wait()

    async def _poll(self, ask: Ask) -> None:
        answer = await self._line.ask(ask.question, _POLLED_WITHIN_S)
        self.do(self._desk.take(ask, answer, self._clock.now()))

    def do(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Ask():
                    self._tasks.start("ask", self._ask(effect))
                case Remember(line):
                    self._history.add(line)
                case StartExport():
                    self._start_export(effect)
                case Deed.REFRESH:
                    self.refresh()
                case Deed.CANCEL_EXPORT:
                    if self._export is not None:
                        self._export.cancel()
                case Deed.LEAVE:
                    self._leave()

    async def _ask(self, ask: Ask) -> None:
        assert not isinstance(ask.purpose, Topic)
        answer = await self._line.ask(ask.question, _ANSWERED_WITHIN_S)
        self.do(self._desk.take(ask, answer, self._clock.now()))
        self.touch()

    # -- exports

    def _start_export(self, effect: StartExport) -> None:
        export = effect.export
        file = Path(export.file).expanduser()
        if self._export is not None and not self._export.done():
            self._desk.say(words.EXPORT_RUNS(), is_good=False)
        elif file.exists() and not effect.overwrite:
            again = StartExport(export, overwrite=True)
            self._desk.ask_first(Confirm(words.ASK_OVERWRITE(file=export.file), (again,), "export"))
        else:
            self._export = self._tasks.start("export", self._run_export(export.what, str(file), force=effect.overwrite))

    async def _run_export(self, what: What, file: str, *, force: bool) -> None:
        self._desk.exporting = (what, 0)
        try:
            with exported(file, what, form_of(file, None), force=force) as out:
                await self._write_pages(what, out)
                out.finish()
            self._desk.say(WRITTEN[what](n=out.rows, file=file))
        except asyncio.CancelledError:
            self._desk.say(words.EXPORT_CANCELLED(), is_good=False)
            raise
        except (EvError, _NoAnswer) as wrong:
            self._desk.say(words.EXPORT_FAILED(why=wrong), is_good=False)
        finally:
            self._desk.exporting = None
            self.touch()

    async def _write_pages(self, what: What, out: Export) -> None:
        cursor: str | None = ""
        while cursor is not None:
            args: dict[str, JsonValue] = {"limit": _EXPORT_ROWS, **({"after": cursor} if cursor else {})}
            answer = await self._line.ask(Question(COMMANDS[what], args), _ANSWERED_WITHIN_S)
            if not answer.ok:
                raise _NoAnswer(sentence_of(answer))
            out.take(answer.data.get(what))
            following = answer.data.get("next")
            cursor = following if isinstance(following, str) and following != cursor else None
            self._desk.exporting = (what, out.rows)
            self.touch()
