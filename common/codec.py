"""Bytes <-> message. Whatever is not one of the accepted messages becomes BadMessage. No I/O."""

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import from_json

from common.errors import BadMessage, ErrorCode
from common.messages.envelope import Message
from common.registry import CATALOGUE

_LONGEST_ID = 64
#: How our own programs begin a message.
_OPENING = b'{"type":"'
_TAG_AT = len(_OPENING)
#: Types as they stand in a frame.
_TAGS = {tag.encode(): tag for tag in CATALOGUE}
#: That of version 00 has 55 characters; later ones may have more.
_LONGEST_TRACEPARENT = 128


def encode(message: Message) -> bytes:
    """The JSON object of a message, without line end; fields that are None are left out."""
    return message.model_dump_json(exclude_none=True).encode()


def encode_line(message: Message) -> bytes:
    """The frame of a message on TCP."""
    return encode(message) + b"\n"


def with_traceparent(line: bytes, traceparent: str) -> bytes:
    """A frame with the optional field by which a trace goes on behind it."""
    return line[:-2] + b',"traceparent":"' + traceparent.encode() + b'"}\n'


def traceparent_of(data: bytes) -> str | None:
    """What a frame that was decoded already brings of a trace; whatever cannot be one is as if it were not there."""
    if b'"traceparent"' not in data:
        return None
    found = _json_object(data).get("traceparent")
    return found if isinstance(found, str) and len(found) <= _LONGEST_TRACEPARENT and found.isascii() else None


def decode(data: bytes, accepts: Mapping[str, type[Message]]) -> Message:
    """Read one message of the accepted types; raises BadMessage with the code of the protocol."""
    # As most peers write: the type comes first and nothing is wrong, so one look at the bytes is enough. Else the plain way
    # says what it is, or why not; both give the same message (tests/unit/common/test_codec.py).
    if data.startswith(_OPENING) and b"NaN" not in data and b"Infinity" not in data:
        written = data[_TAG_AT : data.find(b'"', _TAG_AT)]
        message_type = accepts.get(_TAGS.get(written) or written.decode(errors="replace"))
        if message_type is not None:
            try:
                # Another name of the type, or a second one behind it, is refused here.
                message: Message = message_type.__pydantic_validator__.validate_json(data)
            except ValidationError:
                pass
            else:
                if message_type.is_signed:
                    message.heed(data)
                return message
    return _decode_plainly(data, accepts)


def _decode_plainly(data: bytes, accepts: Mapping[str, type[Message]]) -> Message:
    fields = _json_object(data)
    message_id = _readable_id(fields)
    message_type = _accepted_type(fields, accepts, message_id)
    fields["type"] = message_type.tag()
    try:
        message = message_type.model_validate(fields)
    except ValidationError as wrong:
        raise BadMessage(ErrorCode.INVALID_MESSAGE, _first_fault(wrong), message_id) from None
    if message_type.is_signed:
        message.heed(data)
    return message


def _json_object(data: bytes) -> dict[str, object]:
    try:
        fields = from_json(data, allow_inf_nan=False)
    except (ValueError, RecursionError) as wrong:
        raise BadMessage(ErrorCode.MALFORMED_JSON, f"This is no JSON: {wrong}.") from None
    if not isinstance(fields, dict):
        raise BadMessage(ErrorCode.MALFORMED_JSON, "A frame must be one JSON object.")
    return fields


def _readable_id(fields: dict[str, object]) -> str | None:
    found = fields.get("message_id")
    if isinstance(found, str) and 1 <= len(found) <= _LONGEST_ID and found.isprintable():
        return found
    return None


def _accepted_type(
    fields: dict[str, object], accepts: Mapping[str, type[Message]], message_id: str | None
) -> type[Message]:
    tag = fields.get("type")
    if not isinstance(tag, str):
        raise BadMessage(ErrorCode.INVALID_MESSAGE, "type: a message needs its type as a string.", message_id)
    found = accepts.get(tag)
    if found is not None:
        return found
    if tag in CATALOGUE or any(tag == alias for m in CATALOGUE.values() for _, alias in m.aliases):
        raise BadMessage(ErrorCode.NOT_ALLOWED, f"{tag} may not be sent here by this sender.", message_id)
    shown = tag if len(tag) <= _LONGEST_ID and tag.isprintable() else "this"
    raise BadMessage(ErrorCode.UNKNOWN_TYPE, f"There is no message type {shown}.", message_id)


def _first_fault(wrong: ValidationError) -> str:
    """One sentence that begins with the field's path."""
    fault = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
    path = ".".join(str(step) for step in fault["loc"])
    told = fault["msg"].removeprefix("Value error, ")
    return f"{path}: {told}." if path else f"{told}."
