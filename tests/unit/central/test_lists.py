"""The operator's lists: what is found, in which order, and that the database does not read more than it must."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from central import views
from central.domain.points import Point
from central.domain.sessions import Origin, Session, State
from central.store.engine import open_database
from central.store.unit_of_work import UnitOfWork
from common.messages import PointStatus
from common.messages.operating import ListEvents, ListPoints, ListSessions

POINTS = (
    Point(cp_id="a1", name="Zoo 100%", address="Ringstraße 1", status=PointStatus.ACTIVE, last_seen_at=30.0, price_per_kwh=Decimal("0.40"), max_charging_rate_kw=22),
    Point(cp_id="B2", name="ärger", address="1_2", status=PointStatus.FAULTY, last_seen_at=10.0, price_per_kwh=Decimal("0.20"), max_charging_rate_kw=22),
    Point(cp_id="c3", status=PointStatus.CHARGING, last_seen_at=20.0, price_per_kwh=Decimal("0.40"), max_charging_rate_kw=22),
    Point(cp_id="d4", name="mitte", status=PointStatus.CHARGING, price_per_kwh=Decimal("0.30"), max_charging_rate_kw=22),
)  # fmt: skip


def session(number: int, cp_id: str, state: State = State.FINISHED, **other: Any) -> Session:
    return Session(
        session_id=f"s{number}",
        cp_id=cp_id,
        driver_id=f"D{number % 3}",
        state=state,
        origin=Origin.SOCKET,
        request_id=f"r{number}",
        price_per_kwh=Decimal("0.3000"),
        claim_deadline=10.0,
        started_at=float(number // 2),
        **other,
    )


SESSIONS = (
    session(1, "a1"),
    session(2, "a1", State.REFUSED),
    session(3, "c3"),
    session(4, "c3", State.CHARGING, energy_wh=5_000, rate_kw=22.0, total_cost=Decimal("1.50"), energy_limit_wh=10_000),
    session(5, "a1"),
    session(6, "d4", State.CLAIMED, energy_wh=0),
)


def fill(engine: Engine) -> None:
    with engine.begin() as connection:
        unit = UnitOfWork(connection, "here")
        for point in POINTS:
            unit.add_point(point)
        for one in SESSIONS:
            assert unit.claim(one)
        for number in range(1, 9):
            kind, cp_id = ("claimed", "a1") if number % 2 else ("completed", "c3")
            unit.record(float(number), kind, f"text {number}", cp_id=cp_id, session_id=f"s{number % 3}")
        unit.finish()


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = open_database(database)
    fill(made)
    yield made
    made.dispose()


def listed(engine: Engine, *, after: str = "", skip: int = 0, most: int = 99, **wanted: Any) -> list[str]:
    with engine.connect() as connection:
        rows, _ = views.points(connection, ListPoints(**wanted), after=after, skip=skip, most=most)
    return [row["cp_id"] for row in rows]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["B2", "a1", "c3", "d4"]),
        ("b2", ["B2"]),
        ("ÄRG", ["B2"]),
        ("RINGSTRASSE", []),
        ("ringSTRAßE", ["a1"]),
        ("%", ["a1"]),
        ("_", ["B2"]),
        ("/", []),
        ("\\", []),
        ("'; DROP TABLE points; --", []),
        ("nowhere", []),
    ],
)
def test_a_search_looks_in_id_name_and_address_and_takes_every_letter_as_it_is(
    engine: Engine, search: str, found: list[str]
) -> None:
    assert sorted(listed(engine, search=search)) == found


def test_a_status_or_several_choose_points(engine: Engine) -> None:
    assert listed(engine, status="FAULTY") == ["B2"]
    assert sorted(listed(engine, status=["CHARGING", "ACTIVE"])) == ["a1", "c3", "d4"]
    assert listed(engine, status=["CHARGING", "ACTIVE"], search="zoo") == ["a1"]


@pytest.mark.parametrize(
    ("sort", "upwards", "downwards"),
    [
        ("name", ["d4", "a1", "B2", "c3"], ["B2", "a1", "d4", "c3"]),
        ("status", ["a1", "c3", "d4", "B2"], ["B2", "c3", "d4", "a1"]),
        ("price", ["B2", "d4", "a1", "c3"], ["a1", "c3", "d4", "B2"]),
        ("power", ["d4", "c3", "B2", "a1"], ["c3", "d4", "B2", "a1"]),
        ("energy", ["d4", "c3", "B2", "a1"], ["c3", "d4", "B2", "a1"]),
        ("cost", ["d4", "c3", "B2", "a1"], ["c3", "d4", "B2", "a1"]),
        ("seen", ["B2", "c3", "a1", "d4"], ["a1", "c3", "B2", "d4"]),
    ],
)
def test_each_order_goes_both_ways_with_ties_by_id_and_what_has_no_value_last(
    engine: Engine, sort: str, upwards: list[str], downwards: list[str]
) -> None:
    ids = {"B2", "a1"}  # whose order is the database's own: capitals before or beside small letters
    by_id = listed(engine)
    tie = [cp_id for cp_id in by_id if cp_id in ids]

    def told(order: list[str]) -> list[str]:
        return [*order[:2], *tie] if set(order[2:]) == ids else order

    assert listed(engine, sort=sort) == told(upwards)
    assert listed(engine, sort=sort, descending=True) == told(downwards)
    assert listed(engine, descending=True) == by_id[::-1]


def test_a_point_shows_its_running_session_and_nothing_without_one(engine: Engine) -> None:
    with engine.connect() as connection:
        rows, total = views.points(connection, ListPoints(search="3"), after="", skip=0, most=1)
        idle, _ = views.points(connection, ListPoints(search="zoo"), after="", skip=0, most=1)
    running = ("session_id", "session_status", "started_at", "driver_id", "charging_rate", "energy_consumed_kwh")
    limits = ("energy_limit_kwh", "total_cost", "progress")
    assert total == 1
    assert [rows[0][name] for name in running + limits] == ["s4", "CHARGING", 2.0, "D1", 22.0, 5.0, 10.0, 1.5, 50.0]
    assert {idle[0][name] for name in running + limits} == {None}


def test_only_a_search_is_counted_and_its_page_does_not_change_the_count(engine: Engine) -> None:
    with engine.connect() as connection:
        assert views.points(connection, ListPoints(), after="", skip=0, most=9)[1] is None
        assert views.points(connection, ListPoints(after="a1"), after="a1", skip=0, most=9)[1] is None
        assert views.points(connection, ListPoints(status=["CHARGING"]), after="", skip=1, most=1)[1] == 2
        assert views.points(connection, ListPoints(search=""), after="c3", skip=0, most=1)[1] == 4


def of_sessions(engine: Engine, most: int = 99, **wanted: Any) -> list[str]:
    with engine.connect() as connection:
        return [row["session_id"] for row in views.sessions(connection, ListSessions(**wanted), most)]


def test_sessions_are_chosen_by_point_driver_and_status_newest_first(engine: Engine) -> None:
    assert of_sessions(engine) == ["s6", "s5", "s4", "s3", "s2", "s1"]
    assert of_sessions(engine, open=True) == ["s6", "s4"]
    assert of_sessions(engine, cp_id="a1") == ["s5", "s2", "s1"]
    assert of_sessions(engine, cp_id="a1", status="FINISHED") == ["s5", "s1"]
    assert of_sessions(engine, driver_id="D1") == ["s4", "s1"]
    assert of_sessions(engine, driver_id="D1", cp_id="c3") == ["s4"]
    assert of_sessions(engine, status=["REFUSED", "CLAIMED"]) == ["s6", "s2"]
    assert of_sessions(engine, status="FINISHED", open=True) == []
    assert of_sessions(engine, status="CHARGING", open=True) == ["s4"]
    assert of_sessions(engine, cp_id="nowhere") == []


@pytest.mark.parametrize("wanted", [{}, {"cp_id": "a1"}, {"open": True}, {"status": "FINISHED"}])
def test_sessions_that_began_together_come_once_each_page_by_page(engine: Engine, wanted: dict[str, Any]) -> None:
    whole, seen, after = of_sessions(engine, **wanted), list[str](), ""
    while page := of_sessions(engine, 1, after=after, **wanted):
        seen += page
        after = f"{int(page[-1][1:]) // 2}.0/{page[-1]}"
    assert seen == whole


def of_events(engine: Engine, most: int = 99, **wanted: Any) -> list[int]:
    with engine.connect() as connection:
        rows, newest = views.events(connection, ListEvents(**wanted), most)
        assert newest == 8
    return [row["id"] for row in rows]


def test_events_come_newest_first_and_are_chosen_by_number_story_and_kind(engine: Engine) -> None:
    assert of_events(engine) == [8, 7, 6, 5, 4, 3, 2, 1]
    assert of_events(engine, 2) == [8, 7]
    assert of_events(engine, since=6) == [8, 7]
    assert of_events(engine, since=8) == []
    assert of_events(engine, before=3) == [2, 1]
    assert of_events(engine, since=2, before=7, after="6") == [5, 4, 3]
    assert of_events(engine, cp_id="c3") == [8, 6, 4, 2]
    assert of_events(engine, session_id="s1") == [7, 4, 1]
    assert of_events(engine, session_id="s1", cp_id="c3", kind="completed") == [4]
    assert of_events(engine, kind="claimed", cp_id="c3") == []
    assert of_events(engine, kind="claimed") == [7, 5, 3, 1]
    assert of_events(engine, 3, kind=["claimed", "completed", "claimed"], before=7) == [6, 5, 4]
    assert of_events(engine, kind=["claimed", "unheard of"]) == [7, 5, 3, 1]


def test_numbers_that_began_anew_do_not_hide_events_from_who_knew_a_higher_one(engine: Engine) -> None:
    assert of_events(engine, since=9) == [8, 7, 6, 5, 4, 3, 2, 1]


def test_an_event_is_told_with_all_its_ids(engine: Engine) -> None:
    with engine.connect() as connection:
        rows, _ = views.events(connection, ListEvents(), 1)
    nobody = {"driver_id": None, "message_id": None}
    told = {"id": 8, "at": 8.0, "kind": "completed", "text": "text 8", "cp_id": "c3", "session_id": "s2"}
    assert rows == [told | nobody]


# -- what it costs: with every row there could be, these are the steps that SQLite takes


def plans(engine: Engine, query: Callable[[Connection], object]) -> list[str]:
    """The steps of each statement of a query that read a table."""
    asked: list[tuple[str, Any]] = []

    def hear(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", hear)
    with engine.connect() as connection:
        query(connection)
    event.remove(engine, "before_cursor_execute", hear)
    with engine.connect() as connection:
        found = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all() for text, values in asked]
    # Whether an index has all that is asked is told differently by different versions.
    steps = [str(step.detail).replace("COVERING ", "") for plan in found for step in plan]
    return [
        step
        for step in steps
        if step.split()[0] in {"SCAN", "SEARCH"} and not step.startswith(("SCAN anon", "SCAN CONSTANT"))
    ]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Engine]:
    made = open_database(f"sqlite:///{tmp_path / 'central.db'}")
    fill(made)
    yield made
    made.dispose()


def _sessions(**wanted: Any) -> Callable[[Connection], object]:
    return lambda connection: views.sessions(connection, ListSessions(**wanted), 40)


def _events(**wanted: Any) -> Callable[[Connection], object]:
    return lambda connection: views.events(connection, ListEvents(**wanted), 40)


OPEN = "SCAN sessions USING INDEX uq_sessions_open_point"
NEWEST = "SEARCH events"


@pytest.mark.parametrize(
    ("query", "steps"),
    [
        (_sessions(), ["SCAN sessions USING INDEX ix_sessions_started"]),
        (_sessions(after="2.0/s4"), ["SEARCH sessions USING INDEX ix_sessions_started (started_at<?)"]),
        (_sessions(open=True), [OPEN]),
        (_sessions(open=True, after="2.0/s4"), [OPEN]),
        (_sessions(status=["CLAIMED"]), [OPEN]),
        (_sessions(status="REFUSED"), ["SCAN sessions USING INDEX ix_sessions_refused"]),
        (_sessions(cp_id="a1"), ["SEARCH sessions USING INDEX ix_sessions_point (cp_id=?)"]),
        (_sessions(cp_id="a1", driver_id="D1"), ["SEARCH sessions USING INDEX ix_sessions_point (cp_id=?)"]),
        (_sessions(driver_id="D1"), ["SEARCH sessions USING INDEX ix_sessions_driver (driver_id=?)"]),
        (_events(), [NEWEST, "SCAN events"]),  # along its numbers, from the end
        (_events(since=3), [NEWEST, "SEARCH events USING INTEGER PRIMARY KEY (rowid>?)"]),
        (_events(cp_id="a1", kind="x"), [NEWEST, "SEARCH events USING INDEX ix_events_point (cp_id=?)"]),
        (_events(kind="x"), [NEWEST, "SEARCH events USING INDEX ix_events_kind (kind=?)"]),
        (_events(kind=["x", "y"]), [NEWEST, *2 * ["SEARCH events USING INDEX ix_events_kind (kind=?)"]]),
        (
            _events(session_id="s1", cp_id="a1"),
            [NEWEST, "SEARCH events USING INDEX ix_events_session_id (session_id=?)"],
        ),
        (lambda c: views.today(c, 1.0), ["SEARCH sessions USING INDEX ix_sessions_started (started_at>?)"]),
        (
            views.current,
            [OPEN, "SCAN points", "SCAN outbox USING INDEX ix_outbox_instance", "SCAN quarantine"],
        ),
        (
            views.accumulated,
            [
                OPEN,
                "SCAN sessions USING INDEX ix_sessions_refused",
                *2 * ["SEARCH sessions"],  # its first number, and its last
                *2 * ["SEARCH readings"],
                "SCAN quarantine USING INDEX sqlite_autoindex_quarantine_1",
            ],
        ),
        (
            lambda c: views.points(c, ListPoints(), after="a", skip=0, most=9),
            [
                "SEARCH points USING INDEX sqlite_autoindex_points_1 (cp_id>?)",
                "SEARCH sessions USING INDEX uq_sessions_open_point (cp_id=?) LEFT-JOIN",
            ],
        ),
    ],
)
def test_nothing_that_is_asked_every_second_reads_all_sessions_or_events(
    file: Engine, query: Callable[[Connection], object], steps: list[str]
) -> None:
    assert plans(file, query) == steps


def test_energy_and_money_of_the_day_leave_out_what_was_refused_and_what_began_before(engine: Engine) -> None:
    with engine.begin() as connection:
        billed = replace(SESSIONS[4], energy_wh=1_500, total_cost=Decimal("0.45"))
        refused = replace(SESSIONS[1], energy_wh=7, total_cost=Decimal("7.00"))
        UnitOfWork(connection, "here").save_sessions([billed, refused])
    with engine.connect() as connection:
        assert views.today(connection, 1.0) == {"energy_consumed_kwh": 6.5, "total_cost": 1.95}
        assert views.today(connection, 2.1) == {"energy_consumed_kwh": 0.0, "total_cost": 0.0}
        current = views.current(connection)
        assert (current["points"], current["sessions"], current["charging_rate"]) == (
            {"ACTIVE": 1, "CHARGING": 2, "FAULTY": 1},
            {"CHARGING": 1, "CLAIMED": 1},
            22.0,
        )
        assert views.accumulated(connection)["sessions"] == {"FINISHED": 3, "REFUSED": 1}
