"""Turns by address, and what peers may keep of our memory."""

from common.net.address import source_of
from common.net.hoard import Hoard
from common.net.lanes import Lanes


def taken(lanes: Lanes[str]) -> list[str]:
    found: list[str] = []
    while (one := lanes.take()) is not None:
        found.append(one)
    return found


def test_who_comes_alone_does_not_stand_behind_the_many_of_another_address() -> None:
    lanes: Lanes[str] = Lanes()
    for number in range(1, 5):
        lanes.put("many", f"m{number}")
    lanes.put("few", "f1")
    lanes.put("few", "f2")
    lanes.put("one", "o1")
    assert taken(lanes) == ["m1", "f1", "o1", "m2", "f2", "m3", "m4"]
    assert not lanes


def test_who_comes_in_the_middle_of_a_round_stands_behind_the_others_of_that_round() -> None:
    lanes: Lanes[str] = Lanes()
    for one in ("a1", "a2", "a3"):
        lanes.put("a", one)
    lanes.put("b", "b1")
    assert lanes.take() == "a1"
    lanes.put("c", "c1")
    assert taken(lanes) == ["b1", "a2", "c1", "a3"]


def test_who_waits_already_keeps_its_place_and_who_left_is_passed_over() -> None:
    lanes: Lanes[str] = Lanes()
    for one in ("a1", "a2", "a1"):
        lanes.put("a", one)
    lanes.put("b", "b1")
    lanes.drop("b", "b1")
    lanes.drop("b", "b1")
    lanes.drop("a", "a9")
    assert taken(lanes) == ["a1", "a2"]


def test_nobody_is_kept_of_an_address_that_has_nobody_waiting() -> None:
    lanes: Lanes[str] = Lanes()
    for number in range(1000):
        lanes.put(f"10.0.0.{number}", "one")
        lanes.take()
        lanes.put(f"10.0.1.{number}", "one")
        lanes.drop(f"10.0.1.{number}", "one")
    assert len(lanes._lanes) == 0


def test_a_source_is_an_address_of_ipv4_and_a_64_of_ipv6() -> None:
    found = {
        host: source_of(host)
        for host in ("10.0.0.7", "2001:db8:1:2::5", "2001:db8:1:2:ffff::1", "::ffff:10.0.0.7", "::1", "fe80::1%eth0")
    }
    assert found == {
        "10.0.0.7": "10.0.0.7",
        "2001:db8:1:2::5": "2001:db8:1:2::/64",
        "2001:db8:1:2:ffff::1": "2001:db8:1:2::/64",
        "::ffff:10.0.0.7": "10.0.0.7",
        "::1": "::/64",
        "fe80::1%eth0": "fe80::/64",
    }


def test_beyond_the_bound_it_is_too_much_of_the_source_that_keeps_most() -> None:
    hoard = Hoard(100, 10)
    many = [hoard.of("many") for _ in range(4)]
    one = hoard.of("one")
    assert [kept.note(30) for kept in many] == [False, False, False, True]
    assert one.note(30) is False
    assert one.note(55) is True
    assert hoard.bytes == 175


def test_a_little_may_be_kept_always_and_nothing_is_never_too_much() -> None:
    hoard = Hoard(100, 10)
    hoard.of("many").note(150)
    assert [hoard.of(source).note(kept) for source in ("many", "one") for kept in (10, 0)] == [False] * 4
    assert hoard.of("many").note(11) is True


def test_beyond_twice_the_bound_it_is_too_much_of_anybody() -> None:
    hoard = Hoard(100, 10)
    assert hoard.of("most").note(180) is True
    assert [hoard.of(f"s{number}").note(kept) for number, kept in enumerate((11, 9, 11))] == [False, False, True]


def test_what_is_kept_no_longer_is_forgotten_with_its_source() -> None:
    hoard = Hoard(100, 10)
    kept = hoard.of("one")
    kept.note(150)
    kept.note(0)
    assert (hoard.bytes, dict(hoard._of)) == (0, {})
