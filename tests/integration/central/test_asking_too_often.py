"""A driver that asks too often hears when to come back, over either way; nothing is decided, and nobody else feels it."""

from typing import cast

from central.context import Source
from central.handlers import Handlers
from central.ingest import Ingest
from central.rationing import Rationing
from common import messages as m
from common.codec import encode
from common.errors import StoreUnavailable
from common.kafka.bus import Record
from common.messages import Message
from common.metrics import catalogue as figures
from common.routes import Topic
from tests.integration.central.conftest import START, Network


def charge(message_id: str, driver_id: str = "D1", cp_id: str = "CP1") -> m.ChargeRequest:
    return m.ChargeRequest(message_id=message_id, timestamp=START, cp_id=cp_id, driver_id=driver_id)


async def limited(network: Network) -> None:
    await network.stop()
    await network.start(max_requests_per_driver_s=0.4)  # two at once


async def test_on_a_link_it_may_ask_again_with_the_same_id_and_is_then_answered(network: Network) -> None:
    await limited(network)
    monitor, driver, other = await network.monitor(), await network.peer(), await network.peer()
    for number in (1, 2):
        driver.send(charge(f"r{number}", cp_id="NONE"))
        assert (await driver.expect(m.ChargeRequestResponse)).error == "unknown_cp"
    driver.send(charge("r3"))
    told = await driver.expect(m.ErrorResponse)
    assert (told.message_id, told.error, told.message, told.data) == (
        "r3",
        "rate_limited",
        "This driver asks too often; try again in 5 s.",
        {"retry_after_s": 5},
    )
    other.send(m.AvailableCpsRequest(message_id="q", driver_id="D2"))
    assert (await other.expect(m.AvailableCpsResponse)).succeeded
    monitor.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=m.PointStatus.ACTIVE))
    assert (await monitor.expect(m.HeartbeatResponse)).succeeded
    monitor.send(network.completion("never-heard-of"))
    assert (await monitor.expect(m.ChargeCompletionAck)).session_id == "never-heard-of"
    network.clock.advance(5.1)
    driver.send(charge("r3"))
    command = await monitor.expect(m.StartChargingCommand)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    assert (await driver.expect(m.ChargeRequestResponse)).succeeded
    # Its stop is not kept out by its questions.
    driver.send(charge("r4"))
    assert (await driver.expect(m.ErrorResponse)).error == "rate_limited"
    stop = m.StopChargingRequest(message_id="s", cp_id="CP1", session_id=command.session_id, driver_id="D1")
    driver.send(stop)
    assert (await monitor.expect(m.StopChargingCommand)).session_id == command.session_id
    outcomes = network.central.context.measures.values(figures.MESSAGES)
    assert outcomes["charge_request", "tcp", "rate_limited"] == 2


async def test_a_driver_that_comes_over_many_links_is_one_driver(network: Network) -> None:
    await limited(network)
    answers = []
    for number in range(3):
        peer = await network.peer()
        peer.send(m.AvailableCpsRequest(message_id=f"q{number}", driver_id="D1"))
        answers.append((await peer.next()).type)
    assert answers == ["available_cps_response", "available_cps_response", "error_response"]


async def test_over_kafka_it_gets_a_failure_for_good_and_is_told_no_more_when_it_floods(network: Network) -> None:
    await limited(network)
    monitor = await network.monitor()
    for number in range(20):
        network.produce(Topic.CHARGE_REQUESTS, "D1", charge(f"r{number}", cp_id="NONE"))
    network.produce(Topic.CHARGE_REQUESTS, "D2", charge("other", "D2", "NONE"))
    ((other),) = await network.until_told("D2", m.ChargeRequestResponse)
    assert other.error == "unknown_cp"
    told = await network.until_told("D1", m.ChargeRequestResponse, 3)
    assert sorted((one.message_id, one.error, one.data) for one in told) == [
        ("r0", "unknown_cp", None),
        ("r1", "unknown_cp", None),
        ("r2", "rate_limited", {"retry_after_s": 5}),
    ]
    outcomes = network.central.context.measures.values(figures.MESSAGES)
    assert outcomes["charge_request", "kafka", "rate_limited"] == 18
    assert network.dead_letters() == []
    network.clock.advance(60.0)
    # A copy of what was refused charges nobody, however much time there is by now; what was never told anything is heard.
    network.produce(Topic.CHARGE_REQUESTS, "D1", charge("r2"))
    network.produce(Topic.CHARGE_REQUESTS, "D1", charge("r19"))
    command = await monitor.expect(m.StartChargingCommand)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    told = await network.until_told("D1", m.ChargeRequestResponse, 5)
    assert [(one.message_id, one.error, one.session_id) for one in told[-2:]] == [
        ("r2", "rate_limited", None),
        ("r19", None, command.session_id),
    ]


