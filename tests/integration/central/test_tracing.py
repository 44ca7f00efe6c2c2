"""How a trace goes through Central: from a request to the command, across Centrals, to the answer and the outbox."""

from collections.abc import Iterator

import pytest

from common import messages as m
from common import tracing
from common.codec import encode, traceparent_of, with_traceparent
from common.kafka.bus import Outgoing
from common.kafka.memory import MemoryBus
from common.messages import Message
from common.routes import Topic
from common.tracing import Kind, Span
from tests.integration.central.conftest import Network, Peer
from tests.waiting import until

FROM_DRIVER = "00-0af7651916cd43dd8448eb211c80319c-00000000000000d1-01"


class Story:
    """Keeps every stretch: its name, its parent's traceparent, and how it ended."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, str, str | None]] = []
        self.ended: dict[str, str | None] = {}

    def begin(self, message: Message, kind: Kind, came_with: str | None, parent: Span | None) -> Span:
        own = f"00-0af7651916cd43dd8448eb211c80319c-{len(self.begun) + 1:016x}-01"
        self.begun.append((f"{kind} {message.type}", own, came_with))
        return Span(own, lambda failure: self.ended.update({own: failure}), parent)

    def own(self, name: str) -> str:
        (found,) = [own for begun, own, _ in self.begun if begun == name]
        return found

    def parent(self, name: str) -> str | None:
        (found,) = [parent for begun, _, parent in self.begun if begun == name]
        return found


@pytest.fixture(name="story")
def _story() -> Iterator[Story]:
    made = Story()
    tracing.switch_on(made.begin)
    yield made
    tracing.switch_off()


def send_traced(peer: Peer, message: Message, traceparent: str) -> None:
    """As a program with tracing on would."""
    peer.link._writer.write(with_traceparent(encode(message) + b"\n", traceparent))


def headers(network: Network, topic: Topic) -> list[dict[str, str]]:
    records = [record for (of, _), log in network.broker.logs.items() if of is topic for record in log]
    return [dict(record.headers) for record in records]


REQUEST = m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1")


async def test_a_request_over_tcp_is_open_until_its_answer_which_carries_it(network: Network, story: Story) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    send_traced(driver, REQUEST, FROM_DRIVER)
    command = await monitor.expect(m.StartChargingCommand)
    asked = story.own("CLIENT start_charging_command")
    assert monitor.link.traceparent == asked
    assert story.parent("SERVER charge_request") == FROM_DRIVER
    assert story.parent("CLIENT start_charging_command") == story.own("SERVER charge_request")
    assert story.ended == {}
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    assert (await driver.expect(m.ChargeRequestResponse)).succeeded
    assert driver.link.traceparent == story.own("SERVER charge_request")
    await until(lambda: story.ended == {asked: None, story.own("SERVER charge_request"): None})
    # What was stored with the acceptance goes out in the same story, though another thread stored it.
    told = await network.until_told("D1", m.ChargingStatusUpdate)
    assert len(told) == 1
    (notice,) = headers(network, Topic.DRIVER_RESPONSES)
    assert notice["traceparent"] == story.own("SERVER charge_request")


async def test_a_request_over_kafka_brings_its_trace_in_a_header(network: Network, story: Story) -> None:
    monitor = await network.monitor()
    record = Outgoing(Topic.CHARGE_REQUESTS, "D1", encode(REQUEST), {"traceparent": FROM_DRIVER})
    MemoryBus(network.broker).publisher().publish(record)
    command = await monitor.expect(m.StartChargingCommand)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="failure", error="engine_refused"))
    await network.until_told("D1", m.ChargeRequestResponse)
    (answer,) = headers(network, Topic.DRIVER_RESPONSES)
    assert story.parent("CONSUMER charge_request") == FROM_DRIVER
    assert answer["traceparent"] == story.own("CONSUMER charge_request")
    asked = story.own("CLIENT start_charging_command")
    await until(lambda: story.ended == {asked: "engine_refused", story.own("CONSUMER charge_request"): None})


async def test_a_command_for_a_point_elsewhere_takes_the_trace_over_the_topic(network: Network, story: Story) -> None:
    await network.monitor()
    await network.central.context.store.write(
        lambda unit: unit._connection.exec_driver_sql("UPDATE points SET holder = 'another'")
    )
    network.central.context.links.detach("CP1")
    driver = await network.peer()
    driver.send(REQUEST)
    await until(lambda: len(headers(network, Topic.CENTRAL_COMMANDS)) == 1)
    (command,) = headers(network, Topic.CENTRAL_COMMANDS)
    assert command["traceparent"] == story.own("CLIENT start_charging_command")
    assert story.parent("SERVER charge_request") is None  # the driver began no story, so Central did


async def test_another_centrals_command_is_passed_on_and_answered_within_its_trace(
    network: Network, story: Story
) -> None:
    monitor = await network.monitor()
    command = m.StopChargingCommand(message_id="x1", cp_id="CP1", session_id="s1")
    record = Outgoing(Topic.CENTRAL_COMMANDS, "CP1", encode(command), {"traceparent": FROM_DRIVER})
    MemoryBus(network.broker).publisher().publish(record)
    await monitor.expect(m.StopChargingCommand)
    relayed = story.own("CONSUMER stop_charging_command")
    assert (story.parent("CONSUMER stop_charging_command"), monitor.link.traceparent) == (FROM_DRIVER, relayed)
    assert story.ended == {}
    monitor.send(m.CommandResponse(message_id="x1", status="success"))
    await until(lambda: len(headers(network, Topic.CENTRAL_COMMANDS)) == 2)
    assert {found["traceparent"] for found in headers(network, Topic.CENTRAL_COMMANDS)} == {FROM_DRIVER, relayed}
    await until(lambda: story.ended == {relayed: None})


async def test_a_point_that_does_not_answer_ends_the_trace_too(network: Network, story: Story) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    send_traced(driver, REQUEST, FROM_DRIVER)
    await monitor.expect(m.StartChargingCommand)
    network.clock.advance(11)
    assert (await driver.expect(m.ChargeRequestResponse)).error == "engine_timeout"
    # A late start would be stopped: that belongs to the story still.
    stop = await monitor.expect(m.StopChargingCommand)
    asked, stopping = story.own("CLIENT start_charging_command"), story.own("CLIENT stop_charging_command")
    assert story.ended == {asked: "the point did not answer in time"}
    monitor.send(m.CommandResponse(message_id=stop.message_id, status="failure", error="unknown_session"))
    too_late = {asked: "the point did not answer in time", stopping: "unknown_session"}
    await until(lambda: story.ended == {**too_late, story.own("SERVER charge_request"): None})


@pytest.mark.parametrize("strange", ["7", "null", '"' + "x" * 200 + '"', '"\\u00e9"', "{}"])
async def test_a_strange_traceparent_is_as_if_it_were_not_there(network: Network, story: Story, strange: str) -> None:
    await network.monitor()
    driver = await network.peer()
    frame = f'{{"type":"available_cps_request","message_id":"q","driver_id":"D1","traceparent":{strange}}}\n'
    driver.link._writer.write(frame.encode())
    assert (await driver.expect(m.AvailableCpsResponse)).succeeded
    assert story.parent("SERVER available_cps_request") is None


async def test_while_it_is_off_nothing_of_it_is_on_any_wire(network: Network) -> None:
    monitor, driver = await network.monitor(), await network.peer()
    send_traced(driver, REQUEST, FROM_DRIVER)
    command = await monitor.expect(m.StartChargingCommand)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success", session_id=command.session_id))
    await driver.expect(m.ChargeRequestResponse)
    await network.until_told("D1", m.ChargingStatusUpdate)
    assert all("traceparent" not in found for found in headers(network, Topic.DRIVER_RESPONSES))
    assert (driver.link.traceparent, monitor.link.traceparent) == (None, None)
    assert tracing.inside(tracing.take(REQUEST, FROM_DRIVER, Kind.SERVER)) is tracing.within(tracing.ask(REQUEST))


def test_a_frame_tells_its_trace_only_at_its_top() -> None:
    line = with_traceparent(encode(REQUEST) + b"\n", FROM_DRIVER)
    assert traceparent_of(line) == FROM_DRIVER
    assert traceparent_of(b'{"data":{"traceparent":"00-x"}}') is None
