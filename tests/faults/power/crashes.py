"""
Every moment of a small history at which the power may go, and what the disk may then have.

What a disk may have only grows between two syncs, and so does what was promised: looking just before the end of each sync,
and at the end, takes in every moment between.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults.power import shim
from tests.faults.power.disk import Disk, Tree
from tests.faults.power.histories import TOLD
from tests.faults.power.trace import Call, Step, steps

_REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Crash:
    """One state of a disk: how many things had been begun when the power went, and how many were promised to be kept."""

    step: int
    tree: Tree
    begun: int
    promised: int


def recorded(history: str, folder: Path, code: Path = _REPOSITORY) -> list[Step]:
    """Have a program go through a history of `histories.py`; raises Unseen when the shim missed any of it."""
    root, trace = folder / "disk", folder / "trace"
    root.mkdir(parents=True)
    env = {**os.environ, "PYTHONPATH": f"{code}:{_REPOSITORY}", **shim.environment(root, trace), "POWER_SYNC_US": "0"}
    command = [sys.executable, "-m", "tests.faults.power.histories", history, str(root)]
    subprocess.run(command, env=env, cwd=code, check=True, capture_output=True, text=True)
    found = list(steps(trace.read_bytes()))
    disk = Disk(str(root))
    for step in found:
        disk.take(step)
    disk.cut(read_tree(root))
    return found


def crashes(trace: list[Step], root: Path, most: int) -> Iterator[Crash]:
    """At most so many states of each moment, none of them twice."""
    disk, chance, seen = Disk(str(root)), Random(len(trace)), set[tuple[int, int]]()
    syncs = {(step.pid, step.number) for step in trace if step.call in (Call.SYNC, Call.SYNC_ALL)}
    for number, step in enumerate(trace):
        if step.call is Call.DONE and (step.pid, step.number) in syncs:
            yield from _fresh(number, disk, most, chance, seen)
        disk.take(step)
    disk.cut()
    yield from _fresh(len(trace), disk, most, chance, seen)


def _fresh(number: int, disk: Disk, most: int, chance: Random, seen: set[tuple[int, int]]) -> Iterator[Crash]:
    said = (disk.tree().get(TOLD) or b"").split()
    begun, promised = said.count(b"begun"), said.count(b"promised")
    for tree in disk.states(most, chance):
        tree.pop(TOLD, None)
        mark = promised, hash(frozenset(tree.items()))
        if mark not in seen:
            seen.add(mark)
            yield Crash(number, tree, begun, promised)


def read_tree(root: Path) -> Tree:
    return {
        str(path.relative_to(root)): None if path.is_dir() else path.read_bytes() for path in sorted(root.rglob("*"))
    }


def write_tree(tree: Tree, root: Path) -> None:
    """Make `root`, which is empty or not there, as the tree says."""
    root.mkdir(parents=True, exist_ok=True)
    for path, content in sorted(tree.items()):
        if content is None:
            (root / path).mkdir()
        else:
            (root / path).write_bytes(content)
