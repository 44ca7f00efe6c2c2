"""What the simulation itself promises: time without waiting, processes that die at once, a network and a broker that keep their word."""

import asyncio
import contextvars
import json
from collections.abc import Iterator

import pytest

from common.errors import TransportLost
from common.kafka.bus import Outgoing, Record
from common.routes import Topic
from tests.faults.harness.schedule import Kind, Targets
from tests.simulation.bus import Reader, SimulatedBus
from tests.simulation.loop import BEGINS_AT, Crashed, Process, Stuck, VirtualLoop
from tests.simulation.scale import faults_of, scale_of
from tests.simulation.topics import SESSION_S, Broker
from tests.simulation.wire import Network

TARGETS = Targets(["central-1", "engine-CP1", "monitor-CP1", "broker"], ["monitor-CP1>central"], [], [])


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.bury()


def network(loop: VirtualLoop) -> Network:
    return Network(loop, 1, contextvars.copy_context(), lambda *_: None, lambda *_: None)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: list[bytes]) -> None:
    while data := await reader.read(100):
        heard.append(data)
    writer.close()


class Host:
    """Listens, and keeps what it hears."""

    def __init__(self, net: Network, loop: VirtualLoop) -> None:
        self.heard: list[bytes] = []
        self.process = Process("host", loop)
        self._port = net.port("host", 1, self.process)
        self._loop = loop
        self.process.context.run(self._listen)

    def _listen(self) -> None:
        watch = self._loop.new_watch()
        watch.add(self._port.fileno())
        self._loop.add_reader(watch.fileno(), self._accept)

    def _accept(self) -> None:
        end, _ = self._port.accept()
        reader = asyncio.StreamReader(loop=self._loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=self._loop)
        end.attach(protocol)
        writer = asyncio.StreamWriter(end, protocol, reader, self._loop)
        self.task = self._loop.create_task(_echo(reader, writer, self.heard))

    @property
    def said(self) -> bytes:
        return b"".join(self.heard)


def as_process(loop: VirtualLoop, process: Process, work: object) -> "asyncio.Task[None]":
    return loop.create_task(work, context=process.context.copy())  # type: ignore[arg-type]  # any coroutine


def test_hours_pass_without_waiting(loop: VirtualLoop) -> None:
    began = loop.time()
    loop.run_until_complete(asyncio.sleep(36_000))
    assert loop.time() - began == 36_000


def test_nothing_to_wait_for_is_an_error_and_no_hang(loop: VirtualLoop) -> None:
    with pytest.raises(Stuck, match="Nothing will ever happen"):
        loop.run_until_complete(loop.create_future())


def test_a_killed_process_does_nothing_any_more_not_even_what_stands_in_its_finally(loop: VirtualLoop) -> None:
    process, done = Process("one", loop), []

    async def work() -> None:
        try:
            for step in range(10):
                await asyncio.sleep(1)
                done.append(step)
        finally:
            done.append(-1)

    as_process(loop, process, work())
    loop.run_until_complete(asyncio.sleep(3.5))
    process.end()
    loop.run_until_complete(asyncio.sleep(20))
    assert done == [0, 1, 2]


def test_a_paused_process_goes_on_where_it_stood(loop: VirtualLoop) -> None:
    process, done = Process("one", loop), []

    async def work() -> None:
        for _ in range(3):
            await asyncio.sleep(1)
            done.append(loop.time() - 1000)

    as_process(loop, process, work())
    loop.run_until_complete(asyncio.sleep(1.5))
    process.pause()
    loop.run_until_complete(asyncio.sleep(5))
    assert done == [1.0]
    process.resume()
    loop.run_until_complete(asyncio.sleep(5))
    assert done == [1.0, 6.5, 7.5]


def test_a_process_that_crashes_is_no_finding_and_anything_else_that_escapes_is(loop: VirtualLoop) -> None:
    def crash() -> None:
        raise Crashed

    def fail() -> None:
        raise ValueError("a defect")

    loop.call_soon(crash)
    loop.call_soon(fail)
    loop.run_until_complete(asyncio.sleep(1))
    assert [one.rpartition(": ")[2] for one in loop.escaped] == ["ValueError('a defect')"]


def test_each_process_has_its_own_wall_clock_and_all_share_the_other(loop: VirtualLoop) -> None:
    one, other = Process("one", loop), Process("other", loop)
    one.clock_is_ahead_s = -3600.0
    assert (one.now().wall, other.now().wall) == (BEGINS_AT - 2600.0, BEGINS_AT + 1000.0)
    assert one.now().mono == other.now().mono


def test_bytes_arrive_in_order_wait_while_a_way_is_silent_and_end_with_the_process(loop: VirtualLoop) -> None:
    net = network(loop)
    host, process = Host(net, loop), Process("client", loop)

    async def work() -> None:
        _, writer = await asyncio.open_connection("host", 1)
        for number in range(100):
            writer.write(b"%d " % number)
            await asyncio.sleep(0.1)

    as_process(loop, process, work())
    loop.run_until_complete(asyncio.sleep(3))
    net.route("client>host").silent_up = True
    loop.run_until_complete(asyncio.sleep(3))
    before = host.said
    loop.run_until_complete(asyncio.sleep(1))
    assert host.said == before
    net.heal("client>host")
    loop.run_until_complete(asyncio.sleep(1))
    process.end()
    loop.run_until_complete(asyncio.sleep(1))
    numbers = [int(word) for word in host.said.split()]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > 70
    assert host.task.done()
    host.task.exception()


