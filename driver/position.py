"""Where somebody is on the earth, and how far something else is from there. Pure."""

import math
from typing import NamedTuple

from common.words.driver import MUST_BE_PLACE

_EARTH_KM = 6371.0
_MOST_LATITUDE, _MOST_LONGITUDE = 90.0, 180.0


class Position(NamedTuple):
    """Degrees north and east."""

    latitude: float
    longitude: float

    def __str__(self) -> str:
        return f"{self.latitude:g},{self.longitude:g}"

    def km_to(self, other: "Position") -> float:
        """As the crow flies."""
        here, there = math.radians(self.latitude), math.radians(other.latitude)
        up, across = there - here, math.radians(other.longitude - self.longitude)
        half = math.sin(up / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(across / 2) ** 2
        return 2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


def read_position(told: object) -> Position | None:
    """A setting such as 31.2304,121.4737; raises ValueError."""
    if told is None or isinstance(told, Position):
        return told
    try:
        latitude, longitude = (float(part) for part in str(told).split(","))
    except ValueError:
        latitude = longitude = math.nan
    # Written so that NaN is outside as well.
    if not (abs(latitude) <= _MOST_LATITUDE and abs(longitude) <= _MOST_LONGITUDE):
        raise ValueError(MUST_BE_PLACE())
    return Position(latitude, longitude)
