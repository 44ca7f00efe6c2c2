"""How much one peer may take: who is there, how fast it sends, and how often we speak of it."""

from common.net.limits import Bucket, Crowd, Pace, Sparing, Why


def paces(bucket: Bucket, frames: int, now: float) -> dict[Pace, int]:
    found = [bucket.take(now) for _ in range(frames)]
    return {pace: found.count(pace) for pace in Pace if pace in found}


def test_a_crowd_has_room_for_so_many_in_all_and_from_one_address() -> None:
    crowd = Crowd(3, 2)
    assert [crowd.enter(host) for host in ("a", "a", "a", "b", "c")] == [
        None,
        None,
        Why.TOO_MANY_FROM_ONE,
        None,
        Why.TOO_MANY,
    ]
    crowd.leave("a")
    assert (crowd.enter("c"), len(crowd)) == (None, 3)


def test_a_burst_is_taken_then_frames_are_refused_then_the_sender_is_hopeless() -> None:
    bucket = Bucket(rate=10, per_point=0, now=0.0)
    assert paces(bucket, 200, now=0.0) == {Pace.FINE: 50, Pace.TOO_FAST: 49, Pace.HOPELESS: 101}


def test_who_keeps_to_the_rate_is_never_refused() -> None:
    bucket = Bucket(rate=10, per_point=0, now=0.0)
    assert {bucket.take(n / 10) for n in range(1000)} == {Pace.FINE}


def test_who_waits_as_long_as_it_was_told_is_taken_again() -> None:
    bucket = Bucket(rate=10, per_point=0, now=0.0)
    assert paces(bucket, 75, now=0.0) == {Pace.FINE: 50, Pace.TOO_FAST: 25}
    assert bucket.patience_s == 3
    assert bucket.take(float(bucket.patience_s) + 0.1) is Pace.FINE


def test_a_link_that_carries_many_points_may_bring_as_many_times_more() -> None:
    bucket = Bucket(rate=10, per_point=2, now=0.0)
    bucket.widen(1000)
    # A frame a second of each of them, for an hour.
    assert {bucket.take(second + n / 1000) for second in range(20) for n in range(1000)} == {Pace.FINE}


def test_thousands_of_points_may_register_at_once_as_each_brings_its_own_room() -> None:
    bucket = Bucket(rate=10, per_point=2, now=0.0)
    refused = []
    for point in range(1, 5001):
        refused += [pace for pace in (bucket.take(0.0), bucket.take(0.0)) if pace is not Pace.FINE]
        bucket.widen(point)
    assert refused == []


def test_the_same_thing_is_said_once_a_minute_and_then_with_how_many_were_left_out() -> None:
    sparing = Sparing(every_s=60.0)
    said = [sparing.may_say("slow", at) for at in (0.0, 1.0, 2.0, 60.0, 61.0)]
    assert said == [0, None, None, 2, None]
    assert sparing.may_say("fast", 2.0) == 0
