"""What has come over a link and was not taken yet. asyncio reads up to 256 KiB at once; here somebody may say that it is too much."""

import asyncio
from collections.abc import Callable, Iterable
from typing import SupportsIndex


class Inbox(asyncio.StreamReader):
    """A reader that knows how much is unread in it, and keeps nothing that `takes` refuses."""

    def __init__(self, limit: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=limit, loop=loop)
        self.unread = 0
        #: Hears how much has come.
        self.takes: Callable[[int], bool] = lambda _: True

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        brought = bytes(data)
        if self.takes(len(brought)):
            self.unread += len(brought)
            super().feed_data(brought)

    async def read(self, n: int = -1) -> bytes:
        data = await super().read(n)
        self.unread -= len(data)
        return data
