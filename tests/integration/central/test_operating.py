"""The operator's commands."""

import asyncio
from typing import Any

from central.ingest import SHARED
from common import messages as m
from common.errors import ErrorCode
from common.kafka.bus import Outgoing
from common.kafka.memory import MemoryBus
from common.routes import Topic
from tests.integration.central.conftest import Network, Peer
from tests.waiting import until


async def order(admin: Peer, command: Any, **args: Any) -> m.ManualCommandResponse:
    admin.send(m.ManualCommand(message_id=f"a-{command}", command=command, args=args))
    return await admin.expect(m.ManualCommandResponse)


async def confirm(monitor: Peer, kind: type[m.Message]) -> None:
    command = await monitor.expect(kind)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success"))


async def test_stop_cp_takes_a_point_out_of_service_and_resume_brings_it_back(network: Network) -> None:
    monitor, admin, driver = await network.monitor(), await network.peer(), await network.peer()
    answer, _ = await asyncio.gather(order(admin, "stop_cp", cp_id="CP1"), confirm(monitor, m.StopCpCommand))
    assert (answer.status, answer.data) == ("success", {"changed": ["CP1"], "unconfirmed": []})
    assert await network.status() == "STOPPED"
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    assert (await driver.expect(m.ChargeRequestResponse)).error is ErrorCode.CP_STOPPED
    answer, _ = await asyncio.gather(order(admin, "resume_cp", cp_id="CP1"), confirm(monitor, m.ResumeCpCommand))
    assert answer.succeeded
    assert await network.status() == "ACTIVE"


async def test_out_of_service_survives_reconnects_and_restarts(network: Network) -> None:
    monitor, admin = await network.monitor(), await network.peer()
    await asyncio.gather(order(admin, "stop_cp", cp_id="*"), confirm(monitor, m.StopCpCommand))
    await monitor.close()
    await network.until_status("DISCONNECTED")
    await network.central.stop()
    await network.start()
    peer = await network.peer()
    peer.send(m.RegisterRequest(message_id="g", cp_id="CP1", max_charging_rate_kw=22))
    assert (await peer.expect(m.RegisterResponse)).out_of_service is True
    assert await network.status() == "STOPPED"


async def test_stop_cp_during_a_charge_stops_once_it_completed(network: Network) -> None:
    monitor, admin, driver = await network.monitor(), await network.peer(), await network.peer()
    session_id = await network.charge(driver, monitor)
    await asyncio.gather(order(admin, "stop_cp", cp_id="CP1"), confirm(monitor, m.StopCpCommand))
    assert await network.status() == "CHARGING"
    monitor.send(network.completion(session_id, reason=m.Reason.ADMIN_STOP))
    await monitor.expect(m.ChargeCompletionAck)
    assert await network.status() == "STOPPED"


async def test_a_stop_that_the_point_cannot_confirm_says_so_and_holds(network: Network) -> None:
    monitor, admin = await network.monitor(), await network.peer()
    await monitor.close()
    await network.until_status("DISCONNECTED")
    answer = await order(admin, "stop_cp", cp_id="CP1")
    assert answer.data == {"changed": ["CP1"], "unconfirmed": ["CP1"]}
    assert await network.rows("SELECT out_of_service FROM points") == [(1,)]


async def test_what_a_point_reports_while_it_is_told_to_stop_is_not_forgotten_with_its_answer(network: Network) -> None:
    monitor, admin = await network.monitor(), await network.peer()

    async def fail_and_confirm() -> None:
        command = await monitor.expect(m.StopCpCommand)
        monitor.send(m.StatusUpdate(message_id="u1", cp_id="CP1", status=m.PointStatus.FAULTY))
        await network.until_status("FAULTY")
        monitor.send(m.CommandResponse(message_id=command.message_id, status="success"))

    await asyncio.gather(order(admin, "stop_cp", cp_id="CP1"), fail_and_confirm())
    # Its recovery was lost on the way; a heartbeat says how it stands.
    monitor.send(m.HeartbeatRequest(message_id="h1", cp_id="CP1", status=m.PointStatus.STOPPED))
    await network.until_status("STOPPED")


async def test_stop_session_ends_a_drivers_session(network: Network) -> None:
    monitor, admin, driver = await network.monitor(), await network.peer(), await network.peer()
    session_id = await network.charge(driver, monitor)
    answer, _ = await asyncio.gather(
        order(admin, "stop_session", session_id=session_id), confirm(monitor, m.StopChargingCommand)
    )
    assert answer.succeeded
    assert (await order(admin, "stop_session", session_id="nope")).error is ErrorCode.UNKNOWN_SESSION


async def test_lists_come_in_pages_that_fit_a_frame(network: Network) -> None:
    monitor, admin = await network.monitor("P00"), await network.peer()
    for number in range(1, 100):
        monitor.send(m.RegisterRequest(message_id=f"g{number}", cp_id=f"P{number:02}", max_charging_rate_kw=22))
        await monitor.expect(m.RegisterResponse)
    seen: list[str] = []
    after = ""
    while True:
        data = (await order(admin, "list_cps", after=after)).data or {}
        page: Any = data["charging_points"]
        seen += [point["cp_id"] for point in page]
        if "next" not in data:
            break
        after = str(data["next"])
    assert seen == [f"P{number:02}" for number in range(100)]


