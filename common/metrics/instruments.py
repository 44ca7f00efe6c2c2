"""What a metric is: its name, its kind, its help, its labels, and which program has it. No value is kept here. Pure."""

import re
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, TypeVarTuple

Labels = TypeVarTuple("Labels")

#: The program that has the metric; `every` for what each of them has.
Owner = Literal["central", "monitor", "engine", "driver", "up", "every"]

_NAME = re.compile(r"ev(_[a-z0-9]+)+")
_LABEL = re.compile(r"[a-z]+(_[a-z]+)*")
#: What the name of a gauge or histogram may not end with: Prometheus gives these endings a meaning.
_RESERVED = ("_total", "_bucket", "_count", "_sum", "_created", "_info")

#: From a loopback round trip to the longest wait of the protocol.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
RECORDS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)


@dataclass(frozen=True, slots=True, eq=False)
class Metric(Generic[*Labels]):
    """One metric. Its labels are told in this order; the type checker counts them."""

    owner: Owner
    name: str
    help: str
    labels: tuple[str, ...]

    @property
    def kind(self) -> str:
        return type(self).__name__.lower()


class Counter(Metric[*Labels]):
    """Only grows."""

    __slots__ = ()


class Gauge(Metric[*Labels]):
    """Goes up and down."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class Histogram(Metric[*Labels]):
    """How many observations were up to so much."""

    buckets: tuple[float, ...] = field(default=SECONDS)


AnyMetric = TypeVar("AnyMetric", bound=Metric[*tuple[Any, ...]])

#: Every metric by its name, in the order of definition.
CATALOGUE: dict[str, Metric[*tuple[Any, ...]]] = {}


def counter(owner: Owner, name: str, text: str, *labels: *Labels) -> Counter[*Labels]:
    return _enter(Counter(owner, name, text, _words(labels)))


def gauge(owner: Owner, name: str, text: str, *labels: *Labels) -> Gauge[*Labels]:
    return _enter(Gauge(owner, name, text, _words(labels)))


def histogram(
    owner: Owner, name: str, text: str, *labels: *Labels, buckets: tuple[float, ...] = SECONDS
) -> Histogram[*Labels]:
    return _enter(Histogram(owner, name, text, _words(labels), buckets))


def _words(labels: tuple[*Labels]) -> tuple[str, ...]:
    return tuple(str(label) for label in labels)


def _enter(metric: AnyMetric) -> AnyMetric:
    """Enter a metric; a mistake fails at import."""
    name = metric.name
    if name in CATALOGUE:
        raise TypeError(f"{name}: this name is taken")
    if not _NAME.fullmatch(name):
        raise TypeError(f"{name}: a name is ev_ and words of small letters and digits")
    if isinstance(metric, Counter) is not name.endswith("_total"):
        raise TypeError(f"{name}: counters end with _total, and nothing else does")
    if not isinstance(metric, Counter) and name.endswith(_RESERVED) and name != "ev_build_info":
        raise TypeError(f"{name}: Prometheus gives this ending a meaning")
    if not metric.help.endswith("."):
        raise TypeError(f"{name}: say in a sentence what it counts")
    if not all(_LABEL.fullmatch(label) for label in metric.labels):
        raise TypeError(f"{name}: a label is words of small letters")
    CATALOGUE[name] = metric
    return metric
