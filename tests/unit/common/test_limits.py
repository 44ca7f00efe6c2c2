"""How much one peer may take: who is there, how fast it sends, and how often we speak of it."""

from common.net.limits import Bucket, Buckets, Crowd, Pace, Sparing, Why


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


def test_who_floods_owes_no_more_than_a_burst() -> None:
    bucket = Bucket(rate=10, per_point=0, now=0.0)
    paces(bucket, 10_000, now=0.0)
    assert (bucket.patience_s, bucket.is_empty(5.0), bucket.is_empty(5.2)) == (6, True, False)
    assert bucket.take(5.2) is Pace.FINE


def test_of_many_buckets_each_is_its_own_and_the_longest_quiet_is_forgotten() -> None:
    buckets = Buckets(rate=1, burst_s=2.0, most_known=2)
    assert [buckets.take("a", 0.0) for _ in range(3)] == [Pace.FINE, Pace.FINE, Pace.TOO_FAST]
    assert (buckets.is_empty("a", 0.0), buckets.is_empty("b", 0.0)) == (True, False)
    assert [buckets.take(who, 0.0) for who in ("b", "a", "c")] == [Pace.FINE, Pace.HOPELESS, Pace.FINE]
    assert len(buckets) == 2
    assert (buckets.is_empty("a", 0.0), buckets.patience_s("b", 0.0)) == (True, 1)
