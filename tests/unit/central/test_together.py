"""What many ask in one moment: one unit for those who wait, an outcome for each, and a failure that costs only its own."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from central.store.engine import open_database
from central.store.unit_of_work import UnitOfWork
from central.store.worker import Store
from central.together import Together
from common.errors import StoreUnavailable
from common.messages import HeartbeatResponse
from tests.waiting import until

KEPT = "SELECT message_id FROM answers ORDER BY rowid"


class Clerk:
    """Keeps an answer for each wish, and notes the units; it cannot bear the wish `wrong`."""

    def __init__(self) -> None:
        self.units: list[list[str]] = []
        self.told: list[tuple[list[str], list[str]]] = []
        #: Units wait for it.
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    async def began(self) -> bool:
        return bool(self.units)

    def work(self, unit: UnitOfWork, wishes: Sequence[str]) -> list[str]:
        self.units.append(list(wishes))
        assert self.may_go_on.wait(10)
        for wish in wishes:
            unit.keep_answer("s", HeartbeatResponse(message_id=wish, status="success"), 1.0)
            if wish == "wrong":
                raise ValueError(wish)
        return [wish.upper() for wish in wishes]

    def tell(self, wishes: Sequence[str], outcomes: Sequence[str]) -> None:
        self.told.append((list(wishes), list(outcomes)))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = Store(open_database(f"sqlite:///{tmp_path / 'x.db'}"), "here")
    yield made
    await made.close()


@pytest.fixture
def clerk() -> Clerk:
    return Clerk()


@pytest.fixture
def together(store: Store, clerk: Clerk) -> Together[str, str]:
    return Together(store, clerk.work, clerk.tell)


async def kept(store: Store) -> list[str]:
    return await store.read(lambda connection: [row[0] for row in connection.exec_driver_sql(KEPT)])


async def test_what_is_asked_in_one_moment_is_one_unit_and_each_asker_hears_its_own(
    store: Store, together: Together[str, str], clerk: Clerk
) -> None:
    assert await asyncio.gather(*(together.ask(wish) for wish in ("a", "b", "c"))) == ["A", "B", "C"]
    assert (clerk.units, clerk.told) == ([["a", "b", "c"]], [(["a", "b", "c"], ["A", "B", "C"])])
    assert await kept(store) == ["a", "b", "c"]


async def test_what_is_asked_while_a_unit_is_on_its_way_gathers_for_the_next(
    together: Together[str, str], clerk: Clerk
) -> None:
    clerk.may_go_on.clear()
    first = asyncio.ensure_future(together.ask("a"))
    await until(clerk.began)
    b, rest = asyncio.ensure_future(together.ask("b")), asyncio.ensure_future(together.ask_all(["c", "d"]))
    await asyncio.sleep(0)  # both have asked
    clerk.may_go_on.set()
    assert (await first, await b, await rest) == ("A", "B", ["C", "D"])
    assert clerk.units == [["a"], ["b", "c", "d"]]


async def test_more_than_fit_into_one_unit_are_several_and_none_is_left(
    together: Together[str, str], clerk: Clerk
) -> None:
    wishes = [f"w{number}" for number in range(1_100)]
    assert await together.ask_all(wishes) == [wish.upper() for wish in wishes]
    assert [len(unit) for unit in clerk.units] == [500, 500, 100]


async def test_a_wish_that_cannot_be_stored_costs_no_other(
    store: Store, together: Together[str, str], clerk: Clerk
) -> None:
    asked = [asyncio.ensure_future(together.ask(wish)) for wish in ("a", "wrong", "c")]
    await asyncio.wait(asked)
    assert (asked[0].result(), repr(asked[1].exception()), asked[2].result()) == ("A", "ValueError('wrong')", "C")
    assert clerk.units == [["a", "wrong", "c"], ["a"], ["wrong"], ["c"]]
    assert await kept(store) == ["a", "c"]


async def test_of_many_wishes_of_one_asker_the_first_that_failed_is_told_and_the_others_are_stored(
    store: Store, together: Together[str, str]
) -> None:
    with pytest.raises(ValueError, match="wrong"):
        await together.ask_all(["a", "wrong", "c"])
    assert await kept(store) == ["a", "c"]


async def test_an_asker_that_goes_away_takes_nothing_from_the_others(
    store: Store, together: Together[str, str], clerk: Clerk
) -> None:
    clerk.may_go_on.clear()
    asked = [asyncio.ensure_future(together.ask(wish)) for wish in ("a", "b")]
    await until(clerk.began)
    asked[0].cancel()
    clerk.may_go_on.set()
    assert await asked[1] == "B"
    assert await kept(store) == ["a", "b"]


async def test_a_database_that_takes_nothing_is_told_to_each_and_asked_once(
    store: Store, together: Together[str, str], clerk: Clerk
) -> None:
    await store.close()
    asked = [asyncio.ensure_future(together.ask(wish)) for wish in ("a", "b")]
    await asyncio.wait(asked)
    assert [type(one.exception()) for one in asked] == [StoreUnavailable, StoreUnavailable]
    assert clerk.units == []
