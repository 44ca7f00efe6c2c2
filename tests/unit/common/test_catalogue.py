"""The whole protocol is played: every process takes all that it may be sent, and every message has a sender."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

from common.messages import Message
from common.registry import CATALOGUE, received_by
from common.routes import Kafka, Role, Route, Tcp, Topic

ROOT = Path(__file__).parents[3]
#: Where the programs of a role stand. What a link itself sends stands in common.net.
CODE = {
    Role.CENTRAL: [ROOT / "central"],
    Role.MONITOR: [ROOT / "charging_point" / "monitor"],
    Role.ENGINE: [ROOT / "charging_point" / "engine"],
    Role.DRIVER: [ROOT / "driver"],
    Role.ADMIN: [ROOT / "central" / "admin"],
}
WIRES = {
    Role.CENTRAL: "central.handlers",
    Role.MONITOR: "charging_point.monitor.handlers",
    Role.ENGINE: "charging_point.engine.handlers",
    Role.DRIVER: "driver.handlers",
    Role.ADMIN: "central.admin.handlers",
}
LINKS = [ROOT / "common" / "net"]
_NAMED = (ast.Attribute, ast.Name)


def trees(places: list[Path]) -> list[ast.Module]:
    return [ast.parse(path.read_text(encoding="utf-8")) for place in places for path in sorted(place.rglob("*.py"))]


def made_in(places: list[Path]) -> set[str]:
    """The names of classes that some call in these folders makes one of."""
    calls = [node.func for tree in trees(places) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {func.attr if isinstance(func, ast.Attribute) else func.id for func in calls if isinstance(func, _NAMED)}


def registered_in(module: str) -> set[str]:
    """The names of the messages that `wire()` gives a handler: `d.on(Name, ...)`."""
    wire = ast.parse(inspect.getsource(importlib.import_module(module).wire))
    return {
        ast.unparse(call.args[0]).rpartition(".")[2]
        for call in ast.walk(wire)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "on"
    }


def relayed_by(role: Role) -> set[str]:
    """What may be handed on as it came: by Monitor between its neighbours, by Central to the Central that asked."""
    return {
        message.__name__
        for message in CATALOGUE.values()
        for came in message.routes
        for goes in message.routes
        if isinstance(came, Tcp) and came.receiver is role and _hands_on(role, goes)
    }


def _hands_on(role: Role, route: Route) -> bool:
    if isinstance(route, Tcp):
        return role is route.sender is Role.MONITOR
    return isinstance(route, Kafka) and role is route.sender is Role.CENTRAL and route.topic is Topic.CENTRAL_COMMANDS


def senders(message: type[Message]) -> set[Role]:
    return {route.sender for route in message.routes if isinstance(route, Tcp | Kafka)}


@pytest.mark.parametrize("role", Role)
def test_a_process_has_a_handler_for_all_that_it_may_receive(role: Role) -> None:
    assert registered_in(WIRES[role]) == {message.__name__ for message in received_by(role)}


@pytest.mark.parametrize("role", Role)
def test_a_wire_checks_itself_before_its_process_starts(role: Role) -> None:
    source = inspect.getsource(importlib.import_module(WIRES[role]).wire)
    checks = [
        call
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "check"
    ]
    assert len(checks) == 1


@pytest.mark.parametrize("tag", sorted(tag for tag, message in CATALOGUE.items() if senders(message)))
def test_every_role_that_may_send_a_message_makes_or_relays_it(tag: str) -> None:
    message = CATALOGUE[tag]
    for role in senders(message):
        assert message.__name__ in made_in(CODE[role]) | made_in(LINKS) | relayed_by(role), f"{role} never sends {tag}"
