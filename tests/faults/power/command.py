"""`python3 -m deploy faults --power`: cut after cut under load, then the audit; or the mutants that only a power cut can tell."""

import asyncio
import shutil
import tempfile
import time
from pathlib import Path

from common.errors import CannotStart
from tests.faults.harness.plan import Plan
from tests.faults.harness.trial import Outcome, Say
from tests.faults.mutants import mutated
from tests.faults.power.cuts import cuts
from tests.faults.power.disk import Unseen
from tests.faults.power.mutants import MUTANTS, PowerMutant
from tests.faults.power.shim import is_possible
from tests.faults.power.trial import AT_ANY_MOMENT, IN_A_CALL, LOST, PowerTrial
from tests.orders import Parser, whole
from tests.saying import say

_MOST_POINTS, _MOST_DRIVERS = 20, 10
#: As long for a mutant: one that only had too little time would be noticed for nothing.
_RESTS_WITHIN_S = 150.0
_SHOWN = 20
_SHOWN_OF_MUTANT = 4


def main(arguments: list[str]) -> int:
    told = _parser().parse_args(arguments)
    if not is_possible():
        say("The power trial needs Linux and a C compiler: install gcc, or name another in CC.")
        return 1
    if told.keep is not None and told.keep.exists() and any(told.keep.iterdir()):
        _parser().error(f"{told.keep} has files of an earlier run: give --keep another folder")
    plan = Plan(seed=told.seed, points=told.points, drivers=told.drivers)
    try:
        if told.mutants is not None:
            return 0 if _round(plan, told.cuts, told.mutants) else 1
        return _run(plan, told.cuts, told.keep)
    except (CannotStart, Unseen) as wrong:
        say(f"{wrong} Nothing is shown.")
    except KeyboardInterrupt:
        say("Interrupted; nothing is shown.")
    return 1


def _run(plan: Plan, count: int, keep: Path | None) -> int:
    folder = keep or Path(tempfile.mkdtemp(prefix="power-"))
    say(f"Seed {plan.seed}: the power goes {count} times; logs and evidence in {folder}.")
    began = time.monotonic()
    outcome = _try(plan, count, folder, lambda words: say(f"[{time.monotonic() - began:6.1f} s] {words}"))
    _report(outcome)
    words = f"--seed {plan.seed} --cuts {count} --points {plan.points} --drivers {plan.drivers}"
    say(f"Again: python3 -m deploy faults --power {words}")
    if outcome.is_right and keep is None:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if outcome.is_right else 1


def _try(plan: Plan, count: int, folder: Path, tell: Say, tree: Path | None = None) -> Outcome:
    some = cuts(plan.seed, count, ["central-1", *plan.cp_ids])
    trial = PowerTrial(plan, some, folder, tell, tree=tree, rests_within_s=_RESTS_WITHIN_S)
    return asyncio.run(trial.run())


def _report(outcome: Outcome) -> None:
    say("\nWhat landed:")
    for what in (IN_A_CALL, AT_ANY_MOMENT, LOST):
        say(f"  {what:<34} {outcome.landed[what]:4}")
    say("\nThe audit:")
    for name, findings in outcome.findings.items():
        say(f"  {name:<24} {'right' if not findings else f'{len(findings)} faults'}")
        for one in findings[:_SHOWN]:
            say(f"    - {one}")
    done = outcome.landed[IN_A_CALL] + outcome.landed[AT_ANY_MOMENT]
    billed = f"{outcome.tickets} of {outcome.sessions} sessions were billed for {outcome.metered_wh} Wh"
    bound = f"{billed}; 0 failures in {done} cuts bounds the rate at 3/{done}."
    say(f"\n{bound if outcome.is_right else 'SOMETHING THAT WAS PROMISED IS LOST.'}")


def _round(plan: Plan, count: int, names: list[str]) -> bool:
    """Whether every mutant that the whole network can show was noticed, and the program itself found right under the same cuts."""
    known = [mutant for mutant in MUTANTS if mutant.is_wide]
    strange = sorted(set(names) - {mutant.name for mutant in known})
    if strange:
        _parser().error(f"there is no mutant {strange[0]}; know: {', '.join(one.name for one in known)}")
    some: list[PowerMutant | None] = [None, *(mutant for mutant in known if not names or mutant.name in names)]
    right = True
    for mutant in some:
        folder = Path(tempfile.mkdtemp(prefix="power-"))
        try:
            tree = mutated(mutant.mutant, folder / "tree") if mutant else None
            outcome = _try(plan, count, folder / "run", lambda _: None, tree)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        found = [f"{check}: {one}" for check, wrong in outcome.findings.items() for one in wrong]
        say(f"{mutant.name}: {mutant.mutant.sentence}" if mutant else "The unchanged program:")
        for line in found[:_SHOWN_OF_MUTANT] or ["right" if mutant is None else "NOT NOTICED"]:
            say(f"    {line}")
        right = right and bool(found) == (mutant is not None)
    return right


def _parser() -> Parser:
    parser = Parser(prog="python3 -m deploy faults --power", description=__doc__)
    parser.add_argument("--power", action="store_true", required=True, help="cut the power")
    parser.add_argument("--seed", type=whole(), default=1, help="what the cuts are drawn from (default: 1)")
    parser.add_argument("--cuts", type=whole(1), default=20, metavar="N", help="how often the power goes (default: 20)")
    parser.add_argument("--points", type=int, default=4, choices=range(2, _MOST_POINTS + 1), metavar="N")
    parser.add_argument("--drivers", type=int, default=5, choices=range(1, _MOST_DRIVERS + 1), metavar="N")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave logs and evidence there, whatever comes of it")
    parser.add_argument("--mutants", nargs="*", metavar="NAME", help="see that each mutant is noticed, or these")
    return parser
