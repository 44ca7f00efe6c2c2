"""A small disk: full to the last byte, free again, and gone at the end."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import missing

#: In a process of its own, because that changes what the process sees mounted.
_TRY = """
import sys
from pathlib import Path
from tests.faults.harness.disks import SmallDisk
disk = SmallDisk(Path(sys.argv[1]), 2)
try:
    disk.fill()
except OSError as wrong:
    sys.exit(str(wrong))
try:
    (disk.folder / "more").write_bytes(b"x")
except OSError as wrong:
    print(wrong.errno)
disk.free()
(disk.folder / "more").write_bytes(b"x" * 1000000)
disk.remove()
"""


def test_a_small_disk_is_full_free_again_and_unseen_by_others(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run([sys.executable, "-c", _TRY, str(folder)], capture_output=True, text=True, check=False)
    if "no small disk can be mounted here" in done.stderr:
        missing("root", done.stderr.strip())
    assert (done.stdout, done.stderr) == (f"{errno.ENOSPC}\n", "")
    assert not folder.exists() or not list(folder.iterdir())


def test_a_disk_that_is_not_its_own_is_never_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no mount(8) to be found
    done = subprocess.run([sys.executable, "-c", _TRY, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stderr == "no small disk can be mounted here: that takes root\n"
