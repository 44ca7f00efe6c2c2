"""Who has proven on which link who it is (protocol, section 9). With authentication off, everybody is believed."""

from collections import defaultdict

from central.credentials import Credentials, unknown
from central.store.worker import Store
from common.auth import WINDOW_S, Nonces, same, signature
from common.clock import Clock
from common.errors import ErrorCode
from common.messages import AuthRequest
from common.net.link import Link
from common.routes import Role
from common.secret_files import new_secret

Who = tuple[Role, str]
#: The protocol proves the Monitor of a point; enrolled is the point.
_ENROLLED_AS = {Role.MONITOR: "point", Role.DRIVER: "driver", Role.ADMIN: "admin"}
#: Used-up proofs are kept for longer than any Central's clock lets one count.
NONCES_KEPT_S = 10 * WINDOW_S


class Proofs:
    """Checks signatures and remembers, while a link lives, who was proven on it and with which secret."""

    def __init__(self, credentials: Credentials, store: Store, clock: Clock) -> None:
        self._credentials = credentials
        self._store = store
        #: Admins that live in this process; no database has their secrets.
        self._own: dict[Who, str] = {}
        self._clock = clock
        self._nonces = Nonces()
        self._proven: dict[Link, dict[Who, str]] = defaultdict(dict)

    @property
    def required(self) -> bool:
        return self._credentials.required

    def admit_own(self, admin_id: str) -> str:
        """Accept one more admin while this process lives; gives its secret, which is kept in memory only."""
        secret = self._own[Role.ADMIN, admin_id] = new_secret()
        return secret

    async def check(self, request: AuthRequest, link: Link) -> ErrorCode | None:
        """Believe or refuse; None is belief. Raises StoreUnavailable."""
        if not self.required:
            return None
        who, now = (Role(request.role), request.claimed_id), self._clock.now().wall
        known = self._counting(who)
        if not known:
            return unknown(_ENROLLED_AS[who[0]])
        told = request.timestamp or 0.0
        proven = next(
            (
                one
                for one in known
                if same(signature(one, *who, request.signed_timestamp, request.nonce), request.signature)
            ),
            None,
        )
        if proven is None or abs(now - told) > WINDOW_S:
            return ErrorCode.AUTH_FAILED
        if not await self._is_first(who, request.nonce, now):
            return ErrorCode.AUTH_FAILED
        self._proven[link][who] = proven
        return None

    async def _is_first(self, who: Who, nonce: str, now: float) -> bool:
        """The memory knows what was used here, the database what was used anywhere."""
        name = f"{_ENROLLED_AS[who[0]]}:{who[1]}"
        if not self._nonces.is_fresh(name, nonce, now):
            return False
        return await self._store.write(lambda unit: unit.credentials.use_up(name, nonce, now))

    def _counting(self, who: Who) -> list[str]:
        # An operator of that name in the database stays one.
        own = [self._own[who]] if who in self._own else []
        return own + list(self._credentials.secrets_of(_ENROLLED_AS[who[0]], who[1]))

    def is_proven(self, link: Link | None, role: Role, claimed_id: str | None) -> bool:
        """Whether this link may speak for this id; with `claimed_id` None, for anybody of the role."""
        if not self.required:
            return True
        if link is None:
            return False
        proven = self._proven.get(link, {})
        return any(r is role and claimed_id in (None, known) for r, known in proven)

    def admin_of(self, link: Link | None) -> str | None:
        """Which admin speaks over this link; None where nobody had to prove it."""
        proven = self._proven.get(link, {}) if link is not None else {}
        return next((known for role, known in proven if role is Role.ADMIN), None)

    def withdraw(self) -> list[tuple[Link, Role, str]]:
        """Who was proven with a secret that no longer counts: from now on it is not. Links and identities."""
        ended: list[tuple[Link, Role, str]] = []
        for link, proven in self._proven.items():
            ended += [(link, *who) for who, secret in proven.items() if secret not in self._counting(who)]
        for link, role, claimed_id in ended:
            del self._proven[link][role, claimed_id]
        return ended

    def speaks_for_anybody(self, link: Link) -> bool:
        return bool(self._proven.get(link))

    def forget(self, link: Link) -> None:
        self._proven.pop(link, None)
