"""Many seeds, in as many processes as there are processors."""

import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from tests.simulation.books import Database
from tests.simulation.trial import Verdict, try_seed

_database: list[Database] = []


@dataclass(slots=True)
class Sum:
    """What many seeds have shown together."""

    seeds: int = 0
    seconds: float = 0.0
    sessions: int = 0
    finished: int = 0
    landed: Counter[str] = field(default_factory=Counter)

    def add(self, verdict: Verdict) -> None:
        self.seeds += 1
        self.seconds += verdict.seconds
        self.sessions += verdict.sessions
        self.finished += verdict.finished
        self.landed += verdict.landed


def run_seeds(seeds: Sequence[int], minutes: float, jobs: int = 0) -> Iterator[Verdict]:
    """The verdicts in the order of the seeds."""
    jobs = min(jobs or os.cpu_count() or 1, len(seeds))
    if jobs <= 1:
        yield from (try_one((seed, minutes)) for seed in seeds)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_leave_interrupts) as pool:
        try:
            yield from pool.map(try_one, [(seed, minutes) for seed in seeds], chunksize=4)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _leave_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal: the first one speaks for all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def try_one(told: tuple[int, float]) -> Verdict:
    if not _database:
        _database.append(Database())
    return try_seed(*told, _database[0])
