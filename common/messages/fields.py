"""The kinds of values that fields carry (protocol, section 2). What a value means stands at its message."""

import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    JsonValue,
    PlainSerializer,
    PlainValidator,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError


def _decimal(places: int, most: int) -> Callable[[object], Decimal]:
    """A reader of JSON numbers as decimals: no strings, no booleans, no NaN, nothing finer than `places`."""
    ceiling = Decimal(most)

    def read(value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise PydanticCustomError("number", "must be a number")
        try:
            number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
            fits = number.is_finite() and 0 <= number <= ceiling
        except InvalidOperation:
            fits = False
        if not fits:
            raise PydanticCustomError("range", f"must be from 0 to {most}")
        exponent = number.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > places:
            raise PydanticCustomError("decimals", f"must have at most {places} decimals")
        return number or Decimal(0)

    return read


def _wire_decimal(places: int, most: int, meaning: str) -> tuple[object, ...]:
    schema = {"type": "number", "minimum": 0, "maximum": most, "multipleOf": 10**-places, "description": meaning}
    return (PlainValidator(_decimal(places, most)), PlainSerializer(float, return_type=float), WithJsonSchema(schema))


def _finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number", "must be a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise PydanticCustomError("range", "must be a finite number")
    return number


def _all_finite(value: object) -> object:
    """JSON has no infinity, but 1e999 becomes one: nobody could write it again."""
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            todo.extend(one.values())
        elif isinstance(one, list):
            todo.extend(one)
        elif isinstance(one, float) and not math.isfinite(one):
            raise PydanticCustomError("range", "must hold finite numbers only")
    return value


_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]*")


def _printable(value: str) -> str:
    # Control characters would reach terminals and logs of people who did not choose them.
    if not _PRINTABLE.fullmatch(value):
        raise PydanticCustomError("control", "must not contain control characters")
    return value


_ID = r"^[A-Za-z0-9._-]{1,36}$"
_Printed = BeforeValidator(lambda value: _printable(value) if isinstance(value, str) else value)

CpId = Annotated[StrictStr, StringConstraints(pattern=_ID)]
DriverId = Annotated[StrictStr, StringConstraints(pattern=_ID)]
AdminId = Annotated[StrictStr, StringConstraints(pattern=_ID)]
SessionId = Annotated[StrictStr, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
MessageId = Annotated[StrictStr, _Printed, StringConstraints(min_length=1, max_length=64)]
Sentence = Annotated[StrictStr, _Printed, StringConstraints(max_length=1000)]
Name = Annotated[StrictStr, _Printed, StringConstraints(max_length=200)]

Finite = Annotated[float, BeforeValidator(_finite)]
#: An object whose fields are not fixed.
JsonObject = Annotated[dict[str, JsonValue], BeforeValidator(_all_finite)]
Timestamp = Annotated[Finite, Field(ge=0, le=253_402_300_799)]  # up to the end of the year 9999
Kilowatts = Annotated[Finite, Field(ge=0, le=100_000)]
Latitude = Annotated[Finite, Field(ge=-90, le=90)]
Longitude = Annotated[Finite, Field(ge=-180, le=180)]
Progress = Annotated[Finite, Field(ge=0, le=100)]
Seconds = Annotated[Finite, Field(gt=0, le=86_400)]
Count = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
Flag = StrictBool

#: Energy of one session, in kWh to the watt-hour.
Kwh = Annotated[Decimal, *_wire_decimal(3, 1_000_000, "kWh, at most 3 decimals")]
#: An amount of money.
Money = Annotated[Decimal, *_wire_decimal(2, 1_000_000_000, "money, at most 2 decimals")]
#: A price of one kWh.
Price = Annotated[Decimal, *_wire_decimal(4, 10_000, "price of one kWh, at most 4 decimals")]


class PointStatus(StrEnum):
    """What a charging point is doing (protocol, section 8)."""

    ACTIVE = "ACTIVE"
    CHARGING = "CHARGING"
    FAULTY = "FAULTY"
    STOPPED = "STOPPED"
    DISCONNECTED = "DISCONNECTED"


class Reason(StrEnum):
    """Why a charge ended."""

    DRIVER_STOP = "driver_stop"
    ADMIN_STOP = "admin_stop"
    UNPLUGGED = "unplugged"
    ENERGY_LIMIT = "energy_limit"
    VEHICLE_FULL = "vehicle_full"
    FAULT = "fault"
    ENGINE_RESTART = "engine_restart"
    POWER_LOSS = "power_loss"


Outcome = Literal["success", "failure"]
