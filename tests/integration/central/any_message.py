"""
Any message of the catalogue, right in every field, and twisted ones: hypothesis strategies read from the classes' own JSON
schemas, so that a new message or field takes part by being declared. What ids mean is the pools': so messages meet.
"""

from functools import cache
from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from common.messages import Message
from common.registry import CATALOGUE, over_tcp
from common.routes import Role
from tests.integration.central.conftest import START

POINTS = ("CP1", "CP2", "CP3")
DRIVERS = ("D1", "D2", "D3")
#: Central's own ids are counted here, so that a liar guesses every one of them.
GUESSED = tuple(f"c{number}" for number in range(1, 25))
MESSAGE_IDS = tuple(f"m{number}" for number in range(1, 13))
#: Numbers up to this, unless a schema speaks of its own.
_USUAL = 40
#: So that texts reach every alphabet and stay short.
_TEXT = st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=12)
_POOLS: dict[str, st.SearchStrategy[Any]] = {
    "cp_id": st.sampled_from(POINTS),
    "id": st.sampled_from(POINTS),
    "driver_id": st.sampled_from(DRIVERS),
    "session_id": st.sampled_from(GUESSED),
    "message_id": st.sampled_from(MESSAGE_IDS) | st.sampled_from(GUESSED),
    "timestamp": st.integers(-400, 400).map(lambda seconds: START + seconds / 4) | st.none(),
    "args": st.fixed_dictionaries(
        {},
        optional={
            "cp_id": st.sampled_from(("*", *POINTS)),
            "session_id": st.sampled_from(GUESSED),
            "price_per_kwh": st.integers(0, 20_000).map(lambda ten_thousandths: ten_thousandths / 10_000),
            "id": st.sampled_from(GUESSED),
            "limit": st.integers(-1, 50),
            "kind": st.lists(_TEXT, max_size=2),
            "after": _TEXT,
        },
    ),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)


@cache
def of_type(message: type[Message]) -> st.SearchStrategy[dict[str, Any]]:
    """Right messages of one type, as the fields of a frame; optional fields may be left out."""
    schema = message.model_json_schema()
    needed = {*schema.get("required", ()), "type"}
    fields = {name: _field(name, one, schema.get("$defs", {})) for name, one in schema["properties"].items()}
    drawn = st.fixed_dictionaries(
        {name: value for name, value in fields.items() if name in needed},
        optional={name: value for name, value in fields.items() if name not in needed},
    )
    return drawn.filter(lambda one: _is_right(message, one))  # some fields belong together


def _is_right(message: type[Message], fields: dict[str, Any]) -> bool:
    try:
        message.model_validate(fields)
    except ValidationError:
        return False
    return True


def any_message(role: Role | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Right messages of every type, or of those that a role may send to Central."""
    some = CATALOGUE if role is None else over_tcp(role, Role.CENTRAL)
    return st.sampled_from([some[tag] for tag in sorted(some)]).flatmap(of_type)


@st.composite
def twisted(draw: st.DrawFn) -> dict[str, Any]:
    """A right message with one or two of its fields replaced, lost, or added."""
    fields = dict(draw(any_message()))
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from([*fields, "strange"]))
        if draw(st.booleans()):
            fields[name] = draw(JSON)
        else:
            fields.pop(name, None)
    return fields


def _field(name: str, schema: dict[str, Any], defs: dict[str, Any]) -> st.SearchStrategy[Any]:
    return _POOLS[name] if name in _POOLS else _value(schema, defs)


def _value(schema: dict[str, Any], defs: dict[str, Any]) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one a kind
    match schema:
        case {"$ref": reference}:
            return _value(defs[reference.rsplit("/", 1)[1]], defs)
        case {"const": value}:
            return st.just(value)
        case {"enum": values}:
            return st.sampled_from(values)
        case {"anyOf": some}:
            return st.one_of([_value(one, defs) for one in some])
        case {"type": "object", "properties": fields}:
            return st.fixed_dictionaries({name: _field(name, one, defs) for name, one in fields.items()})
        case {"type": "array", "items": items}:
            return st.lists(_value(items, defs), max_size=3)
        case {"pattern": pattern}:
            return st.from_regex(pattern, fullmatch=True).filter(lambda text: not text.endswith("\n"))
        case {"type": "number" | "integer"}:
            return _number(schema)
        case _:
            return _plain(schema)


def _number(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    least, most = schema.get("minimum", schema.get("exclusiveMinimum", 0)), schema.get("maximum", _USUAL)
    if schema["type"] == "integer":
        return st.integers(least, most)
    # Mostly what people mean, so that amounts meet; now and then as much as there may be.
    step = schema.get("multipleOf", 0.25)
    places = round(1 / step)
    small = st.integers(round(least * places) + ("exclusiveMinimum" in schema), round(min(most, _USUAL) * places))
    return small.map(lambda parts: parts / places) | st.just(most)


def _plain(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    return {
        "string": _TEXT.filter(lambda text: len(text) >= schema.get("minLength", 0)),
        "boolean": st.booleans(),
        "null": st.none(),
        "object": st.dictionaries(_TEXT, JSON, max_size=3),
        "array": st.lists(JSON, max_size=2),
    }.get(schema.get("type", ""), JSON)
