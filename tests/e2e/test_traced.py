"""One trace from a driver's request to Engine's acceptance and back, by real programs and a collector played here."""

import json

import pytest

from tests.collector import collecting
from tests.e2e.conftest import Ups, run
from tests.waiting import wait_until

pytestmark = pytest.mark.processes


@pytest.mark.parametrize(("transport", "central"), [("socket", "SERVER"), ("kafka", "CONSUMER")])
def test_a_charge_is_one_trace_through_all_four_programs(up: Ups, transport: str, central: str) -> None:
    with collecting() as collector:
        ready = up("--points", "1", "--central-port", "0", "--no-driver", "--traces", collector.url).ready()
        done = run(
            "driver", "--driver-id", "D8", "--central", ready["central"], "--kafka", ready["kafka"], "--json",
            "--transport", transport, "--traces", collector.url, "charge", "CP001",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout.splitlines()[0])
        wait_until(lambda: len(collector.spans) >= 5, 20, "the spans of a charge")
        (root,) = [span for span in collector.spans if span.program == "ev-driver"]
        assert collector.tree(root.trace_id) == {
            "ev-driver CLIENT charge_request": None,
            f"ev-central {central} charge_request": "ev-driver CLIENT charge_request",
            "ev-central CLIENT start_charging_command": f"ev-central {central} charge_request",
            "ev-monitor SERVER start_charging_command": "ev-central CLIENT start_charging_command",
            "ev-engine SERVER start_charging_command": "ev-monitor SERVER start_charging_command",
        }
        assert not any(span.failed for span in collector.spans)
        assert root.attributes == {"ev.message_id": answer["message_id"], "ev.cp_id": "CP001", "ev.driver_id": "D8"}
        started = {span.attributes.get("ev.session_id") for span in collector.spans if "command" in span.name}
        assert started == {answer["session_id"]}


def test_a_refusal_and_a_collector_that_is_away_hurt_nobody(up: Ups) -> None:
    with collecting() as collector:
        gone = collector.url
    ready = up("--points", "1", "--central-port", "0", "--no-driver", "--traces", gone).ready()
    words = ("--driver-id", "D8", "--central", ready["central"], "--traces", gone, "--transport", "socket")
    accepted = run("driver", *words, "charge", "CP001")
    assert accepted.returncode == 0, accepted.stderr
    said = [json.loads(line)["message"] for line in accepted.stderr.splitlines()]
    assert said in ([], [f"The collector at {gone}/v1/traces does not take traces; they are dropped meanwhile."])
    with collecting() as collector:
        refused = run("driver", *words[:4], "--traces", collector.url, *words[6:], "charge", "CP001")
        assert refused.returncode == 1
        assert [(span.label, span.failed) for span in collector.spans] == [("ev-driver CLIENT charge_request", True)]
