"""Many seeds, in as many processes as there are processors."""

import gc
import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TYPE_CHECKING

from tests.simulation.books import Database
from tests.simulation.trial import Verdict, try_seed

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_database: list[Database] = []
#: Seeds that a process is given at once.
_CHUNK = 25
Told = tuple[int, float]


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
    size = max(1, min(_CHUNK, len(seeds) // (4 * jobs)))
    told = [(seed, minutes) for seed in seeds]
    chunks = [told[begin : begin + size] for begin in range(0, len(told), size)]
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_begin) as pool:
        try:
            for verdicts in pool.map(_try_some, chunks):
                yield from verdicts
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin() -> None:
    """Ctrl-C reaches every process of a terminal: the first one speaks for all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    _the_database()
    gc.collect()
    gc.freeze()  # programs and catalogue stay for good: nobody needs to look through them again


def _try_some(told: Sequence[Told]) -> list[Verdict]:
    """In a copy of this process, which takes its garbage with it when it ends: to collect that costs a twentieth of the time."""
    receiver, sender = get_context("fork").Pipe(duplex=False)
    copy = get_context("fork").Process(target=_send_verdicts, args=(told, sender))
    copy.start()
    sender.close()
    try:
        verdicts: list[Verdict] = receiver.recv()
    except EOFError:
        raise RuntimeError(f"the process of the seeds {told[0][0]} to {told[-1][0]} ended without a verdict") from None
    finally:
        copy.join()
    return verdicts


def _send_verdicts(told: Sequence[Told], sender: "Connection[list[Verdict], None]") -> None:
    sender.send([try_one(one) for one in told])


def try_one(told: Told) -> Verdict:
    return try_seed(*told, _the_database())


def _the_database() -> Database:
    if not _database:
        _database.append(Database())
    return _database[0]
