"""`python3 -m deploy simulate`: the whole network in one thread, on virtual time, for many seeds."""

import time

from common.failpoints import Place
from tests.orders import Parser, more_than_none, whole
from tests.saying import end_with, say
from tests.simulation.books import Database
from tests.simulation.mutants import MUTANTS, run_round
from tests.simulation.rounds import Sum, run_seeds
from tests.simulation.trial import Verdict, try_seed

#: Many short histories find more in the same time than few long ones.
SEEDS, MINUTES = 1000, 0.05
_SHOWN = 8
_MOST_SHOWN = 5


def main(arguments: list[str]) -> int:
    told = _parser().parse_args(arguments)
    if told.mutants is not None:
        strange = sorted(set(told.mutants) - set(MUTANTS))
        if strange:
            _parser().error(f"there is no mutant {strange[0]}; know: {', '.join(MUTANTS)}")
        return 0 if run_round(told.mutants or list(MUTANTS), told.seed, told.seeds, told.minutes, say) else 1
    if told.trace:
        verdict = try_seed(told.seed, told.minutes, Database(), say)
        _report(verdict, told.minutes)
        say(f"Trace {verdict.trace}: {'right' if verdict.is_right else 'NOT RIGHT'}.")
        return 0 if verdict.is_right else 1
    return _run(told.seed, told.seeds, told.minutes, told.jobs)


def _run(first: int, count: int, minutes: float, jobs: int) -> int:
    began, wrong, total = time.monotonic(), 0, Sum()
    try:
        for verdict in run_seeds(range(first, first + count), minutes, jobs):
            total.add(verdict)
            if not verdict.is_right:
                wrong += 1
                if wrong <= _MOST_SHOWN:
                    _report(verdict, minutes)
    except KeyboardInterrupt:
        say(f"Interrupted after {total.seeds} of {count} seeds, of which {wrong} were not right.")
        return 1
    took = time.monotonic() - began
    _sum_up(total)
    say(
        f"\n{count} seeds in {took:.0f} s ({60 * count / took:.0f} a minute), {total.seconds / 3600:.1f} simulated hours."
    )
    if wrong:
        say(f"{wrong} OF {count} SEEDS ARE NOT RIGHT.")
        return 1
    trials = sum(total.landed.values())
    bound = f"; 0 failures in {trials} faults bounds the rate at 3/{trials}" if trials else ""
    say(f"{total.finished} of {total.sessions} sessions were billed, and every check was content{bound}.")
    return 0


def _report(verdict: Verdict, minutes: float) -> None:
    if verdict.is_right:
        return
    say(f"Seed {verdict.seed} is not right:")
    for check, found in verdict.findings.items():
        for one in found[:_SHOWN]:
            say(f"  {check}: {one}")
    say(f"Again: {command(verdict.seed, minutes)}\n")


def command(seed: int, minutes: float) -> str:
    """What replays one seed, and tells its story."""
    return f"python3 -m deploy simulate --seed {seed} --minutes {minutes:g} --trace"


def _sum_up(total: Sum) -> None:
    say("What landed:")
    for kind in sorted(total.landed):
        say(f"  {kind:<40} {total.landed[kind]:6}")
    for place in Place:
        if not total.landed[f"killed at {place}"]:
            say(f"  killed at {place:<30} {0:6}  {place.sentence} (nothing is shown about it)")


def _parser() -> Parser:
    parser = Parser(prog="python3 -m deploy simulate", description=__doc__)
    parser.add_argument("--seed", type=whole(), default=1, help="the first seed (default: 1)")
    parser.add_argument(
        "--seeds", type=whole(1), default=SEEDS, metavar="N", help=f"so many, one after the other (default: {SEEDS})"
    )
    parser.add_argument(
        "--minutes",
        type=more_than_none,
        default=MINUTES,
        help=f"simulated minutes of faults a seed (default: {MINUTES})",
    )
    parser.add_argument("--jobs", type=whole(), default=0, metavar="N", help="processes (default: one a processor)")
    parser.add_argument("--trace", action="store_true", help="one seed, with every message, fault and line of the log")
    parser.add_argument(
        "--mutants", nargs="*", metavar="NAME", help="see that each mutant of the program is found, or these"
    )
    return parser


if __name__ == "__main__":
    end_with(main)
