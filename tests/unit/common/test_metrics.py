"""Metrics: a mistake in the catalogue fails at import; figures are kept and shown as they were told."""

import pytest

from common.metrics import catalogue
from common.metrics.instruments import CATALOGUE, counter, gauge, histogram
from common.metrics.measures import Measures
from common.metrics.page import Page
from tests.asking import figures


@pytest.mark.parametrize(
    ("name", "text", "labels", "wrong"),
    [
        ("ev_central_links_opened_total", "Again.", (), "this name is taken"),
        ("central_links_total", "A name of others.", (), "a name is ev_"),
        ("ev_central_Links_total", "Large.", (), "a name is ev_"),
        ("ev_central_links_counted", "No ending.", (), "counters end with _total"),
        ("ev_central_nothing_total", "No sentence", (), "say in a sentence"),
        ("ev_central_labelled_total", "A label.", ("cp-id",), "a label is words"),
    ],
)
def test_a_mistake_in_a_counter_fails_at_import(name: str, text: str, labels: tuple[str, ...], wrong: str) -> None:
    before = dict(CATALOGUE)
    with pytest.raises(TypeError, match=wrong):
        counter("central", name, text, *labels)
    assert before == CATALOGUE


@pytest.mark.parametrize("name", ["ev_central_depth_total", "ev_central_depth_sum", "ev_central_depth_bucket"])
def test_gauges_and_histograms_leave_the_endings_of_others_alone(name: str) -> None:
    for declare in (gauge, histogram):
        with pytest.raises(TypeError, match=r"ending|_total"):
            declare("central", name, "Said.")


def test_figures_are_shown_as_they_were_told_and_only_to_their_owner() -> None:
    measures = Measures()
    measures.add(catalogue.MESSAGES, "heartbeat_request", "tcp", "done", by=2)
    measures.add(catalogue.MESSAGES, "heartbeat_request", "tcp", "done")
    measures.move(catalogue.LINKS, "driver", by=3)
    measures.move(catalogue.LINKS, "driver", by=-1)
    measures.set(catalogue.PROGRAMS, "running", to=7)
    for seconds in (0.0005, 0.001, 0.3, 99.0):
        measures.observe(catalogue.ANSWER_TIME, seconds, "charge_request_response", "kafka")
    body, kind = Page(measures, "central", "ev-central", "1.2").render("text/plain")
    shown = figures(body.decode())
    labels = 'type="charge_request_response",way="kafka"'
    assert kind == "text/plain; version=0.0.4; charset=utf-8"
    assert shown['ev_build_info{program="ev-central",version="1.2"}'] == 1
    assert shown['ev_central_messages_total{outcome="done",type="heartbeat_request",way="tcp"}'] == 3
    assert shown['ev_central_links{role="driver"}'] == 2
    assert [
        shown[f'ev_central_answer_seconds_bucket{{le="{le}",{labels}}}'] for le in ("0.001", "0.25", "0.5", "+Inf")
    ] == [2, 2, 3, 4]
    assert shown[f"ev_central_answer_seconds_count{{{labels}}}"] == 4
    assert shown[f"ev_central_answer_seconds_sum{{{labels}}}"] == pytest.approx(99.3015)
    assert shown["ev_central_links_opened_total"] == 0  # nothing yet is a count too
    assert "ev_network_power_watts" not in shown  # but what nobody knows is not 0
    assert "process_resident_memory_bytes" in shown
    assert not any(name.startswith(("ev_up", "ev_monitor")) for name in shown)


def test_openmetrics_is_spoken_when_it_is_asked_for() -> None:
    body, kind = Page(Measures(), "up", "ev-up", "1").render("application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text; version=1.0.0")
    assert body.endswith(b"# EOF\n")


def test_a_gauge_that_is_cleared_keeps_no_old_value() -> None:
    measures = Measures()
    measures.set(catalogue.LAG, "charging_session_data", to=5)
    measures.clear(catalogue.LAG)
    assert measures.values(catalogue.LAG) == {}


def test_the_short_form_has_counters_only() -> None:
    measures = Measures()
    measures.add(catalogue.LINKS_ENDED)
    measures.add(catalogue.BILLED_MONEY, by=0.3)
    measures.add(catalogue.COMPLETIONS, "bill", by=2)
    measures.set(catalogue.OUTBOX, to=9)
    assert measures.counts() == {"billed_money": 0.3, "completions.bill": 2, "links_ended": 1}
