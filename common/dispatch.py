"""The dispatcher: which handler takes which message. Complete, or the process does not start. No I/O."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from common.errors import IncompleteWiring
from common.messages.envelope import Message
from common.registry import received_by
from common.routes import Role

M = TypeVar("M", bound=Message)
#: What a handler is told beside the message: where it came from.
Source = TypeVar("Source")
#: What a handler gives back.
Result = TypeVar("Result")


class Dispatcher(Generic[Source, Result]):
    """One table from message class to handler, filled by a process's `wire()`."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self._handlers: dict[type[Message], Callable[[Any, Source], Result]] = {}

    def on(self, message: type[M], handler: Callable[[M, Source], Result]) -> None:
        if message in self._handlers:
            raise IncompleteWiring(f"{self.role}: {message.tag()} has a handler already.")
        self._handlers[message] = handler

    def check(self) -> None:
        """Raises unless every message that this role may receive has a handler, and no other has one."""
        must = set(received_by(self.role))
        missing = sorted(message.tag() for message in must - self._handlers.keys())
        if missing:
            raise IncompleteWiring(f"{self.role} has no handler for: {', '.join(missing)}.")
        strange = sorted(message.tag() for message in self._handlers.keys() - must)
        if strange:
            raise IncompleteWiring(f"{self.role} handles what nobody sends it: {', '.join(strange)}.")

    def dispatch(self, message: Message, source: Source) -> Result:
        return self._handlers[type(message)](message, source)
