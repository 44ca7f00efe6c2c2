"""What the operator's commands share: arguments that are read or refused, and answers that fit a frame."""

import json

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from central.views import Json
from common.errors import ErrorCode
from common.messages import ManualCommand
from common.messages.operating import ARGUMENTS, Arguments

#: Room for the envelope around a list.
ENVELOPE_BYTES = 2048
#: No row of any list is shorter.
_SHORTEST_ROW_BYTES = 100


class Refusal(Exception):
    """A command that cannot be done; becomes the answer."""

    def __init__(self, code: ErrorCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def read_arguments(order: ManualCommand) -> Arguments:
    try:
        return ARGUMENTS[order.command].model_validate(order.args)
    except ValidationError as wrong:
        fault = wrong.errors(include_url=False, include_input=False)[0]
        raise Refusal(ErrorCode.BAD_ARGUMENT, _sentence(order, fault)) from None


def _sentence(order: ManualCommand, fault: ErrorDetails) -> str:
    name = fault["loc"][0]
    match fault["type"]:
        case "missing":
            return f"{order.command} needs {name}."
        case "too_long" | "string_too_long":
            return f"{name} must not be longer than {fault['ctx']['max_length']}."
        case "too_short" | "string_too_short":
            return f"{name} must not be empty."
        case _:
            return f"{name} {fault['msg'].replace('Input should be', 'must be')}."


def page(name: str, rows: list[Json], following: str | None) -> Json:
    return {name: rows} | ({"next": following} if following else {})


def that_fit(rows: list[Json], room: int) -> list[Json]:
    """As many rows as so many bytes hold, but at least one; the cursor leads to the rest."""
    for count, row in enumerate(rows):
        room -= size_of(row) + 2
        if room < 0:
            return rows[: max(count, 1)]
    return rows


def size_of(data: Json) -> int:
    """Bytes on the wire, or a few more."""
    return len(json.dumps(data, ensure_ascii=False).encode())


def most_rows(asked: int, room: int) -> int:
    """Rows worth reading for one page."""
    return min(asked, max(1, room // _SHORTEST_ROW_BYTES))
