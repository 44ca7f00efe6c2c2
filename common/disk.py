"""What must outlive the power beside the content of a file: names and folders. A name is on the disk once its folder is synced."""

import os
import sys
from contextlib import suppress
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Names made, changed or taken away in it are on the disk when this returns."""
    if sys.platform == "win32":
        return  # it has no such call
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make what is missing of it, on the disk when this returns: what is stored in it would be lost with it."""
    if folder.is_dir():
        with suppress(PermissionError):
            if not any(folder.iterdir()):
                # Perhaps somebody was killed between making and syncing it. One that holds something was synced before.
                sync_folder(folder.parent)
        return
    if folder.parent.is_dir() or not folder.parent.exists():
        make_folder(folder.parent)
    folder.mkdir(mode=mode, exist_ok=True)
    sync_folder(folder.parent)


def write_new(path: Path, data: bytes, mode: int) -> None:
    """A file that was not there before, whole and on the disk when this returns; raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)
