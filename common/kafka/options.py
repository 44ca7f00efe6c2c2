"""librdkafka's own options, as a user gives them: read, merged, and those that the programs depend on refused. No I/O."""

from collections.abc import Iterable, Mapping

from common.errors import BadSetting

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
    raise ValueError("must be a list of NAME=VALUE or a table")


def read_options(lines: Iterable[str], where: str) -> dict[str, str]:
    """The options by name; raises BadSetting. A value is never repeated: it may be a password."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        name, equals, value = line.partition("=")
        name = name.strip()
        if not equals or not name:
            raise BadSetting(f"{where}: entry {number} is not NAME=VALUE.")
        if name in _OURS:
            instead = f"; use {_OURS[name]}" if _OURS[name] else ""
            raise BadSetting(f"{where}: {name} cannot be set, the programs depend on it{instead}.")
        if name.endswith("_cb") or name in _NO_TEXT:
            raise BadSetting(f"{where}: {name} cannot be set as a text.")
        found[name] = value.strip()
    return found


def properties(text: str) -> list[str]:
    """The lines of a properties file that say something; # begins a comment."""
    return [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
