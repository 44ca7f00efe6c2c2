"""The power of one charge over its whole time, in a bounded number of samples: the longer it lasts, the coarser. Pure."""

from array import array
from collections.abc import Sequence
from itertools import pairwise

MOST_SAMPLES = 480


class PowerCurve:
    """Feed it one power an interval. When there is no room left, each two neighbours become their mean."""

    def __init__(self, most: int = MOST_SAMPLES) -> None:
        self._most = most
        self._samples = array("d")  # a quarter of what a list takes, and one process may have thousands of curves
        #: So many powers are one sample now; of the newest sample there may be fewer yet.
        self._in_one = 1
        self._begun: list[float] = []

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def samples(self) -> list[float]:
        """Oldest first."""
        return [*self._samples, _mean(self._begun)] if self._begun else list(self._samples)

    def add(self, power_kw: float) -> None:
        self._begun.append(power_kw)
        if len(self._begun) < self._in_one:
            return
        self._samples.append(_mean(self._begun))
        self._begun = []
        if len(self._samples) >= self._most:
            means = [_mean(self._samples[at : at + 2]) for at in range(0, len(self._samples), 2)]
            self._samples = array("d", means)
            self._in_one *= 2

    def over(self, width: int) -> list[float]:
        """The whole charge in at most so many columns; a short one takes fewer."""
        samples = self.samples
        if len(samples) <= width:
            return samples
        edges = [len(samples) * column // width for column in range(width + 1)]
        return [_mean(samples[start:end]) for start, end in pairwise(edges)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
