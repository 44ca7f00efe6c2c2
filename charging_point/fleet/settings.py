"""What a fleet can be told, and a load of drivers."""

import math
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from charging_point.fleet.spec import MOST_POINTS, FleetSpec, plain
from charging_point.fleet.spec_file import read_spec
from common.errors import BadSetting
from common.settings import DialsCentral, WithKafka, read_secret
from common.words import fleet as words

EACH = "each"
_MOST_LINKS = 10_000


def _links(told: str) -> str:
    if told != EACH and not (told.isascii() and told.isdigit() and 1 <= int(told) <= _MOST_LINKS):
        raise ValueError(words.MUST_BE_LINKS(most=_MOST_LINKS))
    return told


Prefix = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,24}$")]
Links = Annotated[str, AfterValidator(_links)]


def _secrets(folder: Path | None, role: str, ids: Iterable[str]) -> dict[str, str]:
    """As `ev-admin enroll --dir` calls the files."""
    if folder is None:
        return {}
    if not folder.is_dir():
        raise BadSetting(words.NO_SECRETS_DIR(folder=folder))
    return {id_: read_secret(folder / f"{role}-{id_}.secret") for id_ in ids}


class FleetSettings(WithKafka, DialsCentral):
    process: ClassVar[str] = "fleet"

    points: int = Field(100, ge=1, le=MOST_POINTS, description="so many charging points, all of a kind")
    prefix: Prefix = Field("F", description="what their ids begin with")
    file: Path | None = Field(
        None,
        description="file (YAML or JSON) that says what the fleet is made of, instead of --points; see docs/fleet.md",
    )
    on_command: bool = Field(False, description="charge only as Central commands; nobody comes to a point by himself")
    arrivals_per_hour: float = Field(
        2.0, ge=0, le=100_000, description="drivers an hour that come to each point of --points by themselves"
    )
    max_rate_kw: float = Field(22.0, gt=0, le=100_000, description="the most power that each point gives")
    price: Decimal | None = Field(
        None,
        ge=0,
        le=10_000,
        decimal_places=4,
        description="price of one kWh when a point registers for the first time",
    )
    links: Links = Field("4", description="links to Central that the points share, or each: one a point")
    secrets_dir: Path | None = Field(
        None, description="folder with point-CP.secret of each point, as ev-admin enroll --dir makes them"
    )
    journal: Path | None = Field(
        None,
        description="file for the accounts of all points; without it they are in memory, and a fleet that is killed "
        "forgets its open sessions",
    )
    duration: float | None = Field(None, gt=0, le=31_536_000, description="end after so many seconds")
    seed: int | None = Field(None, description="the same number, the same drivers, vehicles, energies and faults")
    time_scale: float = Field(1.0, gt=0, le=100_000, description="simulated seconds in each real one")
    heartbeat_interval_s: float = Field(
        30.0, ge=0.1, le=86_400, description="seconds between heartbeats, unless Central says otherwise"
    )
    answer_s: float = Field(10.0, ge=0.1, le=3600, description="seconds that a peer has to answer the greeting")
    progress_s: float = Field(10.0, ge=0.1, le=86_400, description="seconds between two lines of progress")
    json_: bool = Field(
        False, description="at the end, write a summary as one line of JSON; progress to standard error"
    )
    console: bool = Field(True, description="on a terminal, open the console")

    def read_spec(self) -> FleetSpec:
        """What the fleet is made of; raises BadSetting."""
        if self.file is None:
            return plain(
                self.points,
                self.prefix,
                power_kw=self.max_rate_kw,
                price=self.price,
                arrivals_per_hour=self.arrivals_per_hour,
                on_command=self.on_command,
            )
        found = read_spec(self.file)
        if not self.on_command:
            return found
        obeying = tuple(template.model_copy(update={"on_command": True}) for template in found.points)
        return found.model_copy(update={"points": obeying})

    @property
    def link_count(self) -> int | None:
        """None: one each."""
        return None if self.links == EACH else int(self.links)

    def read_secrets(self, cp_ids: Iterable[str]) -> dict[str, str]:
        """The secret of each point, where there is a folder of them; raises BadSetting for the first that is missing."""
        return _secrets(self.secrets_dir, "point", cp_ids)

    def read_kafka_options(self) -> dict[str, str]:
        """One producer has the readings of thousands: it may wait a little for more, instead of sending each alone."""
        return {"linger.ms": "25", "queue.buffering.max.messages": "500000"} | super().read_kafka_options()


#: What one link may bring by Central's usual limits, with room to spare: a charge is two messages.
_CHARGES_A_LINK = 75.0
#: So many drivers prove themselves on a link as soon as it is there: half of what it may bring in a burst.
_PROOFS_A_LINK = 500


class LoadSettings(WithKafka, DialsCentral):
    process: ClassVar[str] = "fleet_drivers"

    rate: float = Field(10.0, gt=0, le=100_000, description="charges asked for in a second, answered or not")
    duration: float = Field(60.0, gt=0, le=31_536_000, description="for so many seconds")
    charge_s: float = Field(10.0, ge=0, le=86_400, description="seconds until a charge is stopped")
    energy: Decimal | None = Field(
        None, gt=0, le=100_000, decimal_places=3, description="end each charge after so many kWh"
    )
    points: int = Field(100, ge=1, le=MOST_POINTS, description="so many points, as ev-fleet --points calls them")
    point_prefix: Prefix = Field("F", description="what the ids of the points begin with")
    file: Path | None = Field(None, description="the fleet's file, instead of --points")
    drivers: int = Field(1000, ge=1, le=MOST_POINTS, description="so many drivers, who ask in turn")
    driver_prefix: Prefix = Field("FD", description="what the ids of the drivers begin with")
    transport: Literal["socket", "kafka"] = Field("socket", description="by which way they ask")
    links: int | None = Field(
        None,
        ge=1,
        le=_MOST_LINKS,
        description="links that the drivers share; by default as many as --rate and --secrets-dir need",
    )
    secrets_dir: Path | None = Field(
        None, description="folder with driver-ID.secret of each driver, as ev-admin enroll --dir makes them"
    )
    json_: bool = Field(False, description="write the report as one line of JSON")

    def point_ids(self) -> list[str]:
        """Raises BadSetting."""
        spec = plain(self.points, self.point_prefix) if self.file is None else read_spec(self.file)
        return [cp_id for template in spec.points for cp_id in template.ids()]

    def driver_ids(self) -> list[str]:
        return plain(self.drivers, self.driver_prefix).points[0].ids()

    def read_secrets(self, driver_ids: Iterable[str]) -> dict[str, str]:
        return _secrets(self.secrets_dir, "driver", driver_ids)

    @property
    def link_count(self) -> int:
        for_proofs = 0 if self.secrets_dir is None else math.ceil(self.drivers / _PROOFS_A_LINK)
        wanted = self.links or max(for_proofs, math.ceil(self.rate / _CHARGES_A_LINK))
        return min(wanted, self.drivers)

    def read_kafka_options(self) -> dict[str, str]:
        """Latencies are measured: no broker shall hold answers back."""
        return {"fetch.wait.max.ms": "10"} | super().read_kafka_options()
