"""Energy and money: whole watt-hours, decimal money, one rounding rule. No binary floats in here."""

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
WATT_HOURS_PER_KWH = 1000


def kwh(watt_hours: int) -> Decimal:
    """Watt-hours as the kWh of the wire, three decimals: 1500 -> 1.500."""
    return Decimal(watt_hours).scaleb(-3)


def watt_hours(energy_kwh: Decimal) -> int:
    """The kWh of the wire as whole watt-hours; what is finer than a watt-hour is not yet metered."""
    return int((energy_kwh * WATT_HOURS_PER_KWH).to_integral_value(ROUND_FLOOR))


def cost(energy_wh: int, price_per_kwh: Decimal) -> Decimal:
    """Energy times price, rounded half up to 0.01 (protocol, section 2)."""
    return (kwh(energy_wh) * price_per_kwh).quantize(CENT, ROUND_HALF_UP)
