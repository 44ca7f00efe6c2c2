"""Many points that are lost, or register, in one unit of work: each is judged by itself."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text

from central.domain.points import Point
from central.handlers import leaving
from central.handlers.leaving import Loss
from central.store.engine import open_database
from central.store.unit_of_work import UnitOfWork
from common.ids import counted_ids
from common.messages import PointStatus
from common.telemetry import about, some_of

EVENTS = "SELECT kind, cp_id, at FROM events ORDER BY id"


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    engine = open_database(database)
    with engine.begin() as made:
        yield made
    engine.dispose()


def point(cp_id: str, holder: str, generation: int) -> Point:
    return Point(
        cp_id=cp_id,
        status=PointStatus.ACTIVE,
        price_per_kwh=Decimal("0.30"),
        max_charging_rate_kw=22,
        holder=holder,
        generation=generation,
    )


def test_of_many_losses_only_what_still_counts_is_lost_and_only_once(connection: Connection) -> None:
    unit = UnitOfWork(connection, "here")
    unit.add_points([point("CP1", "here", 1), point("CP2", "here", 2), point("CP3", "there", 1)])
    losses = [Loss("CP2", 1, "old", 5.0), Loss("CP1", 1, "cut", 6.0), Loss("CP3", 1, "cut", 6.0)]
    losses += [Loss("CP1", 1, "silent", 7.0), Loss("CP4", 1, "unknown", 7.0)]
    assert leaving.lose(unit, losses, counted_ids()) == [False, True, False, False, False]
    unit.finish()
    found = unit.points_at(["CP1", "CP2", "CP3", "CP4"])
    assert {one.cp_id: (one.status, one.holder, one.generation) for one in found.values()} == {
        "CP1": (PointStatus.DISCONNECTED, None, 1),
        "CP2": (PointStatus.ACTIVE, "here", 2),
        "CP3": (PointStatus.ACTIVE, "there", 1),
    }
    assert [tuple(row) for row in connection.execute(text(EVENTS))] == [("link_lost", "CP1", 6.0)]


def test_of_a_crowd_ten_are_named() -> None:
    names = [f"P{number}" for number in range(12)]
    assert some_of(names[:2]) == "P0, P1"
    assert some_of(names) == "P0, P1, P2, P3, P4, P5, P6, P7, P8, P9 and 2 more"


def test_the_ids_of_whatever_a_line_is_about_are_found() -> None:
    assert about(point("CP1", "here", 1), driver_id="D1", session_id=None) == {"cp_id": "CP1", "driver_id": "D1"}
