"""What the links of a listener keep of its memory: what they say faster than it is heard, and what they are told and do not read."""

import asyncio
from collections.abc import Callable

from common.net.hoard import Hoard
from common.net.inbox import Inbox

#: Of all links together.
MOST_UNHEARD_BYTES, MOST_UNREAD_BYTES = 96 * 1024 * 1024, 128 * 1024 * 1024
#: Each may so much always, and that is not counted.
LITTLE_BYTES = 8 * 1024
_LOOK_AFTER_S = 1.0


class Hoards:
    """Of one listener."""

    def __init__(self, most_unheard: int = MOST_UNHEARD_BYTES, most_unread: int = MOST_UNREAD_BYTES) -> None:
        self.unheard = Hoard(most_unheard, LITTLE_BYTES)
        self.unread = Hoard(most_unread, LITTLE_BYTES)


class Burden:
    """Of one link. `half_sent` and `unsent` say how many bytes are in the hands of others."""

    def __init__(
        self,
        hoards: Hoards,
        source: str,
        inbox: asyncio.StreamReader,
        *,
        half_sent: Callable[[], int],
        unsent: Callable[[], int],
        on_crowded: Callable[[], None],
    ) -> None:
        self._unheard = hoards.unheard.of(source)
        self._unread = hoards.unread.of(source)
        self._inbox = inbox if isinstance(inbox, Inbox) else None
        self._half_sent = half_sent
        self._unsent = unsent
        self._on_crowded = on_crowded
        self._in_hand = 0
        self._look: asyncio.TimerHandle | None = None
        if self._inbox is not None:
            self._inbox.takes = self._may_bring

    def take(self, count: int) -> None:
        """So many bytes are being heard; they are here until `let_go`."""
        self._in_hand = count

    def let_go(self) -> None:
        self._in_hand = 0
        if self._note_unheard(0):  # some had come before there was a link
            self._on_crowded()

    def is_too_much(self, unsent: int) -> bool:
        """Of what it leaves unread; how much must be looked at again, for nothing says when it is read."""
        if unsent <= LITTLE_BYTES:
            return False
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(_LOOK_AFTER_S, self._look_again)
        return self._unread.note(unsent)

    def end(self) -> None:
        """The link is no more, and nothing of it is kept."""
        if self._look is not None:
            self._look.cancel()
        self._unheard.note(0)
        self._unread.note(0)
        if self._inbox is not None:
            self._inbox.takes = _nothing

    def _may_bring(self, more: int) -> bool:
        if not self._note_unheard(more):
            return True
        self._note_unheard(0)
        self._on_crowded()
        return False

    def _note_unheard(self, more: int) -> bool:
        unread = 0 if self._inbox is None else self._inbox.unread
        kept = unread + self._in_hand + self._half_sent() + more
        return (kept > LITTLE_BYTES or self._unheard.bytes > 0) and self._unheard.note(_beyond(kept))

    def _look_again(self) -> None:
        self._look = None
        unsent = self._unsent()
        if not self.is_too_much(unsent):
            self._unread.note(_beyond(unsent))


def _beyond(kept: int) -> int:
    return kept if kept > LITTLE_BYTES else 0


def _nothing(_: int) -> bool:
    return False
