"""A charge on a panel: how it stands, how far its limit is, and its account when it is over."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from rich.cells import cell_len
from rich.text import Text

from charging_point.console.frames import GAP, columns, field, gauge
from common.messages import ChargeCompletion
from common.ui.shapes import Figure, clock, kw, kwh, money, price, reason
from common.words import panels as words


@dataclass(frozen=True, slots=True)
class Running:
    """The charge that runs, as far as its program knows it."""

    driver_id: str | None
    since: float | None
    price_per_kwh: Decimal | None
    energy_kwh: Decimal | None
    total_cost: Decimal | None
    power_kw: float | None

    def lines(self, label_width: int, width: int) -> list[Text]:
        """Who charges since when at what price; how much, for how much, how fast."""
        middle = max(cell_len(label()) for label in (words.SINCE, words.COST))
        right = max(cell_len(label()) for label in (words.PRICE, words.POWER))
        return [
            columns(
                [
                    field(words.DRIVER(), self.driver_id or words.UNKNOWN(), label_width, "id"),
                    field(words.SINCE(), clock(self.since), middle),
                    field(words.PRICE(), _known(self.price_per_kwh, price), right),
                ],
                width,
            ),
            columns(
                [
                    field(words.ENERGY(), _known(self.energy_kwh, kwh, " kWh"), label_width, "figure"),
                    field(words.COST(), _known(self.total_cost, money), middle, "money"),
                    field(words.POWER(), _known(self.power_kw, kw, " kW"), right, "figure"),
                ],
                width,
            ),
        ]


def _known(value: Figure | None, shown: Callable[[Figure], str], unit: str = "") -> str:
    return words.UNKNOWN() if value is None else f"{shown(value)}{unit}"


def limit(energy_kwh: Decimal, limit_kwh: Decimal | None, label_width: int, width: int) -> Text:
    """How much of the energy limit is in."""
    if limit_kwh is None:
        return field(words.LIMIT(), words.NO_LIMIT(), label_width, "quiet")
    said = words.OF_LIMIT(kwh=kwh(energy_kwh), limit=kwh(limit_kwh))
    return gauge(words.LIMIT(), float(energy_kwh / limit_kwh) if limit_kwh else 1.0, said, label_width, width)


def account(last: ChargeCompletion, *, owed: bool) -> Text:
    """The final account of a charge in one line."""
    line = Text.assemble(
        (f"{words.LAST_ACCOUNT()}{GAP}", "label"),
        (f"{kwh(last.energy_consumed_kwh)} kWh{GAP}", "figure"),
        (f"{money(last.total_cost)}{GAP}", "money"),
        f"{reason(last.reason)}{GAP}",
        (f"{clock(last.timestamp)}{GAP}", "quiet"),
    )
    return line.append(words.OWED(), "warning") if owed else line.append(last.session_id, "id")
