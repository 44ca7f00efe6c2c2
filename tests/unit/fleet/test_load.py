"""A load of drivers: its rate is open, its latencies count from what was intended, its outcomes are all there."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charging_point.fleet.latency import Histogram
from charging_point.fleet.load import Load, LoadPlan
from common import messages as m
from common.clock import ManualClock
from common.errors import ErrorCode
from common.ids import counted_ids

PLAN = LoadPlan(points=["P1", "P2", "P3"], drivers=["D1", "D2"], rate=10.0, lasts_s=1.0, charge_s=5.0)


def answer(
    request: m.Message, session_id: str | None = None, error: ErrorCode | None = None
) -> m.ChargeRequestResponse:
    return m.ChargeRequestResponse(
        message_id=request.message_id, status="failure" if error else "success", error=error, session_id=session_id
    )


class Trial:
    def __init__(self, plan: LoadPlan = PLAN) -> None:
        self.clock = ManualClock()
        self.load = Load(plan, self.clock.now(), counted_ids())

    def after(self, seconds: float) -> list[m.Message]:
        return list(self.load.tick(self.clock.advance(seconds)))

    def hear(self, message: m.Message) -> None:
        self.load.hear(message, self.clock.now())


def test_requests_come_at_their_rate_whatever_is_answered() -> None:
    trial = Trial()
    asked = [len(trial.after(0.0)), len(trial.after(0.35)), len(trial.after(0.65)), len(trial.after(10.0))]
    assert asked == [1, 3, 6, 0]


def test_points_and_drivers_take_turns() -> None:
    asked = [one for one in Trial().after(0.45) if isinstance(one, m.ChargeRequest)]
    assert [(one.cp_id, one.driver_id) for one in asked] == [
        *(("P1", "D1"), ("P2", "D2"), ("P3", "D1")),
        *(("P1", "D2"), ("P2", "D1")),
    ]


def test_a_latency_counts_from_when_the_request_was_intended() -> None:
    trial = Trial()
    first, second = trial.after(0.15)  # we were late ourselves: the first was intended at once, the second 0.1 s later
    trial.clock.advance(0.05)
    trial.hear(answer(first, "s1"))
    trial.hear(answer(second, "s2"))
    latency = trial.load.charges.latency
    assert [latency.at(0.5), latency.at(1.0)] == pytest.approx([0.1, 0.2], rel=2e-3)


def test_a_charge_is_stopped_by_its_driver_after_its_time() -> None:
    trial = Trial()
    (request,) = trial.after(0.0)
    trial.hear(answer(request, "s1"))
    trial.after(4.0)
    (stop,) = trial.after(1.0)
    assert isinstance(stop, m.StopChargingRequest)
    assert (stop.session_id, stop.cp_id, stop.driver_id) == ("s1", "P1", "D1")
    trial.clock.advance(0.25)
    trial.hear(m.StopChargingResponse(message_id=stop.message_id, status="success", session_id="s1"))
    assert trial.load.stops.told()["outcomes"] == {"success": 1}
    assert trial.load.stops.latency.at(1.0) == pytest.approx(0.25, rel=2e-3)


def test_outcomes_are_told_by_code() -> None:
    trial = Trial(replace(PLAN, lasts_s=0.4))
    requests = trial.after(0.35)
    trial.hear(answer(requests[0], error=ErrorCode.CP_BUSY))
    trial.hear(answer(requests[1], error=ErrorCode.CP_BUSY))
    trial.hear(m.ErrorResponse(message_id=requests[2].message_id, error=ErrorCode.RATE_LIMITED, message="Slower."))
    trial.after(31.0)
    assert trial.load.charges.by_code == {"cp_busy": 2, "rate_limited": 1, "no_answer": 1}


def test_a_second_answer_counts_once() -> None:
    trial = Trial()
    (request,) = trial.after(0.0)
    for _ in range(2):
        trial.hear(answer(request, "s1"))
    assert (trial.load.charges.by_code, trial.load.running) == ({"success": 1}, 1)


def test_it_follows_the_charges_that_are_its_own() -> None:
    trial = Trial()
    (request,) = trial.after(0.0)
    trial.hear(answer(request, "s1"))
    trial.clock.advance(1.5)
    fields = {"cp_id": "P1", "energy_consumed_kwh": Decimal(1), "total_cost": Decimal(1)}
    for session_id in ("s1", "s1", "others"):
        trial.hear(m.ChargingData(message_id="r", session_id=session_id, charging_rate=22.0, **fields))
    trial.hear(m.ChargeCompletion(message_id="c", session_id="s1", reason=m.Reason.DRIVER_STOP, **fields))
    trial.hear(m.ChargeCompletion(message_id="c", session_id="others", reason=m.Reason.DRIVER_STOP, **fields))
    assert (trial.load.readings, trial.load.tickets) == (2, 1)
    assert trial.load.first_reading.at(1.0) == pytest.approx(1.5, rel=2e-3)


def test_it_is_over_when_all_is_answered() -> None:
    trial = Trial(LoadPlan(points=["P1"], drivers=["D1"], rate=1.0, lasts_s=1.0, charge_s=5.0))
    (request,) = trial.after(0.0)
    assert not trial.load.is_over
    trial.hear(answer(request, "s1"))
    (stop,) = trial.after(5.0)
    assert not trial.load.is_over
    trial.hear(m.StopChargingResponse(message_id=stop.message_id, status="success"))
    assert trial.load.is_over


def test_told_to_end_it_stops_what_charges_and_asks_for_no_more() -> None:
    trial = Trial()
    (request,) = trial.after(0.0)
    trial.hear(answer(request, "s1"))
    trial.load.end_early(trial.clock.now())
    (stop,) = trial.after(0.5)
    assert isinstance(stop, m.StopChargingRequest)


# -- the histogram


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=300), st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_a_share_is_told_to_a_tenth_of_a_percent(values: list[float], share: float) -> None:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    exact = sorted(values)[max(0, -(-len(values) * int(100 * share) // 100) - 1)]
    assert exact - 1e-6 <= histogram.at(share) <= exact * 1.001 + 1e-6


def test_a_refusal_that_comes_at_once_is_no_quick_charge() -> None:
    trial = Trial()
    first, second = trial.after(0.1)
    trial.hear(answer(second, error=ErrorCode.OVERLOADED))
    trial.clock.advance(0.4)
    trial.hear(answer(first, "s1"))
    told = trial.load.charges.told()
    assert told["outcomes"] == {"overloaded": 1, "success": 1}
    assert [told["granted_latency_ms"]["p50"], told["latency_ms"]["p50"]] == pytest.approx([500.0, 0.0], rel=2e-3)


def test_nothing_has_no_latency() -> None:
    assert Histogram().told_ms() == {"p50": 0.0, "p90": 0.0, "p99": 0.0, "p99.9": 0.0, "max": 0.0}
