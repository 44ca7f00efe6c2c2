"""
What listeners get instead of the system's sockets: a port that links come to, and a watch over many of them at once.

The links themselves, and when what goes over them arrives, are wire.py's.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.simulation.loop import Process, VirtualLoop, current

if TYPE_CHECKING:
    from tests.simulation.wire import End


class Watch:
    """What a listener gets instead of the system's watch over many sockets: who has something, in the order of their coming."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._process = current()
        #: And whether it is to be told of.
        self._watched: dict[Port | End, bool] = {}
        self._on_ready: Callable[[], Any] | None = None

    def stopwatch(self) -> float:
        """A turn takes no time here."""
        return self._loop.time()

    def fileno(self) -> Any:
        return self

    @property
    def on_ready(self) -> Callable[[], Any] | None:
        return self._on_ready

    @on_ready.setter
    def on_ready(self, callback: Callable[[], Any] | None) -> None:
        self._on_ready = callback
        if callback is not None and any(one.is_readable for one, untold in self._watched.items() if untold):
            self.wake()

    def add(self, one: "Port | End") -> None:
        one.watch = self
        self.again(one)

    def again(self, one: "Port | End") -> None:
        self._watched[one] = True
        if one.is_readable:
            self.wake()

    def drop(self, one: "Port | End") -> None:
        self._watched.pop(one, None)
        one.watch = None

    def ready(self, most: int) -> "list[Port | End]":
        for one in [one for one in self._watched if one.is_closed]:
            self.drop(one)
        found = [one for one, untold in self._watched.items() if untold and one.is_readable][:most]
        self._watched.update(dict.fromkeys(found, False))
        return found

    def wake(self) -> None:
        assert self._process is not None
        self._loop.call_soon(self._tell, context=self._process.context)

    def _tell(self) -> None:
        if self._on_ready is not None:
            self._on_ready()

    def close(self) -> None:
        for one in list(self._watched):
            self.drop(one)


class Port:
    """What a listener gets instead of a bound socket."""

    def __init__(self, address: tuple[str, int], process: Process) -> None:
        self.address = address
        self.process = process
        self.watch: Watch | None = None
        self.waiting: deque[tuple[End, tuple[str, int]]] = deque()
        self.is_closed = False

    @property
    def listens(self) -> bool:
        return self.watch is not None and self.process.is_alive and not self.is_closed

    @property
    def is_readable(self) -> bool:
        return bool(self.waiting)

    def fileno(self) -> Any:
        return self

    def accept(self) -> "tuple[End, tuple[str, int]]":
        if not self.waiting:
            raise BlockingIOError
        return self.waiting.popleft()

    def getsockname(self) -> tuple[str, int]:
        return self.address

    def setblocking(self, flag: bool) -> None:
        del flag

    def listen(self, backlog: int) -> None:
        del backlog

    def close(self) -> None:
        self.is_closed = True
