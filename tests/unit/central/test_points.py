"""The state table of a charging point (protocol, section 8)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from central.domain.points import TRANSITIONS, Event, Point, told_by
from common.errors import IllegalTransition
from common.messages import PointStatus as S

NEW = Point(cp_id="CP1", price_per_kwh=Decimal("0.30"), max_charging_rate_kw=22.0)


def after(*events: Event, start: Point = NEW) -> Point:
    point = start
    for event in events:
        point = point.after(event)
    return point


def test_a_day_in_the_life_of_a_point() -> None:
    story = [Event.REGISTERED, Event.START_ACCEPTED, Event.FAULT, Event.COMPLETED, Event.RECOVERED, Event.LINK_LOST]
    states = [after(*story[: n + 1]).status for n in range(len(story))]
    assert states == [S.ACTIVE, S.CHARGING, S.FAULTY, S.FAULTY, S.ACTIVE, S.DISCONNECTED]


def test_out_of_service_holds_across_a_lost_link_until_resumed() -> None:
    stopped = after(Event.REGISTERED, Event.STOP_CP)
    assert (stopped.status, stopped.out_of_service) == (S.STOPPED, True)
    back = after(Event.LINK_LOST, Event.REGISTERED, start=stopped)
    assert (back.status, back.out_of_service) == (S.STOPPED, True)
    assert after(Event.RESUME_CP, start=back) == replace(back, status=S.ACTIVE, out_of_service=False)


def test_stopping_a_charging_point_waits_for_its_session() -> None:
    told = after(Event.REGISTERED, Event.START_ACCEPTED, Event.STOP_CP)
    assert (told.status, told.out_of_service) == (S.CHARGING, True)
    assert after(Event.COMPLETED, start=told).status is S.STOPPED


def test_a_faulty_point_that_was_stopped_recovers_to_stopped() -> None:
    assert after(Event.REGISTERED, Event.FAULT, Event.STOP_CP, Event.RECOVERED).status is S.STOPPED


def test_a_fault_is_forgotten_with_the_recovery() -> None:
    faulty = replace(after(Event.REGISTERED, Event.FAULT), fault_type="ground_fault")
    assert after(Event.RECOVERED, start=faulty).fault_type is None


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("event", list(Event))
def test_what_the_table_does_not_hold_raises_and_changes_nothing(status: S, event: Event) -> None:
    point = replace(NEW, status=status)
    if (status, event) in TRANSITIONS:
        assert point.after(event).status in S
    else:
        with pytest.raises(IllegalTransition):
            point.after(event)
        assert point == replace(NEW, status=status)


@pytest.mark.parametrize(
    ("current", "reported", "event"),
    [
        (S.ACTIVE, S.ACTIVE, None),
        (S.ACTIVE, S.CHARGING, Event.START_ACCEPTED),
        (S.ACTIVE, S.FAULTY, Event.FAULT),
        (S.FAULTY, S.ACTIVE, Event.RECOVERED),
        (S.FAULTY, S.STOPPED, Event.RECOVERED),
        (S.CHARGING, S.ACTIVE, Event.COMPLETED),
        (S.STOPPED, S.ACTIVE, None),
        (S.ACTIVE, S.STOPPED, None),
        (S.ACTIVE, S.DISCONNECTED, None),
    ],
)
def test_a_report_amounts_to_at_most_one_event(current: S, reported: S, event: Event | None) -> None:
    assert told_by(current, reported) is event
