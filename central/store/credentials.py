"""Credentials and used-up proofs in the database. What may become of a credential stands in domain/credentials.py."""

from collections.abc import Sequence
from dataclasses import fields, replace
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, text

from central.domain.credentials import ADMIN, Credential
from central.store import tables

_C, _NONCES = tables.credentials.c, tables.nonces.c
#: Held while a credential changes: changes are numbered in the order in which they are committed.
_CHANGING = 731206


class CredentialBook:
    """Part of a unit of work."""

    def __init__(self, connection: Connection, dialect: ModuleType) -> None:
        self._connection = connection
        self._dialect = dialect

    def take_turn(self) -> None:
        """Before anything is decided about a change: whoever comes at the same time waits, and sees it."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(text(f"SELECT pg_advisory_xact_lock({_CHANGING})"))

    def find(self, role: str, id_: str) -> Credential | None:
        query = select(tables.credentials).where(_C.role == role, _C.id == id_)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _credential(row)

    def put(self, credential: Credential) -> None:
        """New or changed; after `take_turn`."""
        newest = newest_change(self._connection)
        row = _values(replace(credential, change=newest + 1))
        new = self._dialect.insert(tables.credentials).values(**row)
        changed = {name: value for name, value in row.items() if name not in ("role", "id")}
        self._connection.execute(new.on_conflict_do_update(index_elements=["role", "id"], set_=changed))

    def live_admins(self) -> int:
        query = select(func.count()).select_from(tables.credentials)
        return int(self._connection.execute(query.where(_C.role == ADMIN, _C.revoked_at.is_(None))).scalar_one())

    def use_up(self, who: str, nonce: str, now: float) -> bool:
        """A proof works once, among all Centrals: false when this one was used before."""
        new = self._dialect.insert(tables.nonces).values(who=who, nonce=nonce, seen_at=now)
        return self._connection.execute(new.on_conflict_do_nothing().returning(_NONCES.who)).first() is not None

    def forget_nonces(self, before: float) -> None:
        self._connection.execute(delete(tables.nonces).where(_NONCES.seen_at < before))


def newest_change(connection: Connection) -> int:
    """By an index: cheap enough to be asked again and again."""
    return int(connection.execute(select(func.coalesce(func.max(_C.change), 0))).scalar_one())


def changed_since(connection: Connection, change: int) -> list[Credential]:
    query = select(tables.credentials).where(_C.change > change).order_by(_C.change)
    return [_credential(row) for row in connection.execute(query)]


def listed(connection: Connection, role: str | None, after: Sequence[str], most: int) -> list[Credential]:
    """In order of role and id, behind the one that `after` names."""
    query = select(tables.credentials).order_by(_C.role, _C.id).limit(most)
    if role is not None:
        query = query.where(_C.role == role)
    if after:
        behind_role, behind_id = after
        query = query.where((_C.role > behind_role) | ((_C.role == behind_role) & (_C.id > behind_id)))
    return [_credential(row) for row in connection.execute(query)]


def _credential(row: Row[Any]) -> Credential:
    return Credential(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name has the underscore


def _values(credential: Credential) -> dict[str, Any]:
    return {field.name: getattr(credential, field.name) for field in fields(credential)}
