"""What links say for themselves: errors to the other end, and the transport's own events (never on a wire)."""

from typing import Literal

from common.messages.envelope import Message, Response
from common.messages.fields import Name, Outcome, Sentence
from common.routes import Local, Role, over_tcp

_EVERYWHERE = tuple(Local(role) for role in Role)


class ErrorResponse(Response):
    """What arrived could not be taken; `message_id` is the offender's where it could be read."""

    routes = over_tcp(
        (Role.CENTRAL, Role.MONITOR),
        (Role.MONITOR, Role.CENTRAL),
        (Role.CENTRAL, Role.DRIVER),
        (Role.DRIVER, Role.CENTRAL),
        (Role.CENTRAL, Role.ADMIN),
        (Role.ADMIN, Role.CENTRAL),
        (Role.MONITOR, Role.ENGINE),
        (Role.ENGINE, Role.MONITOR),
    )
    type: Literal["error_response"] = "error_response"
    status: Outcome = "failure"


class ConnectionLost(Message):
    """A live link ended."""

    routes = _EVERYWHERE
    type: Literal["connection_lost"] = "connection_lost"
    peer: Name
    description: Sentence = ""


class ConnectionFailed(Message):
    """An attempt to connect failed."""

    routes = _EVERYWHERE
    type: Literal["connection_error"] = "connection_error"
    peer: Name
    description: Sentence = ""
