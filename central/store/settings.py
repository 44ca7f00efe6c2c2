"""Where the database is and how long it keeps things: told to Central and to `ev-database` alike."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from central.store.engine import read_address
from common.errors import BadSetting
from common.settings import ProcessSettings, read_text
from common.words import database as words

_MOST_DAYS = 36_500


class WithDatabase(ProcessSettings):
    """For programs that use Central's database."""

    process: ClassVar[str] = "central"

    database: str | None = Field(None, description="SQLAlchemy address; by default central.db in the data directory")
    database_password_file: Path | None = Field(
        None, description="file with the password for PostgreSQL, which then need not stand in the address"
    )
    data_dir: Path = Field(Path("ev-data"), description="directory for the SQLite file")
    keep_readings_days: int = Field(
        0, ge=0, le=_MOST_DAYS, description="whole days that readings are kept; 0 for ever. Sessions and bills stay"
    )
    keep_events_days: int = Field(
        0, ge=0, le=_MOST_DAYS, description="days that the events of ev-admin trace are kept; 0 for ever"
    )

    def database_url(self) -> str:
        """The whole address, the password in it; raises BadSetting."""
        url = self.database or f"sqlite:///{self.data_dir / 'central.db'}"
        parsed = read_address(url)
        if self.database_password_file is None:
            return url
        if parsed.get_backend_name() == "sqlite":
            raise BadSetting(words.NO_PASSWORD_IN_SQLITE())
        if parsed.password is not None:
            raise BadSetting(words.TWO_PASSWORDS())
        password = read_text(self.database_password_file).strip()
        if not password:
            raise BadSetting(words.EMPTY_PASSWORD(path=self.database_password_file))
        return parsed.set(password=password).render_as_string(hide_password=False)


class DatabaseSettings(WithDatabase):
    """What `ev-database` can be told: a part of what Central can."""

    reads_a_part: ClassVar[bool] = True
