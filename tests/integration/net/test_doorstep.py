"""In which order strangers are heard: by address in turn, and who says its first words before those who go on."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from common.net.doorstep import Caller, Doorstep
from common.net.limits import Why
from common.net.opening import Then, Verdict
from tests.waiting import until


@dataclass
class Saying:
    """Keeps who said what, and lets in who says `in`."""

    host: str
    order: list[tuple[str, bytes]]
    held: int = 0
    said: bytes = b""

    def hear(self, data: bytes) -> Verdict:
        self.order.append((self.host, data))
        return Verdict(Then.COME_IN if data == b"in" else Then.WAIT)


@dataclass
class Street:
    """A doorstep with callers of any address."""

    within_s: float = 60.0
    order: list[tuple[str, bytes]] = field(default_factory=list)
    let_in: list[Caller] = field(default_factory=list)
    gone: list[tuple[str, Why | None]] = field(default_factory=list)
    ends: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.doorstep = Doorstep(
            within_s=self.within_s,
            let_in=self.let_in.append,
            dismiss=self._dismiss,
            words=lambda host: Saying(host, self.order),
        )

    def _dismiss(self, caller: Caller, told: bytes | None, why: Why | None) -> None:
        del told
        self.gone.append((caller.host, why))
        caller.socket.close()

    def come(self, host: str, said: bytes = b"") -> socket.socket:
        near, far = socket.socketpair()
        near.setblocking(False)
        self.ends += [near, far]
        far.send(said)
        self.doorstep.add(near, host)
        return far


@pytest.fixture
async def street() -> AsyncIterator[Street]:
    made = Street()
    yield made
    made.doorstep.close()
    for end in made.ends:
        end.close()


async def test_many_of_one_address_stand_behind_one_another_and_before_nobody_else(street: Street) -> None:
    for _ in range(200):
        street.come("10.0.0.66", b"in")
    for host in ("10.0.0.1", "10.0.0.2"):
        street.come(host, b"in")
    await until(lambda: len(street.let_in) == 202)
    assert [caller.host for caller in street.let_in[:4]] == ["10.0.0.1", "10.0.0.66", "10.0.0.2", "10.0.0.66"]
    assert (len(street.doorstep), street.gone) == (0, [])


async def test_who_comes_from_an_address_of_few_is_heard_before_many_crowds_have_had_their_turn(street: Street) -> None:
    for number in range(10):
        for _ in range(20):
            street.come(f"10.0.1.{number}", b"in")
    street.come("10.0.0.1", b"in")
    await until(lambda: len(street.let_in) == 201)
    assert [caller.host for caller in street.let_in[:3]] == ["10.0.0.1", "10.0.1.0", "10.0.1.1"]


async def test_a_crowd_is_heard_while_addresses_of_few_do_not_cease_to_come(street: Street) -> None:
    for _ in range(20):
        street.come("10.0.0.66", b"in")
    for number in range(100):
        street.come(f"10.0.1.{number}", b"in")
    await until(lambda: len(street.let_in) == 120)
    assert [caller.host for caller in street.let_in[:40:2]] == [f"10.0.1.{number}" for number in range(20)]
    assert [caller.host for caller in street.let_in[1:40:2]] == ["10.0.0.66"] * 20


async def test_who_says_its_first_words_does_not_stand_behind_those_who_go_on_with_theirs(street: Street) -> None:
    slow = [street.come(f"10.0.1.{number}", b"a") for number in range(100)]
    await until(lambda: len(street.order) == 100)
    street.order.clear()
    for far in slow:
        far.send(b"b")
    street.come("10.0.0.1", b"in")
    await until(lambda: len(street.order) == 101)
    assert street.order.index(("10.0.0.1", b"in")) < 2
    assert {said for _, said in street.order} == {b"b", b"in"}


async def test_what_is_said_while_one_is_heard_is_heard_too(street: Street) -> None:
    far = street.come("10.0.0.1", b"x" * 40_000)
    await until(lambda: sum(len(said) for _, said in street.order) == 40_000)
    far.send(b"in")
    await until(lambda: len(street.let_in) == 1)
    assert len(street.doorstep) == 0


async def test_who_leaves_in_its_turn_is_noticed_also_with_words_before_it(street: Street) -> None:
    far = street.come("10.0.0.1", b"half a word")
    far.shutdown(socket.SHUT_WR)
    await until(lambda: street.gone == [("10.0.0.1", None)])
    assert street.order == [("10.0.0.1", b"half a word")]


async def test_who_gives_way_while_it_waits_to_be_heard_is_heard_no_more(street: Street) -> None:
    for _ in range(50):
        street.come("10.0.0.66", b"in")
    assert street.doorstep.give_way("10.0.0.66")
    assert street.doorstep.give_way(None)
    await until(lambda: len(street.let_in) == 48)
    assert (street.gone, len(street.doorstep)) == ([("10.0.0.66", Why.GAVE_WAY)] * 2, 0)


async def test_those_who_are_due_go_while_others_do_not_cease_to_speak() -> None:
    street = Street(within_s=0.3)
    silent = [street.come("10.0.0.66") for _ in range(100)]
    talks = street.come("10.0.0.67", b"a")

    def are_gone() -> bool:
        with suppress(OSError):
            talks.send(b"b" * 100)
        return len(street.gone) == 101

    await until(are_gone)
    assert {why for _, why in street.gone} == {Why.SILENT}
    assert len(silent) == 100
    street.doorstep.close()
    for end in street.ends:
        end.close()
    await asyncio.sleep(0)
