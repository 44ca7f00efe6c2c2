"""The faults that a panel still shows after they are over."""

from charging_point.monitor import lines
from charging_point.monitor.condition import Fault, Source
from charging_point.monitor.past_faults import MOST_PAST_FAULTS, PastFault, PastFaults
from common.messages import FaultNotification, RecoveryNotification
from tests.unit.monitor.conftest import Rig

UNREACHABLE = Fault("engine_unreachable", "Monitor has no link to Engine.")


def obey(rig: Rig, line: str) -> str:
    return lines.obey(line, rig.watch, rig.clock.now())[0]


def test_each_fault_is_kept_with_who_found_it_and_when_it_began_and_ended(joined: Rig) -> None:
    at = joined.clock.now().wall
    obey(joined, "fault smoke It smokes.")
    joined.clock.advance(5)
    joined.engine(FaultNotification(message_id="f", cp_id="CP1", fault_type="over_current"))
    joined.clock.advance(5)
    joined.engine(RecoveryNotification(message_id="r", cp_id="CP1"))
    joined.clock.advance(5)
    joined.engine_lost()
    assert joined.watch.standing.past_faults.newest_first() == [
        PastFault(Source.ENGINE_LINK, UNREACHABLE, at + 15),
        PastFault(Source.ENGINE, Fault("over_current"), at + 5, at + 10),
        PastFault(Source.OPERATOR, Fault("smoke", "It smokes."), at),
    ]


def test_a_fault_heard_twice_is_one_and_the_next_of_a_source_ends_the_one_before(joined: Rig) -> None:
    at = joined.clock.now().wall
    obey(joined, "fault smoke")
    joined.clock.advance(5)
    obey(joined, "fault smoke")
    obey(joined, "fault fire")
    assert joined.watch.standing.past_faults.newest_first() == [
        PastFault(Source.OPERATOR, Fault("fire"), at + 5),
        PastFault(Source.OPERATOR, Fault("smoke"), at, at + 5),
    ]


def test_only_the_newest_are_kept() -> None:
    past = PastFaults()
    for number in range(MOST_PAST_FAULTS + 3):
        past.begin(Source.ENGINE, Fault(f"f{number}"), number)
    kept = past.newest_first()
    assert (len(kept), kept[0].fault, kept[-1].fault) == (MOST_PAST_FAULTS, Fault("f52"), Fault("f3"))
