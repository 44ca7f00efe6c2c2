"""What a run consists of, what in it can be broken, and the command that replays it. Pure."""

from dataclasses import dataclass
from typing import Literal

from tests.faults.harness.schedule import Fault, Profile, Targets, schedule

#: One driver in so many is the real program; the others are apps of the harness, which hear and write down all.
_PROGRAM_EVERY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run consists of."""

    seed: int = 1
    minutes: float = 2.0
    broker: Literal["embedded", "apache"] = "embedded"
    database: Literal["sqlite", "postgres"] = "sqlite"
    centrals: int = 1
    points: int = 6
    drivers: int = 5
    profile: Profile = Profile.MIXED
    #: All links but those to broker and database.
    tls: bool = False
    #: Everybody has a secret and proves it, signs its records with it.
    auth: bool = False
    #: One point in so many has no Kafka and tells everything through its Monitor.
    without_kafka_every: int = 3

    @property
    def command(self) -> str:
        """What replays it."""
        words = [f"--{name} {getattr(self, name)}" for name in ("seed", "minutes", "broker", "database")]
        words += [f"--{name} {getattr(self, name)}" for name in ("centrals", "points", "drivers")]
        words += [f"--profile {self.profile}"] if self.profile is not Profile.MIXED else []
        words += ["--tls"] if self.tls else []
        words += ["--auth"] if self.auth else []
        return f"python3 -m deploy faults {' '.join(words)}"

    @property
    def faults(self) -> list[Fault]:
        return schedule(self.seed, 60 * self.minutes, self.targets, self.profile)

    @property
    def cp_ids(self) -> list[str]:
        return [f"CP{n:03}" for n in range(1, self.points + 1)]

    @property
    def apps(self) -> list[str]:
        return [f"D{n:02}" for n in range(1, self.drivers + 1) if n % _PROGRAM_EVERY]

    @property
    def driver_programs(self) -> list[str]:
        return [f"P{n:02}" for n in range(1, self.drivers + 1) if n % _PROGRAM_EVERY == 0]

    def has_kafka(self, cp_id: str) -> bool:
        return (self.cp_ids.index(cp_id) + 1) % self.without_kafka_every != 0

    @property
    def targets(self) -> Targets:
        centrals = [f"central-{n}" for n in range(1, self.centrals + 1)]
        engines = [f"engine-{cp_id}" for cp_id in self.cp_ids]
        monitors = [f"monitor-{cp_id}" for cp_id in self.cp_ids]
        drivers = [f"driver-{name}" for name in self.driver_programs]
        # Centrals are few and hold most: they are named more often.
        programs = [*centrals * max(1, self.points // 2), *engines, *monitors, *drivers, "broker"]
        deaf = [f"engine-{cp_id}" for cp_id in self.cp_ids if not self.has_kafka(cp_id)]
        if self.profile is Profile.SERVERS:
            programs = ["broker"]
        links = [f"{one}>kafka" for one in (*centrals, *engines, *drivers, "load") if one not in deaf]
        links += [f"{one}>central" for one in (*monitors, *drivers, *(f"app-{name}" for name in self.apps))]
        links += [f"{one}>engine" for one in monitors]
        if self.database == "postgres":
            programs.append("database")
            links += [f"{one}>database" for one in centrals]
        # One disk of Central's, as often as those of all Engines.
        disks = [*engines, *(["database"] if self.database == "postgres" else centrals) * self.points]
        fragile = ["broker"] if self.broker == "embedded" else []
        if self.profile is Profile.SERVERS:
            links = [link for link in links if link.endswith((">kafka", ">database"))]
            disks = [disk for disk in disks if not disk.startswith("engine")]
        return Targets(programs, links, disks, [*centrals, *engines, *monitors], deaf, fragile)
