"""
What must hold for any bytes: one function a target, which returns or raises Broken. No fuzzer in here, no randomness.

A target takes what its input stands for from the input itself, so that a file replays it.
"""

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from central.dead_letters import dead_letter
from central.settings import CentralSettings
from common.auth import as_written, same, signature
from common.codec import decode, encode, encode_line, traceparent_of, with_traceparent
from common.dispatch import Dispatcher
from common.errors import BadMessage, BadSetting, ErrorCode
from common.framing import BadFrameCount, LineFramer
from common.kafka.bus import Record
from common.messages import AuthRequest, ErrorResponse, Message
from common.registry import CATALOGUE, over_kafka, over_tcp, received_by
from common.routes import Role, Topic
from common.settings import CONFIG_ENV, load

#: CPU seconds that no input may take, on a slow machine and with a fuzzer's instruments in the code.
MOST_CPU_S = 2.0
_LONGEST_SENTENCE = 4000
_REFUSALS = {
    ErrorCode.MALFORMED_JSON,
    ErrorCode.INVALID_MESSAGE,
    ErrorCode.UNKNOWN_TYPE,
    ErrorCode.NOT_ALLOWED,
}
_ROLES = (Role.MONITOR, Role.DRIVER, Role.ADMIN)
#: What each role may send to Central; and everything, as a test or a log reader takes it.
ACCEPTS: tuple[Mapping[str, type[Message]], ...] = (CATALOGUE, *(over_tcp(role, Role.CENTRAL) for role in _ROLES))
TOPICS = (
    Topic.CHARGE_REQUESTS,
    Topic.STOP_REQUESTS,
    Topic.CPS_REQUESTS,
    Topic.SESSION_DATA,
    Topic.SESSION_COMPLETE,
    Topic.CENTRAL_COMMANDS,
)
#: What Kafka's client may be given in all, by its own default.
_MOST_RECORD_BYTES = 1_000_000
TRACEPARENT = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"


class Broken(Exception):
    """Something that must hold for any bytes does not hold for these."""


def must(holds: bool, sentence: str) -> None:
    if not holds:
        raise Broken(sentence)


# -- framing


def framing(data: bytes) -> None:
    """The first byte chooses the limit, the second how the rest is cut; the same lines must come out as from the whole."""
    if len(data) < 2:
        return
    limit = 8 << (data[0] % 14)
    stream, step = data[2:], 1 + data[1]
    framer = LineFramer(limit)
    found: list[bytes] = []
    for start in range(0, len(stream), step):
        found += framer.feed(stream[start : start + step])
        must(len(framer._rest) <= limit, "the framer holds more than its limit")
    expected, is_broken = _lines(stream, limit)
    must(bool(framer.broken) is is_broken, f"broken is {framer.broken!r}")
    must(found == expected, f"{found!r} came out instead of {expected!r}")


def _lines(stream: bytes, limit: int) -> tuple[list[bytes], bool]:
    """Section 1 of the protocol, said once more: the lines of a stream, and whether one was too long."""
    lines: list[bytes] = []
    *whole, rest = stream.split(b"\n")
    for line in whole:
        if len(line) > limit:
            return lines, True
        cut = line[:-1] if line[-1:] == b"\r" else line
        if cut.strip():
            lines.append(cut)
    return lines, len(rest) > limit


# -- codec


def codec(data: bytes) -> None:
    """As every link's other end may send it."""
    for accepts in ACCEPTS:
        take(data, accepts)


def take(line: bytes, accepts: Mapping[str, type[Message]], *, thoroughly: bool = True) -> Message | ErrorCode:
    """One frame: a message that survives being written and read, or a refusal that can be told."""
    try:
        message = decode(line, accepts)
    except BadMessage as bad:
        told = refusal(bad)
        if thoroughly:
            _survives(told)
        return bad.code
    if thoroughly:
        _survives(message)
        traceparent_of(line)
    else:
        encode_line(message)
    return message


def _survives(message: Message) -> None:
    written = encode_line(message)
    must(written.count(b"\n") == 1 and written.endswith(b"}\n"), f"no frame: {written!r}")
    again = decode(written[:-1], CATALOGUE)
    # By their fields: a proof also keeps how its sender wrote the time, which we write in our own way.
    if type(again) is not type(message) or again.model_dump() != message.model_dump():
        raise Broken(f"{message!r} came back as {again!r}")
    must(encode_line(again) == written, "written twice, it is not the same")
    traced = with_traceparent(written, TRACEPARENT)
    must(traceparent_of(traced) == TRACEPARENT, "a trace got lost")
    must(decode(traced, CATALOGUE) == again, "a trace changed the message")


def refusal(bad: BadMessage) -> ErrorResponse:
    """A code of the decoder's and a sentence that fits a frame: as the link tells it, and so it must be sayable."""
    must(bad.code in _REFUSALS, f"refused with {bad.code}")
    must(1 < len(bad.sentence) <= _LONGEST_SENTENCE and bad.sentence.endswith("."), f"no sentence: {bad.sentence!r}")
    message_id = bad.message_id or "m"
    told = ErrorResponse(message_id=message_id, timestamp=1.0, error=bad.code, message=bad.sentence[:1000])
    encode_line(told)
    return told


