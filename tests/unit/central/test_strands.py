"""What is about one thing keeps its order; what is about different things does not wait for each other; and the bounds."""

import asyncio

import pytest

from central.strands import Crowd, Strands, Work
from tests.waiting import until


class Diary:
    """Work that says when it begins and when it ends, and ends when it is told to."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}

    def work(self, name: str) -> Work:
        end = self._ends[name] = asyncio.Event()

        async def go_on() -> None:
            self.lines.append(f"{name} begins")
            await end.wait()
            self.lines.append(f"{name} ends")

        return go_on

    def end(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()

    async def says(self, *lines: str) -> None:
        await until(lambda: len(self.lines) >= len(lines))
        assert self.lines == list(lines)


async def fail() -> None:
    raise ValueError("It cannot be done.")


async def test_what_shares_a_strand_goes_in_order_and_another_strand_does_not_wait_for_it() -> None:
    diary = Diary()
    async with Strands(10) as strands:
        await strands.start("a", diary.work("a1"))
        await strands.start("a", diary.work("a2"))
        await strands.start("b", diary.work("b1"))
        await diary.says("a1 begins", "b1 begins")
        assert (strands.is_idle("a"), strands.is_idle("b"), strands.is_idle("c")) == (False, False, True)
        diary.end("a2", "a1")
        await diary.says("a1 begins", "b1 begins", "a1 ends", "a2 begins", "a2 ends")
        assert strands.is_idle("a")
        diary.end("b1")
    assert diary.lines[-1] == "b1 ends"


async def test_no_more_goes_on_than_may_and_the_next_begins_when_one_ends() -> None:
    diary = Diary()
    async with Strands(2, Crowd(10)) as strands:
        await strands.start("a", diary.work("a"))
        await strands.start("b", diary.work("b"))
        third = asyncio.ensure_future(strands.start("c", diary.work("c")))
        await diary.says("a begins", "b begins")
        assert not third.done()
        diary.end("b")
        await third
        await diary.says("a begins", "b begins", "b ends", "c begins")
        diary.end("a", "c")


async def test_where_all_is_full_each_still_has_one_thing_going_on() -> None:
    diary, crowd = Diary(), Crowd(2)
    async with Strands(10, crowd) as first, Strands(10, crowd) as second:
        await first.start("a", diary.work("a"))
        await first.start("b", diary.work("b"))
        await second.start("a", diary.work("c"))  # nobody is kept out by others
        waiting = asyncio.ensure_future(second.start("b", diary.work("d")))
        await diary.says("a begins", "b begins", "c begins")
        assert (waiting.done(), crowd.count) == (False, 3)
        diary.end("c")
        await waiting
        await diary.says("a begins", "b begins", "c begins", "c ends", "d begins")
        diary.end("a", "b", "d")
    assert crowd.count == 0


async def test_after_a_failure_nothing_more_begins_and_the_end_tells_of_it() -> None:
    diary, crowd = Diary(), Crowd(10)
    strands = Strands(10, crowd)
    await strands.start("a", diary.work("a"))
    await strands.start("b", fail)
    await strands.start("b", diary.work("behind it"))
    await diary.says("a begins")
    await until(lambda: strands.is_idle("b"))
    await strands.start("c", diary.work("later"))
    diary.end("a")
    with pytest.raises(ValueError, match="It cannot be done"):
        await strands.finished()
    assert (diary.lines, crowd.count) == (["a begins", "a ends"], 0)
    await strands.finished()  # it is told once


async def test_whoever_leaves_by_a_failure_finishes_what_goes_on_first() -> None:
    diary, crowd = Diary(), Crowd(10)

    async def leave_early() -> None:
        async with Strands(10, crowd) as strands:
            await strands.start("a", diary.work("a1"))
            await strands.start("a", diary.work("a2"))
            await diary.says("a1 begins")
            diary.end("a2")
            raise ValueError("The readings could not be stored.")

    leaving = asyncio.ensure_future(leave_early())
    await asyncio.sleep(0)
    assert not leaving.done()
    await diary.says("a1 begins")
    diary.end("a1")
    with pytest.raises(ValueError, match="could not be stored"):
        await leaving
    assert (diary.lines, crowd.count) == (["a1 begins", "a1 ends", "a2 begins", "a2 ends"], 0)


async def test_who_is_cancelled_inside_drops_it_all() -> None:
    diary, crowd = Diary(), Crowd(10)

    async def stay() -> None:
        async with Strands(10, crowd) as strands:
            await strands.start("a", diary.work("a1"))
            await strands.start("a", diary.work("a2"))
            await asyncio.Event().wait()

    staying = asyncio.ensure_future(stay())
    await diary.says("a1 begins")
    staying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await staying
    assert (diary.lines, crowd.count) == (["a1 begins"], 0)


async def test_who_is_cancelled_while_it_waits_for_the_end_drops_it_all() -> None:
    diary, crowd = Diary(), Crowd(10)
    strands = Strands(10, crowd)
    await strands.start("a", diary.work("a"))
    waiting = asyncio.ensure_future(strands.finished())
    await diary.says("a begins")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (diary.lines, crowd.count) == (["a begins"], 0)
