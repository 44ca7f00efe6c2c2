"""Dashboard and alerts speak of metrics that exist, and every alert has its place in the docs."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.metrics import catalogue
from common.metrics.instruments import CATALOGUE, Histogram

ROOT = Path(__file__).parents[3]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboards" / "ev-charging.json"
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not here (Debian: apt-get install prometheus)"
)
#: What prometheus-client shows by itself.
FOREIGN = {"process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_cpu_seconds_total"}


def shown() -> set[str]:
    """Every name of a sample that a program may show."""
    assert catalogue.BUILD.name in CATALOGUE
    names = set(FOREIGN)
    for name, metric in CATALOGUE.items():
        endings = ("_bucket", "_sum", "_count") if isinstance(metric, Histogram) else ("",)
        names |= {name + ending for ending in endings}
    return names


def queries(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "expr" in node:
            yield node["expr"]
        for inner in node.values():
            yield from queries(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from queries(inner)


def named(text: str) -> set[str]:
    return set(re.findall(r"\b(?:ev|process)_\w+", text))


def labels_used(query: str) -> set[tuple[str, str]]:
    found = re.findall(r"\b((?:ev|process)_\w+)\{([^}]*)\}", query)
    return {(name, label) for name, inside in found for label in re.findall(r"(\w+)(?:=|!=|=~|!~)\"", inside)}


def test_the_dashboard_asks_for_metrics_and_labels_that_exist() -> None:
    asked = list(queries(json.loads(DASHBOARD.read_text())))
    assert len(asked) > 50
    assert named(" ".join(asked)) - shown() == set()
    for name, label in {pair for query in asked for pair in labels_used(query)}:
        stem = re.sub(r"_(bucket|sum|count)$", "", name)
        assert label in {"job", "instance", "le", *(CATALOGUE[stem].labels if stem in CATALOGUE else ())}, (name, label)


def test_the_dashboard_shows_every_figure_of_the_catalogue() -> None:
    asked = named(" ".join(queries(json.loads(DASHBOARD.read_text()))))
    stems = {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked}
    # Counts of single messages, and what only ev-up or a person who looks closer wants.
    left_out = {
        "ev_build_info", "ev_loop_turn_seconds", "ev_up_programs", "ev_monitor_point_status", "ev_monitor_received_total",
        "ev_monitor_sent_total", "ev_monitor_bad_frames_total", "ev_engine_monitor_linked", "ev_engine_kafka_up",
        "ev_engine_status", "ev_engine_sessions_total", "ev_engine_watt_hours_total", "ev_engine_received_total",
        "ev_engine_bad_frames_total", "ev_engine_links_cut_total", "ev_driver_link_up", "ev_driver_requests_waiting",
        "ev_driver_open_charges", "ev_driver_links_lost_total", "ev_driver_connect_failures_total", "ev_driver_received_total",
    }  # fmt: skip
    assert CATALOGUE.keys() - stems == left_out


def test_the_panels_use_the_datasource_that_is_provisioned() -> None:
    board = json.loads(DASHBOARD.read_text())
    provisioned = (ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text()
    assert "uid: prometheus\n" in provisioned
    assert {panel["datasource"]["uid"] for panel in board["panels"] if panel["type"] != "row"} == {"prometheus"}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_the_alerts_ask_for_metrics_that_exist() -> None:
    assert named(ALERTS.read_text()) - shown() == set()


def test_every_alert_says_what_it_is_and_the_docs_what_to_do() -> None:
    rules = ALERTS.read_text().split("- alert: ")[1:]
    names = [rule.split("\n", 1)[0] for rule in rules]
    for rule in rules:
        assert re.search(r"severity: (warning|critical)\b", rule), rule
        assert re.search(r"summary: \S", rule), rule
        assert re.search(r"description: \S", rule), rule
    page = (ROOT / "docs" / "operations" / "watching.md").read_text()
    assert sorted(re.findall(r"^\| `(Ev\w+)` \|", page, re.MULTILINE)) == sorted(names)


@needs_promtool
@pytest.mark.parametrize(
    "words",
    [
        ("check", "config", "deploy/prometheus/prometheus.yml"),
        ("check", "rules", "deploy/prometheus/alerts.yml"),
        ("test", "rules", "tests/unit/deploy/prometheus/alerts_test.yml"),
    ],
)
def test_promtool_takes_configuration_and_alerts(words: tuple[str, ...]) -> None:
    done = subprocess.run([str(PROMTOOL), *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_promtool_can_read_every_query_of_the_dashboard(tmp_path: Path) -> None:
    asked = [query.replace("$__rate_interval", "1m") for query in queries(json.loads(DASHBOARD.read_text()))]
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(asked)]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))  # JSON is YAML
    done = subprocess.run([str(PROMTOOL), "check", "rules", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
