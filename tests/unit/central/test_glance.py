"""A look that many share."""

import asyncio

import pytest

from central.glance import Glance
from common.clock import ManualClock
from common.errors import StoreUnavailable


class Scene:
    """Something to look at, which takes its time."""

    def __init__(self) -> None:
        self.clock = ManualClock(1000.0)
        self.looks = 0
        self.takes_s = 0.0
        self.wrong: Exception | None = None

    async def look(self) -> int:
        self.looks += 1
        self.clock.advance(self.takes_s)
        if self.wrong is not None:
            raise self.wrong
        return self.looks


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_all_who_ask_within_a_second_see_the_same(scene: Scene) -> None:
    glance = Glance(scene.look, scene.clock, keep_s=1.0, within_s=5.0)
    assert await asyncio.gather(*(glance.take() for _ in range(5))) == [1] * 5
    scene.clock.advance(0.9)
    assert await glance.take() == 1
    scene.clock.advance(0.1)
    assert await glance.take() == 2


async def test_what_took_long_is_kept_for_longer_but_no_longer_than_a_minute(scene: Scene) -> None:
    glance = Glance(scene.look, scene.clock, keep_s=1.0, within_s=5.0, at_most=0.01)
    scene.takes_s = 0.1
    assert await glance.take() == 1
    scene.clock.advance(9.8)
    assert await glance.take() == 1
    scene.clock.advance(0.2)
    scene.takes_s = 30.0
    assert await glance.take() == 2
    scene.clock.advance(29.0)
    assert await glance.take() == 2
    scene.clock.advance(1.1)
    assert await glance.take() == 3


async def test_a_look_that_failed_is_repeated_soon_however_long_it_took(scene: Scene) -> None:
    glance = Glance(scene.look, scene.clock, keep_s=1.0, within_s=5.0, at_most=0.01)
    scene.takes_s = 0.5
    assert await glance.take() == 1
    scene.clock.advance(50.0)
    scene.wrong = StoreUnavailable("Away.")
    with pytest.raises(StoreUnavailable):
        await glance.take()
    scene.wrong = None
    scene.clock.advance(0.6)
    assert await glance.take() == 3
