"""Readings: appended in bulk, kept by day, let go by age; and events let go beside them."""

import asyncio
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine, text

from central.store import census, readings
from central.store.caretaker import Caretaker
from central.store.engine import open_database
from central.store.readings import Partition, Reading
from central.store.retention import CHUNK, let_readings_go
from central.store.settings import DatabaseSettings
from central.store.unit_of_work import UnitOfWork
from central.store.worker import Store
from common.clock import ManualClock

DAY = 86_400.0
#: Noon of 2027-01-15, as the clock of a test stands.
NOON = 1_800_014_400.0


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = open_database(database)
    yield made
    made.dispose()


def reading(number: int, stored_at: float = NOON) -> Reading:
    return Reading(f"s{number}", NOON - 1, number, 22.5, stored_at)


def put(engine: Engine, *batch: Reading) -> None:
    with engine.begin() as connection:
        UnitOfWork(connection, "here").add_readings(batch)


def make_days(engine: Engine, now: float) -> list[str]:
    with engine.begin() as connection:
        return UnitOfWork(connection, "here").make_days(now)


def stored(engine: Engine) -> list[Reading]:
    columns = "session_id, at, energy_wh, rate_kw, stored_at"
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT {columns} FROM readings ORDER BY stored_at, energy_wh"))
        return [Reading(*row) for row in found]


def where(engine: Engine) -> dict[str, int]:
    """How many readings are in which partition."""
    with engine.connect() as connection:
        counted = "SELECT tableoid::regclass::text, count(*) FROM readings GROUP BY 1"
        return {str(name): int(count) for name, count in connection.execute(text(counted))}


def test_what_is_appended_comes_back_as_it_was(engine: Engine) -> None:
    make_days(engine, NOON)
    odd = Reading("s\t\\N 'x'", 0.1, 2**40, 1e-9, NOON + 0.123456)
    put(engine)
    put(engine, reading(1), reading(2), odd)
    assert stored(engine) == [reading(1), reading(2), odd]


