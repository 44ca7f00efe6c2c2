"""What a fleet can be told."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, ClassVar

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

    def read_secrets(self, cp_ids: list[str]) -> dict[str, str]:
        """The secret of each point, where there is a folder of them; raises BadSetting for the first that is missing."""
        folder = self.secrets_dir
        if folder is None:
            return {}
        if not folder.is_dir():
            raise BadSetting(words.NO_SECRETS_DIR(folder=folder))
        return {cp_id: read_secret(folder / f"point-{cp_id}.secret") for cp_id in cp_ids}

    def read_kafka_options(self) -> dict[str, str]:
        """One producer has the readings of thousands: it may wait a little for more, instead of sending each alone."""
        return {"linger.ms": "25", "queue.buffering.max.messages": "500000"} | super().read_kafka_options()
