"""
The one error tree. Each leaf answers the question "shall I try again?".

EvError
 ├─ BadMessage         never: what arrived is wrong; answer it, or put it to the dead letters
 ├─ TransportLost      yes, after reconnecting: the link or the broker went away
 ├─ StoreUnavailable   yes, later: the database did not take it, nothing was changed
 ├─ IllegalTransition  never: the state machine has no such step; nothing was changed
 ├─ IncompleteWiring   never: a process lacks a handler and must not start
 ├─ BadSetting         never: the user must change a setting (exit status 2)
 └─ CannotStart        after the user did what the sentence says (exit status 1)

A refusal of the domain ("the point is busy") is a reply, not an exception.
"""

from enum import StrEnum
from typing import Self


class ErrorCode(StrEnum):
    """Section 7 of the protocol."""

    MALFORMED_JSON = "malformed_json"
    FRAME_TOO_LARGE = "frame_too_large"
    UNKNOWN_TYPE = "unknown_type"
    INVALID_MESSAGE = "invalid_message"
    NOT_ALLOWED = "not_allowed"
    NOT_AUTHENTICATED = "not_authenticated"
    AUTH_FAILED = "auth_failed"
    SUPERSEDED = "superseded"
    ALREADY_CONNECTED = "already_connected"
    RATE_LIMITED = "rate_limited"
    UNKNOWN_CP = "unknown_cp"
    UNKNOWN_DRIVER = "unknown_driver"
    CP_DISCONNECTED = "cp_disconnected"
    CP_FAULTY = "cp_faulty"
    CP_STOPPED = "cp_stopped"
    CP_BUSY = "cp_busy"
    UNKNOWN_SESSION = "unknown_session"
    NOT_YOUR_SESSION = "not_your_session"
    SESSION_FINISHED = "session_finished"
    ENGINE_UNREACHABLE = "engine_unreachable"
    ENGINE_TIMEOUT = "engine_timeout"
    ENGINE_REFUSED = "engine_refused"
    EXPIRED = "expired"
    BAD_ARGUMENT = "bad_argument"
    OVERLOADED = "overloaded"
    INTERNAL_ERROR = "internal_error"


class EvError(Exception):
    """Root of the tree; never raised itself."""


class BadMessage(EvError):
    """Bytes or a message that this process cannot take; carries what the sender must be told."""

    def __init__(
        self,
        code: ErrorCode,
        sentence: str,
        message_id: str | None = None,
        *,
        retry_after_s: int | None = None,
        cp_id: str | None = None,
    ) -> None:
        super().__init__(sentence)
        #: The point that it is about, where no message of its own says so and a link may carry many.
        self.cp_id = cp_id
        #: When the same message may be taken, where it only comes at a bad time.
        self.retry_after_s = retry_after_s
        self.code = code
        self.sentence = sentence
        self.message_id = message_id

    def alone(self) -> Self:
        """For whoever keeps it: the frames it came through keep it too, in a circle that only Python's collector undoes."""
        self.__traceback__ = self.__context__ = None
        return self


class TransportLost(EvError):
    """The link or the broker went away."""


class StoreUnavailable(EvError):
    """The database did not take the change; nothing of it was stored."""


class IllegalTransition(EvError):
    """The table of the state machine has no such step."""


class IncompleteWiring(EvError):
    """A process may receive a message that it has no handler for."""


class BadSetting(EvError):
    """A setting or an argument is wrong; the sentence names it."""


class CannotStart(EvError):
    """Something outside is missing; the sentence says what to do."""
