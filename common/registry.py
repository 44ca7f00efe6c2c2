"""The registry: type tag -> message class, and what a role may receive over which route. No I/O."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from common.routes import Kafka, Local, Role, Tcp, Topic

if TYPE_CHECKING:
    from common.messages.envelope import Message

#: Every message of the protocol by its tag, in the order of definition.
CATALOGUE: "dict[str, type[Message]]" = {}


def register(message: "type[Message]", tag: str) -> None:
    """Enter a class; called by the class's own definition, so a mistake fails at import."""
    name = message.__name__
    if tag in CATALOGUE:
        raise TypeError(f"{name}: the type {tag!r} already belongs to {CATALOGUE[tag].__name__}")
    if not message.routes:
        raise TypeError(f"{name}: declare its routes (who sends it to whom, over what)")
    if not (message.__doc__ or "").strip():
        raise TypeError(f"{name}: say in a docstring what the message is for")
    CATALOGUE[tag] = message
    over_tcp.cache_clear()
    over_kafka.cache_clear()
    senders_to.cache_clear()


def _by_tag(messages: "list[type[Message]]", receiver: Role) -> "dict[str, type[Message]]":
    found = {message.tag(): message for message in messages}
    for message in messages:
        found |= {alias: message for reader, alias in message.aliases if reader is receiver}
    return found


@cache
def over_tcp(sender: Role, receiver: Role) -> "Mapping[str, type[Message]]":
    """What `receiver` takes from `sender` on a socket, other names of a type included. Asked for each link, so kept."""
    return _by_tag([m for m in CATALOGUE.values() if Tcp(sender, receiver) in m.routes], receiver)


@cache
def over_kafka(topic: Topic, receiver: Role) -> "Mapping[str, type[Message]]":
    """What `receiver` takes from a topic."""

    def comes(message: "type[Message]") -> bool:
        return any(isinstance(r, Kafka) and r.topic is topic and r.receiver is receiver for r in message.routes)

    return _by_tag([m for m in CATALOGUE.values() if comes(m)], receiver)


def received_by(role: Role) -> "list[type[Message]]":
    """Every message that a process of this role must have a handler for."""
    return [m for m in CATALOGUE.values() if any(route.receiver is role for route in m.routes)]


def sent_by(role: Role) -> "list[type[Message]]":
    """Every message that a process of this role sends to another."""
    return [
        m
        for m in CATALOGUE.values()
        if any(not isinstance(route, Local) and route.sender is role for route in m.routes)
    ]


@cache
def senders_to(receiver: Role, tag: str) -> frozenset[Role]:
    """The roles whose link a message of this type may open: what fixes the role of a new link."""
    message = CATALOGUE.get(tag)
    routes = message.routes if message else ()
    return frozenset(route.sender for route in routes if isinstance(route, Tcp) and route.receiver is receiver)
