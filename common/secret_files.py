"""Files that hold one secret: for their owner only, whole and on the disk before anybody counts on them, never overwritten."""

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

from common.disk import make_folder, sync_folder

_SECRET_BYTES = 32
_ONLY_MINE, _ONLY_MY_FOLDER = 0o600, 0o700


def new_secret() -> str:
    return secrets.token_hex(_SECRET_BYTES)


def keep(path: Path, secret: str) -> None:
    """Raises FileExistsError where there is such a file, and OSError where there cannot be one."""
    _make(path.parent)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _ONLY_MINE)
    try:
        with os.fdopen(file, "w", encoding="utf-8") as out:
            out.write(f"{secret}\n")
            out.flush()
            os.fsync(out.fileno())
        # A link, not a move: it fails where the name is taken, so of two who come at once one wins.
        os.link(beside, path)
    finally:
        with suppress(OSError):
            beside.unlink()
    sync_folder(path.parent)


def _make(folder: Path) -> None:
    try:
        make_folder(folder, _ONLY_MY_FOLDER)
    except FileExistsError:  # a file stands in the way, and that is not what the caller asks about
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
