"""Latencies by the hundred thousand in little memory, each to three digits: an HDR histogram. Pure."""

from collections import Counter

#: Values below this are kept as they are; above, in steps of a 1024th of them.
_EXACT = 2048
_HALF = _EXACT // 2
_PER_SECOND = 1_000_000


class Histogram:
    """Counts durations to the microsecond; what it gives back is at most a tenth of a percent above what it was given."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._most_us = 0

    def __len__(self) -> int:
        return self._counts.total()

    def add(self, seconds: float) -> None:
        value = max(0, round(seconds * _PER_SECOND))
        self._most_us = max(self._most_us, value)
        self._counts[_highest_like(value)] += 1

    def at(self, share: float) -> float:
        """The seconds that this share of all did not exceed; 0 without any."""
        left = share * len(self)
        for value in sorted(self._counts):
            left -= self._counts[value]
            if left <= 0:
                return min(value, self._most_us) / _PER_SECOND
        return self._most_us / _PER_SECOND

    def told_ms(self) -> dict[str, float]:
        """For a report."""
        shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
        return {name: round(1000 * self.at(share), 3) for name, share in shares.items()}


def _highest_like(value: int) -> int:
    """The highest value that is counted together with this one."""
    shift = max(0, value.bit_length() - _HALF.bit_length())
    return value if value < _EXACT else ((value >> shift) + 1 << shift) - 1
