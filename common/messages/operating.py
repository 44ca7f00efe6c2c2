"""What an operator tells Central, and what Central answers."""

from typing import Literal

from pydantic import Field, JsonValue

from common.messages.envelope import Message, Response
from common.routes import Role, over_tcp

Command = Literal[
    "list_cps",
    "stop_cp",
    "resume_cp",
    "stop_session",
    "set_price",
    "list_sessions",
    "list_drivers",
    "trace",
    "stats",
]


class ManualCommand(Message):
    """An operator asks Central something or tells it to act."""

    routes = over_tcp((Role.ADMIN, Role.CENTRAL))
    type: Literal["manual_command"] = "manual_command"
    command: Command
    args: dict[str, JsonValue] = Field(default_factory=dict)


class ManualCommandResponse(Response):
    """What came of it; what was asked for is in `data`."""

    routes = over_tcp((Role.CENTRAL, Role.ADMIN))
    type: Literal["manual_command_response"] = "manual_command_response"
