"""What a disk may hold after a power cut, told by hand-made histories of calls."""

import os
from random import Random

import pytest

from tests.faults.power.disk import Disk, Tree, Unseen
from tests.faults.power.trace import Call, Step

ROOT = "/disk"
EVERYTHING = 10_000


class Calls:
    """Gives a disk the calls of one process, each done as soon as it is begun."""

    def __init__(self, tree: Tree | None = None) -> None:
        self.disk = Disk(ROOT, tree)
        self._number = 0

    def call(self, call: Call, handle: int = 0, flags: int = 0, offset: int = 0, path: str = "", other: str = "", data: bytes = b"") -> int:  # fmt: skip
        number = self.begin(call, handle, flags, offset, path, other, data)
        self.end(number, len(data))
        return number

    def begin(self, call: Call, handle: int = 0, flags: int = 0, offset: int = 0, path: str = "", other: str = "", data: bytes = b"") -> int:  # fmt: skip
        self._number += 1
        where = [f"{ROOT}/{path}" if path else "", f"{ROOT}/{other}" if other and call is not Call.BLIND else other]
        self.disk.take(Step(call, 1, self._number, handle, flags, offset, where[0], where[1], data))
        return self._number

    def end(self, number: int, gave: int = 0) -> None:
        self.disk.take(Step(Call.DONE, 1, number, 0, 0, gave, "", "", b""))

    def make(self, path: str, handle: int, content: bytes = b"") -> None:
        self.call(Call.OPEN, handle, os.O_CREAT | os.O_WRONLY, path=path)
        if content:
            self.call(Call.WRITE, handle, offset=0, data=content)

    def sync_top(self) -> None:
        number = self.begin(Call.OPEN, 99)
        self.disk.take(Step(Call.DONE, 1, number, 99, 0, 3, "", "", b""))
        self.call(Call.SYNC, 99)

    def may_be(self) -> list[Tree]:
        found: list[Tree] = []
        for tree in self.disk.states(EVERYTHING, Random(1)):
            if tree not in found:
                found.append(tree)
        return found


class TopCalls(Calls):
    """The same; an empty path is the root itself, as when a folder is opened to be synced."""

    def begin(self, call: Call, handle: int = 0, flags: int = 0, offset: int = 0, path: str = "", other: str = "", data: bytes = b"") -> int:  # fmt: skip
        if call is Call.OPEN and not path:
            self._number += 1
            self.disk.take(Step(call, 1, self._number, handle, flags, offset, ROOT, "", data))
            return self._number
        return super().begin(call, handle, flags, offset, path, other, data)


@pytest.fixture
def calls() -> Calls:
    return TopCalls()


def test_a_file_that_was_synced_is_gone_while_its_folder_was_not(calls: Calls) -> None:
    calls.make("a", 1, b"x")
    calls.call(Call.SYNC, 1)
    assert calls.may_be() == [{}, {"a": b"x"}]


def test_a_name_that_was_synced_may_have_nothing_in_it(calls: Calls) -> None:
    calls.make("a", 1, b"xy")
    calls.sync_top()
    assert calls.may_be() == [{"a": b""}, {"a": b"\0\0"}, {"a": b"xy"}]


def test_what_was_synced_with_its_name_is_sure(calls: Calls) -> None:
    calls.make("a", 1, b"x")
    calls.call(Call.SYNC, 1)
    calls.sync_top()
    assert calls.may_be() == [{"a": b"x"}] == [calls.disk.sure()]


def test_a_rename_is_there_or_not_and_never_half(calls: Calls) -> None:
    calls.make("old", 1, b"x")
    calls.call(Call.SYNC, 1)
    calls.make("new", 2, b"y")
    calls.call(Call.SYNC, 2)
    calls.sync_top()
    calls.call(Call.RENAME, path="new", other="old")
    assert calls.may_be() == [{"old": b"x", "new": b"y"}, {"old": b"y"}]


def test_a_file_taken_away_may_come_back(calls: Calls) -> None:
    calls = TopCalls({"a": b"x"})
    calls.call(Call.UNLINK, path="a")
    assert calls.may_be() == [{"a": b"x"}, {}]


def test_a_folder_that_is_not_sure_takes_with_it_what_was_synced_inside(calls: Calls) -> None:
    calls.call(Call.MKDIR, path="box")
    calls.make("box/a", 1, b"x")
    calls.call(Call.SYNC, 1)
    calls.call(Call.OPEN, 2, path="box")
    calls.call(Call.SYNC, 2)
    assert calls.may_be() == [{}, {"box": None, "box/a": b"x"}]


def test_sectors_of_one_write_survive_each_for_itself(calls: Calls) -> None:
    calls = TopCalls({"a": b"." * 1024})
    calls.call(Call.OPEN, 1, os.O_WRONLY, path="a")
    calls.call(Call.WRITE, 1, offset=510, data=b"1234")
    kept, gone = b"." * 510, b"." * 510
    assert [tree["a"] for tree in calls.may_be()] == [
        kept + b"...." + gone,
        kept + b"..34" + gone,
        kept + b"12.." + gone,
        kept + b"1234" + gone,
    ]


def test_what_is_written_while_a_sync_is_under_way_is_not_synced(calls: Calls) -> None:
    calls = TopCalls({"a": b""})
    calls.call(Call.OPEN, 1, os.O_WRONLY, path="a")
    calls.call(Call.WRITE, 1, offset=0, data=b"1")
    sync = calls.begin(Call.SYNC, 1)
    calls.call(Call.WRITE, 1, offset=1, data=b"2")
    calls.end(sync)
    assert calls.disk.sure() == {"a": b"1"}
    assert [tree["a"] for tree in calls.may_be()] == [b"1", b"1\0", b"12"]


def test_a_file_opened_for_synced_writes_is_sure_at_once(calls: Calls) -> None:
    calls = TopCalls({"a": b""})
    calls.call(Call.OPEN, 1, os.O_WRONLY | os.O_DSYNC, path="a")
    calls.call(Call.WRITE, 1, offset=0, data=b"1")
    assert calls.may_be() == [{"a": b"1"}]


def test_a_write_that_was_never_done_may_have_reached_the_disk(calls: Calls) -> None:
    calls = TopCalls({"a": b""})
    calls.call(Call.OPEN, 1, os.O_WRONLY, path="a")
    calls.begin(Call.WRITE, 1, offset=0, data=b"1")
    calls.disk.cut({"a": b""})
    assert [tree["a"] for tree in calls.may_be()] == [b"", b"\0", b"1"]


def test_a_file_that_is_not_as_it_was_seen_to_be_made_shows_nothing(calls: Calls) -> None:
    calls.make("a", 1, b"x")
    with pytest.raises(Unseen, match="a is not what the program was seen to make of it"):
        calls.disk.cut({"a": b"y"})


def test_what_cannot_be_followed_is_told(calls: Calls) -> None:
    with pytest.raises(Unseen, match="mmap of /disk/a cannot be followed"):
        calls.call(Call.BLIND, path="a", other="mmap")


def test_a_state_that_is_drawn_is_one_of_those_that_may_be(calls: Calls) -> None:
    calls.make("a", 1, b"xy")
    calls.sync_top()
    states = calls.may_be()
    assert all(calls.disk.draw(Random(seed))[0] in states for seed in range(50))
