"""Central holds its links to the limits of its settings, and counts whom it turned away."""

from common import messages as m
from common.metrics import catalogue as figures
from tests.integration.central.conftest import Network


def registration(number: int) -> m.RegisterRequest:
    return m.RegisterRequest(message_id=f"reg-{number}", cp_id=f"CP{number}", max_charging_rate_kw=22)


def beat(number: int) -> m.HeartbeatRequest:
    return m.HeartbeatRequest(message_id=f"beat-{number}", cp_id=f"CP{number}", status=m.PointStatus.ACTIVE)


async def restart(network: Network, **settings: float) -> None:
    await network.stop()
    await network.start(**settings)


async def test_links_beyond_the_settings_are_turned_away_and_counted(network: Network) -> None:
    for settings, why in (({"max_links": 1}, "too_many"), ({"max_links_per_address": 1}, "too_many_from_one_address")):
        await restart(network, **settings)
        monitor, late = await network.monitor(), await network.peer()
        assert (await late.expect(m.ErrorResponse)).error == "rate_limited"
        assert network.central.context.measures.values(figures.LINKS_CUT) == {(why,): 1}
        monitor.send(beat(1))
        assert (await monitor.expect(m.HeartbeatResponse)).succeeded


async def test_a_gateway_registers_all_its_points_at_once_and_each_makes_room_for_its_frames(network: Network) -> None:
    await restart(network, max_frames_per_s=1.0, max_frames_per_point_s=1.0)
    gateway = await network.peer()
    for number in range(40):
        gateway.send(registration(number))
    answers = [await gateway.next() for _ in range(40)]
    assert [type(answer) for answer in answers] == [m.RegisterResponse] * 40
    for number in range(40):
        gateway.send(beat(number))
    assert [type(await gateway.next()) for _ in range(40)] == [m.HeartbeatResponse] * 40


async def test_a_link_of_one_point_that_floods_is_told_and_then_cut_and_counted(network: Network) -> None:
    await restart(network, max_frames_per_s=1.0, max_frames_per_point_s=0.0)
    flooding, honest = await network.monitor("CP1"), await network.monitor("CP2")
    for _ in range(60):
        flooding.send(beat(1))
    assert await flooding.ended()
    counted = network.central.context.measures
    assert counted.values(figures.LINKS_CUT) == {("too_fast",): 1}
    assert counted.values(figures.BAD_FRAMES) == {("rate_limited",): 6}
    honest.send(beat(2))
    assert (await honest.expect(m.HeartbeatResponse)).succeeded
    await network.until_status("DISCONNECTED", "CP1")
