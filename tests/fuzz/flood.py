"""
Millions of nearly right frames through framing, codec and dispatch at full speed: no exception, no hang, no growth.

Without coverage instruments, so that the figures are those of the code as it runs. What is measured is CPU time, not the
clock: the machine may be busy with something else.
"""

import gc
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from common.framing import MAX_FRAME_BYTES
from common.routes import Role
from tests.fuzz.frames import Frames
from tests.fuzz.targets import MOST_CPU_S, Conversation, must

_CHUNK_FRAMES = 32
#: Once in so many chunks a line comes that is longer than any frame may be.
_GIANT_EVERY = 500
#: Every frame is read and answered; one in so many is also written and read again.
_THOROUGH_EVERY = 16
_WARM_UP = 0.1
#: How often memory is looked at, which costs a whole collection.
_LOOKS, _LOOK_AFTER = 200, 10_000
MOST_GROWTH_MIB = 16.0


@dataclass(slots=True)
class Figures:
    frames: int = 0
    cpu_s: float = 0.0
    slowest_s: float = 0.0
    #: Resident memory after the warm-up, and the most that was seen from then on.
    warm_mib: float = 0.0
    most_mib: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)

    def count(self, links: Sequence[Conversation]) -> None:
        self.outcomes.clear()
        for link in links:
            self.outcomes.update(link.outcomes)

    def told(self) -> str:
        memory = f" memory {self.warm_mib:.1f} MiB once warm, then at most {self.most_mib:.1f} MiB"
        refused = sum(count for outcome, count in self.outcomes.items() if outcome in _REFUSED)
        return (
            f"{self.frames:,} frames ({refused:,} refused), {len(self.outcomes)} outcomes,"
            f" {1e6 * self.cpu_s / max(1, self.frames):.1f} µs CPU a frame, the slowest piece {1000 * self.slowest_s:.0f} ms,"
            f"{memory if self.warm_mib else ' memory not looked at yet'}"
        )


_REFUSED = frozenset({"malformed_json", "invalid_message", "unknown_type", "not_allowed", "frame_too_large"})


def pieces(seed: int) -> Iterator[bytes]:
    """A stream without end, as it may arrive: frames, cut anywhere."""
    frames, chance = Frames(seed), random.Random(seed + 1)
    for number in iter(int, 1):
        del number
        stream = b"\n".join([frames.next() for _ in range(_CHUNK_FRAMES)]) + b"\n"
        if chance.random() < 1 / _GIANT_EVERY:
            stream += b"7" * (MAX_FRAME_BYTES + 1 + int(chance.random() * MAX_FRAME_BYTES)) + b"\n"
        while stream:
            size = 1 + int(chance.random() * (40 if chance.random() < 0.05 else 16 * 1024))
            yield stream[:size]
            stream = stream[size:]


def flood(
    frames: int,
    seed: int,
    on_piece: Callable[[bytes], None] = lambda _: None,
    on_look: Callable[[Figures], None] = lambda _: None,
) -> Figures:
    """So many frames, a quarter of them to each role's link and to one that takes everything; raises on a finding."""
    links = [Conversation(role, _THOROUGH_EVERY) for role in (None, Role.MONITOR, Role.DRIVER, Role.ADMIN)]
    figures = Figures()
    look_at = look_every = max(_LOOK_AFTER, frames // _LOOKS)
    for number, piece in enumerate(pieces(seed)):
        on_piece(piece)
        link = links[number // 64 % len(links)]
        before, began = link.frames, time.thread_time()
        link.hear(piece)
        took = time.thread_time() - began
        must(took <= MOST_CPU_S, f"{len(piece)} bytes took {took:.1f} s of CPU time")
        figures.frames += link.frames - before
        figures.cpu_s += took
        figures.slowest_s = max(figures.slowest_s, took)
        if figures.frames >= look_at:
            look_at += look_every
            _look(figures, frames)
            figures.count(links)
            on_look(figures)
        if figures.frames >= frames:
            break
    figures.count(links)
    return figures


def _look(figures: Figures, frames: int) -> None:
    gc.collect()
    resident = _resident_mib()
    if not figures.warm_mib:
        if figures.frames >= _WARM_UP * frames:
            figures.warm_mib = figures.most_mib = resident
        return
    figures.most_mib = max(figures.most_mib, resident)
    growth = resident - figures.warm_mib
    must(growth <= MOST_GROWTH_MIB, f"memory grew by {growth:.1f} MiB within {figures.frames} frames")


def _resident_mib() -> float:
    """Of this process; 0 where there is no /proc."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
    except OSError:
        return 0.0
