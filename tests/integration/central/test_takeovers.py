"""One Central: who takes a point over from whom, how it is recorded, and that nobody is locked out by a dead link."""

from common import messages as m
from common.errors import ErrorCode
from tests.integration.central.conftest import Network
from tests.integration.central.guarded import ask_in, guarded, join, prove, registration

__all__ = ["guarded"]


async def test_a_point_that_rebooted_behind_its_own_dead_link_gets_in_at_once(guarded: Network) -> None:
    dead = await join(guarded)
    newer = await join(guarded)
    assert (await dead.expect(m.ErrorResponse)).error is ErrorCode.SUPERSEDED
    assert await dead.ended()
    newer.send(m.StatusUpdate(message_id="u", cp_id="CP1", status=m.PointStatus.FAULTY))
    await guarded.until_status("FAULTY")
    instance = guarded.central.context.instance
    ports = [peer.link._writer.get_extra_info("sockname")[1] for peer in (dead, newer)]
    assert await guarded.rows("SELECT cp_id, text FROM events WHERE kind = 'taken_over'") == [
        (
            "CP1",
            f"A link from 127.0.0.1:{ports[1]} at {instance} took CP1 over from 127.0.0.1:{ports[0]} at {instance}.",
        )
    ]


async def test_a_session_goes_on_over_a_takeover_and_is_billed_once(guarded: Network) -> None:
    older = await join(guarded)
    driver = await prove(await guarded.peer(), "driver", "D1")
    session_id = await guarded.charge(driver, older)
    newer = await join(guarded)
    newer.send(guarded.completion(session_id))
    assert (await newer.expect(m.ChargeCompletionAck)).session_id == session_id
    assert await guarded.rows("SELECT state, total_cost FROM sessions") == [("FINISHED", 300)]


async def test_a_point_that_registers_again_on_its_own_link_takes_nothing_over(guarded: Network) -> None:
    peer = await join(guarded)
    for number in range(5):
        peer.send(registration("CP1", f"again-{number}"))
        assert (await peer.expect(m.RegisterResponse)).succeeded
    assert await guarded.rows("SELECT kind FROM events WHERE kind = 'taken_over'") == []
    assert await guarded.rows("SELECT generation FROM points") == [(6,)]


async def test_the_one_that_holds_a_contested_point_keeps_it_until_the_next_may_come(guarded: Network) -> None:
    for _ in range(3):
        await join(guarded)
    holder = await join(guarded)
    refused = await ask_in(await guarded.peer())
    assert (refused.error, refused.data) == (ErrorCode.RATE_LIMITED, {"retry_after_s": 10})
    holder.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=m.PointStatus.ACTIVE))
    assert (await holder.expect(m.HeartbeatResponse)).succeeded
    await holder.close()
    await guarded.until_status("DISCONNECTED")
    assert (await ask_in(await guarded.peer())).succeeded  # nobody is displaced by it
