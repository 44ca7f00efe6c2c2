"""A round of mutants: the unchanged program must be right under each one's faults, and each mutant must turn the auditor red."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from common.errors import CannotStart
from tests.faults.harness.trial import Outcome, Trial
from tests.faults.mutants import Mutant, mutated

#: A mutant often never comes to rest; the program does, on a busy machine too.
_MUTANT_RESTS_WITHIN_S, _PROGRAM_RESTS_WITHIN_S = 30.0, 150.0
#: Faults land where chance has them: who was not noticed gets so many chances.
_ATTEMPTS = 2
#: A network mostly waits: so many share a machine.
AT_ONCE = 3
_SHOWN = 4
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the auditor said of a program, and after how many attempts."""

    mutant: Mutant
    is_mutated: bool
    findings: Sequence[str]
    attempts: int
    took_s: float
    #: Why it did not even start.
    trouble: str = ""

    @property
    def is_as_it_should(self) -> bool:
        return not self.trouble and bool(self.findings) is self.is_mutated

    def __str__(self) -> str:
        took = f"{self.took_s:.0f} s" + (f", {self.attempts} attempts" if self.attempts > 1 else "")
        if self.is_mutated:
            verdict = "red" if self.findings else self.trouble or "THE AUDITOR DID NOT NOTICE"
            title = f"{self.mutant.name}: {verdict} ({took}). {self.mutant.sentence}"
        else:
            verdict = "NOT RIGHT" if self.findings else self.trouble or "right"
            title = f"The unchanged program under the faults of {self.mutant.name}: {verdict} ({took})."
        return "\n".join([title, *(f"    {line}" for line in self.findings[:_SHOWN])])


def run_round(mutants: Sequence[Mutant], say: Say, *, at_once: int = AT_ONCE) -> bool:
    """Whether the auditor told every mutant from the program."""
    with ThreadPoolExecutor(at_once) as places:
        runs = [
            *(places.submit(_see, mutant, is_mutated=True) for mutant in mutants),
            *(places.submit(_see, mutant, is_mutated=False) for mutant in _each_once(mutants)),
        ]
        found: list[_Seen] = []
        for run in runs:
            found.append(run.result())
            say(str(found[-1]))
    mutated = [seen for seen in found if seen.is_mutated]
    survivors = [seen.mutant.name for seen in mutated if not seen.is_as_it_should]
    blamed = [seen.mutant.name for seen in found if not seen.is_mutated and not seen.is_as_it_should]
    say(f"\n{len(mutated) - len(survivors)} of {len(mutated)} mutants turned the auditor red.")
    if survivors:
        say(f"Not noticed: {', '.join(survivors)}.")
    if blamed:
        say(f"The unchanged program was not right under the faults of {', '.join(blamed)}.")
    return not survivors and not blamed


def _each_once(mutants: Sequence[Mutant]) -> list[Mutant]:
    """Of those with the same network and faults the first: the unchanged program is the same under them."""
    found: list[Mutant] = []
    for mutant in mutants:
        if not any((one.plan, list(one.faults)) == (mutant.plan, list(mutant.faults)) for one in found):
            found.append(mutant)
    return found


def _see(mutant: Mutant, *, is_mutated: bool) -> _Seen:
    began = time.monotonic()
    seen = _Seen(mutant, is_mutated, (), 0, 0.0)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            findings, trouble = _findings(_run(mutant, is_mutated=is_mutated)), ""
        except CannotStart as wrong:
            findings, trouble = [], str(wrong)
        seen = _Seen(mutant, is_mutated, findings, attempt, time.monotonic() - began, trouble)
        if findings or (not is_mutated and not trouble):
            break
    return seen


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
