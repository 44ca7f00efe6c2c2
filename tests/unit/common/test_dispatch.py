"""A dispatcher is complete, or its process does not start."""

import pytest

from common.dispatch import Dispatcher
from common.errors import IncompleteWiring
from common.messages import ChargeRequest, HealthCheckRequest, InitCpId, Message
from common.registry import received_by
from common.routes import Role


def answer(message: Message, source: str) -> tuple[str, str]:
    return message.tag(), source


def whole(role: Role) -> Dispatcher[str, tuple[str, str]]:
    dispatcher: Dispatcher[str, tuple[str, str]] = Dispatcher(role)
    for message in received_by(role):
        dispatcher.on(message, answer)
    return dispatcher


def test_a_message_goes_to_its_handler_with_its_source() -> None:
    dispatcher = whole(Role.ENGINE)
    dispatcher.check()
    assert dispatcher.dispatch(InitCpId(message_id="m1", cp_id="CP001"), "link") == ("init_cp_id", "link")


def test_a_missing_handler_is_named() -> None:
    dispatcher: Dispatcher[str, tuple[str, str]] = Dispatcher(Role.ENGINE)
    for message in received_by(Role.ENGINE):
        if message is not HealthCheckRequest:
            dispatcher.on(message, answer)
    with pytest.raises(IncompleteWiring, match=r"^engine has no handler for: health_check_request\.$"):
        dispatcher.check()


def test_a_second_handler_of_a_type_is_refused() -> None:
    with pytest.raises(IncompleteWiring, match="init_cp_id has a handler already"):
        whole(Role.ENGINE).on(InitCpId, answer)


def test_a_handler_of_what_nobody_sends_is_refused() -> None:
    dispatcher = whole(Role.ENGINE)
    dispatcher.on(ChargeRequest, answer)
    with pytest.raises(IncompleteWiring, match=r"^engine handles what nobody sends it: charge_request\.$"):
        dispatcher.check()
