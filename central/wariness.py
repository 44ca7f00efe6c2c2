"""
Slows down who guesses at secrets: an id that was not proven from an address again and again is not even checked there.

By address and id together, so that nobody locks a point out from elsewhere by failing in its name; and by address alone,
widely, because a whole fleet may stand behind one.
"""

from common.clock import Clock
from common.errors import BadMessage, ErrorCode
from common.messages import AuthRequest
from common.net.limits import Buckets

#: Five wrong proofs of an id, then one in ten seconds.
_OF_ONE_PER_S, _OF_ONE_BURST_S = 0.1, 50.0
#: A hundred of an address, then two a second.
_FROM_ONE_PER_S, _FROM_ONE_BURST_S = 2.0, 50.0


class Wariness:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._of_one = Buckets(_OF_ONE_PER_S, _OF_ONE_BURST_S)
        self._from_one = Buckets(_FROM_ONE_PER_S, _FROM_ONE_BURST_S)

    def check(self, request: AuthRequest, host: str) -> None:
        """Raises BadMessage `rate_limited` for one that is not to be looked at now."""
        now = self._clock.now().mono
        who = (host, request.role, request.claimed_id)
        for buckets, key in ((self._of_one, who), (self._from_one, host)):
            if buckets.is_empty(key, now):
                again_s = buckets.patience_s(key, now)
                sentence = f"Too many proofs were wrong; try again in {again_s} s."
                raise BadMessage(ErrorCode.RATE_LIMITED, sentence, request.message_id, retry_after_s=again_s)

    def note_wrong(self, request: AuthRequest, host: str) -> None:
        now = self._clock.now().mono
        self._of_one.take((host, request.role, request.claimed_id), now)
        self._from_one.take(host, now)
