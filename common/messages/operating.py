"""
What an operator tells Central, and what Central answers. The arguments of each command are a class here; one that is
wrong is refused with `bad_argument`, one that is unknown is ignored.
"""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StrictInt
from pydantic_core import PydanticCustomError

from common.messages.envelope import Message, Response
from common.messages.fields import CpId, Finite, Flag, JsonObject, MessageId, Name, PointStatus, Price
from common.routes import Role, over_tcp

Command = Literal[
    "list_cps",
    "stop_cp",
    "resume_cp",
    "stop_session",
    "set_price",
    "list_sessions",
    "list_drivers",
    "list_events",
    "trace",
    "stats",
    "enroll",
    "rotate",
    "revoke",
    "list_credentials",
]


class ManualCommand(Message):
    """An operator asks Central something or tells it to act."""

    routes = over_tcp((Role.ADMIN, Role.CENTRAL))
    type: Literal["manual_command"] = "manual_command"
    command: Command
    args: JsonObject = Field(default_factory=dict)


class ManualCommandResponse(Response):
    """What came of it; what was asked for is in `data`."""

    routes = over_tcp((Role.CENTRAL, Role.ADMIN))
    type: Literal["manual_command_response"] = "manual_command_response"


# -- arguments

#: Numbers of rows; what is larger no JSON reader keeps exact.
_MOST = 2**53
PointOrder = Literal["cp_id", "name", "status", "price", "power", "energy", "cost", "seen"]
#: Whose secrets there are.
CredentialRole = Literal["point", "driver", "admin"]
CREDENTIAL_ROLES: tuple[CredentialRole, ...] = get_args(CredentialRole)
LEAST_SECRET, MOST_SECRET = 16, 200
LONGEST_KEPT_S = 366 * 86_400
#: A session's states as an operator may ask for them.
SessionStatus = Literal["CLAIMED", "CHARGING", "FINISHED", "REFUSED"]


def _listed(value: object) -> object:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not value:
        raise PydanticCustomError("one_or_more", "must be one word or a list of words")
    return value


def _told(value: object) -> object:
    secret = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(secret, str) or not re.fullmatch(r"[!-~]+", secret):
        raise PydanticCustomError("secret", "must be printable characters of ASCII without blanks")
    return value


_OneOrMore = BeforeValidator(_listed)
_Told = BeforeValidator(_told)
_Cursor = Annotated[Name, Field(description="`next` of the answer before: the page behind it")]
_RowNumber = Annotated[StrictInt, Field(ge=0, le=_MOST)]
_Rows = Annotated[StrictInt, Field(ge=1, le=_MOST)]
#: Never shown, also not where a value of this kind is printed by mistake.
_Secret = Annotated[
    SecretStr,
    _Told,
    Field(min_length=LEAST_SECRET, max_length=MOST_SECRET, description="16 to 200 printable characters without blanks"),
]
_PointOrAll = Annotated[MessageId, Field(description='a cp_id, or "*" for all')]


