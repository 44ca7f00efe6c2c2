"""Who talks to whom, and over what: roles, Kafka topics, and the routes that a message class declares."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    CENTRAL = "central"
    MONITOR = "monitor"
    ENGINE = "engine"
    DRIVER = "driver"
    ADMIN = "admin"


class Topic(StrEnum):
    """Section 5 of the protocol."""

    CHARGE_REQUESTS = "driver_charge_requests"
    STOP_REQUESTS = "driver_stop_requests"
    CPS_REQUESTS = "driver_cps_requests"
    DRIVER_RESPONSES = "driver_responses"
    SESSION_DATA = "charging_session_data"
    SESSION_COMPLETE = "charging_session_complete"
    CENTRAL_COMMANDS = "central_commands"
    DEAD_LETTERS = "dead_letters"


@dataclass(frozen=True, slots=True)
class Tcp:
    """The message goes over a socket from one role to another."""

    sender: Role
    receiver: Role


@dataclass(frozen=True, slots=True)
class Kafka:
    """The message goes over a topic; `key` names what its records are keyed by."""

    sender: Role
    receiver: Role
    topic: Topic
    key: str


@dataclass(frozen=True, slots=True)
class Local:
    """The message is an event of the transport inside one process and never crosses a wire."""

    receiver: Role


Route = Tcp | Kafka | Local


def over_tcp(*pairs: tuple[Role, Role]) -> tuple[Tcp, ...]:
    return tuple(Tcp(sender, receiver) for sender, receiver in pairs)
