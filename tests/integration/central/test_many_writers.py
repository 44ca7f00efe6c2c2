"""Centrals that write to one PostgreSQL at the same time, over each other's rows."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import make_url, text

from central.domain.points import Event, Point
from central.domain.sessions import Origin, Session, State
from central.handlers import claiming
from central.store.readings import Reading
from central.store.unit_of_work import UnitOfWork
from central.store.worker import Store, open_store
from common.messages import PointStatus
from tests.integration.central.conftest import START

pytestmark = pytest.mark.postgres

POINTS = 12
ROUNDS = 40


@pytest.fixture
async def stores(postgres_database: str) -> AsyncIterator[list[Store]]:
    """Two Centrals' stores, and a charge at each point."""
    # Deadlocks are looked for sooner than after the usual second, so that there is time for many.
    patient = make_url(postgres_database).update_query_dict({"options": "-c lock_timeout=20s -c deadlock_timeout=20ms"})
    address = patient.render_as_string(hide_password=False)
    made = [open_store(address, name) for name in ("first", "second")]
    await made[0].write(_furnish)
    yield made
    for store in made:
        await store.close()


def _furnish(unit: UnitOfWork) -> None:
    for number in range(POINTS):
        point = Point(cp_id=f"CP{number}", price_per_kwh=Decimal("0.3"), max_charging_rate_kw=22)
        unit.add_point(replace(point, status=PointStatus.CHARGING))
        unit.claim(_session(number))


def _session(number: int) -> Session:
    return Session(
        session_id=f"s{number}",
        cp_id=f"CP{number}",
        driver_id=f"D{number}",
        state=State.CHARGING,
        origin=Origin.SOCKET,
        request_id=f"r{number}",
        price_per_kwh=Decimal("0.3"),
        claim_deadline=0,
        started_at=START,
    )


def _meter(unit: UnitOfWork, numbers: list[int]) -> None:
    """A batch of readings: sessions first, then a point."""
    found = unit.sessions_at([(f"CP{number}", f"s{number}") for number in numbers])
    unit.save_sessions(replace(session, energy_wh=session.energy_wh + 1) for session in found.values())
    unit.add_readings([Reading(session_id, START, 1, 22.0, START) for _, session_id in found])
    claiming.move(unit, f"CP{numbers[0]}", Event.FAULT)


def _report(unit: UnitOfWork, numbers: list[int]) -> None:
    """Reports of Monitors: a point first, then the session there."""
    for number in numbers[:2]:
        claiming.move(unit, f"CP{number}", Event.RECOVERED)
        session = unit.open_session_at(f"CP{number}")
        assert session is not None
        unit.save_session(replace(session, energy_wh=session.energy_wh + 1))
        unit.record(START, "recovery_notification", "It is well again.", session)


async def test_no_deadlock_reaches_whoever_asked_and_every_change_counts_once(stores: list[Store]) -> None:
    chance = random.Random(4)
    steps = [
        (chance.choice(stores), chance.choice([_meter, _report]), chance.sample(range(POINTS), 6))
        for _ in range(ROUNDS * 8)
    ]
    for start in range(0, len(steps), 8):
        # Eight at once, in orders that cross: as many as the two have threads.
        together = steps[start : start + 8]
        await asyncio.gather(*(store.write(partial(work, numbers=numbers)) for store, work, numbers in together))
    metered = sum(len(numbers) for _, work, numbers in steps if work is _meter)
    reported = sum(2 for _, work, _ in steps if work is _report)
    counts = (
        "SELECT (SELECT sum(energy_wh) FROM sessions), (SELECT count(*) FROM readings), (SELECT count(*) FROM events)"
    )
    found = await stores[0].read(lambda c: tuple(c.execute(text(counts)).one()))
    assert found == (metered + reported, metered, reported)


async def test_two_units_that_lock_each_other_out_both_go_through(stores: list[Store]) -> None:
    """The plainest deadlock there is: each holds what the other wants next."""
    loop = asyncio.get_running_loop()
    begun = {"first": asyncio.Event(), "second": asyncio.Event()}
    runs = {"first": 0, "second": 0}

    def cross(unit: UnitOfWork) -> str:
        mine, theirs = ("CP1", "CP2") if unit.instance == "first" else ("CP2", "CP1")
        runs[unit.instance] += 1
        assert unit.point(mine) is not None
        loop.call_soon_threadsafe(begun[unit.instance].set)
        asyncio.run_coroutine_threadsafe(_all_of(begun.values()), loop).result(10)
        assert unit.point(theirs) is not None
        return unit.instance

    assert await asyncio.gather(*(store.write(cross) for store in stores)) == ["first", "second"]
    assert sum(runs.values()) > 2


async def _all_of(events: Iterable[asyncio.Event]) -> None:
    for event in events:
        await event.wait()
