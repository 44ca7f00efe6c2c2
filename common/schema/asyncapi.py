"""The AsyncAPI 3.0 document of the protocol. A channel is one direction of a TCP link, or one Kafka topic. No I/O."""

from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import models_json_schema

from common.messages import Message
from common.registry import CATALOGUE
from common.routes import Kafka, Local, Role, Route, Tcp, Topic

_DESCRIPTION = (
    "Frames on TCP are one JSON object a line (NDJSON, UTF-8, at most 64 KiB); on Kafka the record's value is the same"
    " object, with headers `type` and `message_id`. Fields without a value are left out; receivers ignore fields they"
    " do not know."
)
_SERVERS = {
    "central": ("127.0.0.1:5000", "tcp", "Central listens for Monitors, Drivers and admins."),
    "engine": ("127.0.0.1:6000", "tcp", "Engine listens for its Monitor."),
    "kafka": ("127.0.0.1:9092", "kafka", "The broker of drivers' requests and Engines' telemetry."),
}
_SCHEMAS = "#/components/schemas/"

#: Pydantic writes a bound behind a reader of our own by its Python name.
_BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}

Node = dict[str, Any]


def asyncapi_document() -> Node:
    on_wires = [message for message in CATALOGUE.values() if any(not isinstance(r, Local) for r in message.routes)]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "EV charging network", "version": "1.0.0", "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {
            name: {"host": host, "protocol": protocol, "description": what}
            for name, (host, protocol, what) in _SERVERS.items()
        },
        "channels": {name: _channel(name, channel) for name, channel in _channels()},
        "operations": dict(_operations()),
        "components": {
            "messages": {message.tag(): _message(message) for message in on_wires},
            "schemas": _schemas(on_wires),
        },
    }


Channel = tuple[Tcp | Topic, list[type[Message]]]


def _channels() -> Iterator[tuple[str, Channel]]:
    """Every direction of every link, then every topic, with the messages that it carries."""
    links: dict[Tcp, list[type[Message]]] = {}
    topics: dict[Topic, list[type[Message]]] = {topic: [] for topic in Topic}
    for message in CATALOGUE.values():
        for route in message.routes:
            if isinstance(route, Tcp):
                links.setdefault(route, []).append(message)
            elif isinstance(route, Kafka) and message not in topics[route.topic]:
                topics[route.topic].append(message)
    for link, messages in sorted(links.items(), key=lambda one: (one[0].sender, one[0].receiver)):
        yield f"{link.sender}_to_{link.receiver}", (link, messages)
    for topic, messages in topics.items():
        yield str(topic), (topic, messages)


def _channel(name: str, channel: Channel) -> Node:
    place, messages = channel
    carried = {message.tag(): _ref(f"#/components/messages/{message.tag()}") for message in messages}
    if isinstance(place, Tcp):
        # The side that listens names the server: an Engine for its Monitor, Central for everybody else.
        server = "engine" if Role.ENGINE in (place.sender, place.receiver) else "central"
        title = f"{place.sender.title()} to {place.receiver.title()}, over TCP"
        return {"address": None, "title": title, "servers": [_ref(f"#/servers/{server}")], "messages": carried}
    return {
        "address": name,
        "title": f"Kafka topic {name}",
        "description": _keyed_by(place),
        "servers": [_ref("#/servers/kafka")],
        "messages": carried,
        "bindings": {"kafka": {"topic": name, "bindingVersion": "0.5.0"}},
    }


def _keyed_by(topic: Topic) -> str:
    keys = sorted({route.key for _, route in _kafka_routes() if route.topic is topic})
    if not keys:
        return "Records that no handler could take, whole, with headers that say why and where they came from."
    return f"Keyed by `{'`, `'.join(keys)}`; the partitioner is murmur2."


def _kafka_routes() -> Iterator[tuple[type[Message], Kafka]]:
    for message in CATALOGUE.values():
        yield from ((message, route) for route in message.routes if isinstance(route, Kafka))


def _operations() -> Iterator[tuple[str, Node]]:
    """What each role sends to a channel, and what it takes from it."""
    for name, (place, messages) in _channels():
        for action, verb in (("send", "sends"), ("receive", "takes")):
            for role in Role:
                own = [m for m in messages if any(_acts(role, action, route, place) for route in m.routes)]
                if own:
                    yield f"{role}_{verb}_{name}", _operation(role, action, name, own)


def _acts(role: Role, action: str, route: Route, place: Tcp | Topic) -> bool:
    if isinstance(route, Local) or (route != place and not (isinstance(route, Kafka) and route.topic is place)):
        return False
    return role is (route.sender if action == "send" else route.receiver)


def _operation(role: Role, action: str, channel: str, messages: list[type[Message]]) -> Node:
    return {
        "action": action,
        "title": f"{role.title()} {'sends to' if action == 'send' else 'takes from'} {channel}",
        "channel": _ref(f"#/channels/{channel}"),
        "messages": [_ref(f"#/channels/{channel}/messages/{message.tag()}") for message in messages],
    }


def _message(message: type[Message]) -> Node:
    return {
        "name": message.tag(),
        "title": message.__name__,
        "summary": sentence(message),
        "payload": _ref(f"{_SCHEMAS}{message.__name__}"),
    }


def sentence(message: type[Message]) -> str:
    """What a message is for, in its own words."""
    return " ".join((message.__doc__ or "").split())


def _schemas(messages: list[type[Message]]) -> Node:
    _, whole = models_json_schema(
        [(message, "serialization") for message in messages], ref_template=f"{_SCHEMAS}{{model}}"
    )
    schemas: Node = _as_sent(whole["$defs"])
    for message in messages:
        schemas[message.__name__]["required"] = sorted({"type", *schemas[message.__name__]["required"]})
    return dict(sorted(schemas.items()))


def _as_sent(node: Any) -> Any:
    """A schema without its nulls: a field that has no value is left out of the object."""
    if isinstance(node, list):
        return [_as_sent(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {_BOUNDS.get(n, n): _as_sent(one) for n, one in node.items() if not (n == "default" and one is None)}
    choices = found.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        rest = [one for one in choices if one != {"type": "null"}]
        del found["anyOf"]
        found = {**rest[0], **found} if len(rest) == 1 else {**found, "anyOf": rest}
    return found


def _ref(where: str) -> Node:
    return {"$ref": where}
