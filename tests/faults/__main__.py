"""`python3 -m deploy faults`: a network under faults, and the audit of what it left behind."""

import asyncio
import shutil
import tempfile
import time
from pathlib import Path

from common.errors import CannotStart
from tests.faults import results
from tests.faults.campaign import Goal, run_rounds
from tests.faults.harness.plan import Plan
from tests.faults.harness.schedule import SENTENCES, Profile
from tests.faults.harness.trial import Trial
from tests.faults.mutants import MUTANTS
from tests.faults.power import command as power
from tests.faults.report import report
from tests.faults.rounds import run_round
from tests.orders import Parser, file_to_write, more_than_none, whole
from tests.saying import end_with, say

_MOST_POINTS, _MOST_DRIVERS, _MOST_CENTRALS = 20, 10, 3
_RESULTS = Path("faults.jsonl")


def main(arguments: list[str]) -> int:
    if "--power" in arguments:
        return power.main(arguments)
    told = _parser().parse_args(arguments)
    if told.sum is not None:
        return _sum(told.sum)
    if told.mutants is not None:
        return _mutants(told.mutants)
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
        profile=Profile(told.profile),
        tls=told.tls,
        auth=told.auth,
    )
    try:
        if told.rounds is not None or told.hours is not None:
            return 0 if run_rounds(plan, Goal(told.rounds, told.hours), told.results, say) else 1
        return _run(plan, told.keep)
    except CannotStart as wrong:
        say(str(wrong))
    except KeyboardInterrupt:
        say("Interrupted; this round has shown nothing.")
    return 1


def _sum(files: list[Path]) -> int:
    missing = [file for file in files if not file.exists()]
    if missing:
        _parser().error(f"there is no {missing[0]}")
    for line in results.summary([one for file in files for one in results.read(file)]):
        say(line)
    return 0


def _mutants(names: list[str]) -> int:
    strange = sorted(set(names) - {mutant.name for mutant in MUTANTS})
    if strange:
        _parser().error(f"there is no mutant {strange[0]}; know: {', '.join(one.name for one in MUTANTS)}")
    some = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    return 0 if run_round(some, say) else 1


def _run(plan: Plan, keep: Path | None) -> int:
    faults = plan.faults
    folder = keep or Path(tempfile.mkdtemp(prefix="faults-"))
    say(f"Seed {plan.seed}: {len(faults)} faults in {plan.minutes:g} minutes; logs and evidence in {folder}.")
    for fault in faults:
        say(f"  {fault}")
    began = time.monotonic()

    def tell(words: str) -> None:
        say(f"[{time.monotonic() - began:6.1f} s] {words}")

    outcome = asyncio.run(Trial(plan, faults, folder, tell).run())
    report(plan, outcome, say)
    if outcome.is_right and keep is None:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        say(f"The evidence is in {folder}.")
    return 0 if outcome.is_right else 1


def _parser() -> Parser:
    parser = Parser(prog="python3 -m deploy faults", description=__doc__)
    parser.add_argument("--seed", type=whole(), default=1, help="what the schedule is drawn from (default: 1)")
    parser.add_argument("--minutes", type=more_than_none, default=2.0, help="how long faults are injected (default: 2)")
    parser.add_argument("--broker", choices=("embedded", "apache"), default="embedded")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--centrals", type=int, default=1, choices=range(1, _MOST_CENTRALS + 1))
    parser.add_argument("--points", type=int, default=6, choices=range(2, _MOST_POINTS + 1), metavar="N")
    parser.add_argument("--drivers", type=int, default=5, choices=range(1, _MOST_DRIVERS + 1), metavar="N")
    profiles = "; ".join(f"{one}: {words}" for one, words in SENTENCES.items())
    parser.add_argument("--profile", choices=[str(one) for one in Profile], default="mixed", help=profiles)
    parser.add_argument("--tls", action="store_true", help="with TLS on every link, and certificates of points")
    parser.add_argument(
        "--auth", action="store_true", help="with authentication: everybody proves a secret, records are signed"
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave logs and evidence there, whatever comes of it")
    parser.add_argument("--power", action="store_true", help="cut the power instead: see --power --help")
    parser.add_argument(
        "--rounds", type=whole(1), metavar="N", help="rounds with consecutive seeds until the results file has so many"
    )
    parser.add_argument(
        "--hours", type=more_than_none, metavar="H", help="rounds until the results file has faults of so many hours"
    )
    parser.add_argument(
        "--results", type=file_to_write, default=_RESULTS, metavar="FILE",
        help=f"where each round adds a line, and a long run goes on from (default: {_RESULTS})",
    )  # fmt: skip
    parser.add_argument("--sum", type=Path, nargs="+", metavar="FILE", help="print what results files hold in all")
    parser.add_argument(
        "--mutants", nargs="*", metavar="NAME", help="see that the auditor notices each mutant of the program, or these"
    )
    return parser


if __name__ == "__main__":
    end_with(main)
