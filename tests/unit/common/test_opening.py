"""What a connection says before it becomes a link, and what is left of it."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from common.errors import BadMessage
from common.net.opening import Opening, Then, Verdict
from common.registry import over_tcp
from common.routes import Role

BAD = {
    "no JSON": b"\x00\xff\n",
    "no object": b"[1]\n",
    "of no type": b'{"type":"nothing","message_id":"1"}\n',
    "without its fields": b'{"type":"available_cps_request","message_id":"1"}\n',
    "too long": b"x" * 200,
}


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("said", BAD.values(), ids=BAD)
@pytest.mark.parametrize("may_err", [True, False])
def test_nothing_is_left_of_who_spoke_badly_for_the_collector_to_find(said: bytes, may_err: bool) -> None:
    def refuse(_: BadMessage) -> bytes:
        return b"no"

    opening = Opening(over_tcp(Role.DRIVER, Role.CENTRAL), 100, refuse, lambda: may_err)
    assert opening.hear(said).then in (Then.WAIT, Then.LEAVE)
    left = weakref.ref(refuse)
    del opening, refuse
    assert left() is None


def test_a_good_message_behind_bad_ones_comes_in_with_all_behind_it() -> None:
    opening = Opening(over_tcp(Role.DRIVER, Role.CENTRAL), 100, lambda _: b"no;", lambda: True)
    good = b'{"type":"available_cps_request","message_id":"1","driver_id":"D1"}'
    assert opening.hear(b"bad\n{}\n" + good + b"\nand more") == Verdict(Then.COME_IN, b"no;no;")
    assert opening.said == good + b"\nand more"
