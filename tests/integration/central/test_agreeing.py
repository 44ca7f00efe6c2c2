"""A word on a point's service that was stored and never told: its Central died in between, or another's did on the way."""

import asyncio

from central.domain.points import Event
from central.store.unit_of_work import UnitOfWork
from common import messages as m
from tests.integration.central.conftest import Network, Peer


async def decree(network: Network, event: Event, cp_id: str = "CP1") -> None:
    """What a Central stores of `stop_cp` and `resume_cp`, which then dies."""

    def work(unit: UnitOfWork) -> None:
        point = unit.point(cp_id)
        assert point is not None
        unit.save_points([point.after(event)])

    await network.central.context.store.write(work)


async def look(network: Network) -> None:
    await network.central.desk.agreeing.tell_again()


async def is_next(monitor: Peer, kind: type[m.Message]) -> None:
    """Whether nothing else was said: answers come in order, so what is asked for now comes right after it."""
    command = await monitor.next()
    assert isinstance(command, kind)
    monitor.send(m.CommandResponse(message_id=command.message_id, status="success"))


async def test_a_word_on_service_that_its_monitor_never_heard_is_told_again_until_it_was(network: Network) -> None:
    monitor = await network.monitor()
    await decree(network, Event.STOP_CP)
    await look(network)
    await is_next(monitor, m.StopCpCommand)
    await look(network)  # it heard that: nothing more to say
    await decree(network, Event.RESUME_CP)
    await look(network)
    await is_next(monitor, m.ResumeCpCommand)
    await look(network)
    monitor.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=m.PointStatus.ACTIVE))
    await is_next(monitor, m.HeartbeatResponse)


async def test_who_hears_it_with_its_registration_is_not_told_again(network: Network) -> None:
    monitor, other = await network.monitor(), await network.monitor("CP2")
    await decree(network, Event.STOP_CP)
    monitor.send(m.RegisterRequest(message_id="again", cp_id="CP1", max_charging_rate_kw=22))
    assert (await monitor.expect(m.RegisterResponse)).out_of_service is True
    await look(network)
    for peer, cp_id in ((monitor, "CP1"), (other, "CP2")):
        peer.send(m.HeartbeatRequest(message_id="h", cp_id=cp_id, status=m.PointStatus.ACTIVE))
        await is_next(peer, m.HeartbeatResponse)


async def test_a_word_that_is_newer_than_the_look_is_not_taken_back(network: Network) -> None:
    monitor = await network.monitor()
    await decree(network, Event.STOP_CP)
    looking = asyncio.ensure_future(look(network))
    await asyncio.sleep(0)  # the look is on its way to the database
    attached = network.central.context.links.every()[0]
    network.central.context.links.send(
        "CP1", m.ResumeCpCommand(message_id="newer", cp_id="CP1", timestamp=0.0), attached.generation
    )
    await looking
    monitor.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=m.PointStatus.ACTIVE))
    await is_next(monitor, m.ResumeCpCommand)
    await is_next(monitor, m.HeartbeatResponse)
