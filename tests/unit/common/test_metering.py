"""Readings in bulk say what the codec says, or leave it to the codec."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.codec import decode, encode
from common.errors import BadMessage
from common.messages import ChargingData
from common.metering import FIELDS, Metering, metering, read_metering

READING: dict[str, Any] = {
    "type": "charging_data",
    "message_id": "m1",
    "timestamp": 1_800_000_000.25,
    "cp_id": "CP1",
    "session_id": "S1",
    "energy_consumed_kwh": 1.234,
    "total_cost": 0.37,
    "charging_rate": 21.5,
}
_ODD_TEXT = st.text("aZ9._- \n\x00\x7f\x85\u2028\U0001f50c", max_size=66)
_NUMBERS = (
    st.integers(-1, 10**12)
    | st.floats()
    | st.integers(0, 10**10).map(lambda n: n / 1000)
    | st.integers(0, 10**12).map(lambda n: n / 10_000)
    | st.sampled_from([-0.0, 1e6, 1e9, 1e-3, 5e-324, 253_402_300_799, 253_402_300_799.5, 10**400])
)
_VALUES = st.none() | st.booleans() | _NUMBERS | _ODD_TEXT | st.lists(st.integers(), max_size=1)
_CHANGES = st.dictionaries(st.sampled_from(sorted(FIELDS | {"from_the_future"})), _VALUES, max_size=2)


def by_codec(data: bytes) -> Metering | None:
    try:
        message = decode(data, {"charging_data": ChargingData})
    except BadMessage:
        return None
    assert isinstance(message, ChargingData)
    return metering(message)


def test_a_reading_is_read_to_the_watt_hour() -> None:
    assert read_metering(json.dumps(READING).encode()) == ("CP1", "S1", 1234, 21.5, 1_800_000_000.25)
    without = {**READING, "relay": False, "energy_consumed_kwh": 7}
    del without["timestamp"]
    assert read_metering(json.dumps(without).encode()) == ("CP1", "S1", 7000, 21.5, None)


def test_it_knows_every_field_of_the_message() -> None:
    assert ChargingData.model_fields.keys() == FIELDS


@given(_CHANGES, st.sets(st.sampled_from(sorted(READING)), max_size=1))
@example({"total_cost": 0.375}, set())
@example({"energy_consumed_kwh": 1.2345}, set())
@example({"message_id": "a" * 65}, set())
@example({"message_id": "a\x85b"}, set())
@example({"cp_id": "CP1\n"}, set())
def test_what_it_takes_the_codec_takes_too_and_says_the_same(changes: dict[str, Any], missing: set[str]) -> None:
    fields = {name: value for name, value in {**READING, **changes}.items() if name not in missing}
    data = json.dumps(fields).encode()
    quick = read_metering(data)
    assert quick is None or quick == by_codec(data)


@given(st.decimals(0, 10**6, places=3), st.decimals(0, 10**9, places=2))
def test_every_amount_that_the_wire_can_carry_goes_the_quick_way(energy: Decimal, cost: Decimal) -> None:
    fields = {**READING, "energy_consumed_kwh": energy, "total_cost": cost, "type": "charging_data"}
    data = encode(ChargingData(**fields))
    quick = read_metering(data)
    assert quick is not None
    assert quick == by_codec(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        json.dumps({**READING, "later": 1}).encode(),
        json.dumps(READING).replace("1.234", "NaN").encode(),
        json.dumps(READING).replace("1.234", "1e999").encode(),
        json.dumps(READING).replace("1.234", "true").encode(),
        json.dumps(READING).replace("1.234", '"1.234"').encode(),
        b"[" * 100_000,
    ],
)
def test_whatever_else_comes_is_left_to_the_codec(data: bytes) -> None:
    assert read_metering(data) is None


def test_of_a_field_that_comes_twice_the_last_counts_as_for_the_codec() -> None:
    twice = json.dumps(READING).replace('"charging_rate"', '"cp_id": "CP2", "charging_rate"').encode()
    assert read_metering(twice) == by_codec(twice) == ("CP2", "S1", 1234, 21.5, 1_800_000_000.25)
