"""What becomes of links that were proven with a secret that no longer counts: they are told so, and their points are lost."""

import logging

from central.context import Context
from central.handlers.losing import Losing
from common.errors import BadMessage, ErrorCode
from common.metrics import catalogue as figures
from common.routes import Role

log = logging.getLogger("ev.central.revoking")

_WHY = "its secret no longer counts"


class Revoking:
    def __init__(self, context: Context, losing: Losing) -> None:
        self._c = context
        self._losing = losing

    async def look(self) -> None:
        """See what changed of the credentials, here or at another Central."""
        if self._c.credentials.required and await self._c.credentials.look():
            await self._let_go()

    async def _let_go(self) -> None:
        lost = []
        for link, role, claimed_id in self._c.proofs.withdraw():
            log.warning("The secret of %s %s no longer counts; its link is told so.", role, claimed_id)
            self._c.measures.add(figures.AUTH_REFUSED)
            sentence = f"The secret of {claimed_id} no longer counts; ask the operator for the new one."
            link.refuse(BadMessage(ErrorCode.AUTH_FAILED, sentence, cp_id=claimed_id if role is Role.MONITOR else None))
            if not self._c.proofs.speaks_for_anybody(link):
                link.close_soon()  # its points are lost with it
                continue
            attached = self._c.links.owned(claimed_id, link) if role is Role.MONITOR else None
            if attached is not None:
                lost.append(attached)
        # Everybody was told before: the database may be away.
        for attached in lost:
            await self._losing.lose_point(attached, _WHY)

    async def forget_proofs(self, before: float) -> None:
        await self._c.store.write(lambda unit: unit.credentials.forget_nonces(before))
