"""Many seeds, in as many processes as there are processors."""

import gc
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
#: Seeds between two collections of garbage. What each of them leaves is much, but little of it is there for long.
_COLLECTS_EVERY = 25
#: Seeds that a process is given at once.
_CHUNK = 25


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
    told = [(seed, minutes) for seed in seeds]
    if jobs <= 1:
        collects = gc.isenabled()
        gc.disable()
        try:
            yield from map(try_one, told)
        finally:
            if collects:
                gc.enable()
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_begin) as pool:
        try:
            yield from pool.map(try_one, told, chunksize=max(1, min(_CHUNK, len(told) // (4 * jobs))))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin() -> None:
    """Ctrl-C reaches every process of a terminal: the first one speaks for all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()


def try_one(told: tuple[int, float]) -> Verdict:
    if not _database:
        _database.append(Database())
        if not gc.isenabled():
            gc.collect()
            gc.freeze()  # programs and catalogue stay for good: nobody needs to look through them again
    verdict = try_seed(*told, _database[0])
    if not gc.isenabled() and told[0] % _COLLECTS_EVERY == 0:
        gc.collect()
    return verdict
