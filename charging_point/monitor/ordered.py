"""What was ordered with the session that began last: Monitor relayed it, and its panel shows it. Pure."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Ordered:
    session_id: str
    driver_id: str
    price_per_kwh: Decimal | None
    energy_limit_kwh: Decimal | None