# -- a whole conversation


class Conversation:
    """One link as Central reads it: framing, decoding, the count of bad frames, and a handler for every message."""

    def __init__(self, role: Role | None = None, thorough_every: int = 1) -> None:
        self._thorough_every = thorough_every
        self.accepts = ACCEPTS[0] if role is None else over_tcp(role, Role.CENTRAL)
        self.outcomes: dict[str, int] = {}
        self.frames = 0
        self._dispatcher: Dispatcher[None, None] = Dispatcher(Role.CENTRAL)
        for message in received_by(Role.CENTRAL):
            self._dispatcher.on(message, self._handle)
        self._dispatcher.check()
        self.hang_up()

    def hang_up(self) -> None:
        """The next bytes come over a new link."""
        self._framer = LineFramer()
        self._bad = BadFrameCount()

    def hear(self, data: bytes) -> None:
        for line in self._framer.feed(data):
            self.frames += 1
            taken = take(line, self.accepts, thoroughly=self.frames % self._thorough_every == 0)
            if isinstance(taken, Message):
                if type(taken) in received_by_central:
                    self._dispatcher.dispatch(taken, None)
                self._bad.saw(None)
            else:
                self._note(taken)
                if self._bad.saw(taken):
                    self.hang_up()
                    return
        if self._framer.broken:
            self._note(self._framer.broken.code)
            self.hang_up()

    def _handle(self, message: Message, source: None) -> None:
        del source
        self._note(message.type)

    def _note(self, outcome: str) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


received_by_central = frozenset(received_by(Role.CENTRAL))


def conversation(data: bytes) -> None:
    """The first byte chooses the role, the second how the bytes are cut."""
    if len(data) < 2:
        return
    heard = Conversation((None, *_ROLES)[data[0] % 4])
    step = 1 + data[1] * 16
    for start in range(2, len(data), step):
        heard.hear(data[start : start + step])


# -- Kafka


def record(data: bytes) -> None:
    """The first byte chooses the topic, the second the length of the key, which comes before the value."""
    if len(data) < 2:
        return
    end = 2 + data[1]
    key, value = data[2:end].decode(errors="replace"), data[end:]
    headers = {"type": key, "message_id": value[:40].decode(errors="replace"), "traceparent": key}
    came = Record(TOPICS[data[0] % len(TOPICS)], 3, 7, key, value, headers)
    try:
        _survives(decode(value, over_kafka(came.topic, Role.CENTRAL)))
    except BadMessage as bad:
        _survives(refusal(bad))
        letter = dead_letter(came, bad)
        size = len(letter.key.encode()) + len(letter.value)
        size += sum(len(name.encode()) + len(text.encode()) for name, text in letter.headers.items())
        must(size < _MOST_RECORD_BYTES, "Kafka would never take this dead letter")
        must(letter.headers["error"] == bad.code, "a dead letter does not say why")


# -- proofs


def proof(data: bytes) -> None:
    """A proof as it stands in a frame: what the other end signed is what is checked, however its number was written."""
    try:
        request = decode(data, CATALOGUE)
    except BadMessage:
        return
    if not isinstance(request, AuthRequest):
        return
    same(request.signature, "0" * 64)
    ours = signature("secret", request.role, request.claimed_id, as_written(request.timestamp), request.nonce)
    again = decode(encode(request), CATALOGUE)
    assert isinstance(again, AuthRequest)
    theirs = signature("secret", again.role, again.claimed_id, again.signed_timestamp, again.nonce)
    must(same(ours, theirs), "written and read again, it is another proof")
    moved = (request.timestamp or 0.0) + 1.0
    must(ours != signature("secret", request.role, request.claimed_id, moved, request.nonce), "the time is not signed")


# -- files that people write

_FOLDER = Path(tempfile.gettempdir())


def settings(data: bytes) -> None:
    """As ev.toml: taken, or refused in a sentence."""
    path = _FOLDER / f"ev-fuzz-{os.getpid()}.toml"
    path.write_bytes(data)
    before = os.environ.get(CONFIG_ENV)
    os.environ[CONFIG_ENV] = str(path)
    try:
        load(CentralSettings, {})
    except BadSetting as wrong:
        must(len(str(wrong)) > 1, "refused without a word")
    finally:
        path.unlink()
        if before is None:
            del os.environ[CONFIG_ENV]
        else:
            os.environ[CONFIG_ENV] = before


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "framing": framing,
    "codec": codec,
    "conversation": conversation,
    "record": record,
    "proof": proof,
    "settings": settings,
}


def hold(target: str, data: bytes) -> None:
    """Run a target; whatever it raises is a finding, and so is taking too long."""
    began = time.thread_time()
    TARGETS[target](data)
    took = time.thread_time() - began
    must(took <= MOST_CPU_S, f"{len(data)} bytes took {took:.1f} s of CPU time")
