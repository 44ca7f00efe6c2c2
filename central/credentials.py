"""
The credentials as one Central knows them: read at its start, and looked at for changes again and again, so that what an operator
does anywhere counts here within seconds. In memory the secrets are open; nothing here is ever logged with its value.
"""

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path

from central.domain.credentials import ADMIN, Credential, enrolled
from central.store.credentials import changed_since
from central.store.unit_of_work import UnitOfWork
from central.store.worker import Store
from central.vault import Vault, WrongKey, find_vault, make_vault
from common import secret_files
from common.auth import record_signature, same
from common.clock import Clock
from common.errors import CannotStart, ErrorCode
from common.settings import SECRETS_KEY_ENV, read_secret
from common.words import access as words
from common.words.system import why

log = logging.getLogger("ev.central.credentials")

#: Who a Central enrols when nobody could tell it anything yet, and where its secret is put.
FIRST_ADMIN, FIRST_SECRET, KEY_FILE = "operator", "operator.secret", "secrets.key"
_UNKNOWN = {"point": ErrorCode.UNKNOWN_CP, "driver": ErrorCode.UNKNOWN_DRIVER}


def unknown(role: str) -> ErrorCode:
    return _UNKNOWN.get(role, ErrorCode.AUTH_FAILED)


class Credentials:
    """With `required` false everybody is believed, and nothing else here is used."""

    def __init__(self, store: Store, clock: Clock, *, required: bool, data_dir: Path, key_file: Path | None) -> None:
        self._store = store
        self._clock = clock
        self.required = required
        self._data_dir = data_dir
        self._key_file = key_file or data_dir / KEY_FILE
        self._known: dict[tuple[str, str], Credential] = {}
        self._change = 0
        #: When the next old secret stops counting.
        self._ends_at: float | None = None
        self._vault: Vault | None = None
        self._between_centrals = ""

    @property
    def vault(self) -> Vault | None:
        """None without authentication."""
        return self._vault

    # -- at the start

    async def open(self) -> Path | None:
        """Find or make the key, and read. Where the first admin was enrolled for it: the file with its secret."""
        found = await self._store.read(partial(changed_since, change=0))
        self._vault = open_vault(found, self._key_file)
        self._between_centrals = self._vault.between_centrals()
        self._take(found)
        if any(one.role == ADMIN and one.is_live for one in self._known.values()):
            return None
        return await self._enrol_first()

    async def _enrol_first(self) -> Path | None:
        path, vault = self._data_dir / FIRST_SECRET, self._vault
        assert vault is not None
        secret, is_new = _given_or_new(path)
        now = self._clock.now().wall

        def work(unit: UnitOfWork) -> bool:
            unit.credentials.take_turn()
            if unit.credentials.live_admins():
                return False  # another Central was quicker
            sealed = vault.seal(ADMIN, FIRST_ADMIN, secret)
            unit.credentials.put(enrolled(ADMIN, FIRST_ADMIN, sealed, by=unit.instance[:100], now=now))
            unit.record(now, "enrolled", f"{unit.instance} enrolled {ADMIN} {FIRST_ADMIN}.")
            return True

        is_ours = await self._store.write(work)
        if not is_ours and is_new:
            path.unlink(missing_ok=True)
        found = await self._store.read(partial(changed_since, change=self._change))
        check(found, vault, self._key_file)
        self._take(found)
        return path if is_ours else None

    # -- while it runs

    async def look(self) -> bool:
        """Whether anything changed since the last look, or an old secret has stopped to count."""
        found = await self._store.read(partial(changed_since, change=self._change))
        self._take(found)
        now = self._clock.now().wall
        has_ended = self._ends_at is not None and self._ends_at <= now
        if found or has_ended:
            ends = (one.previous_until for one in self._known.values() if one.previous_until is not None)
            self._ends_at = min((at for at in ends if at > now), default=None)
        return bool(found) or has_ended

    def _take(self, found: list[Credential]) -> None:
        assert self._vault is not None
        for one in found:
            known = self._known.get((one.role, one.id))
            if known is not None and known.change >= one.change:
                continue  # two looked at once, and who saw more was quicker
            try:
                self._known[one.role, one.id] = _opened(one, self._vault)
            except WrongKey:
                self._known.pop((one.role, one.id), None)
                log.error("The secret of %s %s was encrypted with another key; it is not accepted.", one.role, one.id)  # noqa: TRY400 - one sentence is enough
            self._change = max(self._change, one.change)

    # -- who is who

    def secrets_of(self, role: str, id_: str) -> tuple[str, ...]:
        """Those that count now; none for who is not enrolled."""
        found = self._known.get((role, id_))
        return () if found is None else found.counting(self._clock.now().wall)

    def is_enrolled(self, role: str, id_: str) -> bool:
        return not self.required or bool(self.secrets_of(role, id_))

    def refusal(self, role: str, id_: str, value: bytes, signature: str | None) -> ErrorCode | None:
        """Why a record is not its sender's; None: it is. Whoever lies about who it is costs us a hash and nothing else."""
        known = self.secrets_of(role, id_)
        if not known:
            return unknown(role)
        if signature is None:
            return ErrorCode.NOT_AUTHENTICATED
        if any(same(record_signature(secret, value), signature) for secret in known):
            return None
        return ErrorCode.AUTH_FAILED

    # -- between Centrals

    @property
    def of_centrals(self) -> str | None:
        """What this Central signs its commands to others with."""
        return self._between_centrals or None

    def is_of_a_central(self, value: bytes, signature: str | None) -> bool:
        return signature is not None and same(record_signature(self._between_centrals, value), signature)


def open_vault(found: list[Credential], key_file: Path) -> Vault:
    """The vault of these credentials; a new one where there are none yet. Raises CannotStart and BadSetting."""
    vault = find_vault(key_file)
    if vault is None and any(one.is_live for one in found):
        raise CannotStart(words.KEY_MISSING(path=key_file))
    vault = vault or make_vault(key_file)
    check(found, vault, key_file)
    return vault


def check(found: list[Credential], vault: Vault, key_file: Path) -> None:
    """Raises CannotStart where these were sealed with another key."""
    for one in found:
        try:
            _opened(one, vault)
        except WrongKey:
            raise CannotStart(words.KEY_WRONG(where=key_file if key_file.exists() else SECRETS_KEY_ENV)) from None


def _opened(one: Credential, vault: Vault) -> Credential:
    secret, previous = (None if it is None else vault.unseal(one.role, one.id, it) for it in (one.secret, one.previous))
    return replace(one, secret=secret, previous=previous)


def _given_or_new(path: Path) -> tuple[str, bool]:
    """What stands in the file, perhaps put there by whoever set this up; else a new secret, which stands there now."""
    try:
        secret_files.keep(path, secret := secret_files.new_secret())
    except FileExistsError:
        return read_secret(path), False
    except OSError as wrong:
        raise CannotStart(words.CANNOT_WRITE(path=path, why=why(str(wrong.strerror)))) from None
    return secret, True
