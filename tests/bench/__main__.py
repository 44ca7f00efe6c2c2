"""`python3 -m deploy bench`: how fast it is, what that costs, and whether that changed."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench import catalogue, charge, fleet, heartbeats, ingest, soak, storm
from tests.bench.frame import Run, Scenario, Size
from tests.bench.machine import commit, machine
from tests.bench.report import as_json, comparison, read_runs, table
from tests.orders import Parser, file_to_write, whole
from tests.saying import end_with, say

_ALL = (
    *(catalogue.SCENARIO, ingest.SCENARIO, heartbeats.SCENARIO, storm.SCENARIO),
    *(charge.SCENARIO, fleet.SCENARIO, soak.SCENARIO),
)
SCENARIOS = {one.name: one for one in _ALL}
#: Bars are medians of at least three runs.
_REPEATS = {Size.TINY: 1, Size.QUICK: 1, Size.FULL: 3}
#: Benches of one thing each, with parameters and output of their own.
_OTHERS = (
    "backlog",
    "burst",
    "charge_latency",
    "charging",
    "console",
    "consoles",
    "hostile",
    "idle",
    "readings",
    "rolling",
    "several_centrals",
)


def main(arguments: Sequence[str]) -> int:
    parser = _parser()
    told = parser.parse_args(arguments)
    try:
        chosen = [SCENARIOS[name] for name in told.names or SCENARIOS]
    except KeyError as wrong:
        parser.error(f"there is no scenario {wrong.args[0]}; know: {', '.join(SCENARIOS)}")
    try:
        before = read_runs(told.compare) if told.compare else []
    except ValueError as wrong:
        parser.error(str(wrong))
    size = Size.QUICK if told.quick else Size(told.size)
    about, runs = machine(), list[Run]()
    source = commit()
    try:
        for scenario in chosen:
            runs += _measure(scenario, size, told.runs or _REPEATS[size])
    except KeyboardInterrupt:
        _say(f"Interrupted after {len(runs)} runs; nothing more is measured.")
        return 1
    finally:
        if told.json and runs:
            told.json.write_text(as_json(source, about, runs), encoding="utf-8")
    for line in comparison(chosen, before, runs):
        say(line)
    return 0


def _measure(scenario: Scenario, size: Size, repeats: int) -> list[Run]:
    began, runs = time.monotonic(), list[Run]()
    for run in scenario.measure(size, repeats, _say):
        runs.append(run)
    for line in table(scenario.name, runs):
        say(line)
    say(f"({len(runs)} runs in {time.monotonic() - began:.0f} s)\n")
    return runs


def _parser() -> Parser:
    scenarios = "\n".join(f"  {one.name:12}{one.about}" for one in SCENARIOS.values())
    parser = Parser(
        prog="python3 -m deploy bench",
        description=f"{__doc__}\n\nscenarios (all of them unless named):\n{scenarios}",
        epilog=f"Benches with arguments of their own: python -m tests.bench.{{{','.join(_OTHERS)}}}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a scenario")
    parser.add_argument("--json", type=file_to_write, metavar="FILE", help="write machine, commit and every run there")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="an earlier JSON to compare with")
    parser.add_argument("--quick", action="store_true", help="a small size: each scenario ends within 20 s")
    parser.add_argument("--size", choices=list(Size), default=Size.FULL, help="default: %(default)s")
    parser.add_argument("--runs", type=whole(1), metavar="N", help="repeats of each (default: 3, or 1 when quick)")
    return parser


def _say(line: str) -> None:
    """Progress: on standard error, apart from the tables."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    end_with(main)
