"""What an operator types, held to what Central takes; a mistake is one sentence. No I/O."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import TypeVar, get_args

from pydantic import JsonValue, TypeAdapter, ValidationError

from common.errors import BadSetting
from common.messages.fields import CpId, PointStatus, Price
from common.messages.operating import PointOrder, SessionStatus
from common.words import Text, admin_cli

Word = TypeVar("Word", bound=str)
ALL = "*"
POINT_STATUSES = tuple(str(status) for status in PointStatus)
SESSION_STATUSES: tuple[str, ...] = get_args(SessionStatus)
POINT_ORDERS: tuple[str, ...] = get_args(PointOrder)
_CP_ID: TypeAdapter[str] = TypeAdapter(CpId)
_PRICE: TypeAdapter[Decimal] = TypeAdapter(Price)
_LONGEST_ID, _LONGEST_SEARCH = 64, 200


def point_or_all(text: str) -> str:
    return text if text == ALL else point(text, admin_cli.NO_POINT_OR_ALL)


def point(text: str, wrong: Text = admin_cli.NO_POINT) -> str:
    try:
        return _CP_ID.validate_python(text)
    except ValidationError:
        raise BadSetting(wrong(told=text[:60])) from None


def price_of(text: str) -> float:
    try:
        return float(_PRICE.validate_python(Decimal(text)))
    except (InvalidOperation, ValidationError):
        raise BadSetting(admin_cli.NO_PRICE(told=text[:60])) from None


def id_of(text: str) -> str:
    if not 1 <= len(text) <= _LONGEST_ID or not text.isprintable():
        raise BadSetting(admin_cli.NO_ID(told=text[:60], most=_LONGEST_ID))
    return text


def search_of(text: str) -> str:
    if len(text) > _LONGEST_SEARCH or not text.isprintable():
        raise BadSetting(admin_cli.NO_SEARCH(most=_LONGEST_SEARCH))
    return text


def one_of(option: str, text: str, words: Sequence[Word]) -> Word:
    """One of the words, in capitals or not."""
    found = next((word for word in words if word.lower() == text.lower()), None)
    if found is None:
        raise BadSetting(admin_cli.NONE_OF(option=option, choices=", ".join(words), told=text[:60]))
    return found


def some_of(option: str, texts: Sequence[str] | None, words: Sequence[str]) -> list[JsonValue] | None:
    return [one_of(option, text, words) for text in texts] if texts else None


def told(**given: JsonValue) -> dict[str, JsonValue]:
    """The arguments of a command: what was not said is left out, and Central's own default counts."""
    return {name: value for name, value in given.items() if value is not None and value is not False}
