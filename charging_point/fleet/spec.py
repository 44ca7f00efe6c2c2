"""
What a fleet is made of, as its file says it (docs/fleet.md): points by templates, vehicles, drivers. Pure.

Reading the file, and saying where in it a mistake is, is spec_file.py's business.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from charging_point.engine.lines import MOST_BATTERY_KWH
from common.words import fleet as words

MOST_POINTS = 100_000
_ID = re.compile(r"[A-Za-z0-9._-]{1,36}")
_PATTERN = re.compile(r"[A-Za-z0-9._-]*\{n(:0?\d{1,2})?\}[A-Za-z0-9._-]*")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _numbered(pattern: str) -> str:
    """A text with one {n} in it, which may have a width as in {n:04}."""
    if not _PATTERN.fullmatch(pattern):
        raise ValueError(words.MUST_BE_PATTERN(like="CITY{n:04}"))
    made = pattern.format(n=1)
    if not _ID.fullmatch(made):
        raise ValueError(words.MUST_MAKE_IDS(made=made))
    return pattern


IdPattern = Annotated[str, AfterValidator(_numbered)]
Positive = Annotated[float, Field(gt=0, le=100_000)]
Amount = Annotated[float, Field(ge=0, le=100_000)]


class Distribution(_Part):
    """A value that differs from one time to the next: just one of the three, and bounds where they are wanted."""

    uniform: tuple[Amount, Amount] | None = None
    #: Mean and standard deviation.
    normal: tuple[Amount, Amount] | None = None
    #: Mean.
    exponential: Positive | None = None
    min: Amount | None = None
    max: Amount | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Distribution":
        if sum(one is not None for one in (self.uniform, self.normal, self.exponential)) != 1:
            raise ValueError(words.MUST_BE_ONE_DISTRIBUTION())
        bounds = [self.uniform or (0.0, 0.0), (self.min or 0.0, self.max if self.max is not None else 1e9)]
        if any(low > high for low, high in bounds):
            raise ValueError(words.MUST_RISE())
        return self


Spread = Distribution | Amount


class Vehicle(_Part):
    name: str = Field(max_length=200)
    #: Against the shares of the others.
    share: Positive = 1.0
    battery_kwh: float = Field(ge=0.1, le=MOST_BATTERY_KWH)
    max_kw: Positive


class Drivers(_Part):
    """Who comes to the points by themselves; where authentication is on they must be enrolled."""

    id: IdPattern = "FD{n:05}"
    count: int = Field(1000, ge=1, le=1_000_000)


class PointTemplate(_Part):
    """So many points of a kind."""

    id: IdPattern
    count: int = Field(ge=1, le=MOST_POINTS)
    first: int = Field(1, ge=0, le=1_000_000_000)
    power_kw: Positive = 22.0
    price: Decimal | None = Field(None, ge=0, le=10_000, decimal_places=4)
    station: IdPattern | None = None
    points_per_station: int = Field(1, ge=1, le=1000)
    address: str | None = Field(None, max_length=200)
    connector_type: str | None = Field(None, max_length=200)
    #: Nobody comes by himself; points charge as Central commands.
    on_command: bool = False
    arrivals_per_hour: Amount = 2.0
    #: Names of vehicles; without it, all of them.
    vehicles: tuple[str, ...] = ()
    soc_percent: Spread = Distribution(uniform=(10, 60))
    #: None: until the battery is full.
    energy_kwh: Spread | None = Distribution(normal=(20, 8), min=2, max=60)
    faults_per_day: Amount = 0.0
    repair_minutes: Spread = Distribution(exponential=30)

    def ids(self) -> list[str]:
        return [self.id.format(n=number) for number in range(self.first, self.first + self.count)]

    def station_of(self, place: int) -> str | None:
        return None if self.station is None else self.station.format(n=place // self.points_per_station + 1)


USUAL_VEHICLES = (
    Vehicle(name="small", share=3, battery_kwh=40, max_kw=50),
    Vehicle(name="family", share=5, battery_kwh=60, max_kw=120),
    Vehicle(name="large", share=2, battery_kwh=100, max_kw=250),
)


class FleetSpec(_Part):
    points: tuple[PointTemplate, ...] = Field(min_length=1)
    vehicles: tuple[Vehicle, ...] = Field(USUAL_VEHICLES, min_length=1)
    drivers: Drivers = Drivers()
    seed: int | None = None

    @model_validator(mode="after")
    def _agrees(self) -> "FleetSpec":
        known = {one.name for one in self.vehicles}
        for template in self.points:
            strange = [name for name in template.vehicles if name not in known]
            if strange:
                raise ValueError(words.NO_SUCH_VEHICLE(name=strange[0], known=", ".join(sorted(known))))
        ids = [cp_id for template in self.points for cp_id in template.ids()]
        if len(ids) > MOST_POINTS:
            raise ValueError(words.TOO_MANY_POINTS(count=len(ids), most=MOST_POINTS))
        wrong = next((cp_id for cp_id in ids if not _ID.fullmatch(cp_id)), None)
        if wrong is not None:
            raise ValueError(words.MUST_MAKE_IDS(made=wrong))
        twice = _first_twice(ids)
        if twice is not None:
            raise ValueError(words.ID_TWICE(id=twice))
        return self

    def vehicles_of(self, template: PointTemplate) -> Sequence[Vehicle]:
        return [one for one in self.vehicles if not template.vehicles or one.name in template.vehicles]

    @property
    def count(self) -> int:
        return sum(template.count for template in self.points)


def _first_twice(ids: Sequence[str]) -> str | None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            return one
        seen.add(one)
    return None


def plain(count: int, prefix: str, **kind: Any) -> FleetSpec:
    """`--points N`: one template, ids by the prefix."""
    width = max(5, len(str(count)))
    return FleetSpec(points=(PointTemplate(id=f"{prefix}{{n:0{width}}}", count=count, **kind),))
