"""One seed, from its first moment to the verdict."""

import asyncio
import gc
import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from common import failpoints
from tests.faults.audit.checks import audit
from tests.faults.harness.schedule import Fault
from tests.simulation.books import Database
from tests.simulation.evidence import collect
from tests.simulation.loop import Stuck, VirtualLoop
from tests.simulation.scale import Scale, faults_of, scale_of
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

_RESTS_WITHIN_S = 300.0
_MEMORY = Path("/dev/shm")
Tell = Callable[[str], None]


@dataclass(slots=True)
class Verdict:
    """What came of one seed."""

    seed: int
    findings: dict[str, list[str]] = field(default_factory=dict)
    #: The same seed gives the same: of every byte that was sent, and when.
    trace: str = ""
    landed: Counter[str] = field(default_factory=Counter)
    sessions: int = 0
    finished: int = 0
    seconds: float = 0.0
    steps: int = 0

    @property
    def is_right(self) -> bool:
        return not any(self.findings.values())


class Complaints(logging.Handler):
    """What programs log with an exception is a defect: they say everything else in a sentence."""

    def __init__(self, tell: Tell | None) -> None:
        super().__init__()
        self._tell = tell
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if self._tell is not None:
            self._tell(f"            ({record.levelname.lower()}) {record.getMessage()}")
        if record.exc_info and record.exc_info[1] is not None and record.levelno >= logging.ERROR:
            self.found.append(f"{record.getMessage()} {record.exc_info[1]!r}")


def try_seed(seed: int, minutes: float, database: Database, tell: Tell | None = None) -> Verdict:
    """Run one seed; `tell` hears every message, every fault and every line of the log as they come."""
    scale, loop = scale_of(seed, minutes), VirtualLoop()
    verdict = Verdict(seed)
    with _quiet(tell) as complaints, tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        database.forget()
        world = World(scale, loop, database, Path(folder), tell)
        try:
            loop.run_until_complete(_live(world, scale, verdict))
        except Stuck as wrong:
            world.escaped.append(str(wrong))
        verdict.trace, verdict.steps, verdict.landed = world.trace, loop.steps, world.landed
        verdict.findings["escaped"] = [*world.escaped, *complaints.found, *loop.escaped]
        failpoints.watch(None)
        loop.bury()
    return verdict


async def _live(world: World, scale: Scale, verdict: Verdict) -> None:
    faults = faults_of(scale, world.targets)
    began = world.loop.time()
    await world.start()
    await _break_all(world, faults, scale.seconds, began)
    unrest = await world.rest(_RESTS_WITHIN_S)
    broken = [(began + fault.at, began + fault.at + fault.lasts_s) for fault in faults]
    history = collect(world, unrest, broken)
    verdict.findings = audit(history)
    verdict.sessions = len(history.booked)
    verdict.finished = sum(row.state == "FINISHED" for row in history.booked)
    await world.stop()
    verdict.seconds = world.loop.time() - began


async def _break_all(world: World, faults: Sequence[Fault], seconds: float, began: float) -> None:
    async with asyncio.TaskGroup() as work:
        for fault in faults:
            await asyncio.sleep(max(0.0, began + fault.at - world.loop.time()))
            work.create_task(world.break_(fault))
        await asyncio.sleep(max(0.0, began + seconds - world.loop.time()))


@contextmanager
def _quiet(tell: Tell | None) -> "Iterator[Complaints]":
    """Logs are judged, not shown; and nothing is collected in the middle of a history."""
    log, complaints = logging.getLogger("ev"), Complaints(tell)
    level, propagates = log.level, log.propagate
    log.setLevel(logging.ERROR if tell is None else logging.INFO)
    log.propagate = False
    log.addHandler(complaints)
    collects = gc.isenabled()
    gc.disable()
    try:
        yield complaints
    finally:
        if collects:
            gc.enable()
        log.removeHandler(complaints)
        log.setLevel(level)
        log.propagate = propagates
