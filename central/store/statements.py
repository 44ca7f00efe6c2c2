"""
Statements that are written once, in SQLAlchemy's words, and run often: compiled once a database, on the driver's own connection.

SQLAlchemy takes longer to put such a statement together, look it up and wrap its rows than SQLite takes to run it. What it
knows is used here once: the words of each database, and how values go in and come out. Errors are the driver's own.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Connection,
    Dialect,
    Table,
    Text,
    TypeDecorator,
    any_,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.compiler import SQLCompiler

T = TypeVar("T")
Process = Callable[[Any], Any]
#: A statement, or how it is written for a database of this name.
Written = ClauseElement | Callable[[str], ClauseElement]


class Statement:
    """Its parameters are the names of its `bindparam`s."""

    def __init__(self, written: Written) -> None:
        self._written = written
        self._forms: dict[str, _Form] = {}

    def do(self, connection: Connection, **values: Any) -> None:
        form = self._form(connection)
        _driver(connection).execute(form.words, form.arguments(values))

    def do_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """For each of the rows; what they are about is locked in their order."""
        if len(rows) == 1:
            self.do(connection, **rows[0])
        elif rows:
            form = self._form(connection)
            _driver(connection).cursor().executemany(form.words, [form.arguments(dict(row)) for row in rows])

    def _form(self, connection: Connection) -> "_Form":
        dialect = connection.dialect
        form = self._forms.get(dialect.name)
        if form is None:
            written = self._written(dialect.name) if callable(self._written) else self._written
            form = self._forms[dialect.name] = _Form(written, dialect)
        return form


class Query(Statement, Generic[T]):
    """A statement that gives rows; `make` makes something of the columns of one."""

    def __init__(self, written: Written, make: Callable[..., T]) -> None:
        super().__init__(written)
        self._make = make

    def all(self, connection: Connection, **values: Any) -> list[T]:
        form = self._form(connection)
        cursor = _driver(connection).execute(form.words, form.arguments(values))
        make = self._make
        return [make(*row) for row in form.read(cursor)]

    def one(self, connection: Connection, **values: Any) -> T | None:
        """The first of them, or None."""
        found = self.all(connection, **values)
        return found[0] if found else None


class _Form:
    """A statement as one kind of database takes it."""

    def __init__(self, written: ClauseElement, dialect: Dialect) -> None:
        compiled = cast("SQLCompiler", written.compile(dialect=dialect))
        self.words = str(compiled)
        #: The order of the parameters, where they have no names.
        self._order = compiled.positiontup if compiled.positional else None
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}
        into = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        self._into = [(name, process) for name, process in into.items() if process is not None]
        self._dialect = dialect
        self._columns = [one.type for one in getattr(written, "exported_columns", ())]
        #: What rows come through, by the number of the column; the first cursor tells which types the database gives.
        self._out: list[tuple[int, Process]] | None = None

    def arguments(self, values: dict[str, Any]) -> Any:
        if self._constants:
            values = self._constants | values
        for name, process in self._into:
            values[name] = process(values[name])
        return values if self._order is None else [values[name] for name in self._order]

    def read(self, cursor: Any) -> Sequence[Sequence[Any]]:
        rows: list[Sequence[Any]] = cursor.fetchall()
        if self._out is None:
            self._out = list(self._processes(cursor.description))
        if not self._out:
            return rows
        read = [list(row) for row in rows]
        for row in read:
            for number, process in self._out:
                row[number] = process(row[number])
        return read

    def _processes(self, description: Sequence[Sequence[Any]]) -> Iterator[tuple[int, Process]]:
        for number, (one, described) in enumerate(zip(self._columns, description, strict=True)):
            process = one.dialect_impl(self._dialect).result_processor(self._dialect, described[1])
            if process is not None:
                yield number, process


def run(connection: Connection, words: str) -> None:
    """A few words that every database knows, such as a savepoint."""
    _driver(connection).execute(words)


def parameters(table: Table, *left_out: str) -> dict[str, Any]:
    """One for each column, under its name."""
    return {one.name: bindparam(one.name, type_=one.type) for one in table.c if one.name not in left_out}


def insertion(database: str, table: Table, *left_out: str) -> Any:
    """An insert that knows ON CONFLICT; its parameters are the columns."""
    insert = postgresql.insert if database == "postgresql" else sqlite.insert
    return insert(table).values(parameters(table, *left_out))


def insert_new(table: Table, *left_out: str) -> Query[Any]:
    """Insert unless a unique constraint is in the way: then nothing comes back. Row counts of inserts do not say it everywhere."""
    key = tuple(table.primary_key.columns)[:1]
    return Query(
        lambda database: insertion(database, table, *left_out).on_conflict_do_nothing().returning(*key), itself
    )


def among(database: str, where: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether it is one of a list. The list is one parameter, however long: what has to be read and sent stays short."""
    if database == "postgresql":
        return where == any_(bindparam(name, type_=postgresql.ARRAY(where.type)))
    return where.in_(select(column("value")).select_from(func.json_each(bindparam(name, type_=_Listed()))))


class _Listed(TypeDecorator[Collection[Any]]):
    """SQLite has no lists, but reads JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> str:
        del dialect
        return json.dumps(list(value or ()))


def itself(value: Any) -> Any:
    """For queries of one column."""
    return value


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
