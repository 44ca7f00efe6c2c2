"""The shim, made once by the compiler of this machine, and what a program's environment must say to have it."""

import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

_SOURCE = Path(__file__).with_name("shim.c")
#: As long as a quick disk takes: what happens before a sync returns has room to happen.
_SYNC_US = 1500
COMPILER = os.environ.get("CC", "gcc")


@functools.cache
def library() -> Path:
    """Raises FileNotFoundError where there is no compiler, CalledProcessError where it does not like the source."""
    made = Path(tempfile.mkdtemp(prefix="power-")) / "shim.so"
    command = [
        COMPILER,
        "-O2",
        "-Wall",
        "-Werror",
        "-shared",
        "-fPIC",
        "-o",
        str(made),
        str(_SOURCE),
        "-ldl",
        "-lpthread",
    ]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return made


def is_possible() -> bool:
    return os.uname().sysname == "Linux" and shutil.which(COMPILER) is not None


def environment(root: Path, trace: Path, left: Path | None = None) -> dict[str, str]:
    """What a program is told: which files to watch, where to write that down, and where its last call is counted down."""
    found = {
        "LD_PRELOAD": str(library()),
        "POWER_ROOT": str(root),
        "POWER_TRACE": str(trace),
        "POWER_SYNC_US": str(_SYNC_US),
    }
    return found | ({"POWER_LEFT": str(left)} if left else {})
