"""Carries an inquiry over one link to Central, within a time limit for each answer."""

import asyncio

from central.admin.handlers import wire
from central.admin.inquiry import Inquiry
from common.clock import Clock
from common.errors import TransportLost
from common.ids import Ids
from common.messages import ConnectionFailed, ConnectionLost, Message
from common.net.address import Address
from common.net.dialer import connect
from common.net.link import Link
from common.registry import over_tcp
from common.routes import Role
from common.words import admin_cli as words
from common.words import system
from common.words.net import CANNOT_CONNECT, NO_ANSWER

#: Central gives an Engine 10 s; its answer to the operator takes no longer than that and a little.
ANSWER_WITHIN_S = 15.0


class Conversation:
    def __init__(
        self, inquiry: Inquiry, address: Address, *, clock: Clock, ids: Ids, limit: int, within_s: float
    ) -> None:
        self._inquiry = inquiry
        self._address = address
        self._clock = clock
        self._ids = ids
        self._limit = limit
        self._within_s = within_s
        self._dispatcher = wire(inquiry)

    async def hold(self) -> None:
        """Until the inquiry is done; what went wrong stands in it."""
        try:
            link = await connect(
                self._address,
                over_tcp(Role.CENTRAL, Role.ADMIN),
                clock=self._clock,
                ids=self._ids,
                limit=self._limit,
            )
        except OSError as wrong:
            why = NO_ANSWER.en if isinstance(wrong, TimeoutError) else (wrong.strerror or str(wrong))
            self._lose(ConnectionFailed, CANNOT_CONNECT(address=self._address, why=system.why(why)))
            return
        try:
            await self._talk(link)
        except TimeoutError:
            self._lose(ConnectionLost, words.TOO_SLOW(seconds=self._within_s))
        except TransportLost:
            self._lose(ConnectionLost, words.CLOSED())
        finally:
            await link.close()

    async def _talk(self, link: Link) -> None:
        async with asyncio.timeout(self._within_s) as patience:
            for message in self._inquiry.begin(self._clock.now()):
                link.send(message)
            async for message in link:
                for reply in self._dispatcher.dispatch(message, self._clock.now()):
                    link.send(reply)
                    # A page of its own may take its own time.
                    patience.reschedule(asyncio.get_running_loop().time() + self._within_s)
                if self._inquiry.done:
                    return
        raise TransportLost("The link ended.")

    def _lose(self, event: type[ConnectionLost] | type[ConnectionFailed], description: str) -> None:
        lost: Message = event(
            message_id=self._ids(),
            timestamp=self._clock.now().wall,
            peer=str(self._address),
            description=description,
        )
        self._dispatcher.dispatch(lost, self._clock.now())
