"""What the operator's programs do with each message they may receive."""

from typing import Protocol

from common.clock import Moment
from common.dispatch import Dispatcher
from common.messages import (
    AuthResponse,
    ConnectionFailed,
    ConnectionLost,
    ErrorResponse,
    ManualCommandResponse,
    Message,
)
from common.routes import Role


class Hears(Protocol):
    """Told each message with the moment it came; gives back what to send."""

    def take_admission(self, answer: AuthResponse, now: Moment) -> list[Message]: ...

    def take_page(self, answer: ManualCommandResponse, now: Moment) -> list[Message]: ...

    def take_error(self, error: ErrorResponse, now: Moment) -> list[Message]: ...

    def take_loss(self, event: ConnectionLost | ConnectionFailed, now: Moment) -> list[Message]: ...


def wire(operator: Hears) -> Dispatcher[Moment, list[Message]]:
    """Every message an operator may receive."""
    d: Dispatcher[Moment, list[Message]] = Dispatcher(Role.ADMIN)
    d.on(AuthResponse, operator.take_admission)
    d.on(ManualCommandResponse, operator.take_page)
    d.on(ErrorResponse, operator.take_error)
    d.on(ConnectionLost, operator.take_loss)
    d.on(ConnectionFailed, operator.take_loss)
    d.check()
    return d
