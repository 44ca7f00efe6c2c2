"""
Admission: new charges are put off while a request would wait too long, before everybody waits.

What is put off over a link was not decided: nothing is stored, and the same request may come again. Over Kafka, where only
answers are heard, the refusal is the answer to that request, with the same hint; another one may follow. Only charges that
begin are put off; what keeps the network true (registrations, heartbeats, reports, accounts, stops) is always taken.
"""

import asyncio
import logging
import math
from collections import deque

from central.store.worker import Store
from common.errors import BadMessage, ErrorCode
from common.messages import ChargeRequest, LocalStartRequest, Message
from common.net.limits import Sparing

log = logging.getLogger("ev.central.admission")

_LOOK_EVERY_S = 0.25
#: The loop counts as late when it was for so many looks in a row: one long turn is no overload.
_LOOKS = 4
_LONGEST_HINT_S = 60


class Admission:
    def __init__(self, store: Store, bound_s: float) -> None:
        self._store = store
        self._bound_s = bound_s
        self._late = deque([0.0] * _LOOKS, _LOOKS)
        self._sparing = Sparing()

    @property
    def wait_s(self) -> float:
        """How long a request would wait now: for its turn of the loop, and for a writer."""
        return min(self._late) + max(self._store.oldest_s, self._store.ahead_s)

    async def watch(self) -> None:
        """See how late the loop is, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _LOOK_EVERY_S
            await asyncio.sleep(_LOOK_EVERY_S)
            self.note_late(loop.time() - due)

    def note_late(self, seconds: float) -> None:
        self._late.append(max(0.0, seconds))

    def check(self, message: Message, waited_s: float = 0.0) -> None:
        """Raises BadMessage `overloaded` for a charge that had better begin later; it has waited in its link already."""
        if not isinstance(message, ChargeRequest | LocalStartRequest):
            return
        wait_s = self.wait_s + waited_s
        if wait_s <= self._bound_s:
            return
        left_out = self._sparing.may_say("overloaded", asyncio.get_running_loop().time())
        if left_out is not None:
            log.warning("New charges are put off: a request waits %.1f s. (%d put off before.)", wait_s, left_out)
        again_s = min(_LONGEST_HINT_S, math.ceil(2 * wait_s))
        sentence = f"Central has too much to do now; try again in {again_s} s."
        raise BadMessage(ErrorCode.OVERLOADED, sentence, message.message_id, retry_after_s=again_s)
