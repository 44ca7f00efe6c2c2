"""What stands in the rows of Central's answers, read without trusting their shape. Pure."""

from collections.abc import Mapping

from pydantic import JsonValue

from common.messages import PointStatus

Row = Mapping[str, JsonValue]
_STATUS = {status.value: status for status in PointStatus}


def rows(data: Row, name: str) -> list[Row]:
    found = data.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def inner(row: Row, name: str) -> Row:
    found = row.get(name)
    return found if isinstance(found, dict) else {}


def word(row: Row, name: str) -> str:
    found = row.get(name)
    return "" if found is None else str(found)


def number(row: Row, name: str) -> float | None:
    found = row.get(name)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def count(row: Row, name: str) -> int:
    return int(number(row, name) or 0)


def status_of(row: Row) -> PointStatus | None:
    return _STATUS.get(word(row, "status"))


def cursor(data: Row) -> str | None:
    """Where the next page begins."""
    found = data.get("next")
    return found if isinstance(found, str) and found else None
