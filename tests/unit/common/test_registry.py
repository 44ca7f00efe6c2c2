"""A message that is declared wrong fails where it is defined."""

from collections.abc import Iterator
from typing import Literal

import pytest

from common.messages import ChargeRequest, Message
from common.registry import CATALOGUE, over_kafka, over_tcp, received_by, senders_to, sent_by
from common.routes import Local, Role, Topic
from common.routes import over_tcp as tcp_routes


@pytest.fixture(autouse=True)
def _same_catalogue_afterwards() -> Iterator[None]:
    before = dict(CATALOGUE)
    yield
    CATALOGUE.clear()
    CATALOGUE.update(before)


def test_defining_a_message_enters_it() -> None:
    class Sample(Message):
        """For this test."""

        routes = tcp_routes((Role.ADMIN, Role.CENTRAL))
        type: Literal["sample"] = "sample"

    assert CATALOGUE["sample"] is Sample
    assert over_tcp(Role.ADMIN, Role.CENTRAL)["sample"] is Sample
    assert Sample in received_by(Role.CENTRAL)
    assert Sample in sent_by(Role.ADMIN)
    assert senders_to(Role.CENTRAL, "sample") == {Role.ADMIN}


def test_a_message_without_docstring_is_refused() -> None:
    with pytest.raises(TypeError, match="say in a docstring what the message is for"):

        class Silent(Message):
            routes = tcp_routes((Role.ADMIN, Role.CENTRAL))
            type: Literal["silent"] = "silent"

    assert "silent" not in CATALOGUE


def test_a_message_without_route_is_refused() -> None:
    with pytest.raises(TypeError, match="declare its routes"):

        class Lost(Message):
            """Goes nowhere."""

            type: Literal["lost"] = "lost"

    assert "lost" not in CATALOGUE


def test_a_second_message_of_the_same_type_is_refused() -> None:
    with pytest.raises(TypeError, match="the type 'charge_request' already belongs to ChargeRequest"):

        class Twin(Message):
            """Says what another says."""

            routes = tcp_routes((Role.DRIVER, Role.CENTRAL))
            type: Literal["charge_request"] = "charge_request"

    assert CATALOGUE["charge_request"] is ChargeRequest


def test_a_topic_carries_what_section_5_says() -> None:
    found = {
        (topic, role): sorted(over_kafka(topic, role)) for topic in Topic for role in Role if over_kafka(topic, role)
    }
    commands = ["resume_cp_command", "start_charging_command", "stop_charging_command", "stop_cp_command"]
    assert found == {
        (Topic.CHARGE_REQUESTS, Role.CENTRAL): ["charge_request"],
        (Topic.STOP_REQUESTS, Role.CENTRAL): ["stop_charging_request"],
        (Topic.CPS_REQUESTS, Role.CENTRAL): ["available_cps_request", "charging_history_request"],
        (Topic.DRIVER_RESPONSES, Role.DRIVER): [
            "available_cps_response",
            "charge_completion",
            "charge_completion_notification",
            "charge_completion_response",
            "charge_request_response",
            "charging_data",
            "charging_history_response",
            "charging_status_update",
            "stop_charging_response",
        ],
        (Topic.SESSION_DATA, Role.CENTRAL): ["charging_data"],
        (Topic.SESSION_COMPLETE, Role.CENTRAL): ["charge_completion"],
        (Topic.CENTRAL_COMMANDS, Role.CENTRAL): ["command_response", *commands],
    }


def test_the_events_of_the_transport_reach_every_role_and_are_sent_by_none() -> None:
    events = {m for m in CATALOGUE.values() if any(isinstance(route, Local) for route in m.routes)}
    assert {m.tag() for m in events} == {"connection_lost", "connection_error"}
    for role in Role:
        assert events <= set(received_by(role))
        assert not events & set(sent_by(role))
