"""The log while a console has the screen: its newest lines kept to be shown, instead of written across the picture."""

import logging
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from common.telemetry import STORY

MOST_NOTES = 200
_AFTERWARDS = 20


@dataclass(frozen=True, slots=True)
class Note:
    at: float
    text: str
    level: str = "INFO"
    #: The ids of the story it belongs to: message_id, cp_id and the like.
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def is_grave(self) -> bool:
        return self.level in ("WARNING", "ERROR", "CRITICAL")


class Notes(logging.Handler):
    """Keeps the newest; tells somebody that there is one more."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: deque[Note] = deque(maxlen=MOST_NOTES)
        self.touch: Callable[[], None] = lambda: None
        self.hear: Callable[[Note], None] = lambda _: None
        self._records: deque[logging.LogRecord] = deque(maxlen=_AFTERWARDS)

    def emit(self, record: logging.LogRecord) -> None:
        ids = {name: str(record.__dict__[name]) for name in STORY if name in record.__dict__}
        note = Note(record.created, record.getMessage(), record.levelname, ids)
        self.kept.append(note)
        if record.levelno >= logging.ERROR:
            self._records.append(record)
        self.hear(note)
        self.touch()

    @contextmanager
    def instead(self) -> Iterator[None]:
        """Take what would go to the terminal while the block runs; afterwards the errors among it are written there."""
        root = logging.getLogger()
        before = [handler for handler in root.handlers if _writes_to_terminal(handler)]
        for handler in before:
            root.removeHandler(handler)
        root.addHandler(self)
        try:
            yield
        finally:
            root.removeHandler(self)
            for handler in before:
                root.addHandler(handler)
                for record in self._records:
                    handler.handle(record)


def _writes_to_terminal(handler: logging.Handler) -> bool:
    """A log that goes to a file by redirection goes on there as well."""
    return isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr and sys.stderr.isatty()
