"""Credentials and used-up proofs in the database. What may become of a credential stands in domain/credentials.py."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, text

from central.domain.credentials import ADMIN, Credential
from central.store import tables
from central.store.part import columns, maker
from central.store.statements import Query, Statement, insert_new, insertion, itself

_C, _NONCES = tables.credentials.c, tables.nonces.c
#: Held while a credential changes: changes are numbered in the order in which they are committed.
_CHANGING = 731206
_NEWEST = Query(select(func.coalesce(func.max(_C.change), 0)), int)
_FIND = Query(
    select(*columns(tables.credentials, Credential)).where(_C.role == bindparam("role"), _C.id == bindparam("id")),
    maker(Credential),
)
_PUT = Statement(
    lambda database: insertion(database, tables.credentials).on_conflict_do_update(
        index_elements=["role", "id"],
        set_={one.name: bindparam(one.name, type_=one.type) for one in _C if not one.primary_key},
    )
)
_CHANGED = Query(
    select(*columns(tables.credentials, Credential)).where(_C.change > bindparam("change")).order_by(_C.change),
    maker(Credential),
)
_LIVE_ADMINS = Query(select(func.count()).where(_C.role == ADMIN, _C.revoked_at.is_(None)), itself)
_USE_UP = insert_new(tables.nonces)
_FORGET = Statement(delete(tables.nonces).where(_NONCES.seen_at < bindparam("before")))


class CredentialBook:
    """Part of a unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take_turn(self) -> None:
        """Before anything is decided about a change: whoever comes at the same time waits, and sees it."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(text(f"SELECT pg_advisory_xact_lock({_CHANGING})"))

    def find(self, role: str, id_: str) -> Credential | None:
        return _FIND.one(self._connection, role=role, id=id_)

    def put(self, credential: Credential) -> None:
        """New or changed; after `take_turn`."""
        newest = newest_change(self._connection)
        _PUT.do(self._connection, **_values(replace(credential, change=newest + 1)))

    def live_admins(self) -> int:
        return _LIVE_ADMINS.one(self._connection) or 0

    def use_up(self, who: str, nonce: str, now: float) -> bool:
        """A proof works once, among all Centrals: false when this one was used before."""
        return _USE_UP.one(self._connection, who=who, nonce=nonce, seen_at=now) is not None

    def forget_nonces(self, before: float) -> None:
        _FORGET.do(self._connection, before=before)


def newest_change(connection: Connection) -> int:
    """By an index: cheap enough to be asked again and again."""
    return _NEWEST.one(connection) or 0


def changed_since(connection: Connection, change: int) -> list[Credential]:
    return _CHANGED.all(connection, change=change)


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
