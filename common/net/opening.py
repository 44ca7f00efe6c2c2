"""What a connection must say before it becomes a link: one message that can be taken. Pure: bytes in, a verdict out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from common.codec import decode
from common.errors import BadMessage, ErrorCode
from common.framing import BadFrameCount, LineFramer
from common.messages import Message
from common.net.limits import Why
from common.words.tls import SPEAK_PLAINLY

CROWDED = "Too much is half sent or unheard here; the connection is closed. Come back later."
TLS_BEGINS_WITH = b"\x16\x03"
#: So many refused frames of whatever kind, and nothing that could be taken among them.
MOST_REFUSED = 30


class Then(Enum):
    WAIT = auto()
    COME_IN = auto()
    LEAVE = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of who spoke, and what it is told. `why` it leaves, where that is to be counted."""

    then: Then
    told: bytes = b""
    why: Why | None = None


class Opening:
    """
    The first words of one connection. Refusals are answered as on a link (protocol, sections 1 and 2).

    `refuse` makes the answer to a bad frame; `may_err` says whether its address may still have one answered, `may_bring`
    whether links have room for so many bytes of it: a link is dear to make only to be cut.
    """

    __slots__ = (
        "_accepts",
        "_bad_frames",
        "_framer",
        "_is_new",
        "_may_bring",
        "_may_err",
        "_refuse",
        "_refused",
        "_said",
    )

    def __init__(
        self,
        accepts: Mapping[str, type[Message]],
        limit: int,
        refuse: Callable[[BadMessage], bytes],
        may_err: Callable[[], bool],
        may_bring: Callable[[int], bool] = lambda _: True,
    ) -> None:
        self._accepts = accepts
        self._framer = LineFramer(limit)
        self._bad_frames = BadFrameCount()
        self._refuse = refuse
        self._may_err = may_err
        self._may_bring = may_bring
        self._refused = 0
        self._is_new = True
        self._said = b""

    @property
    def held(self) -> int:
        """Bytes of a frame that has begun."""
        return self._framer.rest_bytes

    @property
    def said(self) -> bytes:
        """The first good message and all behind it, for the link to hear again."""
        return self._said

    def hear(self, data: bytes) -> Verdict:
        is_first, self._is_new = self._is_new, False
        if is_first and data.startswith(TLS_BEGINS_WITH):
            return Verdict(Then.LEAVE, self._refuse(BadMessage(ErrorCode.NOT_ALLOWED, SPEAK_PLAINLY.en)))
        told = b""
        lines = self._framer.feed(data)
        for number, line in enumerate(lines):
            try:
                decode(line, self._accepts)
            except BadMessage as bad:
                # Here, and kept nowhere: whoever keeps it keeps all that was under way, in a circle that only Python's collector undoes.
                if not self._may_err():
                    return Verdict(Then.LEAVE, why=Why.GARBAGE)
                told += self._refuse(bad)
                self._refused += 1
                if self._bad_frames.saw(bad.code) or self._refused >= MOST_REFUSED:
                    return Verdict(Then.LEAVE, told, Why.GARBAGE)
            else:
                return self._come_in(lines[number:], told)
        if self._framer.broken:
            return Verdict(Then.LEAVE, told + self._refuse(self._framer.broken))
        return Verdict(Then.WAIT, told)

    def _come_in(self, lines: list[bytes], told: bytes) -> Verdict:
        self._said = b"\n".join([*lines, self._framer.take_rest()])
        if self._may_bring(len(self._said)):
            return Verdict(Then.COME_IN, told)
        crowded = self._refuse(BadMessage(ErrorCode.RATE_LIMITED, CROWDED))
        return Verdict(Then.LEAVE, told + crowded, Why.HOARDING)
