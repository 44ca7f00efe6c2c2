"""TCP framing (protocol, section 1): bytes in, whole lines out. No I/O inside, memory bounded."""

from common.errors import BadMessage, ErrorCode

MAX_FRAME_BYTES = 64 * 1024
#: After so many frames in a row that are no JSON object the connection is closed.
MOST_BAD_FRAMES = 10


class LineFramer:
    """Cuts a byte stream into lines. Holds at most one unfinished line, no longer than the limit."""

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        self._limit = limit
        self._rest = bytearray()
        #: Set once a line was too long: the stream cannot be trusted again and must be closed.
        self.broken: BadMessage | None = None

    @property
    def has_rest(self) -> bool:
        """Whether a line has begun and not ended."""
        return bool(self._rest)

    @property
    def rest_bytes(self) -> int:
        return len(self._rest)

    def take_rest(self) -> bytes:
        """The line that has begun and not ended, for another framer to go on with."""
        rest, self._rest = bytes(self._rest), bytearray()
        return rest

    def feed(self, data: bytes) -> list[bytes]:
        """The lines completed by these bytes, without line end; blank ones left out."""
        if self.broken:
            return []
        self._rest += data
        if b"\n" not in data:
            # What was looked at is not looked at again: a line that comes byte by byte costs no more than one at once.
            self._fits(self._rest)
            return []
        *lines, rest = self._rest.split(b"\n")
        whole: list[bytes] = []
        for line in lines:
            if not self._fits(line):
                return whole
            stripped = bytes(line[:-1] if line.endswith(b"\r") else line)
            if stripped.strip():
                whole.append(stripped)
        if self._fits(rest):
            self._rest = rest
        return whole

    def _fits(self, line: bytearray) -> bool:
        if len(line) <= self._limit:
            return True
        self._rest = bytearray()
        self.broken = BadMessage(
            ErrorCode.FRAME_TOO_LARGE, f"A frame may have at most {self._limit} bytes; the connection is closed."
        )
        return False


class BadFrameCount:
    """Counts frames in a row that were no JSON object at all."""

    def __init__(self, most: int = MOST_BAD_FRAMES) -> None:
        self._most = most
        self._in_a_row = 0

    def saw(self, code: ErrorCode | None) -> bool:
        """Note one frame (None: a good one); true when the connection must be closed."""
        self._in_a_row = self._in_a_row + 1 if code is ErrorCode.MALFORMED_JSON else 0
        return self._in_a_row >= self._most
