"""Rows of the database in the words and units of the wire."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping

from common.money import kwh

T = TypeVar("T")
Json = dict[str, Any]
Query = Callable[[Connection], T]
_DECIMALS = ("price_per_kwh", "total_cost")


def plain(row: RowMapping) -> Json:
    found: Json = dict(row)
    if "energy_wh" in found:
        energy = found.pop("energy_wh")
        found["energy_consumed_kwh"] = None if energy is None else float(kwh(int(energy)))
    if "energy_limit_wh" in found:
        limit = found.pop("energy_limit_wh")
        found["energy_limit_kwh"] = None if limit is None else float(kwh(limit))
    if "rate_kw" in found:
        found["charging_rate"] = found.pop("rate_kw")
    if "state" in found:
        found["status"] = found.pop("state")
    for name in _DECIMALS:
        if found.get(name) is not None:
            found[name] = float(found[name])
    return found
