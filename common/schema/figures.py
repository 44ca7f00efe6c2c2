"""The Markdown page of the metrics, a table for each program. No I/O."""

from typing import Any

from common.metrics import catalogue
from common.metrics.instruments import CATALOGUE, Histogram, Metric

_HEAD = """\
# The metrics

Written by `ev-schema metrics` from `common/metrics/catalogue.py`; a test fails when this page is stale.

A program shows them at `/metrics` once `--metrics HOST:PORT` (`EV_METRICS`) is set: in Prometheus' text form, or as OpenMetrics
when asked for. Counters begin at 0 with the process. `ev_network_*` is read from the database, at most every 5 s: every Central
shows the same, so take one (`max`). All else is of one process, so add up (`sum`).
"""
_TITLES = {
    "every": "Every program",
    "central": "Central",
    "monitor": "Monitor",
    "engine": "Engine",
    "driver": "Driver",
    "up": "ev-up",
}
_COLUMNS = "| metric | kind | labels | what it is |\n|---|---|---|---|\n"
_FOREIGN = """
Also of every program, by prometheus-client: `process_cpu_seconds_total`, `process_resident_memory_bytes`,
`process_virtual_memory_bytes`, `process_open_fds`, `process_max_fds`, `process_start_time_seconds` (Linux), and
`python_gc_objects_collected_total`, `python_gc_objects_uncollectable_total`, `python_gc_collections_total`.
"""


def metrics_page() -> str:
    assert catalogue.BUILD.name in CATALOGUE  # importing the catalogue is what fills it
    page = _HEAD
    for owner, title in _TITLES.items():
        rows = "".join(_row(metric) for metric in CATALOGUE.values() if metric.owner == owner)
        page += f"\n## {title}\n\n{_COLUMNS}{rows}"
        page += _FOREIGN if owner == "every" else ""
    return page


def _row(metric: Metric[*tuple[Any, ...]]) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "none"
    said = metric.help
    if isinstance(metric, Histogram):
        said += f" Buckets from {metric.buckets[0]:g} to {metric.buckets[-1]:g}."
    return f"| `{metric.name}` | {metric.kind} | {labels} | {said} |\n"
