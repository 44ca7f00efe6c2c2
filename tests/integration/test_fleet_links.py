"""Many points on one link: each has its own answers, its own troubles, and its turn to be let in."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from charging_point.fleet.building import Ground, build
from charging_point.fleet.carrier import MOST_JOINING
from charging_point.fleet.figures import Tally
from charging_point.fleet.journal import InMemory
from charging_point.fleet.runtime import Runtime
from charging_point.fleet.spec import plain
from charging_point.monitor.timings import Timings
from common import messages as m
from common.clock import SystemClock
from common.errors import ErrorCode
from common.framing import MAX_FRAME_BYTES
from common.ids import counted_ids
from common.messages import Message
from common.net.link import Link
from common.process import Tasks
from common.routes import Role
from tests.integration.played_central import PlayedCentral, played
from tests.waiting import until


def welcome(message: Message, link: Link) -> None:
    if isinstance(message, m.RegisterRequest):
        link.send(m.RegisterResponse(message_id=message.message_id, status="success", heartbeat_interval_s=0.2))
    elif isinstance(message, m.HeartbeatRequest):
        link.send(m.HeartbeatResponse(message_id=message.message_id, status="success"))


@asynccontextmanager
async def fleet(central: PlayedCentral, points: int, links: int | None = 1) -> AsyncIterator[Runtime]:
    clock, ids, tally = SystemClock(), counted_ids("f"), Tally()
    tasks = Tasks(asyncio.Event())
    runtime = Runtime(
        tasks=tasks,
        clock=clock,
        ids=ids,
        rng=lambda: 0.05,
        accounts=InMemory(),
        publisher=None,
        tally=tally,
        silent_after_s=10.0,
    )
    ground = Ground(
        outside=runtime,
        ids=ids,
        chances=random.Random,
        toll=tally.toll,
        began=clock.now(),
        timings=Timings(),
        has_kafka=False,
        ledgers={},
        secret_of=lambda _: None,
    )
    pairs = list(build(plain(points, "P", on_command=True), ground))
    runtime.open(pairs, central.address, links, limit=MAX_FRAME_BYTES, tls=None)
    await runtime.begin()
    yield runtime
    await tasks.cancel()
    assert not tasks.failed


def linked(runtime: Runtime, count: int) -> Callable[[], bool]:
    return lambda: runtime.standing().linked == count


def heard(central: PlayedCentral, kind: type[Message], cp_id: str) -> int:
    return sum(isinstance(one, kind) and getattr(one, "cp_id", "") == cp_id for one in central.heard)


async def test_heartbeats_of_many_points_are_answered_on_one_link() -> None:
    async with played(Role.MONITOR, welcome) as central, fleet(central, 3) as runtime:
        await until(lambda: all(heard(central, m.HeartbeatRequest, f"P0000{n}") >= 3 for n in (1, 2, 3)))
        assert (len(central.links), runtime.standing().linked) == (1, 3)


async def test_no_more_ask_to_be_let_in_at_once_than_a_link_may_bring() -> None:
    waiting: list[Message] = []

    def keep(message: Message, link: Link) -> None:
        del link
        waiting.append(message)

    async with played(Role.MONITOR, keep) as central, fleet(central, MOST_JOINING + 50) as runtime:
        await until(lambda: len(waiting) == MOST_JOINING)
        (link,) = central.links
        central.answer = welcome
        for message in waiting:
            welcome(message, link)
        await until(linked(runtime, MOST_JOINING + 50))


async def test_a_point_that_moved_to_a_newer_link_leaves_and_the_others_stay() -> None:
    async with played(Role.MONITOR, welcome) as central, fleet(central, 3) as runtime:
        await until(linked(runtime, 3))
        (link,) = central.links
        told = m.ErrorResponse(
            message_id="x", error=ErrorCode.SUPERSEDED, message="A newer link.", data={"cp_id": "P00002"}
        )
        link.send(told)
        await until(lambda: heard(central, m.RegisterRequest, "P00002") == 2)
        await until(linked(runtime, 3))
        assert (len(central.links), runtime.tally.refused, heard(central, m.RegisterRequest, "P00001")) == (
            *(1, {"superseded": 1}),
            1,
        )


async def test_a_point_that_is_refused_comes_back_no_sooner_than_it_was_asked_to() -> None:
    def refuse_one(message: Message, link: Link) -> None:
        if isinstance(message, m.RegisterRequest) and message.cp_id == "P00002":
            wait = {"retry_after_s": 600}
            told = m.RegisterResponse(
                message_id=message.message_id, status="failure", error=ErrorCode.ALREADY_CONNECTED, data=wait
            )
            link.send(told)
        else:
            welcome(message, link)

    async with played(Role.MONITOR, refuse_one) as central, fleet(central, 3) as runtime:
        await until(linked(runtime, 2))
        await until(lambda: heard(central, m.HeartbeatRequest, "P00001") >= 3)
        assert heard(central, m.RegisterRequest, "P00002") == 1
        assert list(runtime.away()) == ["P00002"]


async def test_the_points_of_a_lost_link_come_back_each_by_itself() -> None:
    async with played(Role.MONITOR, welcome) as central, fleet(central, 6, links=2) as runtime:
        await until(linked(runtime, 6))
        central.links[0].abort()
        await until(lambda: len(central.links) == 3)
        await until(linked(runtime, 6))
        assert runtime.tally.links_lost == 1
        again = [f"P{n:05}" for n in range(1, 7) if heard(central, m.RegisterRequest, f"P{n:05}") == 2]
        assert again in (["P00001", "P00003", "P00005"], ["P00002", "P00004", "P00006"])


async def test_with_a_link_each_a_refused_point_loses_its_own() -> None:
    async with played(Role.MONITOR, welcome) as central, fleet(central, 3, links=None) as runtime:
        await until(linked(runtime, 3))
        registered = [one for one in central.heard if isinstance(one, m.RegisterRequest)]
        assert (len(central.links), len(registered)) == (3, 3)
        central.links[0].send(m.ErrorResponse(message_id="x", error=ErrorCode.AUTH_FAILED, message="No longer."))
        await until(lambda: len(central.links) == 4)
        await until(linked(runtime, 3))


async def test_a_point_is_commanded_by_its_id() -> None:
    async with played(Role.MONITOR, welcome) as central, fleet(central, 3) as runtime:
        await until(linked(runtime, 3))
        (link,) = central.links
        link.send(m.StopCpCommand(message_id="stop", cp_id="P00002", reason="admin_stop"))
        await until(lambda: any(isinstance(one, m.CommandResponse) for one in central.heard))
        assert [pair.point.out_of_service for pair in runtime.pairs] == [False, True, False]


def order(cp_id: str) -> m.StartChargingCommand:
    return m.StartChargingCommand(
        message_id=f"start-{cp_id}",
        cp_id=cp_id,
        session_id=f"s-{cp_id}",
        driver_id="D1",
        price_per_kwh=Decimal("0.3"),
        max_charging_rate_kw=22.0,
    )


async def charging(central: PlayedCentral, runtime: Runtime) -> None:
    """Every point of the fleet runs a session."""
    for pair in runtime.pairs:
        central.links[0].send(order(pair.cp_id))
    await until(lambda: runtime.standing().charging == len(runtime.pairs))


async def test_a_fleet_that_ends_comes_back_over_a_lost_link_until_each_account_is_acknowledged() -> None:
    accounts: list[str] = []

    def cut_the_first(message: Message, link: Link) -> None:
        if not isinstance(message, m.ChargeCompletion):
            welcome(message, link)
            return
        accounts.append(message.cp_id)
        if len(central.links) == 1:
            link.abort()
        else:
            ack = m.ChargeCompletionAck(
                message_id=message.message_id, cp_id=message.cp_id, session_id=message.session_id
            )
            link.send(ack)

    async with played(Role.MONITOR, cut_the_first) as central, fleet(central, 3) as runtime:
        await until(linked(runtime, 3))
        await charging(central, runtime)
        await runtime.stop(asyncio.Event())
        assert (runtime.standing().owed, len(central.links)) == (0, 2)
        assert set(accounts) == {"P00001", "P00002", "P00003"}


async def test_a_fleet_told_to_stop_says_what_it_owes_when_its_patience_ends(caplog: pytest.LogCaptureFixture) -> None:
    async with played(Role.MONITOR, welcome) as central, fleet(central, 3) as runtime:
        await until(linked(runtime, 3))
        await charging(central, runtime)
        told = asyncio.Event()
        told.set()
        await runtime.stop(told)
        assert runtime.standing().owed == 3
    assert caplog.messages[-1] == (
        "3 final accounts are not acknowledged; without --journal they end with this process, but for what Kafka has of them."
    )
