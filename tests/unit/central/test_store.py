"""The store: claims, units that fail alone, the outbox, and the schema up and down."""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from central.domain.points import Point
from central.domain.sessions import Origin, Session, State
from central.store.engine import open_database
from central.store.unit_of_work import OutboxRow, UnitOfWork
from central.store.worker import Store
from common.errors import BadSetting, CannotStart, StoreUnavailable
from common.messages import HeartbeatResponse, Reason
from common.routes import Topic
from tests.waiting import until


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = open_database(database)
    yield made
    made.dispose()


def session(number: int, cp_id: str = "CP1", state: State = State.CLAIMED) -> Session:
    return Session(
        session_id=f"s{number}",
        cp_id=cp_id,
        driver_id=f"D{number}",
        state=state,
        origin=Origin.SOCKET,
        request_id=f"r{number}",
        price_per_kwh=Decimal("0.3000"),
        claim_deadline=10.0,
        started_at=1.0,
    )


def test_a_point_has_one_open_session_whoever_claims(engine: Engine) -> None:
    with engine.begin() as connection:
        unit = UnitOfWork(connection, "here")
        assert unit.claim(session(1))
        assert not unit.claim(session(2))
        assert unit.claim(session(3, cp_id="CP2"))
        unit.save_session(replace(session(1), state=State.FINISHED))
        assert unit.claim(session(2))
        assert unit.open_session_at("CP1") == session(2)


def test_records_come_back_as_they_were_stored(engine: Engine) -> None:
    point = Point(
        cp_id="CP1", price_per_kwh=Decimal("0.1234"), max_charging_rate_kw=22.5, name="Ünïcode ⚡", latitude=-33.9
    )
    with engine.begin() as connection:
        UnitOfWork(connection, "here").add_point(point)
    with engine.begin() as connection:
        assert UnitOfWork(connection, "here").point("CP1") == point


def test_readings_change_the_figures_of_their_sessions_and_nothing_else(engine: Engine) -> None:
    charging = [session(number, f"CP{number}", State.CHARGING) for number in (1, 2, 3)]
    metered = [
        replace(one, energy_wh=1_234 * n, rate_kw=22.5, total_cost=Decimal(f"{n}.37"), metered_at=at)
        for n, (one, at) in enumerate(zip(charging, (5.25, None), strict=False), start=1)
    ]
    with engine.begin() as connection:
        unit = UnitOfWork(connection, "here")
        for one in charging:
            assert unit.claim(one)
    with engine.begin() as connection:
        unit = UnitOfWork(connection, "here")
        unit.save_meters([])
        unit.save_meters([replace(one, driver_id="D9", reason=Reason.FAULT) for one in metered])
    with engine.begin() as connection:
        found = UnitOfWork(connection, "here").sessions_at([("CP1", "s1"), ("CP2", "s2"), ("CP3", "s3"), ("CP4", "s4")])
    assert found == {("CP1", "s1"): metered[0], ("CP2", "s2"): metered[1], ("CP3", "s3"): charging[2]}


async def test_a_unit_that_fails_stores_nothing_and_leaves_the_others_of_its_group_alone(engine: Engine) -> None:
    store = Store(engine, "here")

    def failing(unit: UnitOfWork) -> None:
        unit.claim(session(2, cp_id="CP2"))
        raise ValueError("no")

    # All are queued before the writer thread gets its turn at the first, so that they form one group.
    work = [store.write(lambda unit, n=n: unit.claim(session(n, cp_id=f"CP{n}"))) for n in (1, 3)]  # type: ignore[misc]
    results = await asyncio.gather(work[0], store.write(failing), work[1], return_exceptions=True)
    assert results[0] is True
    assert results[2] is True
    assert isinstance(results[1], ValueError)
    found = await store.read(lambda c: [row[0] for row in c.execute(text("SELECT cp_id FROM sessions ORDER BY 1"))])
    assert found == ["CP1", "CP3"]
    await store.close()


async def test_what_must_be_sent_is_handed_over_only_after_the_commit(engine: Engine) -> None:
    handed: list[OutboxRow] = []
    store = Store(engine, "here", handed.extend)
    message = HeartbeatResponse(message_id="m1", status="success")

    def failing(unit: UnitOfWork) -> None:
        unit.send(Topic.DRIVER_RESPONSES, "D1", message, 1.0)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.write(failing)
    assert handed == []
    await store.write(lambda unit: unit.send(Topic.DRIVER_RESPONSES, "D1", message, 1.0))
    assert [row.record.key for row in handed] == ["D1"]
    assert await store.write(lambda unit: unit.unsent()) == handed
    await store.write(lambda unit: unit.sent([handed[0].id]))
    assert await store.write(lambda unit: unit.unsent()) == []
    await store.close()


