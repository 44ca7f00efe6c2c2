"""
Credentials: who is enrolled, which of its secrets count and until when. Pure.

Its secrets are sealed in the database and open in the memory of a Central; what is decided here is the same of both.
"""

from dataclasses import dataclass, field, replace

POINT, DRIVER, ADMIN = "point", "driver", "admin"


@dataclass(frozen=True, slots=True)
class Credential:
    """One enrolment. It stays after a revocation, without its secrets: who it was and when it ended is not forgotten."""

    role: str
    id: str
    created_at: float
    created_by: str
    changed_at: float
    changed_by: str
    secret: str | None = field(default=None, repr=False)
    previous: str | None = field(default=None, repr=False)
    previous_until: float | None = None
    revoked_at: float | None = None
    #: Grows with every change of any credential: what is above a number that one knows is new.
    change: int = 0

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and self.secret is not None

    def counting(self, now: float) -> tuple[str, ...]:
        """The secrets that count now, the newest first."""
        if self.secret is None or self.revoked_at is not None:
            return ()
        if self.previous is None or self.previous_until is None or self.previous_until <= now:
            return (self.secret,)
        return self.secret, self.previous

    def rotated(self, secret: str, *, keep_old_s: float, by: str, now: float) -> "Credential":
        """A new secret; the one before goes on counting for a while, and what was before that one ends now."""
        return replace(
            self,
            secret=secret,
            previous=self.secret if keep_old_s > 0 else None,
            previous_until=now + keep_old_s if keep_old_s > 0 else None,
            changed_at=now,
            changed_by=by,
        )

    def revoked(self, *, by: str, now: float) -> "Credential":
        return replace(
            self,
            secret=None,
            previous=None,
            previous_until=None,
            revoked_at=now,
            changed_at=now,
            changed_by=by,
        )


def enrolled(role: str, id_: str, secret: str, *, by: str, now: float) -> Credential:
    """Anew, also of somebody who was revoked before."""
    return Credential(role=role, id=id_, created_at=now, created_by=by, changed_at=now, changed_by=by, secret=secret)
