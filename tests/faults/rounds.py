"""A round of mutants: the unchanged program must be right under each one's faults, and each mutant must turn the auditor red."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.faults.harness.trial import Outcome, Trial
from tests.faults.mutants import Mutant, mutated

_RESTS_WITHIN_S = 30.0
Say = Callable[[str], None]


def run_round(mutants: Sequence[Mutant], say: Say) -> bool:
    """Whether the auditor told every mutant from the program."""
    survivors: list[str] = []
    blamed: list[str] = []
    for mutant in mutants:
        say(f"{mutant.name}: {mutant.sentence}")
        found = _findings(_run(mutant, is_mutated=True))
        if not found:
            survivors.append(mutant.name)
        for line in found[:3] or ["THE AUDITOR DID NOT NOTICE."]:
            say(f"    {line}")
        wrong = _findings(_run(mutant, is_mutated=False))
        if wrong:
            blamed.append(mutant.name)
        say(f"  the unchanged program under the same faults: {wrong[0] if wrong else 'right'}")
    say(f"\n{len(mutants) - len(survivors)} of {len(mutants)} mutants turned the auditor red.")
    if survivors:
        say(f"Not noticed: {', '.join(survivors)}.")
    if blamed:
        say(f"The unchanged program was not right under the faults of {', '.join(blamed)}.")
    return not survivors and not blamed


def _run(mutant: Mutant, *, is_mutated: bool) -> Outcome:
    folder = Path(tempfile.mkdtemp(prefix="mutant-"))
    try:
        tree = mutated(mutant if is_mutated else None, folder / "tree")
        trial = Trial(
            mutant.plan, mutant.faults, folder / "run", lambda _: None, tree=tree, rests_within_s=_RESTS_WITHIN_S
        )
        return asyncio.run(trial.run())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _findings(outcome: Outcome) -> list[str]:
    return [f"{check}: {one}" for check, found in outcome.findings.items() for one in found]
