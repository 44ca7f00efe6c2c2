"""Where the power goes when: drawn from a seed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

#: How often it goes everywhere at once.
_EVERYWHERE = 0.15
_CENTRAL = 0.45
_SHORTEST_GAP_S, _LONGEST_GAP_S = 1.0, 5.0
_SHORTEST_DARK_S, _LONGEST_DARK_S = 0.1, 1.5
_MOST_CALLS = 60
#: Between two calls, wherever the programs are.
_AT_ANY_MOMENT = 0.25
_EARLY = 0.2


@dataclass(frozen=True, slots=True)
class Cut:
    #: After the programs of the one before are there again; or while they start, where it comes early.
    after_s: float
    is_early: bool
    machines: tuple[str, ...]
    #: At which call from now on; 0 is at any moment.
    calls: int
    dark_s: float

    def __str__(self) -> str:
        moment = f"at call {self.calls} from now" if self.calls else "now"
        return f"the power of {', '.join(self.machines)} goes {moment}, for {self.dark_s:.1f} s"


def cuts(seed: int, count: int, machines: Sequence[str]) -> list[Cut]:
    """So many; the first machine is Central's."""
    chance = Random(seed)
    return [_cut(chance, machines) for _ in range(count)]


def _cut(chance: Random, machines: Sequence[str]) -> Cut:
    draw = chance.random()
    if draw < _EVERYWHERE:
        some = tuple(machines)
    elif draw < _EVERYWHERE + _CENTRAL:
        some = (machines[0],)
    else:
        some = (chance.choice(machines[1:]),)
    return Cut(
        after_s=round(chance.uniform(_SHORTEST_GAP_S, _LONGEST_GAP_S), 1),
        is_early=chance.random() < _EARLY,
        machines=some,
        calls=0 if chance.random() < _AT_ANY_MOMENT else chance.randint(1, _MOST_CALLS),
        dark_s=round(chance.uniform(_SHORTEST_DARK_S, _LONGEST_DARK_S), 1),
    )
