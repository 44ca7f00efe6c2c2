"""Points join, report, fall silent and come back; links keep to their role."""

import json

from common import messages as m
from common.errors import ErrorCode
from tests.integration.central.conftest import START, Network


async def test_a_registration_brings_price_and_interval_and_the_first_price_stays(network: Network) -> None:
    first = await network.peer()
    first.send(m.RegisterRequest(message_id="g1", cp_id="CP1", max_charging_rate_kw=22, price_per_kwh=0.45))
    answer = await first.expect(m.RegisterResponse)
    assert (answer.message_id, answer.status, float(answer.price_per_kwh or 0), answer.heartbeat_interval_s) == (
        "g1",
        "success",
        0.45,
        30.0,
    )
    assert answer.out_of_service is False
    await first.close()
    await network.until_status("DISCONNECTED")
    second = await network.peer()
    second.send(m.RegisterRequest(message_id="g2", cp_id="CP1", max_charging_rate_kw=50, price_per_kwh=9.99))
    again = await second.expect(m.RegisterResponse)
    assert float(again.price_per_kwh or 0) == 0.45
    assert await network.rows("SELECT max_charging_rate_kw, generation, status FROM points") == [(50.0, 2, "ACTIVE")]


async def test_a_second_live_link_for_a_point_is_refused(network: Network) -> None:
    older = await network.monitor()
    newer = await network.peer()
    newer.send(m.RegisterRequest(message_id="g2", cp_id="CP1", max_charging_rate_kw=22))
    answer = await newer.expect(m.RegisterResponse)
    assert (answer.status, answer.error) == ("failure", ErrorCode.ALREADY_CONNECTED)
    older.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=m.PointStatus.ACTIVE))
    assert (await older.expect(m.HeartbeatResponse)).succeeded


async def test_one_link_carries_many_points(network: Network) -> None:
    monitor = await network.monitor("A")
    monitor.send(m.RegisterRequest(message_id="g2", cp_id="B", max_charging_rate_kw=22))
    assert (await monitor.expect(m.RegisterResponse)).succeeded
    await monitor.close()
    await network.until_status("DISCONNECTED", "A")
    await network.until_status("DISCONNECTED", "B")


async def test_a_point_silent_for_ninety_seconds_is_disconnected(network: Network) -> None:
    monitor = await network.monitor()
    network.clock.advance(60)
    monitor.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=m.PointStatus.ACTIVE))
    await monitor.expect(m.HeartbeatResponse)
    network.clock.advance(60)
    assert await network.status() == "ACTIVE"
    network.clock.advance(31)
    assert await monitor.ended()
    await network.until_status("DISCONNECTED")


async def test_a_heartbeat_tells_a_state_that_an_update_failed_to_tell(network: Network) -> None:
    monitor = await network.monitor()
    monitor.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=m.PointStatus.FAULTY))
    await network.until_status("FAULTY")


async def test_fault_and_recovery(network: Network) -> None:
    monitor = await network.monitor()
    monitor.send(m.FaultNotification(message_id="f", cp_id="CP1", fault_type="engine_unreachable"))
    await network.until_status("FAULTY")
    assert await network.rows("SELECT fault_type FROM points") == [("engine_unreachable",)]
    monitor.send(m.RecoveryNotification(message_id="v", cp_id="CP1"))
    await network.until_status("ACTIVE")


async def test_a_fault_during_a_charge_is_told_to_its_driver(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    await network.charge(driver, monitor)
    monitor.send(m.FaultNotification(message_id="f", cp_id="CP1", fault_type="ground_fault"))
    told = await network.until_told("D1", m.ChargingStatusUpdate, 2)
    assert [t.status for t in told] == ["CHARGING", "FAULTY"]


async def test_a_lost_link_leaves_the_session_open_and_the_true_status_comes_back(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    session_id = await network.charge(driver, monitor)
    await monitor.close()
    await network.until_status("DISCONNECTED")
    assert await network.rows("SELECT state FROM sessions") == [("CHARGING",)]
    again = await network.monitor()
    again.send(m.StatusUpdate(message_id="u", cp_id="CP1", status=m.PointStatus.CHARGING, detail="Charging"))
    await network.until_status("CHARGING")
    again.send(network.completion(session_id))
    await again.expect(m.ChargeCompletionAck)
    assert await network.status() == "ACTIVE"


async def test_the_first_message_fixes_the_role_of_a_link(network: Network) -> None:
    monitor = await network.monitor()
    monitor.send(m.ManualCommand(message_id="a", command="stats"))
    error = await monitor.expect(m.ErrorResponse)
    assert (error.error, error.message_id) == (ErrorCode.NOT_ALLOWED, "a")
    monitor.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=m.PointStatus.ACTIVE))
    assert (await monitor.expect(m.HeartbeatResponse)).succeeded


async def test_a_point_that_did_not_register_has_no_say(network: Network) -> None:
    stranger = await network.peer()
    stranger.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=m.PointStatus.ACTIVE))
    assert (await stranger.expect(m.HeartbeatResponse)).error is ErrorCode.UNKNOWN_CP
    stranger.send(m.StatusUpdate(message_id="u", cp_id="CP1", status=m.PointStatus.FAULTY))
    assert (await stranger.expect(m.ErrorResponse)).error is ErrorCode.UNKNOWN_CP


async def test_with_authentication_off_every_proof_is_believed(network: Network) -> None:
    peer = await network.peer()
    peer.send(m.AuthRequest(message_id="a", role="driver", driver_id="D1", nonce="n", signature="whatever"))
    assert (await peer.expect(m.AuthResponse)).succeeded


async def test_garbage_is_answered_and_costs_only_itself(network: Network) -> None:
    peer = await network.peer()
    writer = peer.link._writer
    writer.write(b"garbage\n[1]\n\r\n" + json.dumps({"type": "nonsense", "message_id": "n"}).encode() + b"\n")
    errors = [(await peer.expect(m.ErrorResponse)).error for _ in range(3)]
    assert errors == [ErrorCode.MALFORMED_JSON, ErrorCode.MALFORMED_JSON, ErrorCode.UNKNOWN_TYPE]
    peer.send(m.AvailableCpsRequest(message_id="q", driver_id="D1"))
    assert (await peer.expect(m.AvailableCpsResponse)).message_id == "q"
    writer.write(b"x" * 70_000)
    assert (await peer.expect(m.ErrorResponse)).error is ErrorCode.FRAME_TOO_LARGE
    assert await peer.ended()


async def test_heartbeats_reach_the_database_in_bulk(network: Network) -> None:
    monitor = await network.monitor()
    network.clock.advance(20)
    monitor.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=m.PointStatus.ACTIVE))
    await monitor.expect(m.HeartbeatResponse)
    await network.central.desk.losing.note_heartbeats()
    assert await network.rows("SELECT last_seen_at FROM points") == [(START + 20,)]
