"""A round of mutants: the unchanged program must be right under each one's faults, and each mutant must turn the auditor red."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.faults.harness.trial import Outcome, Trial
from tests.faults.mutants import Mutant, mutated

#: A mutant often never comes to rest; the program does, on a busy machine too.
_MUTANT_RESTS_WITHIN_S, _PROGRAM_RESTS_WITHIN_S = 30.0, 150.0
_SHOWN = 4
Say = Callable[[str], None]


def run_round(mutants: Sequence[Mutant], say: Say) -> bool:
    """Whether the auditor told every mutant from the program."""
    survivors = [mutant.name for mutant in mutants if not is_noticed(mutant, say)]
    blamed = [mutant.name for mutant in mutants if mutant.faults and not leaves_right(mutant, say)]
    say(f"\n{len(mutants) - len(survivors)} of {len(mutants)} mutants turned the auditor red.")
    if survivors:
        say(f"Not noticed: {', '.join(survivors)}.")
    if blamed:
        say(f"The unchanged program was not right under the faults of {', '.join(blamed)}.")
    return not survivors and not blamed


def is_noticed(mutant: Mutant, say: Say) -> bool:
    found = _findings(_run(mutant, is_mutated=True))
    say(f"{mutant.name}: {mutant.sentence}")
    _show(found or ["THE AUDITOR DID NOT NOTICE."], say)
    return bool(found)


def leaves_right(mutant: Mutant, say: Say) -> bool:
    """Whether the unchanged program is right under the mutant's faults: else they would show nothing about it."""
    found = _findings(_run(mutant, is_mutated=False))
    say(f"The unchanged program under the faults of {mutant.name}: {'NOT RIGHT' if found else 'right'}.")
    _show(found, say)
    return not found


def _show(found: Sequence[str], say: Say) -> None:
    for line in found[:_SHOWN]:
        say(f"    {line}")


def _run(mutant: Mutant, *, is_mutated: bool) -> Outcome:
    folder = Path(tempfile.mkdtemp(prefix="mutant-"))
    try:
        tree = mutated(mutant if is_mutated else None, folder / "tree")
        within_s = _MUTANT_RESTS_WITHIN_S if is_mutated else _PROGRAM_RESTS_WITHIN_S
        trial = Trial(mutant.plan, mutant.faults, folder / "run", lambda _: None, tree=tree, rests_within_s=within_s)
        return asyncio.run(trial.run())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _findings(outcome: Outcome) -> list[str]:
    return [f"{check}: {one}" for check, found in outcome.findings.items() for one in found]
