"""The world of a Central that asks for proofs: who has proven what is noted here, and nobody else's words may have a consequence."""

from itertools import count
from typing import Any, ClassVar, Literal

from common import messages as m
from common.auth import signature
from common.codec import encode_line
from common.kafka.bus import Outgoing, signed
from common.messages import Message
from common.messages.operating import CredentialRole, Revoke
from common.routes import Role
from tests.integration.central.any_message import DRIVERS, POINTS
from tests.integration.central.conftest import Network, proof
from tests.integration.central.crowd import Guest
from tests.integration.central.world import World
from tests.waiting import until

Claim = Literal["monitor", "driver", "admin"]
Who = tuple[Claim, str]
ADMIN: Who = ("admin", "alice")
EVERYBODY: tuple[Who, ...] = (
    *(("monitor", cp_id) for cp_id in POINTS),
    *(("driver", driver_id) for driver_id in DRIVERS),
    ADMIN,
)


class GuardedWorld(World):
    chosen: ClassVar[dict[str, Any]] = {"auth": True}

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        #: The secret of each that has one now.
        self.secrets: dict[Who, str] = {}
        self._proven: dict[str, set[Who]] = {}
        self._nonces = count()
        self._believed: set[str] = set()
        #: The newest proof, as it came over the wire.
        self.overheard = b""

    async def start(self) -> None:
        await super().start()
        for who in EVERYBODY:
            await self.enrol(who)

    async def enrol(self, who: Who) -> None:
        self.secrets[who] = f"a-secret-of-{who[1]}-{next(self._nonces)}"
        await self.network.enrol(_enrolled_as(who), who[1], self.secrets[who])

    async def revoke(self, who: Who) -> None:
        """Every link that only this secret kept is closed."""
        del self.secrets[who]
        await self.network.tell(Revoke(role=_enrolled_as(who), id=who[1]))
        losing = [guest for guest in self.guests if who in self._proven.get(guest.name, ())]
        for guest in losing:
            self._proven[guest.name].discard(who)
            if not self._proven[guest.name]:
                await until(lambda left=guest: not left.is_open)
            if self.owners.get(who[1]) is guest:
                del self.owners[who[1]]
        await self.quiet()

    async def prove(self, guest: Guest, who: Who, secret: str | None = None) -> bytes:
        """With its own secret, or with whatever one."""
        shown = self.secrets.get(who, "one that was revoked") if secret is None else secret
        line = encode_line(proof(*who, shown, f"n{next(self._nonces)}", at=self.clock.now().wall))
        self.overheard = line
        await self.say(guest, line)
        return line

    def _is_heeded(self, said: Message, guest: Guest) -> bool:
        return self._speaks_for(said) in self._proven.get(guest.name, ())

    @staticmethod
    def _speaks_for(said: Message) -> Who:
        if isinstance(said, m.ManualCommand):
            return ADMIN
        driver_id = getattr(said, "driver_id", None)
        if driver_id is not None and not isinstance(said, m.LocalStartRequest):
            return "driver", driver_id
        return "monitor", getattr(said, "cp_id", "")

    def _see_effect(self, asked: Message, answer: Message, guest: Guest) -> None:
        if isinstance(asked, m.AuthRequest):
            self._see_proof(asked, answer, guest)
        elif getattr(answer, "status", None) == "success":
            assert self._is_heeded(asked, guest), f"{guest.name} proved {self._proven}, and heard {answer} to {asked}"
        super()._see_effect(asked, answer, guest)

    def _see_proof(self, asked: m.AuthRequest, answer: Message, guest: Guest) -> None:
        if not isinstance(answer, m.AuthResponse) or not answer.succeeded:
            return
        who = (asked.role, asked.claimed_id)
        known = self.secrets.get(who)
        assert known is not None, f"{who} has no secret and was believed"
        right = signature(known, Role(asked.role), asked.claimed_id, asked.signed_timestamp, asked.nonce)
        assert asked.signature == right, f"{who} showed another's secret and was believed"
        assert asked.nonce not in self._believed, f"{who} was believed twice for {asked}"
        self._believed.add(asked.nonce)
        self._proven.setdefault(guest.name, set()).add(who)

    def _record(self, record: Outgoing, signer: str | None) -> tuple[Outgoing, bool]:
        claim: Claim = "driver" if record.topic.startswith("driver_") else "monitor"
        name = record.key if signer is None else signer
        secret = self.secrets.get((claim, name))
        return signed(record, secret), secret is not None and name == record.key


def _enrolled_as(who: Who) -> CredentialRole:
    return "point" if who[0] == "monitor" else who[0]
