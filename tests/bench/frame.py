"""
The frame of all benches: what a scenario is, how big it is run, and what one run of it says.

A scenario starts what it needs, warms up, measures and ends what it started. Nothing here judges a figure.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Value = str | int | float | bool
#: One tells what it is about to do: some scenarios take minutes.
Say = Callable[[str], None]


class Size(StrEnum):
    """How much of it."""

    #: For the test that holds that each scenario runs and says all of its figures.
    TINY = "tiny"
    #: A scenario ends within 20 s.
    QUICK = "quick"
    #: What the figures of docs/performance.md are made with.
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what was varied, and what was measured. Runs of equal parameters are repeats of each other."""

    scenario: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.parameters.items())


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    about: str
    #: Runs at a size, as often as asked; each is handed over as soon as it is there.
    measure: Callable[[Size, int, Say], Iterator[Run]]
    #: Whether a higher figure of this name is the better one; a figure that is not here is not compared.
    is_better_high: Mapping[str, bool]
