"""The schedule: the same for the same seed, nothing broken twice at once, every failpoint dealt before any comes again."""

from collections import Counter
from dataclasses import replace

import pytest

from common.failpoints import Place
from tests.faults.harness.plan import Plan
from tests.faults.harness.schedule import Kind, Profile, aims, schedule

SMALL = Plan()
LARGE = Plan(broker="apache", database="postgres", centrals=3, points=20, drivers=10)


def test_a_seed_gives_one_schedule_and_another_seed_another() -> None:
    first = schedule(7, 120, SMALL.targets)
    assert first == schedule(7, 120, SMALL.targets)
    assert first != schedule(8, 120, SMALL.targets)


@pytest.mark.parametrize("plan", [SMALL, LARGE], ids=["small", "large"])
def test_no_target_is_broken_again_before_it_is_whole(plan: Plan) -> None:
    whole_at: dict[str, float] = {}
    for fault in schedule(1, 3600, plan.targets):
        assert fault.at >= whole_at.get(fault.target, 0.0), fault
        whole_at[fault.target] = fault.at + fault.lasts_s


@pytest.mark.parametrize("plan", [SMALL, LARGE], ids=["small", "large"])
def test_an_hour_has_every_kind_of_fault_and_every_failpoint(plan: Plan) -> None:
    faults = schedule(1, 3600, plan.targets)
    assert {fault.kind for fault in faults} == set(Kind)
    places = Counter(fault.detail.partition("=")[0] for fault in faults if fault.kind is Kind.FAILPOINT)
    assert set(places) == set(Place)
    # Dealt like cards: with few Centrals theirs wait for their turn, but none comes three times as often as another.
    assert max(places.values()) < 3 * min(places.values())


@pytest.mark.parametrize("plan", [SMALL, LARGE], ids=["small", "large"])
def test_aimed_faults_are_some_attempts_at_each_place_by_programs_that_pass_it(plan: Plan) -> None:
    found = aims(1, plan.targets)
    assert found == aims(1, plan.targets)
    assert schedule(1, 60, plan.targets, Profile.AIMED) == []
    attempts = [some for places in found.values() for some in places]
    assert sorted(some[0].detail for some in attempts) == sorted(f"{place}=1" for place in Place)
    for some in attempts:
        assert len({fault.detail for fault in some}) == 1
        assert len(some) == 3
        assert {fault.target.partition("-")[0] for fault in some} == {some[0].detail.partition(".")[0]}


def test_a_schedule_of_kills_kills_more_than_once_in_two_seconds() -> None:
    faults = schedule(1, 600, SMALL.targets, Profile.KILLS)
    assert sum(fault.kind in (Kind.KILL, Kind.FAILPOINT) for fault in faults) > 300


def test_a_schedule_for_servers_breaks_nothing_but_them_the_links_to_them_and_records() -> None:
    plan = replace(LARGE, profile=Profile.SERVERS)
    broken = {fault.target for fault in schedule(1, 3600, plan.targets, plan.profile)}
    assert {"broker", "database", "central-1>database", "central-1>kafka", "engine-CP001>kafka"} < broken
    assert all(name in {"broker", "database", "records"} or name.endswith((">kafka", ">database")) for name in broken)


def test_a_broker_that_keeps_nothing_is_only_paused() -> None:
    faults = schedule(1, 3600, SMALL.targets)
    assert {fault.kind for fault in faults if fault.target == "broker"} == {Kind.PAUSE}
    assert Kind.KILL in {fault.kind for fault in schedule(1, 3600, LARGE.targets) if fault.target == "broker"}


def test_an_engine_without_kafka_is_never_to_die_at_what_kafka_says() -> None:
    targets = SMALL.targets
    assert targets.without_kafka == ["engine-CP003", "engine-CP006"]
    acked = [fault for fault in schedule(1, 3600, targets) if fault.detail.startswith(Place.KAFKA_ACKED)]
    assert acked
    assert {fault.target for fault in acked} & set(targets.without_kafka) == set()
    assert "engine-CP003>kafka" not in targets.links


def test_the_command_replays_the_plan() -> None:
    assert LARGE.command == (
        "python3 -m deploy faults --seed 1 --minutes 2.0 --broker apache --database postgres "
        "--centrals 3 --points 20 --drivers 10"
    )
    assert Plan(profile=Profile.KILLS, tls=True).command.endswith(" --drivers 5 --profile kills --tls")
