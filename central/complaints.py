"""The newest warnings and errors that this Central logged, for the operator's console. A flood costs the ring, no more."""

import logging
from collections import deque

from central.views import Json
from common.telemetry import STORY

_MOST = 50
#: The log has the whole of it.
_LONGEST = 300


class Complaints(logging.Handler):
    """Hears what the `ev` loggers say while it is attached."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._newest: deque[Json] = deque(maxlen=_MOST)

    def attach(self) -> None:
        logging.getLogger("ev").addHandler(self)

    def detach(self) -> None:
        logging.getLogger("ev").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        # The words now, not the record: it may hold on to whole messages and to the frames of an exception.
        try:
            words = record.getMessage()[:_LONGEST]
        except Exception:  # noqa: BLE001 - a log call that is wrong must not cost what it tells about
            self.handleError(record)
            return
        told = {"at": record.created, "level": record.levelname.lower(), "text": words}
        self._newest.append(told | {name: record.__dict__.get(name) for name in STORY})

    def newest(self) -> list[Json]:
        """The newest first."""
        return list(reversed(self._newest.copy()))
