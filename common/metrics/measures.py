"""Where one process keeps its figures: plain numbers in dicts, for the event loop alone. Pure."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVarTuple

from common.metrics.instruments import Counter, Gauge, Histogram, Metric

Labels = TypeVarTuple("Labels")
_Any = tuple[Any, ...]
_Values = defaultdict[tuple[Any, ...], float]


@dataclass(slots=True)
class Spread:
    """Observations of one histogram under one set of labels; the last count is of what is above all buckets."""

    counts: list[int]
    total: float = 0.0


class Measures:
    """No lock: what a thread finds out is told in the loop."""

    def __init__(self) -> None:
        self._values: defaultdict[Metric[*_Any], _Values] = defaultdict(lambda: defaultdict(float))
        self._spreads: defaultdict[Histogram[*_Any], dict[tuple[Any, ...], Spread]] = defaultdict(dict)

    def add(self, counter: Counter[*Labels], *labels: *Labels, by: float = 1) -> None:
        self._values[counter][labels] += by

    def move(self, gauge: Gauge[*Labels], *labels: *Labels, by: float) -> None:
        """A gauge that is kept by its changes."""
        self._values[gauge][labels] += by

    def set(self, gauge: Gauge[*Labels], *labels: *Labels, to: float) -> None:
        self._values[gauge][labels] = to

    def clear(self, gauge: Gauge[*Labels]) -> None:
        """Before it is set anew: what is no longer there has no value, instead of its last one."""
        self._values.pop(gauge, None)

    def observe(self, histogram: Histogram[*Labels], value: float, *labels: *Labels) -> None:
        spreads = self._spreads[histogram]
        spread = spreads.get(labels)
        if spread is None:
            spread = spreads[labels] = Spread([0] * (len(histogram.buckets) + 1))
        spread.counts[bisect_left(histogram.buckets, value)] += 1
        spread.total += value

    def value(self, metric: Counter[*Labels] | Gauge[*Labels], *labels: *Labels) -> float:
        return self._values[metric].get(labels, 0) if metric in self._values else 0

    def values(self, metric: Metric[*_Any]) -> dict[tuple[Any, ...], float]:
        return dict(self._values.get(metric, {}))

    def spreads(self, histogram: Histogram[*_Any]) -> dict[tuple[Any, ...], Spread]:
        return dict(self._spreads.get(histogram, {}))

    def counts(self) -> dict[str, float]:
        """The counters in the short form of the operator's figures: `messages.heartbeat_request.tcp.done`."""
        return dict(sorted(self._short()))

    def _short(self) -> Iterator[tuple[str, float]]:
        for metric, values in self._values.items():
            if isinstance(metric, Counter):
                stem = metric.name.removeprefix(f"ev_{metric.owner}_").removesuffix("_total")
                for labels, value in values.items():
                    yield ".".join([stem, *map(str, labels)]), int(value) if value == int(value) else value
