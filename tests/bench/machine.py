"""On what and with what a bench ran: so that figures of two machines, or of two days, are not taken for each other's."""

import os
import platform
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path

from tests.bench.frame import Value

ROOT = Path(__file__).resolve().parents[2]
_LIBRARIES = ("confluent-kafka", "pydantic", "pydantic-core", "sqlalchemy", "uvloop")


def machine() -> dict[str, Value]:
    """Taken before the first run: the load is that of others."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _first(Path("/proc/cpuinfo"), "model name"),
        "memory_mib": int(_first(Path("/proc/meminfo"), "MemTotal").split()[0]) // 1024,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in _LIBRARIES},
        "load_average": round(os.getloadavg()[0], 2),
    }


def commit() -> str:
    """The commit of the source; with `+` where files differ from it, empty where there is no repository."""
    try:
        found = _git("rev-parse", "HEAD")
        return f"{found}+" if _git("status", "--porcelain", "--untracked-files=no") else found
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _first(path: Path, name: str) -> str:
    """A line `name: value` of a file of /proc."""
    found = (line.split(":", 1)[1].strip() for line in path.read_text().splitlines() if line.startswith(name))
    return next(found, "unknown")
