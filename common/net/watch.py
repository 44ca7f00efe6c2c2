"""Watches many sockets through one file: a loop that looks at that one need not know of thousands."""

import asyncio
import select
import sys

from common.clock import stopwatch

if sys.platform == "linux":
    _ONCE = select.EPOLLIN | select.EPOLLONESHOT

    class Watch:
        """
        Who has something to be read, each told once: then not again until it is looked at `again`.

        `fileno` is ready while anybody has whom nobody was told of.
        """

        #: How long a turn took is measured by whoever says who has something.
        stopwatch = staticmethod(stopwatch)

        def __init__(self) -> None:
            self._epoll = select.epoll()

        def fileno(self) -> int:
            return self._epoll.fileno()

        def add(self, fd: int) -> None:
            self._epoll.register(fd, _ONCE)

        def again(self, fd: int) -> None:
            self._epoll.modify(fd, _ONCE)

        def drop(self, fd: int) -> None:
            self._epoll.unregister(fd)

        def ready(self, most: int) -> list[int]:
            """Those that have, and were not told of yet; nobody waits here."""
            return [fd for fd, _ in self._epoll.poll(0, most)]

        def close(self) -> None:
            self._epoll.close()

else:
    #: BSD's EV_DISPATCH, which Python has no name for: told once, then disabled until it is enabled again.
    _ADD_ONCE = select.KQ_EV_ADD | 0x80

    class Watch:
        """The same where the system is a BSD."""

        stopwatch = staticmethod(stopwatch)

        def __init__(self) -> None:
            self._queue = select.kqueue()

        def fileno(self) -> int:
            return self._queue.fileno()

        def add(self, fd: int) -> None:
            self._queue.control([select.kevent(fd, select.KQ_FILTER_READ, _ADD_ONCE)], 0)

        def again(self, fd: int) -> None:
            self._queue.control([select.kevent(fd, select.KQ_FILTER_READ, select.KQ_EV_ENABLE)], 0)

        def drop(self, fd: int) -> None:
            self._queue.control([select.kevent(fd, select.KQ_FILTER_READ, select.KQ_EV_DELETE)], 0)

        def ready(self, most: int) -> list[int]:
            return [event.ident for event in self._queue.control(None, most, 0)]

        def close(self) -> None:
            self._queue.close()


def watch_of(loop: asyncio.AbstractEventLoop) -> Watch:
    """The system's, or that of a loop whose sockets are not the system's: a simulation brings its own."""
    own = getattr(loop, "new_watch", Watch)
    made: Watch = own()
    return made
