"""What every part of a unit of work has. Each part knows the statements about one subject, in the words of the domain."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Connection, Table

from central.domain.points import Point
from central.domain.sessions import Session

T = TypeVar("T")


class Part:
    def __init__(self, connection: Connection, instance: str) -> None:
        self._connection = connection
        #: The Central that works here, and that will send what goes to the outbox.
        self.instance = instance


def columns(table: Table, kind: type[Any]) -> list[Any]:
    """The columns of a record in the order of its fields."""
    return [table.c[field.name] for field in fields(kind)]


def maker(kind: type[T]) -> Callable[..., T]:
    """Makes a record of its columns, for records whose fields must be named."""
    names = tuple(field.name for field in fields(kind))  # type: ignore[arg-type]  # all of them are dataclasses
    return lambda *row: kind(**dict(zip(names, row, strict=True)))


def values(record: Point | Session) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _NAMES[type(record)]}


_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in (Point, Session)}
