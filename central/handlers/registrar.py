"""
Who may speak: enrolling, rotating, revoking, listing. The Clerk works for the operators of a running Central, and
for `ev-admin --database` where none runs yet. Secrets go into the vault and nowhere else: not into events, logs or answers.
"""

import logging
from functools import partial

from central import views
from central.context import Context, Source
from central.credentials import unknown
from central.domain.credentials import ADMIN, DRIVER, POINT, Credential, enrolled
from central.handlers.looking import Told
from central.handlers.orders import ENVELOPE_BYTES, Refusal, most_rows, page, that_fit
from central.handlers.revoking import Revoking
from central.store import credentials as book
from central.store.unit_of_work import UnitOfWork
from central.vault import Vault, WrongKey
from common.auth import same
from common.errors import ErrorCode
from common.messages import ManualCommand
from common.messages import operating as o

log = logging.getLogger("ev.central.registrar")

Change = o.Enroll | o.Rotate | o.Revoke
_CURSOR_PARTS = 2


class Registrar:
    def __init__(self, context: Context, revoking: Revoking) -> None:
        self._c = context
        self._revoking = revoking
        self._room = context.settings.max_frame_bytes - ENVELOPE_BYTES

    async def change(self, order: ManualCommand, wanted: Change, source: Source) -> Told:
        vault, by = self._c.credentials.vault, self._c.proofs.admin_of(source.link)
        if vault is None or by is None:
            sentence = (
                "This Central runs without authentication; enrol with ev-admin --database, and start it with --auth."
            )
            raise Refusal(ErrorCode.BAD_ARGUMENT, sentence)
        now = self._c.wall()
        sentence = await self._c.store.write(lambda unit: Clerk(unit, vault, by=by, now=now, order=order).do(wanted))
        log.info("%s: %s", by, sentence)
        await self._revoking.look()  # others see it within a second
        return sentence, {}

    async def list_credentials(self, wanted: o.ListCredentials) -> Told:
        most = most_rows(wanted.limit, self._room)
        after = wanted.after.split("/") if wanted.after else []
        if after and len(after) != _CURSOR_PARTS:
            raise Refusal(ErrorCode.BAD_ARGUMENT, "after must be the cursor of an earlier answer.")
        found = await self._c.store.read(partial(book.listed, role=wanted.role, after=after, most=most + 1))
        rows = [shown(one) for one in found]
        fitting = that_fit(rows[:most], self._room)
        following = f"{fitting[-1]['role']}/{fitting[-1]['id']}" if len(fitting) < len(rows) else None
        return f"{len(fitting)} credentials.", page("credentials", fitting, following)


def shown(one: Credential) -> views.Json:
    """What anybody may know of it."""
    return {
        "role": one.role,
        "id": one.id,
        "created_at": one.created_at,
        "created_by": one.created_by,
        "changed_at": one.changed_at,
        "changed_by": one.changed_by,
        "old_counts_until": one.previous_until,
        "revoked_at": one.revoked_at,
    }


class Clerk:
    """Changes credentials inside one unit of work, at the word of one operator; raises Refusal."""

    def __init__(
        self, unit: UnitOfWork, vault: Vault, *, by: str, now: float, order: ManualCommand | None = None
    ) -> None:
        self._unit = unit
        self._vault = vault
        self._by = by
        self._now = now
        self._order = order

    def do(self, wanted: Change) -> str:
        """Do it, with its event; gives the sentence for the operator."""
        self._unit.credentials.take_turn()
        before = self._unit.credentials.find(wanted.role, wanted.id)
        match wanted:
            case o.Enroll():
                return self._enroll(wanted, before)
            case o.Rotate():
                return self._rotate(wanted, _live(wanted, before))
            case o.Revoke():
                return self._revoke(wanted, _live(wanted, before))

    def _enroll(self, wanted: o.Enroll, before: Credential | None) -> str:
        if before is not None and before.is_live:
            if not self._is_that(wanted, before):
                sentence = f"{wanted.role} {wanted.id} is enrolled already; rotate gives it a new secret."
                raise Refusal(ErrorCode.BAD_ARGUMENT, sentence)
        else:
            sealed = self._vault.seal(wanted.role, wanted.id, wanted.secret.get_secret_value())
            self._unit.credentials.put(enrolled(wanted.role, wanted.id, sealed, by=self._by, now=self._now))
            self._unit.record(
                self._now, "enrolled", f"{self._by} enrolled {wanted.role} {wanted.id}.", self._order, **_whose(wanted)
            )
        return f"{wanted.role} {wanted.id} is enrolled."

    def _is_that(self, wanted: o.Enroll, before: Credential) -> bool:
        """Whether it is only asked again for what is there."""
        try:
            known = self._vault.unseal(before.role, before.id, before.secret or "")
        except WrongKey:
            return False
        return same(known, wanted.secret.get_secret_value())

    def _rotate(self, wanted: o.Rotate, before: Credential) -> str:
        sealed = self._vault.seal(wanted.role, wanted.id, wanted.secret.get_secret_value())
        changed = before.rotated(sealed, keep_old_s=wanted.keep_old_s, by=self._by, now=self._now)
        self._unit.credentials.put(changed)
        self._unit.record(
            self._now,
            "rotated",
            f"{self._by} gave {wanted.role} {wanted.id} a new secret.",
            self._order,
            **_whose(wanted),
        )
        if changed.previous_until is None:
            return f"{wanted.role} {wanted.id} has a new secret; the old one no longer counts."
        return f"{wanted.role} {wanted.id} has a new secret; the old one counts for {wanted.keep_old_s:.0f} s more."

    def _revoke(self, wanted: o.Revoke, before: Credential) -> str:
        if wanted.role == ADMIN and self._unit.credentials.live_admins() == 1:
            raise Refusal(ErrorCode.BAD_ARGUMENT, f"{wanted.id} is the only admin; enroll another one first.")
        self._unit.credentials.put(before.revoked(by=self._by, now=self._now))
        self._unit.record(
            self._now, "revoked", f"{self._by} revoked {wanted.role} {wanted.id}.", self._order, **_whose(wanted)
        )
        return f"{wanted.role} {wanted.id} is no longer accepted."


def _whose(wanted: Change) -> dict[str, str]:
    """Under which id of an event it is found."""
    name = {POINT: "cp_id", DRIVER: "driver_id"}.get(wanted.role)
    return {} if name is None else {name: wanted.id}


def _live(wanted: Change, before: Credential | None) -> Credential:
    if before is None or not before.is_live:
        code = unknown(wanted.role) if wanted.role != ADMIN else ErrorCode.BAD_ARGUMENT
        raise Refusal(code, f"{wanted.role} {wanted.id} is not enrolled.")
    return before
