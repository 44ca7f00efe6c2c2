"""
Readings in bulk: the quick way from a record's bytes to the four figures that Central stores. No I/O.

Readings are most of what a Central ever reads, so what the catalogue says of `charging_data` stands here a second time, in
pydantic-core's own terms, without a message object and without Python in between. This way knows only what is surely right,
and gives it as the codec would (tests/unit/common/test_metering.py holds the two together, field by field and by chance);
whatever else comes is for the codec to take or to refuse, with its words.
"""

from typing import Final, TypeAlias

from pydantic_core import CoreSchema, SchemaValidator, ValidationError, core_schema

from common.messages import ChargingData
from common.money import WATT_HOURS_PER_KWH, watt_hours

_HUNDREDTHS = 100
_LATEST = 253_402_300_799.0  # the end of the year 9999


#: One reading: its point, the session that it means (one of its point, or none), watt-hours, kW, and the point's own time, if
#: it said one. A plain tuple, for there may be 100,000 of them in a second.
Metering: TypeAlias = tuple[str, str, int, float, float | None]
ENERGY_WH: Final = 2


def metering(message: ChargingData) -> Metering:
    """What a message of the codec says."""
    energy_wh = watt_hours(message.energy_consumed_kwh)
    return message.cp_id, message.session_id, energy_wh, message.charging_rate, message.timestamp


def _number(most: float) -> CoreSchema:
    return core_schema.float_schema(strict=True, ge=0, le=most, allow_inf_nan=False)


def _text(pattern: str) -> CoreSchema:
    return core_schema.str_schema(strict=True, pattern=pattern)


_REQUIRED: dict[str, CoreSchema] = {
    "type": core_schema.literal_schema([ChargingData.tag()]),
    "message_id": _text(r"^[^\x00-\x1f\x7f-\u{9f}]{1,64}$"),
    "cp_id": _text(r"^[A-Za-z0-9._-]{1,36}$"),
    "session_id": _text(r"^[A-Za-z0-9._-]{1,64}$"),
    "energy_consumed_kwh": _number(1_000_000),
    "total_cost": _number(1_000_000_000),
    "charging_rate": _number(100_000),
}
_OPTIONAL: dict[str, CoreSchema] = {
    "timestamp": core_schema.nullable_schema(_number(_LATEST)),
    "relay": core_schema.nullable_schema(core_schema.bool_schema(strict=True)),
}
#: The fields that this way knows; a message with another goes the codec's way.
FIELDS = frozenset({*_REQUIRED, *_OPTIONAL})
_read = SchemaValidator(
    core_schema.typed_dict_schema(
        {name: core_schema.typed_dict_field(schema) for name, schema in _REQUIRED.items()}
        | {name: core_schema.typed_dict_field(schema, required=False) for name, schema in _OPTIONAL.items()},
        extra_behavior="forbid",
    )
).validate_json


def read_metering(data: bytes) -> Metering | None:
    """The reading in these bytes; None where that is for the codec to say."""
    try:
        found = _read(data)
    except ValidationError:
        return None
    kwh, cost = found["energy_consumed_kwh"], found["total_cost"]
    energy_wh = round(kwh * WATT_HOURS_PER_KWH)
    # A figure of that many decimals is the double nearest to a whole number of its smallest unit, and no other is.
    if energy_wh / WATT_HOURS_PER_KWH != kwh or round(cost * _HUNDREDTHS) / _HUNDREDTHS != cost:
        return None
    return found["cp_id"], found["session_id"], energy_wh, found["charging_rate"], found.get("timestamp")
