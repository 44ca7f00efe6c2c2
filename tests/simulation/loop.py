"""
Virtual time: an event loop that never waits, and the simulated processes whose callbacks it runs.

Every callback belongs to the process in whose context it was made. That is how a process can be killed in the middle of
whatever it does (none of its callbacks run any more) or stopped for a while (they wait).
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context
from heapq import heappop, heappush
from typing import Any

from common.clock import Moment

#: When the simulation begins (Unix time), and what its monotonic clock shows then.
BEGINS_AT = 1_800_000_000.0
#: A history of minutes takes some ten thousand steps; this many is a loop that gets nowhere.
_MOST_STEPS = 3_000_000
#: How long a thread of a pool takes for what it is given.
_THREAD_S = 0.0005
_MOST_BURIALS = 20


class Crashed(BaseException):
    """Unwinds the callback in which a process was killed. Nothing of the product catches it; what it touches is gone."""


class Stuck(Exception):
    """The simulation cannot go on: nothing will ever happen, or the same happens for ever."""


class Process:
    """One simulated process: lives until it is killed, and then does nothing any more."""

    def __init__(self, name: str, loop: "VirtualLoop") -> None:
        self.name = name
        self.is_alive = True
        self.is_paused = False
        #: What someone set its wall clock forward.
        self.clock_is_ahead_s = 0.0
        self.context = contextvars.copy_context()
        self.context.run(_PROCESS.set, self)
        self._loop = loop
        loop.processes.append(self)
        self._moment = Moment(0.0, 0.0)
        self._withheld: deque[asyncio.Handle] = deque()
        self._tasks: list[asyncio.Task[Any]] = []
        self._most_tasks = 64
        #: What the rest of the world does when it ends, however it ends.
        self.on_end: list[Callable[[], None]] = []

    @property
    def runs(self) -> bool:
        return self.is_alive and not self.is_paused

    def now(self) -> Moment:
        """The clock that its programs are given. They look much more often than time passes."""
        mono = self._loop.time()
        wall = BEGINS_AT + mono + self.clock_is_ahead_s
        if self._moment.wall != wall or self._moment.mono != mono:
            self._moment = Moment(wall, mono)
        return self._moment

    def withhold(self, handle: asyncio.Handle) -> None:
        """For later: while it is paused until it goes on, and of the dead until they are buried."""
        self._withheld.append(handle)

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False
        self._loop.take_back(self._withheld)
        self._withheld.clear()

    def end(self) -> None:
        """As by `kill -9`, or because it has ended itself."""
        if self.is_alive:
            self.is_alive = False
            for hear in self.on_end:
                hear()

    def begin_task(self, task: asyncio.Task[Any]) -> None:
        """Tasks of a dead process are kept: collecting them would run what stands in their `finally`."""
        self._tasks.append(task)
        if len(self._tasks) > self._most_tasks:
            self._tasks = self.tasks
            self._most_tasks = max(64, 2 * len(self._tasks))

    @property
    def tasks(self) -> list[asyncio.Task[Any]]:
        return [task for task in self._tasks if not task.done()]


_PROCESS: contextvars.ContextVar[Process | None] = contextvars.ContextVar("process", default=None)


def process_of(handle: asyncio.Handle) -> Process | None:
    context: contextvars.Context = handle._context  # type: ignore[attr-defined]  # typeshed leaves it out
    return context.get(_PROCESS)


def current() -> Process | None:
    return _PROCESS.get()


class Soon(asyncio.Handle):
    """As asyncio's own, made without its questions: thousands of them are made for each simulated second."""

    __slots__ = ()

    def __init__(  # asyncio's also asks whether the loop is debugged
        self, callback: Callable[..., object], args: Sequence[Any], loop: "VirtualLoop", context: Context | None
    ) -> None:
        self._context = contextvars.copy_context() if context is None else context
        self._loop = loop
        self._callback: Callable[..., object] | None = callback
        self._args = args
        self._cancelled = False
        self._repr = None
        self._source_traceback = None

    def cancel(self) -> None:
        self._cancelled = True
        self._callback, self._args = None, ()


class Later(Soon, asyncio.TimerHandle):
    """It is passed over when its time comes, if it was cancelled."""

    __slots__ = ()

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: Sequence[Any],
        loop: "VirtualLoop",
        context: Context | None,
    ) -> None:
        Soon.__init__(self, callback, args, loop, context)
        self._when = when
        self._scheduled = True


