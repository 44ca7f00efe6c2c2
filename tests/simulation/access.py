"""Who is who in a simulation with authentication: everybody is enrolled before the first Central starts, as an operator does it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from central.domain.credentials import enrolled
from central.settings import CentralSettings
from central.store.unit_of_work import UnitOfWork
from central.vault import Vault
from common.auth import SIGNATURE, record_signature
from common.kafka.bus import Headers
from tests.simulation.books import Database
from tests.simulation.loop import BEGINS_AT

OPERATOR = "operator"
_KEY = "5e" * 32


class Access:
    """Where nothing is required nobody has a secret, and no program is told of one."""

    def __init__(self, folder: Path, *, required: bool) -> None:
        self._folder = folder
        self._required = required

    def enrol(self, database: Database, points: Sequence[str], drivers: Sequence[str]) -> None:
        if not self._required:
            return
        self._key_file.write_text(_KEY)
        self._key_file.chmod(0o600)
        vault = Vault(bytes.fromhex(_KEY))
        everybody = [("point", one) for one in points] + [("driver", one) for one in drivers] + [("admin", OPERATOR)]
        with database.transaction() as connection:
            book = UnitOfWork(connection, "simulation").credentials
            for role, id_ in everybody:
                sealed = vault.seal(role, id_, _secret(role, id_))
                book.put(enrolled(role, id_, sealed, by=OPERATOR, now=BEGINS_AT))

    @property
    def _key_file(self) -> Path:
        return self._folder / "secrets.key"

    def of_central(self, settings: CentralSettings) -> CentralSettings:
        told: dict[str, Any] = {"auth": self._required, "data_dir": self._folder}
        return settings.model_copy(update={**told, "secrets_key_file": self._key_file} if self._required else told)

    def secret(self, role: str, id_: str) -> str | None:
        return _secret(role, id_) if self._required else None

    def sign(self, role: str, id_: str, value: bytes, headers: Headers) -> Headers:
        """The headers of a record that somebody writes in the name of this one."""
        secret = self.secret(role, id_)
        return headers if secret is None else {**headers, SIGNATURE: record_signature(secret, value)}


def _secret(role: str, id_: str) -> str:
    return f"what-only-{role}-{id_}-knows"