class Arguments(BaseModel):
    """Of one command. Its docstring says what the command does, `answer` what the answer's data hold."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)
    answer: ClassVar[str]


class ListPoints(Arguments):
    """Shows charging points, each with its running session."""

    answer = (
        "`charging_points`: all that is known of each point, and of its running session `session_id`, `session_status`,"
        " `started_at`, `driver_id`, `energy_consumed_kwh`, `energy_limit_kwh`, `charging_rate`, `total_cost` and"
        " `progress` (0 to 100), null without one; `next` where there is more; `total`, how many match, where any"
        " argument but `after` was given"
    )
    search: Name | None = Field(
        None, description="in cp_id, name or address, in capitals or not; nothing is a wildcard"
    )
    status: Annotated[tuple[PointStatus, ...], _OneOrMore] | None = Field(None, description="one status or a list")
    sort: PointOrder = Field(
        "cp_id", description="`power`, `energy` and `cost` are those of the running session; who has none comes last"
    )
    descending: Flag = False
    limit: Annotated[StrictInt, Field(ge=1, le=1000)] = Field(
        40, description="rows of a page, 1 to 1000; one frame may hold fewer"
    )
    offset: _RowNumber = Field(0, description="rows to pass over, under any order; `after` goes before it")
    after: _Cursor = ""

    @property
    def is_search(self) -> bool:
        """Whether more was asked for than the next page of all."""
        return bool(self.model_fields_set - {"after"})


class ListSessions(Arguments):
    """Shows sessions, newest first."""

    answer = "`sessions`; `next` where there is more"
    open: Flag = Field(False, description="only those that run")
    cp_id: MessageId | None = None
    driver_id: MessageId | None = None
    status: Annotated[tuple[SessionStatus, ...], _OneOrMore] | None = Field(None, description="one status or a list")
    limit: _Rows = Field(40, description="rows of a page; one frame may hold fewer")
    after: _Cursor = ""


class ListDrivers(Arguments):
    """Shows drivers, in order of their ids, with what each charged in all."""

    answer = "`drivers`; `next` where there is more"
    after: _Cursor = ""


class ListEvents(Arguments):
    """Shows what happened, newest first."""

    answer = (
        "`events`: `id`, `at`, `kind`, `text` and, where there is one, `cp_id`, `session_id`, `driver_id`, `message_id`;"
        " `next` where there is more; `newest`, the highest id of all"
    )
    limit: _Rows = Field(40, description="rows of a page; one frame may hold fewer")
    before: _RowNumber | None = Field(None, description="an id: only older ones")
    since: _RowNumber | None = Field(
        None,
        description="an id: only newer ones; one above `newest` counts as 0, for then the numbers began anew. On"
        " PostgreSQL many write at once, and a lower id may show a moment after a higher one: ask from a few ids further"
        " back and pass over what is known",
    )
    cp_id: MessageId | None = None
    session_id: MessageId | None = None
    kind: Annotated[tuple[MessageId, ...], Field(max_length=20), _OneOrMore] | None = Field(
        None, description="one kind or a list"
    )
    after: _Cursor = ""


class StopPoint(Arguments):
    """Takes a point out of service; a charge that runs there ends."""

    answer = "`changed`, `unconfirmed`: ids of points"
    cp_id: _PointOrAll


class ResumePoint(Arguments):
    """Puts a point back into service."""

    answer = "`changed`, `unconfirmed`: ids of points"
    cp_id: _PointOrAll


class StopSession(Arguments):
    """Ends one charge."""

    answer = "nothing"
    session_id: MessageId


class SetPrice(Arguments):
    """Sets the price at a point from the next session on."""

    answer = "`changed`: ids of points"
    cp_id: _PointOrAll
    price_per_kwh: Price = Field(description="price of one kWh, at most 4 decimals")


class Trace(Arguments):
    """Tells the story of a message or a session."""

    answer = "`events` as of `list_events`, oldest first"
    id: MessageId = Field(description="a message_id or session_id")


class Enroll(Arguments):
    """Makes somebody known by a secret; refused where authentication is off, and for who is known already by another."""

    answer = "nothing"
    role: CredentialRole
    id: CpId
    secret: _Secret


class Rotate(Arguments):
    """Gives somebody a new secret."""

    answer = "nothing"
    role: CredentialRole
    id: CpId
    secret: _Secret
    keep_old_s: Annotated[Finite, Field(ge=0, le=LONGEST_KEPT_S)] = Field(
        86_400.0, description="seconds for which the old one counts too, at most a year"
    )


class Revoke(Arguments):
    """Takes somebody's secrets away; links that were proven with them end. The last admin cannot be revoked."""

    answer = "nothing"
    role: CredentialRole
    id: CpId


class ListCredentials(Arguments):
    """Shows who is enrolled or was, in order of role and id; never a secret."""

    answer = (
        "`credentials`: `role`, `id`, `created_at`, `created_by`, `changed_at`, `changed_by`, `old_counts_until`,"
        " `revoked_at`, the last two null where there is none; `next` where there is more"
    )
    role: CredentialRole | None = None
    limit: _Rows = Field(200, description="rows of a page; one frame may hold fewer")
    after: _Cursor = ""


class Stats(Arguments):
    """Shows Central's figures: its own since its start, and those of the database (kept for a second or more)."""

    answer = (
        "`points` and `sessions` by status; `requests`: `claimed` sessions, `commands_waiting`; `today` (UTC):"
        " `energy_consumed_kwh`, `total_cost`; `charging_rate` (kW now); `messages_per_second` taken by this Central;"
        " `charge_latency_ms`; `kafka`; `complaints`: the newest warnings and errors that this Central logged, newest"
        " first, with `at`, `level`, `text` and the ids of their story; and more"
    )


ARGUMENTS: Mapping[Command, type[Arguments]] = {
    "list_cps": ListPoints,
    "list_sessions": ListSessions,
    "list_drivers": ListDrivers,
    "list_events": ListEvents,
    "stop_cp": StopPoint,
    "resume_cp": ResumePoint,
    "stop_session": StopSession,
    "set_price": SetPrice,
    "trace": Trace,
    "stats": Stats,
    "enroll": Enroll,
    "rotate": Rotate,
    "revoke": Revoke,
    "list_credentials": ListCredentials,
}
