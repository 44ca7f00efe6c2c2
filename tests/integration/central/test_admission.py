"""Under load new charges are put off with a hint, before everybody waits; what keeps the network true is always taken."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from central.store.unit_of_work import UnitOfWork
from common import messages as m
from common.codec import encode_line
from common.metrics import catalogue as figures
from common.routes import Topic
from tests.integration.central.conftest import Network, Peer
from tests.waiting import until

Jam = Callable[[], Awaitable[None]]


@pytest.fixture
async def hold(network: Network) -> AsyncIterator[tuple[Jam, threading.Event]]:
    """Keeps every writer of the database busy until the event is set."""
    free, busy, units = threading.Event(), threading.Semaphore(0), []

    def wait(unit: UnitOfWork) -> None:
        del unit
        busy.release()
        free.wait(30)

    async def begin() -> None:
        store = network.central.context.store
        free.clear()
        for _ in store._writers:
            units.append(asyncio.ensure_future(store.write(wait)))
            await asyncio.to_thread(busy.acquire)

    yield begin, free
    free.set()
    await asyncio.gather(*units)


@pytest.fixture
async def jam(network: Network, hold: tuple[Jam, threading.Event]) -> AsyncIterator[tuple[Jam, threading.Event]]:
    """And one more unit waits, for too long."""
    hold_all, free = hold
    units = []

    async def begin() -> None:
        await hold_all()
        units.append(asyncio.ensure_future(network.central.context.store.write(lambda _: None)))
        await until(lambda: network.central.admission.wait_s > network.central.context.settings.overload_wait_s)

    yield begin, free
    free.set()
    await asyncio.gather(*units)


async def settled(network: Network) -> Peer:
    """A Monitor of which nothing is left to do: not even what follows upon its registration."""
    monitor = await network.monitor()
    monitor.send(m.HeartbeatRequest(message_id="h0", cp_id="CP1", status=m.PointStatus.ACTIVE))
    assert (await monitor.expect(m.HeartbeatResponse)).succeeded
    return monitor


async def test_a_charge_is_put_off_while_the_database_is_behind_and_may_be_asked_again_with_the_same_id(
    network: Network, jam: tuple[Jam, threading.Event]
) -> None:
    await network.stop()
    await network.start(overload_wait_s=1.0)
    monitor, driver = await settled(network), await network.peer()
    begin, free = jam
    await begin()
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    told = await driver.expect(m.ErrorResponse)
    assert told.data is not None
    hint = told.data["retry_after_s"]
    assert (told.message_id, told.error, told.message) == (
        "r1",
        "overloaded",
        f"Central has too much to do now; try again in {hint} s.",
    )
    assert isinstance(hint, int)
    assert hint > 2 * 1.0
    monitor.send(m.LocalStartRequest(message_id="l1", cp_id="CP1", driver_id="D2"))
    assert (await monitor.expect(m.ErrorResponse)).message_id == "l1"
    # Heartbeats need no database; what does is taken, and waits its turn.
    monitor.send(m.HeartbeatRequest(message_id="h1", cp_id="CP1", status=m.PointStatus.ACTIVE))
    assert (await monitor.expect(m.HeartbeatResponse)).succeeded
    other = await network.peer()
    other.send(m.RegisterRequest(message_id="g2", cp_id="CP2", max_charging_rate_kw=22))
    monitor.send(network.completion("never-heard-of"))
    free.set()
    assert (await other.expect(m.RegisterResponse)).succeeded
    assert (await monitor.expect(m.ChargeCompletionAck)).session_id == "never-heard-of"
    await until(lambda: network.central.admission.wait_s < 0.1)
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    command = await monitor.expect(m.StartChargingCommand)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    assert (await driver.expect(m.ChargeRequestResponse)).succeeded
    outcomes = network.central.context.measures.values(figures.MESSAGES)
    assert outcomes["charge_request", "tcp", "overloaded"] == 1
    assert outcomes["charge_request", "tcp", "done"] == 1


async def test_a_charge_that_waited_too_long_behind_others_of_its_driver_is_put_off_and_other_links_are_served(
    network: Network, hold: tuple[Jam, threading.Event]
) -> None:
    monitor, driver = await settled(network), await network.peer()
    begin, free = hold
    await begin()
    store = network.central.context.store
    lump = [m.ChargeRequest(message_id=f"r{number}", cp_id="CP1", driver_id="D1") for number in (1, 2, 3)]
    stop = m.StopChargingRequest(message_id="s", cp_id="CP1", session_id="S1", driver_id="D1")
    driver.link._writer.write(b"".join(map(encode_line, [*lump, stop])))
    await until(lambda: store.waiting == 1)  # the first of them
    network.clock.advance(7.0)
    monitor.send(m.HeartbeatRequest(message_id="h1", cp_id="CP1", status=m.PointStatus.ACTIVE))
    assert (await monitor.expect(m.HeartbeatResponse)).succeeded
    free.set()
    told = [await driver.expect(m.ErrorResponse) for _ in range(2)]
    assert [(one.message_id, one.error) for one in told] == [("r2", "overloaded"), ("r3", "overloaded")]
    assert all(int(one.message.split()[-2]) >= 2 * 7 for one in told)
    assert (await driver.expect(m.StopChargingResponse)).error == "unknown_session"
    assert await network.rows("SELECT driver_id FROM sessions") == [("D1",)]


async def test_a_crowd_before_the_database_counts_before_anybody_in_it_has_waited_for_long(
    network: Network, jam: tuple[Jam, threading.Event], hold: tuple[Jam, threading.Event]
) -> None:
    await network.stop()
    await network.start(overload_wait_s=1.0)
    driver = await network.peer()
    store, (begin_jam, _), (begin, free) = network.central.context.store, jam, hold
    await begin_jam()  # units that took a second
    free.set()
    await until(lambda: store.waiting == 0)
    await begin()
    crowd = [asyncio.ensure_future(store.write(lambda _: None)) for _ in range(500)]
    await until(lambda: store.waiting == 500)
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    assert (await driver.expect(m.ErrorResponse)).error == "overloaded"
    assert store.oldest_s < network.central.admission.wait_s
    free.set()
    await asyncio.gather(*crowd)


async def test_a_loop_that_is_late_again_and_again_puts_charges_off_and_one_long_turn_does_not(
    network: Network,
) -> None:
    admission = network.central.admission
    for late_s in (0.0, 30.0, 0.0, 0.0):
        admission.note_late(late_s)
    assert admission.wait_s < 1.0
    for _ in range(4):
        admission.note_late(30.0)
    assert admission.wait_s >= 30.0


async def test_over_kafka_a_charge_is_refused_for_good_while_the_database_is_behind_and_a_new_one_may_follow(
    network: Network, jam: tuple[Jam, threading.Event]
) -> None:
    await network.stop()
    await network.start(overload_wait_s=1.0)
    monitor = await settled(network)
    begin, free = jam
    await begin()
    asked = m.ChargeRequest(message_id="r1", timestamp=network.clock.now().wall, cp_id="CP1", driver_id="D1")
    network.produce(Topic.CHARGE_REQUESTS, "D1", asked)
    outcomes = network.central.context.measures
    await until(lambda: outcomes.value(figures.MESSAGES, "charge_request", "kafka", "overloaded") == 1)
    free.set()
    (told,) = await network.until_told("D1", m.ChargeRequestResponse)
    assert told.data is not None
    hint = told.data["retry_after_s"]
    assert (told.message_id, told.error, told.message) == (
        "r1",
        "overloaded",
        f"Central has too much to do now; try again in {hint} s.",
    )
    await until(lambda: network.central.admission.wait_s < 0.1)
    network.produce(Topic.CHARGE_REQUESTS, "D1", asked)  # a copy hears the same
    network.produce(Topic.CHARGE_REQUESTS, "D1", asked.model_copy(update={"message_id": "r2"}))
    command = await monitor.expect(m.StartChargingCommand)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    answers = await network.until_told("D1", m.ChargeRequestResponse, 3)
    assert [(one.message_id, one.error) for one in answers] == [
        ("r1", "overloaded"),
        ("r1", "overloaded"),
        ("r2", None),
    ]


async def test_answers_of_engines_are_stored_before_charges_that_begin(
    network: Network, hold: tuple[Jam, threading.Event]
) -> None:
    if not network.central.context.store.is_sole:
        pytest.skip("Its four writers take both at once, whatever their order.")
    monitor, driver = await settled(network), await network.peer()
    other = await network.peer()
    other.send(m.RegisterRequest(message_id="g2", cp_id="CP2", max_charging_rate_kw=22))
    assert (await other.expect(m.RegisterResponse)).succeeded
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    command = await monitor.expect(m.StartChargingCommand)
    begin, free = hold
    await begin()
    store = network.central.context.store
    driver.send(m.ChargeRequest(message_id="r2", cp_id="CP2", driver_id="D2"))
    await until(lambda: len(store._jobs._beginnings) == 1)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    await until(lambda: ("D1", "r1") not in network.central.context.answers._waiting)  # its unit waits as well
    free.set()
    assert (await driver.expect(m.ChargeRequestResponse)).message_id == "r1"
    await other.expect(m.StartChargingCommand)
    kinds = await network.rows("SELECT kind FROM events WHERE kind IN ('start_accepted', 'claimed') ORDER BY id")
    assert kinds == [("claimed",), ("start_accepted",), ("claimed",)]


async def test_charges_of_different_drivers_on_one_link_are_stored_together(
    network: Network, hold: tuple[Jam, threading.Event]
) -> None:
    await settled(network)
    driver = await network.peer()
    begin, free = hold
    await begin()
    store = network.central.context.store
    for number in range(1, 31):
        driver.send(m.ChargeRequest(message_id=f"r{number}", cp_id="CP1", driver_id=f"D{number}"))
    await until(lambda: store.waiting >= 30)  # Central's own upkeep may wait as well
    free.set()
    told = [await driver.expect(m.ChargeRequestResponse) for _ in range(29)]
    refused = {one.message_id for one in told}
    assert ({one.error for one in told}, len(refused)) == ({"cp_busy"}, 29)
    assert refused < {f"r{number}" for number in range(1, 31)}


async def test_requests_of_different_drivers_over_kafka_are_stored_together_and_those_of_one_in_their_order(
    network: Network, hold: tuple[Jam, threading.Event]
) -> None:
    await settled(network)
    begin, free = hold
    await begin()
    store, now = network.central.context.store, network.clock.now().wall
    asked = [("D1", "a"), ("D2", "b"), ("D1", "c"), ("D3", "d")]
    for driver_id, message_id in asked:
        request = m.ChargeRequest(message_id=message_id, timestamp=now, cp_id="CP9", driver_id=driver_id)
        network.produce(Topic.CHARGE_REQUESTS, driver_id, request)
    await until(lambda: store.waiting >= 3)  # all but the second of one driver
    free.set()
    for driver_id, theirs in (("D1", ["a", "c"]), ("D2", ["b"]), ("D3", ["d"])):
        told = await network.until_told(driver_id, m.ChargeRequestResponse, len(theirs))
        assert [(one.message_id, one.error) for one in told] == [(one, "unknown_cp") for one in theirs]


async def test_an_account_that_kafka_brings_again_needs_no_database_and_one_that_says_something_else_does(
    network: Network, hold: tuple[Jam, threading.Event]
) -> None:
    monitor, driver = await settled(network), await network.peer()
    session_id = await network.charge(driver, monitor)
    account = network.completion(session_id)
    monitor.send(account)
    assert (await monitor.expect(m.ChargeCompletionAck)).session_id == session_id
    begin, free = hold
    await begin()
    context = network.central.context
    network.produce(Topic.SESSION_COMPLETE, "CP1", account)
    await until(lambda: context.measures.value(figures.COMPLETIONS, "repeated") == 1)  # while no writer is free
    other = account.model_copy(update={"message_id": "other", "reason": m.Reason.VEHICLE_FULL})
    network.produce(Topic.SESSION_COMPLETE, "CP1", other)
    free.set()
    assert (await monitor.expect(m.ChargeCompletionAck)).message_id == "other"
    assert context.measures.value(figures.COMPLETIONS, "quarantine") == 1