async def test_over_kafka_copies_of_what_was_heard_hear_the_same_or_nothing_however_often_they_come(
    network: Network,
) -> None:
    await limited(network)
    monitor = await network.monitor()
    asked = charge("r")
    for _ in range(3):
        network.produce(Topic.CHARGE_REQUESTS, "D1", asked)
    command = await monitor.expect(m.StartChargingCommand)
    for _ in range(3):
        network.produce(Topic.CHARGE_REQUESTS, "D1", asked)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    await network.until_told("D1", m.ChargeRequestResponse)
    network.clock.advance(10.0)
    network.produce(Topic.CHARGE_REQUESTS, "D1", asked)
    told = await network.until_told("D1", m.ChargeRequestResponse, 2)
    assert {(one.error, one.session_id) for one in told} == {(None, command.session_id)}
    stop = m.StopChargingRequest(
        message_id="s", timestamp=network.clock.now().wall, cp_id="CP1", session_id=command.session_id, driver_id="D1"
    )
    for _ in range(3):
        network.produce(Topic.STOP_REQUESTS, "D1", stop)
    stopping = await monitor.expect(m.StopChargingCommand)
    monitor.send(m.CommandResponse(message_id=stopping.message_id, status="success", session_id=command.session_id))
    answers = await network.until_told("D1", m.StopChargingResponse)
    assert {(one.message_id, one.succeeded) for one in answers} == {("s", True)}


class AwayAtFirst:
    """Handlers that find the database away once."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def dispatch(self, message: Message, source: Source) -> None:
        del source
        self.heard.append(message.message_id)
        if message.message_id == "r1" and self.heard.count("r1") == 1:
            raise StoreUnavailable("The database is away.")
        if message.message_id == "r3" and self.heard.count("r3") == 1:
            raise StoreUnavailable("The database is away.")


async def test_a_batch_that_is_tried_again_is_not_counted_again_and_what_was_refused_stays_so(network: Network) -> None:
    context, handlers = network.central.context, AwayAtFirst()
    rationing = Rationing(network.clock, 0.6)  # three at once
    ingest = Ingest(context, network.central.desk, cast("Handlers", handlers), rationing, network.central.admission)
    asked = [("D1", f"r{number}") for number in range(1, 5)] + [("D2", "other")]
    await ingest.take(
        [
            Record(Topic.CHARGE_REQUESTS, 0, offset, driver_id, encode(charge(message_id, driver_id)), {})
            for offset, (driver_id, message_id) in enumerate(asked)
        ]
    )
    # The first is away at once; the third again, after which the fourth was not heard yet. The other driver does not wait.
    theirs = [message_id for message_id in handlers.heard if message_id != "other"]
    assert theirs == ["r1", "r1", "r2", "r3", "r1", "r2", "r3"]
    assert handlers.heard.count("other") == 3
    told = await network.until_told("D1", m.ChargeRequestResponse)
    assert [(one.message_id, one.error) for one in told] == [("r4", "rate_limited")]


async def test_what_went_to_the_dead_letters_goes_there_once_however_often_its_batch_is_tried(network: Network) -> None:
    context = network.central.context
    handlers, rationing = cast("Handlers", AwayAtFirst()), Rationing(network.clock, 10.0)
    ingest = Ingest(context, network.central.desk, handlers, rationing, network.central.admission)
    good = encode(charge("r1"))
    await ingest.take(
        [
            Record(Topic.SESSION_DATA, 0, 0, "CP1", b"junk", {}),
            Record(Topic.CHARGE_REQUESTS, 0, 0, "D1", good, {}),
            Record(Topic.CHARGE_REQUESTS, 0, 1, "D2", good, {}),
        ]
    )
    assert sorted(network.dead_letters()) == [(b"junk", "malformed_json"), (good, "not_allowed")]
