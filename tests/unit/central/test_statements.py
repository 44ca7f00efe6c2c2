"""Statements that are written once: their parameters, their types both ways, lists of any length, on either database."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import Connection, bindparam, delete, select, update

from central.store import tables
from central.store.engine import open_database
from central.store.statements import Query, Statement, among, insert_new, itself, parameters
from common.messages import PointStatus

_C = tables.points.c
_ADD = insert_new(tables.points)
_ALL = Query(select(_C.cp_id, _C.status, _C.price_per_kwh, _C.out_of_service).order_by(_C.cp_id), lambda *row: row)
_MARK = Statement(
    update(tables.points).where(_C.cp_id == bindparam("of")).values(status=bindparam("status", type_=_C.status.type))
)
_SOME = Query(lambda database: select(_C.cp_id).where(among(database, _C.cp_id, "ids")).order_by(_C.cp_id), itself)


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    engine = open_database(database)
    with engine.connect() as made, made.begin():
        yield made
    engine.dispose()


def _add(connection: Connection, cp_id: str) -> bool:
    nothing = dict.fromkeys(parameters(tables.points))
    known = {"status": PointStatus.ACTIVE, "price_per_kwh": Decimal("0.3050"), "out_of_service": False}
    row = {**nothing, **known, "cp_id": cp_id, "max_charging_rate_kw": 22.0, "generation": 1}
    return _ADD.one(connection, **row) is not None


def test_what_goes_in_comes_out_with_the_types_of_its_columns(connection: Connection) -> None:
    _add(connection, "CP1")
    assert _ALL.all(connection) == [("CP1", PointStatus.ACTIVE, Decimal("0.3050"), False)]
    ((_, status, price, is_out),) = _ALL.all(connection)
    assert (type(status), type(price), type(is_out)) == (PointStatus, Decimal, bool)


def test_what_is_there_already_is_not_inserted(connection: Connection) -> None:
    assert [_add(connection, "CP1"), _add(connection, "CP1"), _add(connection, "CP2")] == [True, False, True]


def test_many_rows_are_changed_one_by_one_and_none_by_none(connection: Connection) -> None:
    _add(connection, "CP1")
    _add(connection, "CP2")
    _MARK.do_many(connection, [])
    _MARK.do_many(connection, [{"of": one, "status": PointStatus.FAULTY} for one in ("CP1", "CP2")])
    _MARK.do(connection, of="CP2", status=PointStatus.STOPPED)
    assert [row[1] for row in _ALL.all(connection)] == [PointStatus.FAULTY, PointStatus.STOPPED]


@pytest.mark.parametrize("length", [0, 1, 40_000])
def test_a_list_may_be_of_any_length(connection: Connection, length: int) -> None:
    _add(connection, "CP1")
    _add(connection, 'C"P\\2')
    asked = [*(f"other-{n}" for n in range(length)), 'C"P\\2'][-length:] if length else []
    assert _SOME.all(connection, ids=asked) == (['C"P\\2'] if length else [])


def test_no_row_is_none(connection: Connection) -> None:
    Statement(delete(tables.points)).do(connection)
    assert _ALL.one(connection) is None
