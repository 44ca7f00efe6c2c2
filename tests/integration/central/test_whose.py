"""Knowing or guessing the id of another's session, request or command gives nothing, whatever the message that names it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from common import messages as m
from common.errors import ErrorCode
from common.messages import Message, PointStatus
from common.metering import metering
from common.registry import over_tcp
from common.routes import Role
from tests.integration.central.conftest import Network, Peer
from tests.integration.central.guarded import guarded, join, prove, say_as_central

__all__ = ["guarded"]

SESSION = "SELECT session_id, cp_id, driver_id, state, energy_wh, total_cost, reason FROM sessions ORDER BY cp_id"


class Scene:
    """CP1 charges for D1; CP2 and D2 are others, each with a link of its own."""

    network: Network
    owner: Peer
    other: Peer
    driver: Peer
    stranger: Peer
    session_id: str


@pytest.fixture
async def scene(guarded: Network) -> Scene:
    made = Scene()
    made.network = guarded
    made.owner, made.other = await join(guarded, "CP1"), await join(guarded, "CP2")
    made.driver = await prove(await guarded.peer(), "driver", "D1")
    made.stranger = await prove(await guarded.peer(), "driver", "D2")
    made.session_id = await guarded.charge(made.driver, made.owner)
    return made


async def test_a_relayed_reading_of_another_points_session_changes_nothing(scene: Scene) -> None:
    before = await scene.network.rows(SESSION)
    told = len(scene.network.told("D1", m.ChargingData))
    scene.other.send(scene.network.reading(scene.session_id, "5.000", cp_id="CP2", relay=True))
    scene.other.send(m.HeartbeatRequest(message_id="h", cp_id="CP2", status=PointStatus.ACTIVE))
    assert (await scene.other.next()).type == "heartbeat_response"  # nothing is said about the reading
    assert await scene.network.rows(SESSION) == before
    assert len(scene.network.told("D1", m.ChargingData)) == told


async def test_a_reading_in_a_batch_with_the_owners_does_not_reach_its_session(scene: Scene) -> None:
    mine = scene.network.reading(scene.session_id, "1.000")
    forged = scene.network.reading(scene.session_id, "9.000", cp_id="CP2")
    await scene.network.central.desk.meters.take_readings(list(map(metering, [forged, mine, forged])))
    assert await scene.network.rows(SESSION) == [(scene.session_id, "CP1", "D1", "CHARGING", 1000, 30, None)]


async def test_an_account_of_another_points_session_is_kept_apart_like_one_of_a_session_that_never_was(
    scene: Scene,
) -> None:
    before = await scene.network.rows(SESSION)
    for session_id in (scene.session_id, "never"):
        account = scene.network.completion(session_id, cp_id="CP2", message_id=f"done-{session_id}")
        scene.other.send(account)
        ack = await scene.other.expect(m.ChargeCompletionAck)
        assert (ack.message_id, ack.cp_id, ack.session_id) == (account.message_id, "CP2", session_id)
    assert (
        await scene.network.rows("SELECT cp_id, why FROM quarantine") == [("CP2", "no such session at this point")] * 2
    )
    assert await scene.network.rows(SESSION) == before


async def test_an_answer_to_another_points_command_decides_nothing(scene: Scene) -> None:
    scene.driver.send(m.StopChargingRequest(message_id="s1", cp_id="CP1", session_id=scene.session_id, driver_id="D1"))
    command = await scene.owner.expect(m.StopChargingCommand)
    scene.other.send(m.CommandResponse(message_id=command.message_id, status="failure", error="unknown_session"))
    scene.other.send(m.HeartbeatRequest(message_id="h", cp_id="CP2", status=PointStatus.ACTIVE))
    await scene.other.expect(m.HeartbeatResponse)
    assert await scene.network.rows("SELECT state FROM sessions") == [("CHARGING",)]
    scene.owner.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=scene.session_id))
    assert (await scene.driver.expect(m.StopChargingResponse)).succeeded


async def test_an_outcome_that_comes_under_another_points_key_decides_nothing(scene: Scene) -> None:
    scene.driver.send(m.StopChargingRequest(message_id="s1", cp_id="CP1", session_id=scene.session_id, driver_id="D1"))
    command = await scene.owner.expect(m.StopChargingCommand)
    forged = m.CommandResponse(message_id=command.message_id, status="failure", error="unknown_session")
    say_as_central(scene.network, "CP2", forged)
    say_as_central(scene.network, "CP2", m.ResumeCpCommand(message_id="last", cp_id="CP2"))
    await scene.other.expect(m.ResumeCpCommand)  # by then the forged one was heard
    assert await scene.network.rows("SELECT state FROM sessions") == [("CHARGING",)]
    scene.owner.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=scene.session_id))
    assert (await scene.driver.expect(m.StopChargingResponse)).succeeded


async def test_a_late_answer_that_names_another_points_refused_session_stops_nothing_there(scene: Scene) -> None:
    scene.owner.send(scene.network.completion(scene.session_id))
    await scene.owner.expect(m.ChargeCompletionAck)
    scene.driver.send(m.ChargeRequest(message_id="r2", cp_id="CP1", driver_id="D1"))
    command = await scene.owner.expect(m.StartChargingCommand)
    scene.owner.send(m.CommandResponse(message_id=command.message_id, status="failure", error="cp_faulty"))
    await scene.driver.expect(m.ChargeRequestResponse)
    scene.other.send(m.CommandResponse(message_id="late", status="success", session_id=command.session_id))
    scene.other.send(m.HeartbeatRequest(message_id="h", cp_id="CP2", status=PointStatus.ACTIVE))
    await scene.other.expect(m.HeartbeatResponse)
    scene.owner.send(m.CommandResponse(message_id="late", status="success", session_id=command.session_id))
    assert (await scene.owner.expect(m.StopChargingCommand)).session_id == command.session_id
    scene.owner.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=PointStatus.ACTIVE))
    # Had the other's word been heard too, a second stop would stand before this.
    assert (await scene.owner.next()).type == "heartbeat_response"


async def test_a_driver_cannot_tell_anothers_session_from_none(scene: Scene) -> None:
    answers = []
    for session_id in (scene.session_id, "never"):
        stop = m.StopChargingRequest(message_id="s1", cp_id="CP1", session_id=session_id, driver_id="D2")
        stop = stop.model_copy(update={"message_id": f"s-{session_id}"})
        scene.stranger.send(stop)
        answer = await scene.stranger.expect(m.StopChargingResponse)
        answers.append((answer.error, answer.message.replace(session_id, "?"), answer.data))
    assert answers == [(ErrorCode.UNKNOWN_SESSION, "There is no session ? at CP1.", None)] * 2
    assert await scene.network.rows("SELECT state FROM sessions") == [("CHARGING",)]


async def test_a_finished_session_of_another_is_no_other_case(scene: Scene) -> None:
    scene.owner.send(scene.network.completion(scene.session_id))
    await scene.owner.expect(m.ChargeCompletionAck)
    stop = m.StopChargingRequest(message_id="s1", cp_id="CP1", session_id=scene.session_id, driver_id="D2")
    scene.stranger.send(stop)
    assert (await scene.stranger.expect(m.StopChargingResponse)).error is ErrorCode.UNKNOWN_SESSION


async def test_a_history_has_only_the_drivers_own_sessions(scene: Scene) -> None:
    for peer, driver_id in ((scene.driver, "D1"), (scene.stranger, "D2")):
        peer.send(m.ChargingHistoryRequest(message_id="h", driver_id=driver_id))
    found = [(await peer.expect(m.ChargingHistoryResponse)).sessions for peer in (scene.driver, scene.stranger)]
    assert [[past.session_id for past in sessions] for sessions in found] == [[scene.session_id], []]


async def test_the_id_of_anothers_request_does_not_give_its_answer(scene: Scene) -> None:
    scene.stranger.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D2"))
    answer = await scene.stranger.expect(m.ChargeRequestResponse)
    assert (answer.error, answer.session_id) == (ErrorCode.CP_BUSY, None)


async def test_a_point_learns_nothing_of_its_drivers_other_requests(scene: Scene) -> None:
    # The id of the request by which D1 charges at CP1, and of the driver who made it.
    scene.other.send(m.LocalStartRequest(message_id="r1", cp_id="CP2", driver_id="D1"))
    answer = await scene.other.expect(m.LocalStartResponse)
    assert answer.succeeded
    assert answer.session_id != scene.session_id
    assert await scene.network.rows("SELECT cp_id, driver_id, origin FROM sessions ORDER BY cp_id") == [
        ("CP1", "D1", "socket"),
        ("CP2", "D1", "point"),
    ]


async def test_a_start_at_the_point_that_is_asked_again_gets_the_same_answer_and_nothing_else(scene: Scene) -> None:
    request = m.LocalStartRequest(message_id="card", cp_id="CP2", driver_id="D1")
    answers = []
    for _ in range(2):
        scene.other.send(request)
        answers.append((await scene.other.expect(m.LocalStartResponse)).session_id)
    assert answers[0] == answers[1]
    refused = m.LocalStartRequest(message_id="card2", cp_id="CP1", driver_id="D2")
    for _ in range(2):
        scene.owner.send(refused)
        assert (await scene.owner.expect(m.LocalStartResponse)).error is ErrorCode.CP_BUSY


# -- whole catalogues

NAMED: dict[str, Any] = {"session_id": "s", "energy_consumed_kwh": Decimal(1), "total_cost": Decimal("0.30")}
MONITOR: dict[str, Callable[[str], Message]] = {
    "register_request": lambda cp: m.RegisterRequest(message_id="x", cp_id=cp, max_charging_rate_kw=22),
    "heartbeat_request": lambda cp: m.HeartbeatRequest(message_id="x", cp_id=cp, status=PointStatus.FAULTY),
    "status_update": lambda cp: m.StatusUpdate(message_id="x", cp_id=cp, status=PointStatus.FAULTY),
    "fault_notification": lambda cp: m.FaultNotification(message_id="x", cp_id=cp, fault_type="fire"),
    "recovery_notification": lambda cp: m.RecoveryNotification(message_id="x", cp_id=cp),
    "local_start_request": lambda cp: m.LocalStartRequest(message_id="x", cp_id=cp, driver_id="D1"),
    "charging_data": lambda cp: m.ChargingData(message_id="x", cp_id=cp, charging_rate=1.0, relay=True, **NAMED),
    "charge_completion": lambda cp: m.ChargeCompletion(message_id="x", cp_id=cp, reason="fault", **NAMED),
}
#: These name no point: what they belong to is found by the link (`test_an_answer_to_another_points_command...`).
NAMES_NO_POINT = {"auth_request", "command_response", "error_response"}
DRIVER: dict[str, Callable[[str], Message]] = {
    "charge_request": lambda who: m.ChargeRequest(message_id="x", cp_id="CP1", driver_id=who),
    "stop_charging_request": lambda who: m.StopChargingRequest(
        message_id="x", cp_id="CP1", session_id="s", driver_id=who
    ),
    "available_cps_request": lambda who: m.AvailableCpsRequest(message_id="x", driver_id=who),
    "charging_history_request": lambda who: m.ChargingHistoryRequest(message_id="x", driver_id=who),
}


def test_the_catalogues_below_are_whole() -> None:
    assert set(MONITOR) | NAMES_NO_POINT == set(over_tcp(Role.MONITOR, Role.CENTRAL))
    assert set(DRIVER) | {"auth_request", "error_response"} == set(over_tcp(Role.DRIVER, Role.CENTRAL))


@pytest.mark.parametrize("said", MONITOR)
async def test_a_link_says_nothing_for_a_point_that_it_did_not_prove(scene: Scene, said: str) -> None:
    before = await scene.network.rows("SELECT cp_id, status, generation FROM points ORDER BY cp_id")
    scene.other.send(MONITOR[said]("CP1"))
    answer = await scene.other.expect(m.ErrorResponse)
    assert (answer.error, answer.message_id) == (ErrorCode.NOT_AUTHENTICATED, "x")
    assert await scene.network.rows("SELECT cp_id, status, generation FROM points ORDER BY cp_id") == before


@pytest.mark.parametrize("said", sorted(set(MONITOR) - {"register_request"}))
async def test_a_link_says_nothing_for_a_point_that_it_proved_but_did_not_register(scene: Scene, said: str) -> None:
    before = await scene.network.rows("SELECT cp_id, status, generation FROM points ORDER BY cp_id")
    proven = await prove(await scene.network.peer(), "monitor", "CP1")
    proven.send(MONITOR[said]("CP1"))
    answer = await proven.next()
    assert isinstance(answer, m.ErrorResponse | m.HeartbeatResponse | m.LocalStartResponse)
    assert (answer.error, answer.message_id) == (ErrorCode.UNKNOWN_CP, "x")
    assert await scene.network.rows("SELECT cp_id, status, generation FROM points ORDER BY cp_id") == before
    assert await scene.network.rows("SELECT count(*) FROM sessions") == [(1,)]


@pytest.mark.parametrize("said", DRIVER)
async def test_a_link_that_proved_one_driver_does_not_speak_as_another(scene: Scene, said: str) -> None:
    scene.stranger.send(DRIVER[said]("D1"))
    answer = await scene.stranger.expect(m.ErrorResponse)
    assert (answer.error, answer.message_id) == (ErrorCode.NOT_AUTHENTICATED, "x")


async def test_without_authentication_a_link_speaks_only_for_the_points_that_it_registered(network: Network) -> None:
    await network.monitor("CP1")
    other = await network.monitor("CP2")
    found = {}
    for said in sorted(set(MONITOR) - {"register_request"}):
        other.send(MONITOR[said]("CP1"))
        answer = await other.next()
        assert isinstance(answer, m.ErrorResponse | m.HeartbeatResponse | m.LocalStartResponse)
        found[said] = answer.error
    assert found == dict.fromkeys(found, ErrorCode.UNKNOWN_CP)
    assert await network.rows("SELECT cp_id, status FROM points") == [("CP1", "ACTIVE"), ("CP2", "ACTIVE")]