class VirtualLoop(asyncio.BaseEventLoop):
    """Time passes only when nothing is left to do at the present moment."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 1_000.0
        self._times: list[tuple[float, int, Later]] = []
        self._soon = self._ready.append  # type: ignore[attr-defined]  # typeshed leaves it out
        self._number = 0
        self.steps = 0
        self.processes: list[Process] = []
        #: At the very end the dead may finish too, so that nothing of them is left.
        self.buries = False
        self.set_exception_handler(self._note)
        self.set_task_factory(_new_task)
        #: What escaped from a callback or a task, in words.
        self.escaped: list[str] = []
        #: Set by who owns the network: what the product asks of a loop with sockets.
        self.dial: Callable[[str, int, Callable[[], asyncio.BaseProtocol]], Any]
        self.new_watch: Callable[[], Any]

    def time(self) -> float:
        return self._now

    # -- what asyncio asks of a loop

    def call_at(  # type: ignore[override]  # typeshed's has type variables that add nothing here
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        timer = Later(when, callback, args, self, context)
        self._number += 1
        heappush(self._times, (when, self._number, timer))
        return timer

    def call_later(  # type: ignore[override]  # as above
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        timer = Later(self._now + delay, callback, args, self, context)
        self._number += 1
        heappush(self._times, (timer._when, self._number, timer))
        return timer

    def call_soon(  # type: ignore[override]  # as above
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = Soon(callback, args, self, context)
        self._soon(handle)
        return handle

    def _run_once(self) -> None:
        """Until it is told to stop: asyncio's own loop around this one would only cost time."""
        ready: deque[asyncio.Handle] = self._ready  # type: ignore[attr-defined]  # as above
        take = ready.popleft
        while True:
            if not ready:
                self._advance(ready)
            # Most of a simulation's time goes through here: what asyncio's own loop asks for safety is left out.
            for _ in range(len(ready)):
                handle = take()
                callback = handle._callback  # type: ignore[attr-defined]  # as above
                if callback is None:  # it was cancelled
                    continue
                context: Context = handle._context  # type: ignore[attr-defined]  # as above
                process = context.get(_PROCESS)
                if process is not None and not (process.is_alive and not process.is_paused) and not self.buries:
                    process.withhold(handle)
                    continue
                self.steps += 1
                try:
                    context.run(callback, *handle._args)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as wrong:  # noqa: BLE001 - a callback's failure is its own, as in every loop
                    self.call_exception_handler({"message": f"Exception in callback {callback!r}", "exception": wrong})
            if self._stopping:  # type: ignore[attr-defined]  # as above
                return
            if self.steps > _MOST_STEPS:
                raise Stuck(f"After {self.steps} steps it is still {self._now:.3f} s.")

    def _advance(self, ready: deque[asyncio.Handle]) -> None:
        """To the next moment at which there is anything to do."""
        times = self._times
        while times and times[0][2]._cancelled:
            heappop(times)
        if not times:
            raise Stuck("Nothing will ever happen any more.")
        self._now = now = max(self._now, times[0][0])
        while times and times[0][0] <= now:
            handle = heappop(times)[2]
            if not handle._cancelled:
                ready.append(handle)

    def take_back(self, handles: deque[asyncio.Handle]) -> None:
        self._ready.extend(handles)  # type: ignore[attr-defined]  # as above

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        del executor
        future = self.create_future()

        def work() -> None:
            if not future.cancelled():
                try:
                    future.set_result(func(*args))
                except Exception as wrong:  # noqa: BLE001 - whatever it raises belongs to who waits
                    future.set_exception(wrong)

        self.call_later(_THREAD_S, work)
        return future

    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **_: Any) -> Any:
        return await self.dial(host, port, protocol_factory)

    async def connect_accepted_socket(self, protocol_factory: Any, sock: Any, **_: Any) -> Any:
        protocol = protocol_factory()
        sock.attach(protocol)
        return sock, protocol

    def add_reader(self, fd: Any, callback: Callable[..., Any], *args: Any) -> None:  # type: ignore[override]  # as above
        del args
        fd.on_ready = callback

    def remove_reader(self, fd: Any) -> bool:
        had, fd.on_ready = fd.on_ready is not None, None
        return had

    def _write_to_self(self) -> None:
        """There is no other thread that this one could wake."""

    # -- what is left behind

    def _note(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        wrong = context.get("exception")
        if not isinstance(wrong, Crashed):
            self.escaped.append(f"{context.get('message')}: {wrong!r}")

    def bury(self) -> None:
        """End every task that is left, of the living and the dead, so that Python finds nothing to complain about."""
        self.buries = True
        for process in self.processes:
            process.resume()
        for _ in range(_MOST_BURIALS):
            left = [task for process in self.processes for task in process.tasks]
            if not left:
                break
            for task in left:
                task.cancel()
            self.run_until_complete(asyncio.wait(left, timeout=60.0))
        self.run_until_complete(self.shutdown_asyncgens())
        self.close()

    def timers_of(self, process: Process) -> list[str]:
        """Timers that the programs of a process have left behind, in words; what simulates its broker is no program."""
        left = [timer for _, _, timer in self._times if not timer.cancelled() and process_of(timer) is process]
        callbacks = [timer._callback for timer in left]
        return [f"{one!r}" for one in callbacks if not getattr(one, "__module__", "").startswith("tests.simulation")]


def _new_task(loop: asyncio.AbstractEventLoop, work: Any, context: contextvars.Context | None = None) -> Any:
    process = _PROCESS.get() if context is None else context.get(_PROCESS)
    task = asyncio.Task(work, loop=loop, context=context)
    if process is not None:
        process.begin_task(task)
    return task