def test_a_link_cut_in_a_frame_gives_a_part_of_it_and_nothing_behind(loop: VirtualLoop) -> None:
    net = network(loop)
    host, process = Host(net, loop), Process("client", loop)

    writers = []

    async def work() -> None:
        _, writer = await asyncio.open_connection("host", 1)
        writers.append(writer)
        writer.write(b"whole\n")
        await asyncio.sleep(1)
        writer.write(b"0123456789\n")
        writer.write(b"never\n")

    task = as_process(loop, process, work())
    loop.run_until_complete(task)
    net.cut("client>host", in_a_frame=True)
    loop.run_until_complete(asyncio.sleep(1))
    assert host.said.startswith(b"whole\n")
    assert b"never" not in host.said
    assert b"0123456789" not in host.said
    writers[0].close()
    loop.run_until_complete(asyncio.sleep(1))
    host.task.exception()


def broker(loop: VirtualLoop) -> Broker:
    return Broker(loop, 1, contextvars.copy_context(), lambda *_: None, partitions=1)


async def _read(reader: Reader, into: list[Record], *, commits: bool) -> None:
    async for batch in reader.batches():
        into += batch
        if commits:
            reader.commit(batch)


def _member(loop: VirtualLoop, broker: Broker, name: str, *, commits: bool = True) -> tuple[Process, list[Record]]:
    process, found = Process(name, loop), list[Record]()

    async def work() -> None:
        reader = SimulatedBus(broker, process).group([Topic.SESSION_DATA], "central")
        await _read(reader, found, commits=commits)

    as_process(loop, process, work())
    return process, found


def _write(loop: VirtualLoop, broker: Broker, *values: bytes) -> None:
    process = Process("writer", loop)

    async def work() -> None:
        writer = SimulatedBus(broker, process).publisher()
        for value in values:
            writer.publish(Outgoing(Topic.SESSION_DATA, "CP1", value))

    loop.run_until_complete(as_process(loop, process, work()))
    loop.run_until_complete(asyncio.sleep(3))


def test_what_a_dead_member_did_not_commit_comes_again_to_another(loop: VirtualLoop) -> None:
    topics = broker(loop)
    first, heard = _member(loop, topics, "first", commits=False)
    loop.run_until_complete(asyncio.sleep(3))
    _, other = _member(loop, topics, "second")
    loop.run_until_complete(asyncio.sleep(3))
    _write(loop, topics, b"1", b"2")
    assert [record.value for record in heard] == [b"1", b"2"]
    first.end()
    loop.run_until_complete(asyncio.sleep(SESSION_S + 3))
    assert [record.value for record in other] == [b"1", b"2"]
    assert topics.lag() == {"charging_session_data": 0}


def test_a_member_that_stood_still_for_too_long_loses_its_partitions(loop: VirtualLoop) -> None:
    topics = broker(loop)
    first, heard = _member(loop, topics, "first")
    loop.run_until_complete(asyncio.sleep(3))
    _, other = _member(loop, topics, "second")
    loop.run_until_complete(asyncio.sleep(3))
    first.pause()
    topics.stand_still(first)
    _write(loop, topics, b"1")
    assert other == []
    loop.run_until_complete(asyncio.sleep(SESSION_S + 3))
    assert [record.value for record in other] == [b"1"]
    first.resume()
    loop.run_until_complete(asyncio.sleep(5))
    assert topics.lag() == {"charging_session_data": 0}
    assert len(heard) <= 1


def test_a_broker_that_is_away_makes_no_topics(loop: VirtualLoop) -> None:
    topics = broker(loop)
    topics.is_up = False
    with pytest.raises(TransportLost):
        loop.run_until_complete(SimulatedBus(topics, Process("one", loop)).create_topics(1, 1))


def test_a_seed_draws_the_same_network_and_the_same_faults_each_time() -> None:
    for seed in range(20):
        scale = scale_of(seed, 1.0)
        assert scale == scale_of(seed, 1.0)
        assert faults_of(scale, TARGETS) == faults_of(scale, TARGETS)


def test_the_seeds_together_have_proofs_and_cards_each_with_and_without_the_other() -> None:
    scales = [scale_of(seed, 1.0) for seed in range(100)]
    assert {(scale.auth, bool(scale.cards)) for scale in scales} == {
        (a, c) for a in (True, False) for c in (True, False)
    }


def test_points_lie_with_their_own_signature_about_sessions_of_others_and_not_about_lies(loop: VirtualLoop) -> None:
    topics = broker(loop)
    reading = {"type": "charging_data", "message_id": "d1", "cp_id": "CP1", "session_id": "s1"}
    true = json.dumps({**reading, "energy_consumed_kwh": 0.006, "total_cost": 0.0, "charging_rate": 22.0}).encode()
    topics.append(Outgoing(Topic.SESSION_DATA, "CP1", true, {"message_id": "d1"}))
    for _ in range(5):
        topics.lie(20, ["CP1", "CP2", "CP3"], lambda liar, value, headers: {**headers, "by": f"{liar} {len(value)}"})
    told = [one for log in topics.logs.values() for one in log if one.headers["message_id"] != "d1"]
    assert {(one.topic, json.loads(one.value)["session_id"]) for one in told} == {
        (Topic.SESSION_DATA, "s1"),
        (Topic.SESSION_COMPLETE, "s1"),
    }
    assert all(one.key == json.loads(one.value)["cp_id"] != "CP1" for one in told)
    assert all(one.headers["by"] == f"{one.key} {len(one.value)}" for one in told)
    assert len(told) == 10


def test_the_seeds_together_break_everything_that_can_be_broken() -> None:
    targets = Targets(TARGETS.programs, TARGETS.links, ["central-1"], ["central-1"])
    drawn = {fault.kind for seed in range(100) for fault in faults_of(scale_of(seed, 1.0), targets)}
    assert drawn == set(Kind)
    assert {len(scale_of(seed, 1.0).centrals) for seed in range(100)} == {1, 2, 3}
