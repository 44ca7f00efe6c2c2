"""How large the network of one seed is, and what breaks in it: drawn from the seed alone. Pure."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.faults.harness.schedule import Fault, Kind, Targets, schedule

_TRANSPORTS = ("auto", "auto", "socket", "kafka")
_CENTRALS = (1, 1, 1, 2, 3)
#: How many of the seeds.
_WITH_CARDS, _WITH_AUTH = 0.4, 0.4


@dataclass(frozen=True, slots=True)
class Scale:
    seed: int
    minutes: float
    centrals: Sequence[str]
    cp_ids: Sequence[str]
    #: Driver -> how its requests go.
    drivers: Mapping[str, str]
    #: Who charges with a card at the point, drivers with and without an app; nobody in most seeds.
    cards: Sequence[str] = ()
    #: Whether everybody has to prove who it is.
    auth: bool = False

    @property
    def seconds(self) -> float:
        return 60 * self.minutes


def scale_of(seed: int, minutes: float) -> Scale:
    chance = random.Random(f"scale {seed}")
    access = random.Random(f"access {seed}")
    return Scale(
        seed,
        minutes,
        centrals=[f"central-{n + 1}" for n in range(chance.choice(_CENTRALS))],
        cp_ids=[f"CP{n + 1}" for n in range(chance.randint(2, 3))],
        drivers={f"D{n + 1}": chance.choice(_TRANSPORTS) for n in range(chance.randint(2, 3))},
        cards=("C1", "C2", "D1") if access.random() < _WITH_CARDS else (),
        auth=access.random() < _WITH_AUTH,
    )


def faults_of(scale: Scale, targets: Targets) -> list[Fault]:
    """
    Those of the harness's schedule that this seed lets happen.

    Each seed leaves out some kinds and some of the rest: where everything breaks all the time, what needs a long
    undisturbed history never happens.
    """
    chance = random.Random(f"faults {scale.seed}")
    kinds = {kind for kind in Kind if chance.random() < 0.6}
    share = chance.choice((0.1, 0.25, 0.5, 1.0))
    drawn = schedule(scale.seed, scale.seconds, targets)
    return [fault for fault in drawn if fault.kind in kinds and chance.random() < share]
