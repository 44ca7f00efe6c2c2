"""The figures of a process as Prometheus reads them. Imports prometheus_client: only where somebody asked for figures."""

from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from common.metrics import catalogue
from common.metrics.instruments import CATALOGUE, Counter, Histogram, Owner
from common.metrics.instruments import Metric as Declared
from common.metrics.measures import Measures, Spread


class Page(Collector):
    """`render` gives the body and its content type for what the asker accepts."""

    def __init__(self, measures: Measures, owner: Owner, program: str, version: str) -> None:
        self._measures = measures
        self._declared = [metric for metric in CATALOGUE.values() if metric.owner in (owner, "every")]
        self._build = {"program": program, "version": version}
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def render(self, accept: str) -> tuple[bytes, str]:
        encode, kind = choose_encoder(accept)
        return encode(self._registry), kind

    def describe(self) -> list[Metric]:
        return []  # the names are checked where they are declared

    def collect(self) -> Iterator[Metric]:
        for metric in self._declared:
            if metric is catalogue.BUILD:
                yield InfoMetricFamily("ev_build", metric.help, value=self._build)
            elif isinstance(metric, Histogram):
                yield _histogram(metric, self._measures)
            else:
                yield _plain(metric, self._measures)


def _plain(metric: Declared[*tuple[Any, ...]], measures: Measures) -> Metric:
    kind = CounterMetricFamily if isinstance(metric, Counter) else GaugeMetricFamily
    family = kind(metric.name, metric.help, labels=metric.labels)
    values = measures.values(metric)
    if isinstance(metric, Counter) and not metric.labels:  # nothing yet is a count too; a gauge may be unknown
        values = values or {(): 0}
    for labels, value in values.items():
        family.add_metric([str(label) for label in labels], value)
    return family


def _histogram(metric: Histogram[*tuple[Any, ...]], measures: Measures) -> Metric:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    spreads = measures.spreads(metric)
    if not metric.labels:
        spreads = spreads or {(): Spread([0] * (len(metric.buckets) + 1))}
    for labels, spread in spreads.items():
        edges = [*map(str, metric.buckets), "+Inf"]
        sums = [sum(spread.counts[: n + 1]) for n in range(len(edges))]
        family.add_metric(
            [str(label) for label in labels], list(zip(edges, map(float, sums), strict=True)), spread.total
        )
    return family
