"""A database that is used for a moment, beside whatever Centrals use it: one transaction at a time, and no threads."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from central.domain.credentials import Credential
from central.store.credentials import changed_since
from central.store.engine import open_database, read_address, told_plainly
from central.store.unit_of_work import UnitOfWork
from common.errors import CannotStart
from common.words.access import CANNOT_WRITE
from common.words.system import why

T = TypeVar("T")


class DirectDatabase:
    """Brings the schema up to date, as Central does at its start. What the database has against it is CannotStart."""

    def __init__(self, url: str) -> None:
        address = read_address(url)
        file = address.database if address.get_backend_name() == "sqlite" else None
        #: Where the file is, if it is one.
        self.folder = Path(file).parent if file and file != ":memory:" else None
        if self.folder is not None:
            _make(self.folder)
        self._engine = open_database(url, "ev-admin")

    def write(self, work: Callable[[UnitOfWork], T]) -> T:
        with told_plainly(self._engine), self._engine.begin() as connection:
            unit = UnitOfWork(connection, "ev-admin")
            done = work(unit)
            unit.finish()
        return done

    def credentials(self) -> list[Credential]:
        with told_plainly(self._engine), self._engine.begin() as connection:
            return changed_since(connection, 0)

    def close(self) -> None:
        self._engine.dispose()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        raise CannotStart(CANNOT_WRITE(path=folder, why=why(str(wrong.strerror)))) from None
