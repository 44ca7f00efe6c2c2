"""Whatever bytes arrive become one accepted message, or a BadMessage that says why."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.codec import decode, encode, encode_line
from common.errors import BadMessage, ErrorCode
from common.messages import ChargeCompletion, ChargeRequest, ChargingData, ErrorResponse, Message, Reason
from common.registry import CATALOGUE, over_kafka, over_tcp
from common.routes import Role, Topic

REQUEST = {"type": "charge_request", "message_id": "m1", "timestamp": 5.5, "cp_id": "CP001", "driver_id": "D001"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
GOLDEN = Path(__file__).resolve().parents[2] / "golden"
TYPES = st.sampled_from(sorted(CATALOGUE))
FIELDS = sorted({name for message in CATALOGUE.values() for name in message.model_fields} - {"type"})


def read(data: bytes) -> Message | BadMessage:
    try:
        return decode(data, CATALOGUE)
    except BadMessage as refused:
        return refused


def bad(data: bytes | dict[str, Any]) -> tuple[ErrorCode, str, str | None]:
    with pytest.raises(BadMessage) as refused:
        decode(data if isinstance(data, bytes) else json.dumps(data).encode(), CATALOGUE)
    return refused.value.code, refused.value.sentence, refused.value.message_id


@given(st.binary(max_size=200))
def test_any_bytes_become_a_message_or_a_bad_message(data: bytes) -> None:
    found = read(data)
    assert not isinstance(found, BadMessage) or found.sentence


@given(JSON)
def test_any_json_becomes_a_message_or_a_bad_message(value: Any) -> None:
    with pytest.raises(BadMessage) as refused:
        decode(json.dumps(value).encode(), CATALOGUE)
    wrong = ErrorCode.INVALID_MESSAGE if isinstance(value, dict) else ErrorCode.MALFORMED_JSON
    # NaN and its like are no JSON, wherever they stand; a dict may hold a "type" only by great chance.
    assert refused.value.code in {wrong, ErrorCode.MALFORMED_JSON, ErrorCode.UNKNOWN_TYPE}


@given(TYPES, st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6))
def test_any_fields_of_any_type_are_taken_or_refused_by_the_path_of_the_field(tag: str, fields: dict[str, Any]) -> None:
    data = json.dumps({"message_id": "m1", **fields, "type": tag}).encode()
    found = read(data)
    if isinstance(found, BadMessage):
        assert found.code in {ErrorCode.INVALID_MESSAGE, ErrorCode.MALFORMED_JSON}
    else:
        assert decode(encode(found), CATALOGUE) == found


def told(data: bytes) -> Message | tuple[ErrorCode, str, str | None]:
    found = read(data)
    if not isinstance(found, BadMessage):
        return found
    return found.code, found.sentence.partition(" at line ")[0], found.message_id


@given(TYPES, st.dictionaries(st.sampled_from([*FIELDS, "later"]), JSON, max_size=2), st.sampled_from([*FIELDS, ""]))
@example("charge_request", {"cp_id": float("nan")}, "")
@example("charge_request", {"later": float("inf")}, "")
@example("charge_request", {"type": "stop_charging_request"}, "")
def test_a_message_is_read_alike_whether_its_type_comes_first_or_not(
    tag: str, changes: dict[str, Any], missing: str
) -> None:
    golden = json.loads((GOLDEN / f"{tag}.json").read_bytes())
    fields = {name: value for name, value in {**golden, **changes}.items() if name not in (missing, "type")}
    body = json.dumps(fields, separators=(",", ":")).removeprefix("{").removesuffix("}")
    again = f',"type":{json.dumps(changes["type"])}' if "type" in changes else ""
    first = f'{{"type":"{tag}",{body}{again}}}'.encode()
    assert told(first) == told(b" " + first)  # with a blank before it, it is read the plain way


def test_a_message_is_read_with_all_its_fields() -> None:
    message = decode(json.dumps(REQUEST | {"energy_limit_kwh": 7.5}).encode(), CATALOGUE)
    assert message == ChargeRequest(
        message_id="m1", timestamp=5.5, cp_id="CP001", driver_id="D001", energy_limit_kwh=Decimal("7.5")
    )


def test_a_message_is_written_on_one_line_without_its_empty_fields() -> None:
    message = ChargeRequest(message_id="m1", timestamp=5.5, cp_id="CP001", driver_id="D001")
    line = encode_line(message)
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert json.loads(line) == REQUEST


def test_a_missing_timestamp_is_left_to_the_receiver() -> None:
    fields = {name: value for name, value in REQUEST.items() if name != "timestamp"}
    assert decode(json.dumps(fields).encode(), CATALOGUE).timestamp is None


@pytest.mark.parametrize("data", [b"", b"{", b"null", b"[]", b'"x"', b"1", b"\xff\xfe", b"{} {}", b"[" * 60_000])
def test_what_is_no_json_object_is_malformed(data: bytes) -> None:
    assert bad(data)[0] is ErrorCode.MALFORMED_JSON


def test_an_unknown_type_is_told_apart_from_a_missing_one() -> None:
    assert bad({**REQUEST, "type": "nonsense"}) == (
        ErrorCode.UNKNOWN_TYPE,
        "There is no message type nonsense.",
        "m1",
    )
    assert bad({"message_id": "m1"})[0] is ErrorCode.INVALID_MESSAGE
    assert bad({**REQUEST, "type": 7})[0] is ErrorCode.INVALID_MESSAGE


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"cp_id": None}, "cp_id"),
        ({"cp_id": ""}, "cp_id"),
        ({"cp_id": "a b"}, "cp_id"),
        ({"cp_id": "CP001\n"}, "cp_id"),
        ({"cp_id": "x" * 37}, "cp_id"),
        ({"cp_id": 1}, "cp_id"),
        ({"driver_id": ["D001"]}, "driver_id"),
        ({"message_id": ""}, "message_id"),
        ({"message_id": "x" * 65}, "message_id"),
        ({"message_id": "a\u0007b"}, "message_id"),
        ({"timestamp": "now"}, "timestamp"),
        ({"timestamp": True}, "timestamp"),
        ({"timestamp": -1}, "timestamp"),
        ({"timestamp": 10**400}, "timestamp"),
        ({"energy_limit_kwh": "5"}, "energy_limit_kwh"),
        ({"energy_limit_kwh": True}, "energy_limit_kwh"),
        ({"energy_limit_kwh": -1}, "energy_limit_kwh"),
        ({"energy_limit_kwh": 0.0001}, "energy_limit_kwh"),
        ({"energy_limit_kwh": 1e300}, "energy_limit_kwh"),
    ],
)
def test_a_wrong_field_is_named_by_its_path(change: dict[str, Any], path: str) -> None:
    code, sentence, _ = bad({**REQUEST, **change})
    assert (code, sentence.partition(":")[0]) == (ErrorCode.INVALID_MESSAGE, path)


def test_a_wrong_field_deep_inside_is_named_by_its_whole_path() -> None:
    answer = {"type": "available_cps_response", "message_id": "m1", "status": "success", "charging_points": [{}]}
    assert bad(answer)[1].startswith("charging_points.0.cp_id:")


def test_the_id_of_a_bad_message_is_kept_where_it_can_be_read() -> None:
    assert bad({"type": "nonsense", "message_id": "m7"})[2] == "m7"
    assert bad({"type": "nonsense", "message_id": "x" * 65})[2] is None
    assert bad({"type": "nonsense", "message_id": {"a": 1}})[2] is None


def test_a_type_that_may_not_come_this_way_is_not_allowed() -> None:
    from_driver = over_tcp(Role.DRIVER, Role.CENTRAL)
    with pytest.raises(BadMessage) as refused:
        decode(b'{"type": "heartbeat_request", "message_id": "m1"}', from_driver)
    assert refused.value.code is ErrorCode.NOT_ALLOWED


@pytest.mark.parametrize("tag", ["connection_lost", "connection_error"])
def test_the_events_of_the_transport_never_come_over_a_wire(tag: str) -> None:
    for sender in Role:
        for receiver in Role:
            with pytest.raises(BadMessage) as refused:
                decode(json.dumps({"type": tag, "message_id": "m1"}).encode(), over_tcp(sender, receiver))
            assert refused.value.code is ErrorCode.NOT_ALLOWED


@pytest.mark.parametrize("alias", ["charge_completion_notification", "charge_completion_response"])
def test_a_driver_reads_other_names_of_a_completion_and_nobody_else_does(alias: str) -> None:
    completion = ChargeCompletion(
        message_id="m1",
        cp_id="CP001",
        session_id="s1",
        energy_consumed_kwh=Decimal("1.5"),
        total_cost=Decimal("0.45"),
        reason=Reason.VEHICLE_FULL,
    )
    data = encode(completion).replace(b'"charge_completion"', f'"{alias}"'.encode())
    assert decode(data, over_kafka(Topic.DRIVER_RESPONSES, Role.DRIVER)) == completion
    with pytest.raises(BadMessage) as refused:
        decode(data, over_kafka(Topic.SESSION_COMPLETE, Role.CENTRAL))
    assert refused.value.code is ErrorCode.NOT_ALLOWED


def test_energy_and_money_never_become_binary_floats_inside() -> None:
    reading = decode(
        b'{"type": "charging_data", "message_id": "m1", "cp_id": "CP001", "session_id": "s1",'
        b' "energy_consumed_kwh": 0.1, "total_cost": 0.07, "charging_rate": 22}',
        CATALOGUE,
    )
    assert isinstance(reading, ChargingData)
    assert (reading.energy_consumed_kwh, reading.total_cost) == (Decimal("0.1"), Decimal("0.07"))
    assert json.loads(encode(reading))["energy_consumed_kwh"] == 0.1


def test_an_error_response_needs_no_more_than_its_code() -> None:
    answer = ErrorResponse(message_id="m1", error=ErrorCode.MALFORMED_JSON)
    assert json.loads(encode(answer)) == {
        "type": "error_response",
        "message_id": "m1",
        "status": "failure",
        "message": "",
        "error": "malformed_json",
    }
