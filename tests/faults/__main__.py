"""`python3 -m deploy faults`: a network under faults, and the audit of what it left behind."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from common.errors import CannotStart
from common.failpoints import Place
from tests.faults.harness.network import Plan
from tests.faults.harness.schedule import schedule
from tests.faults.harness.trial import Outcome, Trial, sentence
from tests.faults.mutants import MUTANTS
from tests.faults.power import command as power
from tests.faults.rounds import run_round

_MOST_POINTS, _MOST_DRIVERS, _MOST_CENTRALS = 20, 10, 3


def main(arguments: list[str]) -> int:
    if "--power" in arguments:
        return power.main(arguments)
    told = _parser().parse_args(arguments)
    if told.mutants is not None:
        strange = sorted(set(told.mutants) - {mutant.name for mutant in MUTANTS})
        if strange:
            _parser().error(f"there is no mutant {strange[0]}; know: {', '.join(one.name for one in MUTANTS)}")
        some = [mutant for mutant in MUTANTS if not told.mutants or mutant.name in told.mutants]
        return 0 if run_round(some, say) else 1
    if told.database == "sqlite" and told.centrals > 1:
        _parser().error("several Centrals share PostgreSQL: --database postgres")
    if told.keep is not None and told.keep.exists() and any(told.keep.iterdir()):
        _parser().error(f"{told.keep} has files of an earlier run: give --keep another folder")
    plan = Plan(
        seed=told.seed,
        minutes=told.minutes,
        broker=told.broker,
        database=told.database,
        centrals=told.centrals,
        points=told.points,
        drivers=told.drivers,
    )
    return _run(plan, told.keep)


def _run(plan: Plan, keep: Path | None) -> int:
    faults = schedule(plan.seed, 60 * plan.minutes, plan.targets)
    folder = keep or Path(tempfile.mkdtemp(prefix="faults-"))
    say(f"Seed {plan.seed}: {len(faults)} faults in {plan.minutes:g} minutes.")
    for fault in faults:
        say(f"  {fault}")
    began = time.monotonic()

    def tell(words: str) -> None:
        say(f"[{time.monotonic() - began:6.1f} s] {words}")

    try:
        outcome = asyncio.run(Trial(plan, faults, folder, tell).run())
    except CannotStart as wrong:
        say(f"{wrong} The logs are in {folder}.")
        return 1
    except KeyboardInterrupt:
        say(f"Interrupted; nothing is shown. The logs are in {folder}.")
        return 1
    _report(plan, outcome)
    if outcome.is_right and keep is None:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        say(f"The evidence is in {folder}.")
    return 0 if outcome.is_right else 1


def _report(plan: Plan, outcome: Outcome) -> None:
    say("\nWhat landed:")
    for kind in sorted({*outcome.landed, *outcome.missed}):
        missed = f", {outcome.missed[kind]} did not land" if outcome.missed[kind] else ""
        say(f"  {kind:<34} {outcome.landed[kind]:4}{missed}")
    say("\nKilled at failpoints:")
    for place in Place:
        hits = outcome.places[place]
        say(f"  {place:<24} {hits:4}  {place.sentence}{'' if hits else ' (nothing is shown about it)'}")
    say("\nThe audit:")
    for name, findings in outcome.findings.items():
        say(f"  {name:<24} {'right' if not findings else f'{len(findings)} faults'}")
        for one in findings[:20]:
            say(f"    - {one}")
    say(f"\n{sentence(outcome) if outcome.is_right else 'THE NETWORK IS NOT RIGHT.'}")
    say(f"Again: {plan.command}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m deploy faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="what the schedule is drawn from (default: 1)")
    parser.add_argument("--minutes", type=float, default=2.0, help="how long faults are injected (default: 2)")
    parser.add_argument("--broker", choices=("embedded", "apache"), default="embedded")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--centrals", type=int, default=1, choices=range(1, _MOST_CENTRALS + 1))
    parser.add_argument("--points", type=int, default=6, choices=range(2, _MOST_POINTS + 1), metavar="N")
    parser.add_argument("--drivers", type=int, default=5, choices=range(1, _MOST_DRIVERS + 1), metavar="N")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave logs and evidence there, whatever comes of it")
    parser.add_argument("--power", action="store_true", help="cut the power instead: see --power --help")
    parser.add_argument(
        "--mutants", nargs="*", metavar="NAME", help="see that the auditor notices each mutant of the program, or these"
    )
    return parser


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
