"""Every field of every message against every kind of value that has ever broken a parser: refused in order, or harmless."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.codec import decode
from common.errors import BadMessage, ErrorCode
from common.messages import ChargeRequest, Message, RegisterRequest
from common.registry import CATALOGUE

GOLDEN = Path(__file__).parents[2] / "golden"
EXAMPLES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted(GOLDEN.glob("*.json"))
}
#: Written into the JSON as they stand, since most of them no encoder would write.
NUMBERS = {
    "nan": "NaN",
    "infinity": "Infinity",
    "minus infinity": "-Infinity",
    "1e999": "1e999",
    "-1e999": "-1e999",
    "1e308": "1e308",
    "5,000 digits": "9" * 5000,
    "5,000 digits below zero": "-" + "9" * 5000,
    "true": "true",
    "text": '"1"',
    "list": "[1]",
    "object": '{"a": 1}',
    "leading zero": "01",
    "hexadecimal": "0x10",
}
#: An escape of a terminal, a bell, the end of a line, half a character, and far too much.
TEXTS = {
    "escape": "\\u001b[2J",
    "c1 escape": "\\u009b2J",
    "bell": "\\u0007",
    "line end": "a\\nb",
    "nul": "\\u0000",
    "lone surrogate": "\\ud800",
    "surrogates the wrong way round": "\\udc00\\ud800",
    "long": "x" * 2000,
}


def read(raw: bytes) -> Message | ErrorCode:
    try:
        return decode(raw, CATALOGUE)
    except BadMessage as bad:
        return bad.code


def with_raw(example: dict[str, Any], field: str, raw: str) -> bytes:
    return json.dumps(example | {field: "@@"}).replace('"@@"', raw).encode()


def fields(kind: type | tuple[type, ...]) -> Iterator[tuple[str, str]]:
    for tag, example in EXAMPLES.items():
        for field, value in example.items():
            if isinstance(value, kind) and not isinstance(value, bool) and field != "type":
                yield tag, field


REFUSED = (ErrorCode.MALFORMED_JSON, ErrorCode.INVALID_MESSAGE)


def test_there_is_an_example_of_every_message_that_travels() -> None:
    assert EXAMPLES.keys() == {tag for tag, message in CATALOGUE.items() if message.routes}


@pytest.mark.parametrize("raw", NUMBERS.values(), ids=NUMBERS)
def test_a_bad_number_is_refused_in_every_field_that_is_a_number(raw: str) -> None:
    taken = [name for name in fields((int, float)) if read(with_raw(EXAMPLES[name[0]], name[1], raw)) not in REFUSED]
    assert taken == []


@pytest.mark.parametrize("where", ["1e999", '{"deep": [1, -1e400]}'])
@pytest.mark.parametrize(("tag", "field"), [("error_response", "data"), ("manual_command", "args")])
def test_an_object_that_is_free_holds_finite_numbers_too(tag: str, field: str, where: str) -> None:
    assert read(with_raw(EXAMPLES[tag], field, f'{{"count": {where}}}')) == ErrorCode.INVALID_MESSAGE


def test_a_number_below_zero_is_refused_everywhere_but_in_a_place_on_earth() -> None:
    found = {
        field for tag, field in fields((int, float)) if isinstance(read(with_raw(EXAMPLES[tag], field, "-1")), Message)
    }
    assert found == {"latitude", "longitude"}


@pytest.mark.parametrize("raw", TEXTS.values(), ids=TEXTS)
def test_a_bad_text_is_refused_in_every_field_that_is_a_text(raw: str) -> None:
    taken = [
        name for name in fields(str) if isinstance(read(with_raw(EXAMPLES[name[0]], name[1], f'"{raw}"')), Message)
    ]
    assert taken == []


@pytest.mark.parametrize("raw", ["true", "1", "null", "[]", "{}"])
def test_what_is_no_text_is_refused_in_every_field_that_must_be_one(raw: str) -> None:
    required = [(tag, field) for tag, field in fields(str) if CATALOGUE[tag].model_fields[field].is_required()]
    assert [name for name in required if isinstance(read(with_raw(EXAMPLES[name[0]], name[1], raw)), Message)] == []


def test_invalid_utf_8_is_no_json() -> None:
    raw = json.dumps(EXAMPLES["charge_request"]).encode()
    for bad in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"):
        assert read(raw.replace(b"D001", b"D" + bad)) is ErrorCode.MALFORMED_JSON


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_hundred_thousand_levels_of_nesting_are_no_json_wherever_they_stand(opening: str) -> None:
    deep = opening * 100_000
    assert read(deep.encode()) is ErrorCode.MALFORMED_JSON
    closed = "[" * 100_000 + "]" * 100_000
    for field in ("cp_id", "timestamp", "nobody_knows_this"):
        assert read(with_raw(EXAMPLES["charge_request"], field, closed)) is ErrorCode.MALFORMED_JSON


def test_of_a_key_that_stands_twice_the_last_counts_for_everybody() -> None:
    """Harmless, as all of us read with one parser: nobody can show one value to the check and another to who acts."""
    raw = b'{"type":"charge_request","message_id":"m","cp_id":"CP1","cp_id":"CP2","driver_id":"D1"}'
    assert read(raw) == ChargeRequest(message_id="m", cp_id="CP2", driver_id="D1")
    assert read(raw.replace(b'"type":"charge_request"', b'"type":"stats","type":"charge_request"')) == read(raw)


def test_what_nobody_knows_is_passed_over_however_odd() -> None:
    odd = with_raw(EXAMPLES["charge_request"], "nobody_knows_this", "9" * 5000)
    assert isinstance(read(odd), ChargeRequest) or read(odd) in REFUSED
    assert isinstance(read(with_raw(EXAMPLES["charge_request"], "__proto__", '{"cp_id": "X"}')), ChargeRequest)


@pytest.mark.parametrize(
    ("field", "raw"),
    [
        ("timestamp", "253402300800"),  # the year 10000
        ("timestamp", "1e300"),
        ("price_per_kwh", "10000.01"),
        ("price_per_kwh", "0.12345"),
        ("price_per_kwh", "-0.01"),
        ("max_charging_rate_kw", "100000.1"),
        ("latitude", "90.1"),
        ("longitude", "-180.1"),
        ("connector_id", "1.5"),
        ("connector_id", "1000001"),
    ],
)
def test_a_date_a_price_or_a_size_out_of_this_world_is_refused(field: str, raw: str) -> None:
    assert read(with_raw(EXAMPLES["register_request"], field, raw)) is ErrorCode.INVALID_MESSAGE


def test_names_that_people_really_have_are_taken() -> None:
    for name in (
        "Plaça de l'Ajuntament №3",
        "市场广场 1 号",
        "שלום",
        "سوق",
        "🔌 emoji",
        "=cmd|'/c calc'!A1",
        "<b>&amp;",
    ):
        found = read(json.dumps(EXAMPLES["register_request"] | {"name": name}).encode())
        assert isinstance(found, RegisterRequest)
        assert found.name == name


def test_text_that_runs_backwards_is_taken_and_left_to_the_screens_which_leave_it_out() -> None:
    """Central may hold such names from before; every console shows only what is printable (tests/unit/*/test_console.py)."""
    found = read(json.dumps(EXAMPLES["register_request"] | {"name": "a\u202eb\u2028c"}).encode())
    assert isinstance(found, RegisterRequest)
    assert [c.isprintable() for c in found.name or ""] == [True, False, True, False, True]
