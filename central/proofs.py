"""Who has proven on which link who it is (protocol, section 9). With authentication off, everybody is believed."""

import secrets
import tomllib
from collections import defaultdict
from pathlib import Path

from common.auth import WINDOW_S, Nonces, same, signature
from common.clock import Clock
from common.errors import BadSetting, ErrorCode
from common.messages import AuthRequest
from common.net.link import Link
from common.routes import Role
from common.settings import read_text
from common.words import central as words

Secrets = dict[tuple[str, str], str]
_ROLES = ("monitor", "driver", "admin")


def read_secrets(path: Path | None) -> Secrets:
    """The secrets file; raises BadSetting with what is wrong about it."""
    if path is None:
        raise BadSetting(words.NO_SECRETS_FILE())
    try:
        tables = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as wrong:
        raise BadSetting(words.CANNOT_READ_SECRETS(path=path, why=wrong)) from None
    found: Secrets = {}
    for role in _ROLES:
        table = tables.get(role, {})
        if not isinstance(table, dict) or not all(isinstance(secret, str) and secret for secret in table.values()):
            raise BadSetting(words.MUST_HOLD_SECRETS(path=path, role=role))
        found |= {(role, claimed_id): secret for claimed_id, secret in table.items()}
    return found


class Proofs:
    """Checks signatures and remembers, while a link lives, who was proven on it."""

    def __init__(self, enrolled: Secrets | None, clock: Clock) -> None:
        self._secrets = enrolled
        #: Admins that live in this process; no file has their secrets.
        self._own: Secrets = {}
        self._clock = clock
        self._nonces = Nonces()
        self._proven: dict[Link, set[tuple[Role, str]]] = defaultdict(set)

    @property
    def required(self) -> bool:
        return self._secrets is not None

    def admit_own(self, admin_id: str) -> str:
        """Accept one more admin while this process lives; gives its secret, which is kept in memory only."""
        secret = self._own["admin", admin_id] = secrets.token_hex(32)
        return secret

    def check(self, request: AuthRequest, link: Link) -> ErrorCode | None:
        """Believe or refuse; None is belief."""
        if self._secrets is not None:
            refused = self._refusal(request)
            if refused is not None:
                return refused
            self._proven[link].add((Role(request.role), request.claimed_id))
        return None

    def _refusal(self, request: AuthRequest) -> ErrorCode | None:
        now = self._clock.now().wall
        who = (request.role, request.claimed_id)
        # An operator of that name in the file stays one.
        known = [secret for secret in (self._own.get(who), (self._secrets or {}).get(who)) if secret is not None]
        if not known:
            unknown = {"monitor": ErrorCode.UNKNOWN_CP, "driver": ErrorCode.UNKNOWN_DRIVER}
            return unknown.get(request.role, ErrorCode.AUTH_FAILED)
        told = request.timestamp or 0.0
        expected = [signature(secret, *who, told, request.nonce) for secret in known]
        if not any(same(one, request.signature) for one in expected) or abs(now - told) > WINDOW_S:
            return ErrorCode.AUTH_FAILED
        return None if self._nonces.is_fresh(request.claimed_id, request.nonce, now) else ErrorCode.AUTH_FAILED

    def is_proven(self, link: Link | None, role: Role, claimed_id: str | None) -> bool:
        """Whether this link may speak for this id; with `claimed_id` None, for anybody of the role."""
        if self._secrets is None:
            return True
        if link is None:
            return False
        proven = self._proven.get(link, set())
        return any(r is role and claimed_id in (None, known) for r, known in proven)

    def admin_of(self, link: Link | None) -> str | None:
        """Which admin speaks over this link; None where nobody had to prove it."""
        proven = self._proven.get(link, set()) if link is not None else set()
        return next((known for role, known in proven if role is Role.ADMIN), None)

    def forget(self, link: Link) -> None:
        self._proven.pop(link, None)
