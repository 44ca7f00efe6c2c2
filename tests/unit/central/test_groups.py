from central.ingest import SHARED, groups
from common.routes import Topic


def test_telemetry_is_shared_in_a_group_of_its_own_and_nothing_is_left_out() -> None:
    shared = groups(alone=False)
    assert shared["central-telemetry"] == (Topic.SESSION_DATA,)
    assert sorted(topic for topics in shared.values() for topic in topics) == sorted(SHARED)


def test_a_central_that_is_alone_has_one_reader_for_all() -> None:
    assert groups(alone=True) == {"central": SHARED}