async def test_what_is_told_of_two_commits_is_told_in_their_order(engine: Engine) -> None:
    told: list[str] = []
    store = Store(engine, "here", lambda rows: told.extend(row.record.key for row in rows))
    message = HeartbeatResponse(message_id="m1", status="success")

    def unsaid(said: str) -> None:
        raise ValueError(said)

    units: list[Coroutine[None, None, object]] = [
        store.write(lambda unit: unit.claim(session(1)), lambda claimed: told.append(f"claimed: {claimed}")),
        store.write(lambda unit: unit.send(Topic.DRIVER_RESPONSES, "D1", message, 1.0)),
        store.write(lambda unit: unit.claim(session(2)), lambda claimed: told.append(f"claimed: {claimed}")),
    ]
    # Queued before the writer thread gets its turn, so that they form one group where there is one writer.
    results = await asyncio.gather(*units) if store.is_sole else [await unit for unit in units]
    assert (results, told) == ([True, None, False], ["claimed: True", "D1", "claimed: False"])
    with pytest.raises(ValueError, match="no"):
        await store.write(lambda _: "no", unsaid)
    await store.close()


async def test_what_is_told_of_a_commit_is_told_although_nobody_waits_for_it_any_more(engine: Engine) -> None:
    told: list[bool] = []
    store = Store(engine, "here")
    gone = asyncio.ensure_future(store.write(lambda unit: unit.claim(session(1)), told.append))
    await asyncio.sleep(0)
    gone.cancel()
    await store.write(lambda unit: unit.answer("driver:D1", "m1"))
    await until(lambda: bool(told))
    assert told == [True]
    await store.close()


async def test_a_number_of_the_outbox_is_never_given_twice(engine: Engine) -> None:
    handed: list[OutboxRow] = []
    store = Store(engine, "here", handed.extend)
    message = HeartbeatResponse(message_id="m1", status="success")
    for _ in range(3):
        await store.write(lambda unit: unit.send(Topic.DRIVER_RESPONSES, "D1", message, 1.0))
        await store.write(lambda unit: unit.sent([handed[-1].id]))
    assert len({row.id for row in handed}) == 3
    await store.close()


async def test_a_database_that_takes_nothing_is_said_and_nothing_is_stored(engine: Engine) -> None:
    store = Store(engine, "here")
    await store.write(lambda unit: unit.record(1.0, "kept", "before"))
    with engine.begin() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        forbid = "PRAGMA query_only=ON" if is_sqlite else "SET default_transaction_read_only = on"
        connection.exec_driver_sql(forbid)
    # The pool hands the same connection to the writer, which now finds the database read-only.
    with pytest.raises(StoreUnavailable):
        await store.write(lambda unit: unit.record(2.0, "lost", "after"))
    assert await store.read(lambda c: [r[0] for r in c.execute(text("SELECT kind FROM events"))]) == ["kept"]
    await store.close()


def test_bad_addresses_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="--database must be an address"):
        open_database("nonsense")
    with pytest.raises(BadSetting, match="--database"):
        open_database("mysql+pymysql://x")
    with pytest.raises(CannotStart, match="Cannot use the database"):
        open_database(f"sqlite:///{tmp_path}/no/such/folder/central.db")
    (tmp_path / "junk.db").write_bytes(b"this is no database at all, not even nearly" * 100)
    with pytest.raises(CannotStart, match="file is not a database"):
        open_database(f"sqlite:///{tmp_path / 'junk.db'}")


def test_two_openings_migrate_once(database: str) -> None:
    first, second = open_database(database), open_database(database)
    first.dispose()
    second.dispose()


def test_a_database_of_a_newer_version_is_left_alone(engine: Engine, database: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CannotStart, match=r"made by a newer version \(schema 9999, .*upgrade the program"):
        open_database(database)


async def test_the_database_being_away_is_told_once_and_its_return_too(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "ev.central.store")
    store = Store(engine, "here")
    for statement in ("SELECT 1", "nonsense", "more nonsense", "SELECT 1", "SELECT 1"):
        with contextlib.suppress(StoreUnavailable):
            await store.write(lambda unit, said=statement: unit._connection.exec_driver_sql(said))  # type: ignore[misc]
    levels = [record.levelname for record in caplog.records if record.name == "ev.central.store"]
    assert levels == ["ERROR", "INFO"]
    await store.close()


@pytest.mark.postgres
async def test_a_read_leaves_standing_what_the_server_has_prepared(postgres_database: str) -> None:
    # One after the other, so that all use the one connection that the first has made.
    store = Store(open_database(postgres_database), "here")
    for _ in range(8):
        await store.write(lambda unit: unit.answer("driver:D1", "m1"))
    ask = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%FROM answers%'")
    asked = [await store.read(lambda connection: connection.execute(ask).scalar_one()) for _ in range(2)]
    await store.close()
    assert asked == [1, 1]
