"""Certificates with their keys, and where those of a private CA stand in its directory. No I/O but a look whether they are there."""

import re
from dataclasses import dataclass
from pathlib import Path

_HOST = re.compile(r"[A-Za-z0-9:][A-Za-z0-9.:-]{0,252}")


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, in files."""

    cert: Path
    key: Path

    @property
    def is_there(self) -> bool:
        return self.cert.exists() and self.key.exists()


def is_host(name: str) -> bool:
    return _HOST.fullmatch(name) is not None


def ca_pair(directory: Path) -> Pair:
    return Pair(directory / "ca.pem", directory / "ca.key")


def host_pair(directory: Path, *called: str) -> Pair:
    """Where the pair of a machine stands."""
    name = "_".join(dict.fromkeys(called))
    return Pair(directory / "hosts" / f"{name}.pem", directory / "hosts" / f"{name}.key")


def point_pair(directory: Path, cp_id: str) -> Pair:
    return Pair(directory / "points" / f"{cp_id}.pem", directory / "points" / f"{cp_id}.key")
