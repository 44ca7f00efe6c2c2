"""
Mutants of tests/faults that a simulation must find: the program with one safeguard taken out, under as many seeds as it takes.

A mutant is a patched copy of the tree, in which the same simulation runs. Each of these is found within the seeds that
`python3 -m deploy simulate` runs by itself. The others of tests/faults are not for it: what is wrong in the Kafka client is not
simulated.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.faults.mutants import MUTANTS as ALL
from tests.faults.mutants import ROOT, Mutant, Patch, mutated

_HERE = (
    "float_money",
    "last_reading_dropped",
    "late_readings_taken",
    "lookup_without_point",
    "new_session_on_retry",
    "outbox_kept",
    "outbox_outside",
    "owed_forgotten",
    "price_of_registration",
    "service_forgotten",
    "unique_constraint_dropped",
)
_TICKET_FORGOTTEN = Mutant(
    "ticket_forgotten",
    "Nobody tells the driver what a charge came to.",
    [
        Patch(
            "central/handlers/settling.py",
            "    unit.send(Topic.DRIVER_RESPONSES, finished.driver_id, ticket(finished, message_id, now), now)\n",
            "",
        )
    ],
)
MUTANTS = {mutant.name: mutant for mutant in (*ALL, _TICKET_FORGOTTEN) if mutant.name in (*_HERE, "ticket_forgotten")}
Say = Callable[[str], None]

#: Runs in the patched tree: the first seed that is not right, and why.
_FINDER = """
import json, sys
from tests.simulation.rounds import try_one
first, count, minutes = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
for seed in range(first, first + count):
    verdict = try_one((seed, minutes))
    if not verdict.is_right:
        print(json.dumps([seed, verdict.findings]))
        break
else:
    print(json.dumps([None, {}]))
"""


def find(name: str, first: int, count: int, minutes: float) -> tuple[int | None, dict[str, list[str]]]:
    """The first of so many seeds that finds a mutant, and what it found."""
    folder = Path(tempfile.mkdtemp(prefix="mutant-"))
    try:
        tree = mutated(MUTANTS[name], folder)
        shutil.copytree(ROOT / "tests", tree / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        told = [sys.executable, "-c", _FINDER, str(first), str(count), str(minutes)]
        done = subprocess.run(
            told, cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            return first, {"escaped": [done.stderr.strip().splitlines()[-1]]}
        seed, findings = json.loads(done.stdout.splitlines()[-1])
        return seed, findings
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_round(names: Sequence[str], first: int, count: int, minutes: float, say: Say) -> bool:
    """Whether every one is found."""
    survivors = []
    for name in names:
        seed, findings = find(name, first, count, minutes)
        say(f"{name}: {MUTANTS[name].sentence}")
        if seed is None:
            survivors.append(name)
            say(f"    NOT FOUND IN {count} SEEDS.")
        else:
            told = next(f"{check}: {found[0]}" for check, found in findings.items() if found)
            say(f"    seed {seed}, the {seed - first + 1}. tried: {told[:200]}")
    say(f"\n{len(names) - len(survivors)} of {len(names)} mutants were found.")
    if survivors:
        say(f"Not found: {', '.join(survivors)}.")
    return not survivors
