"""Long runs: round after round with consecutive seeds, until there are enough of them or one is wrong; resumed by its file."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from common.clock import SystemClock
from tests.faults import results
from tests.faults.harness.plan import Plan
from tests.faults.harness.trial import Outcome, Trial
from tests.faults.report import report
from tests.faults.results import Round

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Goal:
    """How much the results file is to hold, with what it holds already."""

    rounds: int | None = None
    hours: float | None = None

    def is_reached(self, done: list[Round]) -> bool:
        enough = self.rounds is not None and len(done) >= self.rounds
        return enough or (self.hours is not None and sum(one.minutes for one in done) >= 60 * self.hours - 1e-6)


def run_rounds(plan: Plan, goal: Goal, file: Path, say: Say) -> bool:
    """Whether every round was right. `plan.seed` is the first one's; one that is in the file is not run again."""
    done = results.read(file)
    if any(one.findings for one in done):
        say(f"{file} has a round that was not right: see it with --sum, and give another file with --results.")
        return False
    seed = max([plan.seed, *(one.seed + 1 for one in done)])
    while not goal.is_reached(done):
        one = _one_round(replace(plan, seed=seed), say)
        results.append(file, one)
        done.append(one)
        if one.findings:
            return False
        seed += 1
    say(f"{len(done)} rounds are in {file}; their sum: python3 -m deploy faults --sum {file}")
    return True


def _one_round(plan: Plan, say: Say) -> Round:
    folder = Path(tempfile.mkdtemp(prefix=f"faults-{plan.seed}-"))
    began = time.monotonic()
    with (folder / "run.txt").open("a", encoding="utf-8") as log:

        def note(line: str) -> None:
            log.write(f"[{time.monotonic() - began:6.1f} s] {line}\n")
            log.flush()

        outcome = asyncio.run(Trial(plan, plan.faults, folder, note).run())
        report(plan, outcome, note if outcome.is_right else say)
    took_s = time.monotonic() - began
    one = _round(plan, outcome, took_s)
    kills = outcome.kills.total()
    say(
        f"Seed {plan.seed}: {one.verdict}; {outcome.trials} faults landed, {kills} of them kills; "
        f"{outcome.sessions} sessions; {took_s:.0f} s."
    )
    if outcome.is_right:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        say(f"The evidence is in {folder}.")
    return one


def _round(plan: Plan, outcome: Outcome, took_s: float) -> Round:
    return Round(
        seed=plan.seed,
        command=plan.command,
        setting=f"{plan.broker} broker, {plan.database}, {plan.centrals} Centrals, {plan.points} points, "
        f"{plan.drivers} drivers, {plan.profile}{', TLS' if plan.tls else ''}{', authentication' if plan.auth else ''}",
        minutes=plan.minutes,
        landed=dict(outcome.landed),
        missed=dict(outcome.missed),
        kills=dict(outcome.kills),
        places=dict(outcome.places),
        sessions=outcome.sessions,
        tickets=outcome.tickets,
        metered_wh=outcome.metered_wh,
        took_s=round(took_s, 1),
        ended_at=datetime.fromtimestamp(SystemClock().now().wall, UTC).isoformat(timespec="seconds"),
        findings=[f"{check}: {one}" for check, found in outcome.findings.items() for one in found],
    )
