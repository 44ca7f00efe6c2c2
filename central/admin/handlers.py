"""What the operator's command line does with each message it may receive."""

from central.admin.inquiry import Inquiry
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


def wire(inquiry: Inquiry) -> Dispatcher[Moment, list[Message]]:
    """Every message an operator may receive; handlers are told when it came and give back what to send."""
    d: Dispatcher[Moment, list[Message]] = Dispatcher(Role.ADMIN)
    d.on(AuthResponse, inquiry.take_admission)
    d.on(ManualCommandResponse, inquiry.take_page)
    d.on(ErrorResponse, inquiry.take_error)
    d.on(ConnectionLost, inquiry.take_loss)
    d.on(ConnectionFailed, inquiry.take_loss)
    d.check()
    return d
