"""How large the network of one seed is, and what breaks in it: drawn from the seed alone. Pure."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tests.faults.harness.schedule import Fault, Kind, Targets, schedule

_TRANSPORTS = ("auto", "auto", "socket", "kafka")
_CENTRALS = (1, 1, 1, 2, 3)
#: Half of the mean pause between two faults that are drawn.
_GAP_S = 0.25
#: In most seeds faults are short. In the others Centrals are taken for dead meanwhile, and members of groups given up.
_LENGTHS = (0.2, 0.2, 0.2, 1.0)
#: What energy costs at a point. Most sums of the dear ones end on half a cent, where a binary float rounds otherwise.
_PRICES = ("0.3050", "0.3050", "2.5000", "5.0000")
#: So long a program has to come to a failpoint.
_FAILPOINT_WITHIN_S = 5.0
_RECORDS = (Kind.DUPLICATE, Kind.LATE, Kind.LIE)
#: How many of the seeds.
_WITH_CARDS, _WITH_AUTH, _WITH_RECORDS = 0.4, 0.4, 0.3


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

    def price_at(self, cp_id: str) -> Decimal:
        """Until the operator changes it."""
        return Decimal(random.Random(f"price {self.seed} {cp_id}").choice(_PRICES))


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
    Those of the harness's schedule that this seed lets happen, closer together and mostly shorter than on real programs.

    Each seed leaves out some kinds and some of the rest: where everything breaks all the time, what needs a long
    undisturbed history never happens.
    """
    chance = random.Random(f"faults {scale.seed}")
    kinds = {kind for kind in Kind if chance.random() < 0.6}
    share, length = chance.choice((0.25, 0.5, 1.0)), chance.choice(_LENGTHS)
    drawn = schedule(scale.seed, scale.seconds, targets, gap_s=_GAP_S)
    kept = [fault for fault in drawn if fault.kind in kinds and chance.random() < share]
    kept += _on_records(scale, chance) if chance.random() < _WITH_RECORDS else []
    return sorted((replace(fault, lasts_s=_shortened(fault, length)) for fault in kept), key=lambda fault: fault.at)


def _on_records(scale: Scale, chance: random.Random) -> list[Fault]:
    """Records that come again, late or from liars, all the time: they break nothing, so there may be many."""
    times = [chance.uniform(0, scale.seconds) for _ in range(chance.randint(3, 6))]
    return [Fault(at, chance.choice(_RECORDS), "records", 0.0, str(chance.randint(5, 20))) for at in times]


def _shortened(fault: Fault, length: float) -> float:
    return min(fault.lasts_s, _FAILPOINT_WITHIN_S) if fault.kind is Kind.FAILPOINT else fault.lasts_s * length
