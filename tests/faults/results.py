"""The results file of long runs: one JSON object a round, what it holds, and its sum. No programs here."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from common.failpoints import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One run of the network under faults, from start to verdict."""

    seed: int
    #: What replays it.
    command: str
    #: Broker, database and number of Centrals, and what the schedule was made of: rounds are summed up by these.
    setting: str
    minutes: float
    landed: Mapping[str, int] = field(default_factory=dict)
    missed: Mapping[str, int] = field(default_factory=dict)
    #: What was killed by `kill -9`, at a failpoint or not: a role, the broker or the database.
    kills: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    sessions: int = 0
    tickets: int = 0
    metered_wh: int = 0
    took_s: float = 0.0
    ended_at: str = ""
    #: What the audit found; empty when all was right.
    findings: Sequence[str] = ()

    @property
    def verdict(self) -> str:
        return "wrong" if self.findings else "right"


def append(results: Path, one: Round) -> None:
    """Durable at once: a long run must not lose what it has shown."""
    results.parent.mkdir(parents=True, exist_ok=True)
    _drop_torn_line(results)
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**asdict(one), "verdict": one.verdict}) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _drop_torn_line(results: Path) -> None:
    """What a power cut left of a line would spoil the next one."""
    if results.exists():
        text = results.read_bytes()
        os.truncate(results, text.rfind(b"\n") + 1)


def read(results: Path) -> list[Round]:
    """Its rounds; a last line that was not written whole is left out."""
    if not results.exists():
        return []
    *lines, _ = results.read_text(encoding="utf-8").split("\n")
    found = []
    for line in lines:
        said = json.loads(line)
        del said["verdict"]
        found.append(Round(**{**said, "findings": tuple(said["findings"])}))
    return found


def summary(rounds: Sequence[Round]) -> Iterator[str]:
    """Totals, as `docs/reliability.md` has them."""
    wrong = [one for one in rounds if one.findings]
    landed, kills, places = (_total(rounds, name) for name in ("landed", "kills", "places"))
    trials = landed.total()
    yield f"rounds                 {len(rounds)}, {len(rounds) - len(wrong)} of them right"
    yield f"hours of faults        {sum(one.minutes for one in rounds) / 60:.1f}"
    yield f"faults that landed     {trials}"
    yield f"kill -9                {kills.total()}"
    yield from (f"  {name:<20} {count}" for name, count in kills.most_common())
    yield f"sessions               {sum(one.sessions for one in rounds)}"
    energy = sum(one.metered_wh for one in rounds) / 1000
    yield f"tickets                {sum(one.tickets for one in rounds)}, {energy:.1f} kWh in all"
    yield "by what was run:"
    for setting in sorted({one.setting for one in rounds}):
        yield f"  {_setting(setting, [one for one in rounds if one.setting == setting])}"
    yield "faults by kind:"
    yield from (f"  {name:<34} {count}" for name, count in landed.most_common())
    yield "killed at failpoints:"
    yield from (f"  {place:<34} {places[place] or 'never: nothing is shown about it'}" for place in Place)
    if not wrong and trials:
        yield f"No failure in {trials} trials bounds the rate at 3/{trials} (with 95 % confidence)."
    for one in wrong:
        yield f"WRONG: {one.command}"
        yield from (f"  - {finding}" for finding in one.findings)


def _total(rounds: Sequence[Round], name: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in rounds:
        found.update(getattr(one, name))
    return found


def _setting(setting: str, rounds: Sequence[Round]) -> str:
    seeds = [one.seed for one in rounds]
    kills = sum(sum(one.kills.values()) for one in rounds)
    hours = sum(one.minutes for one in rounds) / 60
    return f"{setting}: {len(rounds)} rounds (seeds {min(seeds)} to {max(seeds)}), {hours:.1f} h, {kills} kills"
