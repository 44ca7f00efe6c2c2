"""The roll of the Centrals in the database, and what those who are gone left behind."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from central.domain.points import Point
from central.domain.roster import Beat
from central.store.engine import open_database
from central.store.roll import Roll
from central.store.unit_of_work import UnitOfWork
from common.errors import CannotStart
from common.messages import HeartbeatResponse
from common.routes import Topic


@pytest.fixture
def engine(tmp_path: object) -> Iterator[Engine]:
    made = open_database(f"sqlite:///{tmp_path}/central.db")
    yield made
    made.dispose()


def test_a_later_process_of_a_name_has_a_higher_number_even_after_an_orderly_end(engine: Engine) -> None:
    with engine.begin() as connection:
        roll = Roll(connection, "a")
        first = roll.join(100.0)
        second = roll.join(100.0)
        roll.leave(second)
        third = roll.join(200.0)
    assert first < second < third


def test_a_beat_is_counted_and_a_replaced_process_finds_no_place(engine: Engine) -> None:
    with engine.begin() as connection:
        roll = Roll(connection, "a")
        old = roll.join(100.0)
        assert roll.beat(old) == 0
        assert roll.everyone() == [Beat("a", old, 1)]
        new = roll.join(100.0)
        assert (roll.beat(old), roll.beat(new)) == (None, 0)


def test_only_who_still_stands_where_it_was_seen_is_struck(engine: Engine) -> None:
    with engine.begin() as connection:
        a, b = Roll(connection, "a"), Roll(connection, "b")
        number = a.join(100.0)
        a.beat(number)
        assert b.strike(Beat("a", number, 0)) is False
        assert b.strike(Beat("a", number, 1)) is True
        assert a.beat(number) is None


def test_who_takes_a_point_tells_its_holder_with_the_next_beat(engine: Engine) -> None:
    with engine.begin() as connection:
        a, b = Roll(connection, "a"), Roll(connection, "b")
        number = a.join(100.0)
        b.note_taken("a")
        assert a.beat(number) == 1


def test_what_a_central_that_is_gone_left_is_found_and_adopted_once(engine: Engine) -> None:
    message = HeartbeatResponse(message_id="m1", status="success")
    with engine.begin() as connection:
        for name in ("a", "b"):
            unit = UnitOfWork(connection, name)
            number = unit.roll.join(100.0)
            unit.add_point(
                Point(cp_id=f"CP-{name}", price_per_kwh=Decimal("0.3"), max_charging_rate_kw=22.0, holder=name)
            )
            unit.send(Topic.DRIVER_RESPONSES, f"D-{name}", message, 1.0)
            if name == "a":
                unit.roll.leave(number)
        unit = UnitOfWork(connection, "b")
        assert unit.roll.left_points(10) == ["CP-a"]
        assert (unit.roll.adopt_outbox(10), unit.roll.adopt_outbox(10)) == (1, 0)
        assert sorted(row.record.key for row in unit.unsent()) == ["D-a", "D-b"]


async def test_a_second_central_on_one_sqlite_file_is_refused_until_the_first_ended(tmp_path: object) -> None:
    from central.store.worker import open_store

    url = f"sqlite:///{tmp_path}/central.db"
    first = open_store(url, "a")
    with pytest.raises(CannotStart, match=r"Another Central uses .*central\.db, and SQLite serves only one"):
        open_store(url, "b")
    await first.close()
    await open_store(url, "b").close()
