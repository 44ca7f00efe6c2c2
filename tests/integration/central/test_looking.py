"""What an operator's console asks over and over: pages of points, sessions and events, and the figures."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from common import messages as m
from common.codec import encode
from common.errors import ErrorCode
from common.framing import MAX_FRAME_BYTES
from common.metrics import catalogue as figures
from common.routes import Topic
from common.telemetry import about
from tests.integration.central.conftest import START, Network, Peer, proof
from tests.integration.central.test_operating import order
from tests.waiting import until

LONG = "ü" * 200
ENROLLED, BOSS = "secret-of-the-console", "secret-of-the-boss"


@pytest.fixture
async def admin(network: Network) -> AsyncIterator[Peer]:
    peer = await network.peer()
    yield peer
    await peer.close()


async def ask(admin: Peer, command: Any, **args: Any) -> dict[str, Any]:
    answer = await order(admin, command, **args)
    assert answer.succeeded, answer
    assert len(encode(answer)) < MAX_FRAME_BYTES
    return answer.data or {}


async def every(admin: Peer, command: Any, name: str, **args: Any) -> tuple[list[dict[str, Any]], int]:
    """All rows of a list, and how many pages they came in."""
    rows, pages, after = [], 0, ""
    while True:
        data = await ask(admin, command, **args, **({"after": after} if after else {}))
        rows += data[name]
        pages += 1
        if "next" not in data:
            return rows, pages
        after = data["next"]


async def register(network: Network, count: int, **details: Any) -> Peer:
    """So many points on one link; each third one has the same price."""
    monitor = await network.monitor("P000", **details)
    for number in range(1, count):
        request = {"message_id": f"g{number}", "cp_id": f"P{number:03}", "max_charging_rate_kw": 22}
        monitor.send(m.RegisterRequest(**request, price_per_kwh=number % 3, **details))
        await monitor.expect(m.RegisterResponse)
    return monitor


async def test_a_search_comes_page_by_page_under_any_order_with_its_total(network: Network, admin: Peer) -> None:
    await register(network, 25)
    for wanted in ({"sort": "price", "descending": True}, {"sort": "name"}, {"descending": True}, {"search": "p0"}):
        rows, pages = await every(admin, "list_cps", "charging_points", limit=7, **wanted)
        assert (len({row["cp_id"] for row in rows}), len(rows), pages) == (25, 25, 4)
    by_price = await ask(admin, "list_cps", sort="price", limit=9)
    assert [row["price_per_kwh"] for row in by_price["charging_points"]] == [0.0] * 8 + [0.3]
    assert [row["cp_id"] for row in by_price["charging_points"][:3]] == ["P003", "P006", "P009"]
    assert (by_price["total"], by_price["next"]) == (25, "@9")
    page = await ask(admin, "list_cps", search="P00", offset=8, limit=2)
    assert [row["cp_id"] for row in page["charging_points"]] == ["P008", "P009"]
    assert (page["total"], "next" in page) == (10, False)
    beyond = await ask(admin, "list_cps", status=["FAULTY", "STOPPED"])
    assert beyond == {"charging_points": [], "total": 0}


async def test_without_a_search_pages_go_on_behind_an_id_and_are_not_counted(network: Network, admin: Peer) -> None:
    await register(network, 41)
    first = await ask(admin, "list_cps")
    assert ([row["cp_id"] for row in first.pop("charging_points")][-1], first) == ("P039", {"next": "P039"})
    rest = await ask(admin, "list_cps", after="P039")
    assert ([row["cp_id"] for row in rest.pop("charging_points")], rest) == (["P040"], {})


async def test_the_longest_page_fits_a_frame_and_its_cursor_leads_to_the_rest(network: Network, admin: Peer) -> None:
    await register(network, 90, name=LONG, address=LONG)
    for wanted in ({"limit": 1000}, {"limit": 1000, "sort": "price"}):
        rows, pages = await every(admin, "list_cps", "charging_points", **wanted)
        assert (len({row["cp_id"] for row in rows}), len(rows), pages > 1) == (90, 90, True)


@pytest.mark.parametrize(
    ("command", "args", "sentence"),
    [
        ("list_cps", {"search": 7}, "search must be a valid string."),
        ("list_cps", {"search": "x" * 201}, "search must not be longer than 200."),
        ("list_cps", {"search": "\x00"}, "search must not contain control characters."),
        (
            "list_cps",
            {"status": "ASLEEP"},
            "status must be 'ACTIVE', 'CHARGING', 'FAULTY', 'STOPPED' or 'DISCONNECTED'.",
        ),
        ("list_cps", {"status": []}, "status must be one word or a list of words."),
        ("list_cps", {"status": {"a": 1}}, "status must be one word or a list of words."),
        (
            "list_cps",
            {"sort": "beauty"},
            "sort must be 'cp_id', 'name', 'status', 'price', 'power', 'energy', 'cost' or 'seen'.",
        ),
        ("list_cps", {"descending": "yes"}, "descending must be a valid boolean."),
        ("list_cps", {"limit": 0}, "limit must be greater than or equal to 1."),
        ("list_cps", {"limit": 1001}, "limit must be less than or equal to 1000."),
        ("list_cps", {"limit": True}, "limit must be a valid integer."),
        ("list_cps", {"limit": 1.5}, "limit must be a valid integer."),
        ("list_cps", {"offset": -1}, "offset must be greater than or equal to 0."),
        ("list_cps", {"offset": 2**63}, "offset must be less than or equal to 9007199254740992."),
        ("list_cps", {"sort": "name", "after": "CP1"}, "after must be the cursor of an earlier answer."),
        ("list_sessions", {"limit": 0}, "limit must be greater than or equal to 1."),
        ("list_sessions", {"status": "ACTIVE"}, "status must be 'CLAIMED', 'CHARGING', 'FINISHED' or 'REFUSED'."),
        ("list_sessions", {"cp_id": ""}, "cp_id must not be empty."),
        ("list_sessions", {"driver_id": None, "after": "x"}, "after must be the cursor of an earlier answer."),
        ("list_events", {"limit": 2**70}, "limit must be less than or equal to 9007199254740992."),
        ("list_events", {"before": "7"}, "before must be a valid integer."),
        ("list_events", {"since": -1}, "since must be greater than or equal to 0."),
        ("list_events", {"kind": 7}, "kind must be one word or a list of words."),
        ("list_events", {"kind": ["a"] * 21}, "kind must not be longer than 20."),
        ("list_events", {"after": "@1"}, "after must be the cursor of an earlier answer."),
        ("stop_cp", {}, "stop_cp needs cp_id."),
        ("set_price", {"cp_id": "CP1", "price_per_kwh": -1}, "price_per_kwh must be from 0 to 10000."),
        ("trace", {"id": "x" * 65}, "id must not be longer than 64."),
    ],
)
async def test_a_wrong_argument_is_refused_with_one_sentence(
    network: Network, admin: Peer, command: str, args: dict[str, Any], sentence: str
) -> None:
    del network
    answer = await order(admin, command, **args)
    assert (answer.error, answer.message) == (ErrorCode.BAD_ARGUMENT, sentence)


async def test_an_argument_that_is_unknown_is_passed_over(network: Network, admin: Peer) -> None:
    await network.monitor()
    assert len((await ask(admin, "list_cps", shiny=True))["charging_points"]) == 1


async def test_a_point_that_charges_shows_how_far_it_is(network: Network, admin: Peer) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    monitor.send(network.reading(session_id, "5.000", relay=True))
    await network.until_told("D1", m.ChargingData)
    (row,) = (await ask(admin, "list_cps", search="cp1", status="CHARGING"))["charging_points"]
    shown = {name: row[name] for name in ("session_id", "session_status", "started_at", "progress")}
    assert shown == {"session_id": session_id, "session_status": "CHARGING", "started_at": START, "progress": 10.0}
    (found,) = (await ask(admin, "list_sessions", cp_id="CP1", driver_id="D1", status=["CHARGING"]))["sessions"]
    assert found["session_id"] == session_id
    assert await ask(admin, "list_sessions", cp_id="CP2") == {"sessions": []}


async def test_events_are_paged_through_and_polled_for(network: Network, admin: Peer) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    stored = [row[0] for row in await network.rows("SELECT id FROM events ORDER BY id DESC")]
    rows, pages = await every(admin, "list_events", "events", limit=2)
    assert ([row["id"] for row in rows], pages) == (stored, (len(stored) + 1) // 2)
    newest = (await ask(admin, "list_events", limit=1))["newest"]
    assert newest == stored[0]
    assert await ask(admin, "list_events", since=newest) == {"events": [], "newest": newest}
    monitor.send(network.completion(session_id))
    await monitor.expect(m.ChargeCompletionAck)
    (event,) = (await ask(admin, "list_events", since=newest, kind=["completed"]))["events"]
    del event["id"], event["at"]
    assert event == {
        "kind": "completed",
        "text": event["text"],
        "cp_id": "CP1",
        "session_id": session_id,
        "driver_id": "D1",
        "message_id": "done-1",
    }


async def test_figures_show_what_waits_and_how_fast_messages_come(network: Network, admin: Peer) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    before = await ask(admin, "stats")
    assert (before["requests"], before["commands_waiting"]) == ({"claimed": 0, "commands_waiting": 0}, 0)
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    await monitor.expect(m.StartChargingCommand)
    network.clock.advance(5)
    for number in range(20):
        monitor.send(m.HeartbeatRequest(message_id=f"h{number}", cp_id="CP1", status=m.PointStatus.ACTIVE))
        await monitor.expect(m.HeartbeatResponse)
    network.produce(Topic.CPS_REQUESTS, "D1", m.AvailableCpsRequest(message_id="q", driver_id="D1"))
    await network.until_told("D1", m.AvailableCpsResponse)
    measures = network.central.context.measures
    await until(lambda: measures.values(figures.MESSAGES).get(("available_cps_request", "kafka", "done")) == 1)
    found = await ask(admin, "stats")
    assert found["requests"] == {"claimed": 1, "commands_waiting": 1}
    # Registration, question, charge request, heartbeats, and the record; this question is not answered yet.
    assert found["messages_per_second"] == round(24 / 5, 2)


async def test_the_newest_complaints_are_told_and_a_flood_costs_the_ring_only(network: Network, admin: Peer) -> None:
    log = logging.getLogger("ev.central.test")
    log.warning("A %s warning.", "small", extra=about(cp_id="CP1", message_id="m1"))
    log.info("Nothing to complain about.")
    log.error("x" * 10_000)
    newest, older = (await ask(admin, "stats"))["complaints"][:2]
    nobody = {"message_id": None, "cp_id": None, "session_id": None, "driver_id": None}
    assert {**newest, "at": 0} == {**nobody, "at": 0, "level": "error", "text": "x" * 300}
    told = {"at": 0, "level": "warning", "text": "A small warning.", "cp_id": "CP1", "message_id": "m1"}
    assert {**older, "at": 0} == {**nobody, **told}
    for number in range(1000):
        log.warning("%s %d", LONG, number)
    complaints = (await ask(admin, "stats"))["complaints"]
    assert [one["text"].split()[1] for one in complaints] == [str(999 - n) for n in range(len(complaints))]
    assert len(complaints) == 50
    await network.central.stop()
    log.warning("Too late.")
    assert network.central.context.complaints.newest()[0]["text"] == complaints[0]["text"]
    await network.start(max_frame_bytes=8192)
    for number in range(60):
        log.warning("%s %d", LONG, number)
    answer = await order(await network.peer(), "stats")
    assert len(encode(answer)) < 8192
    assert 1 <= len((answer.data or {})["complaints"]) < 50  # type: ignore[arg-type] # JSON is anything


async def test_many_consoles_cost_one_look_at_the_database_a_second(network: Network, admin: Peer) -> None:
    await ask(admin, "stats")
    measures = network.central.context.measures
    before = sum(measures.spreads(figures.DATABASE_READ)[()].counts)
    await network.monitor()
    for peer in (admin, await network.peer()):
        assert (await ask(peer, "stats"))["points"] == {}
    assert sum(measures.spreads(figures.DATABASE_READ)[()].counts) == before
    network.clock.advance(1.0)
    assert (await ask(admin, "stats"))["points"] == {"ACTIVE": 1}


async def test_the_console_of_this_central_proves_itself_with_a_secret_that_no_file_has(network: Network) -> None:
    await network.central.stop()
    await network.start(auth=True)
    await network.enrol("admin", "console", ENROLLED)
    await network.enrol("admin", "boss", BOSS)
    own = network.central.context.proofs.admit_own("console")
    assert len(own) == 64

    async def prove(admin_id: str, secret: str, nonce: str) -> bool:
        peer = await network.peer()
        peer.send(proof("admin", admin_id, secret, nonce))
        admitted = (await peer.expect(m.AuthResponse)).succeeded
        if admitted:
            assert await ask(peer, "list_cps") == {"charging_points": []}
        return admitted

    tries = [("console", own), ("console", ENROLLED), ("boss", own), ("console", "x"), ("boss", BOSS)]
    admitted = [await prove(admin_id, secret, f"n{n}") for n, (admin_id, secret) in enumerate(tries)]
    assert admitted == [True, True, False, False, True]
    assert network.central.context.proofs.admit_own("console") != own