def test_what_is_rolled_back_was_not_appended(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin() as transaction:
        UnitOfWork(connection, "here").add_readings([reading(1)])
        transaction.rollback()
    assert stored(engine) == []


@pytest.mark.postgres
def test_days_are_made_ahead_and_only_once(postgres_database: str) -> None:
    engine = open_database(postgres_database)
    days = [f"readings_202701{day}" for day in range(15, 23)]
    assert make_days(engine, NOON) == days
    assert make_days(engine, NOON) == []
    assert make_days(engine, NOON + DAY) == ["readings_20270123"]
    put(engine, reading(1), reading(2, NOON + 7.9 * DAY), reading(3, NOON + DAY / 2), reading(4, NOON + 99 * DAY))
    assert where(engine) == {
        "readings_20270115": 1,
        "readings_20270123": 1,
        "readings_20270116": 1,
        "readings_default": 1,
    }
    engine.dispose()


@pytest.mark.postgres
def test_what_a_jumping_clock_left_in_the_default_partition_moves_to_its_day(postgres_database: str) -> None:
    engine = open_database(postgres_database)
    strays = [reading(1), reading(2, NOON + 1), reading(3, NOON - 30 * DAY)]
    put(engine, *strays)
    assert where(engine) == {"readings_default": 3}
    make_days(engine, NOON)
    assert where(engine) == {"readings_20270115": 2, "readings_default": 1}
    assert stored(engine) == [strays[2], *strays[:2]]
    engine.dispose()


@pytest.mark.postgres
def test_of_two_centrals_one_makes_the_days_and_the_other_passes_by(postgres_database: str) -> None:
    engine = open_database(postgres_database)
    with engine.begin() as first:
        assert len(readings.make_days(first, NOON)) == 8
        with engine.begin() as second:
            assert readings.make_days(second, NOON) == []
            assert let_readings_go(second, NOON) is False
    assert make_days(engine, NOON) == []
    engine.dispose()


@pytest.mark.postgres
def test_writers_of_today_do_not_wait_for_whoever_makes_the_days(postgres_database: str) -> None:
    engine = open_database(postgres_database)
    make_days(engine, NOON)
    with engine.begin() as caring:
        readings.make_days(caring, NOON + DAY)
        put(engine, reading(1))
        with engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM readings_20270115")).scalar_one() == 1
    engine.dispose()


def test_what_is_too_old_goes_and_the_rest_stays(engine: Engine) -> None:
    put(engine, reading(9, NOON - 400 * DAY))  # in the default partition, where there are any
    for days in (5, 3, 2, 0):
        make_days(engine, NOON - days * DAY)
        put(engine, reading(days, NOON - days * DAY))
    with engine.connect() as connection:
        assert census.readings_before(connection, NOON - 2.5 * DAY).rows == 3
        assert census.oldest_reading(connection) == "2025-12-11"
    with engine.begin() as connection:
        while let_readings_go(connection, NOON - 2.5 * DAY):
            pass
    assert stored(engine) == [reading(days, NOON - days * DAY) for days in (2, 0)]
    with engine.connect() as connection:
        assert census.size_of(connection, "readings").rows == 2
        assert census.oldest_reading(connection) == "2027-01-13"


async def test_central_lets_go_in_small_steps_what_its_settings_say(engine: Engine) -> None:
    store, clock = Store(engine, "here"), ManualClock(NOON)
    many = CHUNK + 10
    await store.write(lambda unit: unit.add_readings([reading(n, NOON - 2 * DAY) for n in range(many)]))
    await store.write(lambda unit: unit.add_readings([reading(7)]))

    def record(count: int, at: float) -> None:
        with engine.begin() as connection:
            unit = UnitOfWork(connection, "here")
            for _ in range(count):
                unit.record(at, "claimed", "CP1 is claimed.")
            unit.finish()

    record(many, NOON - 2 * DAY)
    record(2, NOON)
    counts = "SELECT (SELECT count(*) FROM readings), (SELECT count(*) FROM events)"

    async def care(readings_days: int = 0, events_days: int = 0) -> tuple[int, ...]:
        settings = DatabaseSettings(keep_readings_days=readings_days, keep_events_days=events_days)
        caretaker = Caretaker(store, clock, settings)
        await caretaker.make_room()
        await caretaker.let_go()
        return await store.read(lambda c: tuple(c.execute(text(counts)).one()))

    assert await care() == (many + 1, many + 2)
    assert await care(3, 3) == (many + 1, many + 2)
    assert await care(1, 0) == (1, many + 2)
    assert await care(0, 1) == (1, 2)
    await store.close()


async def test_whoever_charges_comes_in_between_the_steps(engine: Engine) -> None:
    store, clock = Store(engine, "here"), ManualClock(NOON)
    old = [reading(n, NOON - 400 * DAY) for n in range(3 * CHUNK)]
    await store.write(lambda unit: unit.add_readings(old))
    caring = asyncio.create_task(Caretaker(store, clock, DatabaseSettings(keep_readings_days=1)).let_go())
    await asyncio.sleep(0)
    left = await store.write(lambda unit: unit._connection.execute(text("SELECT count(*) FROM readings")).scalar_one())
    await caring
    assert 0 < left <= 3 * CHUNK
    assert stored(engine) == []
    await store.close()


def test_sizes_are_counted_where_there_is_little(engine: Engine) -> None:
    make_days(engine, NOON)
    put(engine, *(reading(n) for n in range(500)))
    with engine.connect() as connection:
        exact = census.size_of(connection, "readings")
        assert (exact.rows, exact.is_estimate) == (500, False)
        assert (exact.size is None) == (engine.dialect.name == "sqlite")
        assert census.size_of(connection, "points").rows == 0
        assert census.whole_size(connection) > 4096


@pytest.mark.postgres
def test_where_there_is_much_the_servers_estimate_is_told(postgres_database: str) -> None:
    engine = open_database(postgres_database)
    make_days(engine, NOON)
    put(engine, *(reading(n) for n in range(500)))
    states = {"CHARGING": 7, "FINISHED": 800, "REFUSED": 200}
    said = (
        "INSERT INTO sessions (session_id, cp_id, driver_id, state, origin, request_id, price_per_kwh, claim_deadline,"
        " started_at, energy_wh, rate_kw, total_cost) SELECT :state || n, :state || n, 'D1', :state, 'socket',"
        " :state || n, 1, 1, 1, 1, 1, 1 FROM generate_series(1, :count) AS n"
    )
    with engine.begin() as connection:
        for state, count in states.items():
            connection.execute(text(said), {"state": state, "count": count})
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))
        assert census.size_of(connection, "readings", few_pages=0).is_estimate is True
        assert census.size_of(connection, "readings", few_pages=0).rows == 500
        guessed = census.sessions_by_state(connection, few_pages=0)
        assert guessed == {state: pytest.approx(count, abs=1) for state, count in states.items()}
        assert census.sessions_by_state(connection) == states
    engine.dispose()


def test_a_partition_knows_its_day() -> None:
    day = Partition("readings_20270115", date(2027, 1, 15))
    assert (day.begins, day.is_before(NOON), day.is_before(NOON + DAY / 2)) == (NOON - DAY / 2, False, True)
    assert Partition("readings_default", None).is_before(NOON) is False
