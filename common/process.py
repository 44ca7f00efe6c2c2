"""How a process runs: one event loop, stopped in good order by SIGTERM, Ctrl-C or the end of its terminal, within ten seconds."""

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from common import clock, failpoints
from common.command import FAILED
from common.errors import BadSetting
from common.settings import ProcessSettings, read_clock_jump, read_failpoint
from common.telemetry import start_logging
from common.words.settings import NO_OPENTELEMETRY


def _new_event_loop() -> asyncio.AbstractEventLoop:
    try:
        from uvloop import new_event_loop  # noqa: PLC0415 - not every machine has a wheel
    except ImportError:
        return asyncio.new_event_loop()
    return new_event_loop()


log = logging.getLogger("ev.process")
STOP_WITHIN_S = 9.0
#: New objects until the young are looked through, how often that until the middle-aged, and those until all.
_COLLECT_AFTER = (50_000, 20, 20)


def run_process(
    settings: ProcessSettings,
    main: Callable[[asyncio.Event], Coroutine[Any, Any, int]],
    *,
    traces: str | None = None,
) -> int:
    """Run `main(stop)` to its exit status; `stop` is set by the first signal, the second one ends at once."""
    start_logging(settings.log_format, settings.log_level)
    _rig()
    with traced(traces, f"ev-{settings.process}"), asyncio.Runner(loop_factory=_new_event_loop) as runner:
        return runner.run(_until_done(main))


def collect_seldom() -> None:
    """
    For a process that handles thousands of things at once, called when it is built up.

    Python looks for garbage in cycles after each 700 new objects, and among those that live long again and again; a batch
    of 10,000 records, or as many links, are not garbage. What is there now is no longer looked at.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def _rig() -> None:
    """What the fault harness wants of this process; nobody else does."""
    failpoint, clock_jump = read_failpoint(), read_clock_jump()
    if failpoint is not None:
        place, passing, trace = failpoint
        log.warning("This process will be killed at passing %d of %s, for a test.", passing, place)
        failpoints.arm(place, passing, trace)
    if clock_jump is not None:
        seconds, after_s = clock_jump
        log.warning("The clock of this process will jump by %+.0f s in %.0f s, for a test.", seconds, after_s)
        clock.jump(seconds, after_s)


@contextmanager
def traced(url: str | None, program: str) -> Iterator[None]:
    """Send traces to a collector while the block runs, if there is one; raises BadSetting where that cannot be."""
    if url is None:
        yield
        return
    try:
        from common.otlp import Traces  # noqa: PLC0415 - an extra that few have, and slow to load
    except ImportError:
        raise BadSetting(NO_OPENTELEMETRY()) from None
    traces = Traces(url, program)
    try:
        yield
    finally:
        traces.close()


async def _until_done(main: Callable[[asyncio.Event], Coroutine[Any, Any, int]]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    work = asyncio.ensure_future(main(stop))

    def on_signal() -> None:
        if stop.is_set():
            work.cancel()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
            loop.add_signal_handler(number, on_signal)
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        _, late = await asyncio.wait({work}, timeout=STOP_WITHIN_S)
        if late:
            log.error("Not everything ended within %.0f s; leaving now.", STOP_WITHIN_S)
            work.cancel()
    stopping.cancel()
    try:
        return await work
    except asyncio.CancelledError:
        return FAILED


class Tasks:
    """The background tasks of a process. One that fails ends the process loudly instead of going quiet."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._tasks: set[asyncio.Task[Any]] = set()
        self.failed = False
        #: Which task failed, in a sentence.
        self.trouble: str | None = None

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (wrong := task.exception()) is not None:
            log.error("The task %s failed: %s", task.get_name(), wrong, exc_info=wrong)
            self.failed = True
            self.trouble = f"The task {task.get_name()} failed; the log says why."
            self._stop.set()

    async def cancel(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def every(seconds: float, work: Callable[[], Awaitable[None] | None]) -> None:
    """Call `work` again and again, first after one interval, without drifting into a burst after a pause."""
    while True:
        await asyncio.sleep(seconds)
        done = work()
        if done is not None:
            await done