async def test_the_board_shows_a_running_charge(network: Network) -> None:
    monitor, admin, driver = await network.monitor(), await network.peer(), await network.peer()
    session_id = await network.charge(driver, monitor)
    monitor.send(network.reading(session_id, "2.000", relay=True))
    await network.until_told("D1", m.ChargingData)
    points: Any = ((await order(admin, "list_cps")).data or {})["charging_points"]
    row = points[0]
    assert (row["status"], row["session_id"], row["driver_id"]) == ("CHARGING", session_id, "D1")
    assert (row["energy_consumed_kwh"], row["total_cost"], row["charging_rate"]) == (2.0, 0.6, 22.0)
    drivers: Any = ((await order(admin, "list_drivers")).data or {})["drivers"]
    assert [(d["driver_id"], d["sessions"], d["energy_consumed_kwh"]) for d in drivers] == [("D1", 1, 2.0)]
    sessions: Any = ((await order(admin, "list_sessions", open=True)).data or {})["sessions"]
    assert [s["status"] for s in sessions] == ["CHARGING"]
    stats: Any = (await order(admin, "stats")).data
    assert (stats["points"], stats["sessions"], stats["points_linked"]) == ({"CHARGING": 1}, {"CHARGING": 1}, 1)
    assert stats["charge_latency_ms"]["count"] == 1


async def test_stats_tell_how_central_stands_with_kafka(network: Network) -> None:
    admin = await network.peer()
    MemoryBus(network.broker).publisher().publish(Outgoing(Topic.CHARGE_REQUESTS, "D1", b"{"))
    await until(lambda: network.dead_letters() == [(b"{", "malformed_json")])
    shared = dict.fromkeys(map(str, SHARED), 3)
    found: dict[str, Any] = {}

    async def caught_up() -> bool:
        stats: Any = (await order(admin, "stats")).data
        found.update(stats["kafka"])
        return bool(found["lag"] == 0)

    await until(caught_up)
    assert found == {
        "state": "up",
        "assigned": 18,
        "assigned_by_topic": {**shared, "central_commands": 3},
        "lag": 0,
        "lag_by_topic": {**dict.fromkeys(shared, 0), "central_commands": 0},
        "rebalances": 0,
        "rebalanced_at": None,
        "dead_letters": 1,
    }


async def test_a_trace_tells_the_story_by_message_and_by_session(network: Network) -> None:
    monitor, admin, driver = await network.monitor(), await network.peer(), await network.peer()
    session_id = await network.charge(driver, monitor)
    monitor.send(network.completion(session_id))
    await monitor.expect(m.ChargeCompletionAck)
    for story_id in ("r1", session_id, "done-1"):
        events: Any = ((await order(admin, "trace", id=story_id)).data or {})["events"]
        assert [event["kind"] for event in events] == [
            "charge_requested",
            "claimed",
            "start_sent",
            "start_accepted",
            "completed",
        ]
    assert (await order(admin, "trace", id="unheard")).error is ErrorCode.BAD_ARGUMENT


async def test_bad_arguments_are_answered_with_a_sentence(network: Network) -> None:
    await network.monitor()
    admin = await network.peer()
    answers = [
        await order(admin, "stop_cp"),
        await order(admin, "stop_cp", cp_id=7),
        await order(admin, "stop_cp", cp_id="NOWHERE"),
        await order(admin, "set_price", cp_id="CP1", price_per_kwh="cheap"),
        await order(admin, "set_price", cp_id="CP1", price_per_kwh=-1),
        await order(admin, "list_sessions", limit=0),
        await order(admin, "list_sessions", after="nonsense"),
    ]
    assert [answer.error for answer in answers] == [
        ErrorCode.BAD_ARGUMENT,
        ErrorCode.BAD_ARGUMENT,
        ErrorCode.UNKNOWN_CP,
        ErrorCode.BAD_ARGUMENT,
        ErrorCode.BAD_ARGUMENT,
        ErrorCode.BAD_ARGUMENT,
        ErrorCode.BAD_ARGUMENT,
    ]
    assert all(answer.message.endswith(".") for answer in answers)


async def test_a_restart_mid_session_loses_nothing(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    await network.central.stop()
    await network.start()
    assert await network.status() == "DISCONNECTED"
    again = await network.monitor()
    again.send(m.StatusUpdate(message_id="u", cp_id="CP1", status=m.PointStatus.CHARGING))
    again.send(network.reading(session_id, "7.000", relay=True))
    again.send(network.completion(session_id))
    await again.expect(m.ChargeCompletionAck)
    assert await network.rows("SELECT state, energy_wh, total_cost FROM sessions") == [("FINISHED", 10_000, 300)]


async def test_a_claim_that_a_dead_central_left_is_undone_and_its_driver_told(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    await monitor.expect(m.StartChargingCommand)
    await network.central.stop()
    network.clock.advance(15)
    await network.start()
    (answer,) = await network.until_told("D1", m.ChargeRequestResponse)
    assert (answer.message_id, answer.error) == ("r1", ErrorCode.ENGINE_TIMEOUT)
    await network.charge(await network.peer(), await network.monitor(), "r2")
