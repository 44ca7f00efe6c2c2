"""What a charge costs. A tariff is a value of its own, frozen into a session at its start."""

from dataclasses import dataclass
from decimal import Decimal

from common.money import cost


@dataclass(frozen=True, slots=True)
class Tariff:
    """One price a kWh."""

    price_per_kwh: Decimal

    def bill(self, energy_wh: int) -> Decimal:
        return cost(energy_wh, self.price_per_kwh)
