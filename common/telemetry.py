"""Logs. Human lines on a terminal, JSON lines otherwise; ids of the story always beside the words."""

import json
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from common.settings import LogFormat, LogLevel

#: The ids that tie a line to a story; pass them as `extra=about(...)`.
STORY = ("message_id", "cp_id", "session_id", "driver_id")
#: Which of them a source of a kind may have: a message takes long to say that it does not know one.
_HAD: dict[type[Any], tuple[str, ...]] = {}
#: What a handler must hold before its message can be lost in a log: its text is cut here.
_LONGEST_LINE = 2000
#: Of a crowd, so many are named.
_SOME = 10


def about(source: Any = None, /, **ids: str | None) -> dict[str, str]:
    """The story ids of a message or of explicit words, for a log call's `extra`."""
    kind = type(source)
    names = _HAD.get(kind) or _HAD.setdefault(kind, _names_of(kind))
    found = {name: getattr(source, name, None) for name in names} | ids
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _names_of(kind: type[Any]) -> tuple[str, ...]:
    fields = getattr(kind, "model_fields", None)
    return STORY if fields is None else tuple(name for name in STORY if name in fields or hasattr(kind, name))


def some_of(names: Sequence[str]) -> str:
    """The first of many, for one line about all of them."""
    shown, more = names[:_SOME], len(names) - _SOME
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _story(record: logging.LogRecord) -> dict[str, str]:
    return {name: record.__dict__[name] for name in STORY if name in record.__dict__}


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:_LONGEST_LINE],
            **_story(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True)


class HumanLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S.%f")[:-3]
        story = " ".join(f"{name}={value}" for name, value in _story(record).items())
        words = _printable(record.getMessage()[:_LONGEST_LINE])
        line = f"{time} {record.levelname.lower():7} {words}" + (f"  [{story}]" if story else "")
        return f"{line}\n{self._traceback(record.exc_info)}" if record.exc_info else line

    def _traceback(self, wrong: Any) -> str:
        """An exception may quote what a peer sent: indented, no line of it looks like one of ours."""
        return "\n".join("    " + _printable(line) for line in self.formatException(wrong).split("\n"))


def _printable(text: str) -> str:
    """Without anything that would steer a terminal, or begin a line that nobody wrote."""
    return "".join(c if c.isprintable() else " " for c in text)


def start_logging(form: LogFormat, level: LogLevel) -> None:
    """Send everything of ours to standard error; what libraries say only from warning on."""
    human = form == "human" or (form == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(HumanLines() if human else JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("ev").setLevel(level.upper())
    logging.getLogger("ev.kafka.librdkafka").setLevel(logging.DEBUG if level == "debug" else logging.CRITICAL)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL if level != "debug" else logging.WARNING)
