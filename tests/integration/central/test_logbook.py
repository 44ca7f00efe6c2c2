"""Who ordered what of the network, and who was refused: recorded where operators look, and within bounds."""

import asyncio
from typing import Any

from central.handlers.logbook import MOST_REFUSALS
from common import messages as m
from common.errors import ErrorCode
from tests.integration.central.conftest import Network, Peer
from tests.integration.central.guarded import guarded, join, prove
from tests.waiting import until

__all__ = ["guarded"]

RECORD = "SELECT kind, cp_id, message_id, text FROM events WHERE kind IN ('ordered', 'order_refused') ORDER BY id"
NO_ID = "cp_id must not contain control characters."


def where(peer: Peer) -> str:
    return "127.0.0.1:{}".format(peer.link._writer.get_extra_info("sockname")[1])


async def order(peer: Peer, message_id: str, command: Any, **args: Any) -> m.ManualCommandResponse:
    peer.send(m.ManualCommand(message_id=message_id, command=command, args=args))
    return await peer.expect(m.ManualCommandResponse)


async def test_what_an_operator_orders_is_recorded_with_who_and_from_where(guarded: Network) -> None:
    await join(guarded)
    alice = await prove(await guarded.peer(), "admin", "alice")
    assert (await order(alice, "a1", "set_price", cp_id="CP1", price_per_kwh=0.45)).succeeded
    assert (await order(alice, "a2", "set_price", cp_id="*", price_per_kwh=0.5)).succeeded
    assert not (await order(alice, "a3", "stop_session", session_id="nothing")).succeeded
    assert not (await order(alice, "a4", "set_price", cp_id="\x1b[2J", price_per_kwh=-1)).succeeded
    who = f"alice at {where(alice)}"
    assert await guarded.rows(RECORD) == [
        ("ordered", "CP1", "a1", f"{who} ordered set_price cp_id=CP1 price_per_kwh=0.45."),
        ("ordered", None, "a2", f"{who} ordered set_price cp_id=* price_per_kwh=0.5."),
        (
            "order_refused",
            None,
            "a3",
            f"{who} was refused stop_session session_id=nothing: unknown_session: There is no session nothing.",
        ),
        (
            "order_refused",
            None,
            "a4",
            f"{who} was refused set_price cp_id=\\u001b[2J price_per_kwh=-1: bad_argument: {NO_ID}",
        ),
    ]
    answer = await order(alice, "e", "list_events", kind="ordered", cp_id="CP1")
    assert [event["message_id"] for event in (answer.data or {})["events"]] == ["a1"]  # type: ignore[union-attr, index, call-overload]


async def test_what_only_looks_is_not_recorded(guarded: Network) -> None:
    alice = await prove(await guarded.peer(), "admin", "alice")
    for number, command in enumerate(("list_cps", "list_sessions", "list_drivers", "list_events", "stats")):
        assert (await order(alice, f"l{number}", command)).succeeded
    assert not (await order(alice, "l9", "trace", id="nothing")).succeeded
    assert await guarded.rows(RECORD) == []


async def test_an_order_of_who_is_no_operator_changes_nothing_and_is_recorded(guarded: Network) -> None:
    monitor = await join(guarded)
    driver = await prove(await guarded.peer(), "driver", "D1")
    nobody, liar = await guarded.peer(), await guarded.peer()
    liar.send(m.AuthRequest(message_id="w", role="admin", admin_id="alice", nonce="n", signature="wrong"))
    assert (await liar.expect(m.AuthResponse)).error is ErrorCode.AUTH_FAILED
    for peer in (monitor, driver, nobody, liar):
        peer.send(m.ManualCommand(message_id="m", command="set_price", args={"cp_id": "CP1", "price_per_kwh": 0}))
    errors = [(await peer.expect(m.ErrorResponse)).error for peer in (monitor, driver, nobody, liar)]
    assert errors == [ErrorCode.NOT_ALLOWED] * 2 + [ErrorCode.NOT_AUTHENTICATED] * 2

    async def recorded() -> bool:
        return len(await guarded.rows(RECORD)) == 4

    await until(recorded)
    found = sorted(str(text) for _, _, _, text in await guarded.rows(RECORD))
    assert [text.partition(" was refused ")[0] for text in found] == [
        f"A driver at {where(driver)}",
        f"A monitor at {where(monitor)}",
        f"A nameless at {where(nobody)}",
        f"An operator at {where(liar)}",
    ]
    assert [text.partition(": ")[2].partition(":")[0] for text in found] == [
        "not_allowed",
        "not_allowed",
        "not_authenticated",
        "not_authenticated",
    ]
    assert await guarded.rows("SELECT price_per_kwh FROM points") == [(3000,)]


async def test_a_flood_of_refused_orders_leaves_a_bounded_record_and_room_for_the_operators(guarded: Network) -> None:
    nobody = await guarded.peer()
    for number in range(MOST_REFUSALS + 5):
        nobody.send(m.ManualCommand(message_id=f"f{number}", command="stats"))
        assert (await nobody.expect(m.ErrorResponse)).error is ErrorCode.NOT_AUTHENTICATED
    alice = await prove(await guarded.peer(), "admin", "alice")
    assert not (await order(alice, "a1", "stop_cp", cp_id="CP9")).succeeded
    assert len(await guarded.rows(RECORD)) == MOST_REFUSALS + 1
    guarded.clock.advance(61)
    nobody.send(m.ManualCommand(message_id="later", command="stats"))
    assert (await nobody.expect(m.ErrorResponse)).error is ErrorCode.NOT_AUTHENTICATED

    async def told() -> bool:
        return len(await guarded.rows(RECORD)) == MOST_REFUSALS + 2

    await until(told)
    assert str((await guarded.rows(RECORD))[-1][3]).endswith("(5 more were refused before.)")


async def test_without_authentication_an_order_is_recorded_with_its_address(network: Network) -> None:
    monitor, admin = await network.monitor(), await network.peer()

    async def confirm() -> None:
        command = await monitor.expect(m.StopCpCommand)
        monitor.send(m.CommandResponse(message_id=command.message_id, status="success"))

    await asyncio.gather(order(admin, "a1", "stop_cp", cp_id="CP1"), confirm())
    told = f"An operator at {where(admin)} ordered stop_cp cp_id=CP1."
    assert await network.rows(RECORD) == [("ordered", "CP1", "a1", told)]
