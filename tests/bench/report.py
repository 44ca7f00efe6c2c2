"""What becomes of runs: the table for people, the JSON for programs, and the comparison with an earlier JSON."""

import json
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.bench.frame import Run, Scenario, Value

_Key = tuple[str, str]
#: Figures from here on are shown without decimals.
_WHOLE = 100


def as_json(commit: str, machine: Mapping[str, Value], runs: Sequence[Run]) -> str:
    """In the order in which they ran; repeats stand one by one, so that whoever reads can see their spread."""
    shown = [{"scenario": r.scenario, "parameters": dict(r.parameters), "figures": dict(r.figures)} for r in runs]
    return json.dumps({"commit": commit, "machine": dict(machine), "runs": shown}, indent=2) + "\n"


def read_runs(path: Path) -> list[Run]:
    """An earlier JSON; raises ValueError with a sentence for what is none."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return [Run(run["scenario"], run["parameters"], run["figures"]) for run in said["runs"]]
    except OSError as wrong:
        raise ValueError(f"{path} cannot be read ({wrong.strerror}); name a file that --json wrote.") from None
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is not what --json writes; name such a file.") from None


def medians(runs: Iterable[Run]) -> dict[_Key, dict[str, float]]:
    """Each figure's median over the repeats of a run."""
    alike: dict[_Key, list[Run]] = {}
    for run in runs:
        alike.setdefault((run.scenario, run.label), []).append(run)
    return {
        key: {name: statistics.median(run.figures[name] for run in some) for name in some[0].figures}
        for key, some in alike.items()
    }


def table(scenario: str, runs: Sequence[Run]) -> Iterator[str]:
    """One line a set of parameters, one column a figure: medians over the repeats."""
    found = {label: figures for (name, label), figures in medians(runs).items() if name == scenario}
    if not found:
        return
    figures = list(next(iter(found.values())))
    first = max(len(scenario), *(len(label) for label in found))
    widths = [max(len(name), 9) for name in figures]
    yield "  ".join([f"{scenario:{first}}", *(f"{name:>{width}}" for name, width in zip(figures, widths, strict=True))])
    for label, values in found.items():
        cells = [f"{_shown(values[name]):>{width}}" for name, width in zip(figures, widths, strict=True)]
        yield "  ".join([f"{label:{first}}", *cells])


def comparison(scenarios: Sequence[Scenario], before: Sequence[Run], now: Sequence[Run]) -> Iterator[str]:
    """What both have measured, the earlier beside the later; over 1.00 is better."""
    old, new = medians(before), medians(now)
    for scenario in scenarios:
        for (name, label), figures in new.items():
            was = old.get((name, label))
            if name != scenario.name or was is None:
                continue
            for figure, is_better_high in scenario.is_better_high.items():
                if was.get(figure) and figures.get(figure):
                    ratio = figures[figure] / was[figure]
                    better = ratio if is_better_high else 1 / ratio
                    yield f"{name} {label}: {figure} {_shown(was[figure])} -> {_shown(figures[figure])} ({better:.2f})"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= _WHOLE or value == int(value) else f"{value:.3g}"
