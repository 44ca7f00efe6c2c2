"""A small disk of one server's own, which can be full: a file system in memory, in a namespace that ends with this process."""

import ctypes
import shutil
import subprocess
from pathlib import Path

_CLONE_NEWNS = 0x00020000
_PIECE = bytes(1024 * 1024)


class SmallDisk:
    """`folder` is on it; where none can be mounted (that takes root) it is on the machine's, and never full."""

    def __init__(self, folder: Path, mib: int) -> None:
        self.folder = folder
        self._filler = folder / "filler"
        self._is_own = _has_own_mounts() and _mount(folder, mib)

    def fill(self) -> None:
        """Take all that is free; raises OSError where the disk is not ours alone."""
        if not self._is_own:
            raise OSError("no small disk can be mounted here: that takes root")
        with self._filler.open("wb", buffering=0) as file:
            piece = _PIECE
            while piece:
                try:
                    if not file.write(piece):
                        break
                except OSError:
                    piece = piece[: len(piece) // 2]  # to the last byte

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)

    def remove(self) -> None:
        if self._is_own:
            subprocess.run(["umount", "--lazy", str(self.folder)], capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def _has_own_mounts() -> bool:
    """From now on, what this thread and those it starts mount is seen by nobody else, and goes with them."""
    if ctypes.CDLL(None).unshare(_CLONE_NEWNS):
        return False
    return _run("mount", "--make-rprivate", "/")


def _mount(folder: Path, mib: int) -> bool:
    return _run("mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0755", "tmpfs", str(folder))


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
