"""librdkafka's own options, as a user gives them: read, merged, and those that the programs depend on refused. No I/O."""

from collections.abc import Iterable, Mapping

from common.errors import BadSetting
from common.words import kafka as words

#: What is right only as the programs set it, and the setting to use instead, where there is one.
_OURS: Mapping[str, str] = {
    "acks": "",
    "auto.offset.reset": "",
    "bootstrap.servers": "--kafka",
    "client.id": "",
    "delivery.report.only.error": "",
    "enable.auto.commit": "",
    "enable.auto.offset.store": "",
    "enable.idempotence": "",
    "fetch.wait.max.ms": "--kafka-fetch-wait-ms",
    "group.id": "--kafka-topic-prefix",
    "group.protocol": "",
    "metadata.broker.list": "--kafka",
    "partition.assignment.strategy": "",
    "partitioner": "",
    "request.required.acks": "",
    "transactional.id": "",
}
#: Callables and objects of the Python client; a text can never be one.
_NO_TEXT = frozenset({"default.topic.config", "logger", "on_commit"})


def as_options(told: object) -> tuple[str, ...]:
    """One text with a line for each (the environment), a list (command line, file) or a table (file), as NAME=VALUE."""
    if isinstance(told, str):
        return tuple(line for line in told.splitlines() if line.strip())
    if isinstance(told, Mapping):
        return tuple(f"{name}={_text(value)}" for name, value in told.items())
    if isinstance(told, Iterable):
        return tuple(map(str, told))
    raise ValueError(words.MUST_BE_OPTIONS())


def read_options(lines: Iterable[str], where: str) -> dict[str, str]:
    """The options by name; raises BadSetting. A value is never repeated: it may be a password."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        name, equals, value = line.partition("=")
        name = name.strip()
        if not equals or not name:
            raise BadSetting(words.NO_PAIR(where=where, number=number))
        if name in _OURS:
            if _OURS[name]:
                raise BadSetting(words.OURS_INSTEAD(where=where, name=name, instead=_OURS[name]))
            raise BadSetting(words.OURS(where=where, name=name))
        if name.endswith("_cb") or name in _NO_TEXT:
            raise BadSetting(words.NOT_AS_TEXT(where=where, name=name))
        found[name] = value.strip()
    return found


def properties(text: str) -> list[str]:
    """The lines of a properties file that say something; # begins a comment."""
    return [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
