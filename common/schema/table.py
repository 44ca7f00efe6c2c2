"""The Markdown page of the protocol's messages, a table for each conversation. No I/O."""

import inspect
import sys
from itertools import groupby
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from common.messages import Message, Response
from common.messages.operating import ARGUMENTS, Arguments
from common.registry import CATALOGUE
from common.routes import Kafka, Local, Role, Route, Tcp
from common.schema.asyncapi import sentence

_HEAD = """\
# The messages

Written by `ev-schema table` from the catalogue in `common/messages/`; a test fails when this page is stale.

Every message also has `type`, `message_id` and (optional on receipt) `timestamp`.
"""
_COMMANDS = """
## The operator's commands

The `command` of a `manual_command`, its `args`, and the `data` of the answer. Without a mark an argument may be left out.

| command | what it does | args | data |
|---|---|---|---|
"""
_COLUMNS = "| type | what it is | from → to | fields |\n|---|---|---|---|\n"


def message_table() -> str:
    page = _HEAD
    for module, messages in groupby(CATALOGUE.values(), key=lambda message: message.__module__):
        about = " ".join((inspect.getdoc(sys.modules[module]) or "").split())
        page += f"\n## {module.rpartition('.')[2].capitalize()}\n\n{about}\n\n{_COLUMNS}"
        page += "".join(_row(message) for message in messages)
    return page + _COMMANDS + "".join(_command(name, wanted) for name, wanted in ARGUMENTS.items())


def _command(name: str, wanted: type[Arguments]) -> str:
    about = " ".join((inspect.getdoc(wanted) or "").split())
    args = [_argument(arg, field) for arg, field in wanted.model_fields.items()]
    return _cells(f"`{name}`", about, "<br>".join(args) or "none", wanted.answer)


def _argument(name: str, field: FieldInfo) -> str:
    words = field.description
    if get_origin(field.annotation) is Literal:
        one_of = ", ".join(f"`{choice}`" for choice in get_args(field.annotation))
        words = f"{one_of}; {words}" if words else one_of
    default = "" if field.is_required() or field.default in (None, "", 0, False) else f" (`{field.default}`)"
    needed = " (needed)" if field.is_required() else ""
    return f"`{name}`{needed}{default}" + (f": {words}" if words else "")


def _row(message: type[Message]) -> str:
    cells = (f"`{message.tag()}`", sentence(message), _ways(message), _fields(message))
    return _cells(*cells)


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n"


def _ways(message: type[Message]) -> str:
    if any(isinstance(route, Local) for route in message.routes):
        return "inside each process, never over a wire"
    return "<br>".join(dict.fromkeys(_way(route, message) for route in message.routes))


def _way(route: Route, message: type[Message]) -> str:
    assert not isinstance(route, Local)
    over = "TCP" if isinstance(route, Tcp) else f"Kafka `{route.topic}` by `{route.key}`"
    names = [f"`{alias}`" for role, alias in message.aliases if role is route.receiver]
    also = f" (also read as {', '.join(names)})" if names and isinstance(route, Kafka) else ""
    return f"{_name(route.sender)} → {_name(route.receiver)}, {over}{also}"


def _name(role: Role) -> str:
    return role.title()


def _fields(message: type[Message]) -> str:
    own = {name: field for name, field in message.model_fields.items() if name not in Message.model_fields}
    if issubclass(message, Response):  # what every answer has comes last, as in the protocol
        own = {n: f for n, f in own.items() if n not in Response.model_fields} | {
            n: f for n, f in own.items() if n in Response.model_fields
        }
    needed = [f"`{name}`" for name, field in own.items() if field.is_required()]
    optional = [f"`{name}`" for name, field in own.items() if not field.is_required()]
    parts = [", ".join(needed)] if needed else []
    if optional:
        parts.append(f"optional {', '.join(optional)}")
    return "; ".join(parts) or "none"
