"""One link to Central that is kept up: asks over it, matches the answers, and tells how it stands. No screen here."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace

from central.admin.asking import Answer, Question, Standing, State
from central.admin.handlers import wire
from central.admin.inquiry import proof
from common.clock import Clock, Moment
from common.errors import TransportLost
from common.ids import Ids
from common.messages import (
    AuthResponse,
    ConnectionFailed,
    ConnectionLost,
    ErrorResponse,
    ManualCommand,
    ManualCommandResponse,
    Message,
)
from common.net.address import Address
from common.net.backoff import Backoff
from common.net.dialer import Dialer
from common.net.link import Link
from common.registry import over_tcp
from common.routes import Role
from common.words import admin as words
from common.words.errors import refusal

#: A person waits for it.
_LONGEST_WAIT_S = 10.0
ADMITTED_WITHIN_S = 10.0
MOST_IN_FLIGHT = 16


class Line:
    """`run` until cancelled. `ask` always gives an answer, if only that there is none."""

    def __init__(
        self, address: Address, *, clock: Clock, ids: Ids, limit: int, admin_id: str = "", secret: str | None = None
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._admin_id = admin_id
        self._secret = secret
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._dispatcher = wire(self)
        self._dialer = Dialer(
            address,
            over_tcp(Role.CENTRAL, Role.ADMIN),
            on_link=self._talk,
            on_event=self._dispatch,
            clock=clock,
            ids=ids,
            backoff=Backoff(random.random, longest=_LONGEST_WAIT_S),
            limit=limit,
        )
        self._admitted = False
        self._lost_at = 0.0
        self._standing = Standing(State.CONNECTING, str(address), clock.now().wall)
        #: Called whenever it stands differently.
        self.on_change: Callable[[], None] = lambda: None

    async def run(self) -> None:
        await self._dialer.run()

    @property
    def standing(self) -> Standing:
        pause = self._dialer.waiting_s
        return self._standing if pause is None else replace(self._standing, next_try=self._lost_at + pause)

    @property
    def is_up(self) -> bool:
        return self._dialer.link is not None and self._admitted

    async def ask(self, question: Question, within_s: float) -> Answer:
        link = self._dialer.link
        if link is None or not self._admitted:
            return Answer(ok=False, sentence=words.NOT_CONNECTED())
        if len(self._waiting) >= MOST_IN_FLIGHT:
            return Answer(ok=False, sentence=words.TOO_MANY_QUESTIONS())
        now = self._clock.now().wall
        order = ManualCommand(message_id=self._ids(), timestamp=now, command=question.command, args=dict(question.args))
        answered = self._expect(order.message_id)
        try:
            link.send(order)
            async with asyncio.timeout(within_s):
                return await answered
        except TransportLost:
            return Answer(ok=False, sentence=words.NOT_CONNECTED())
        except TimeoutError:
            return Answer(ok=False, sentence=words.NO_ANSWER(seconds=f"{within_s:g}"))
        finally:
            self._waiting.pop(order.message_id, None)

    def _expect(self, message_id: str) -> asyncio.Future[Answer]:
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[message_id] = waiting
        return waiting

    # -- the link

    async def _talk(self, link: Link) -> None:
        listening = asyncio.ensure_future(self._listen(link))
        try:
            if await self._admit(link):
                self._admitted = True
                self._stand(State.UP)
                await listening
        finally:
            self._admitted = False
            listening.cancel()

    async def _listen(self, link: Link) -> None:
        try:
            async for message in link:
                self._dispatch(message)
        finally:
            for message_id in self._waiting:
                self._settle(message_id, Answer(ok=False, sentence=words.LOST_BEFORE_ANSWER()))

    async def _admit(self, link: Link) -> bool:
        """Prove who we are where there is a secret; without one Central says at the first question what it thinks."""
        if self._secret is None:
            return True
        request = proof(self._secret, self._admin_id, self._ids, self._clock.now())
        answered = self._expect(request.message_id)
        try:
            link.send(request)
            async with asyncio.timeout(ADMITTED_WITHIN_S):
                answer = await answered
        except (TransportLost, TimeoutError):
            return False
        finally:
            self._waiting.pop(request.message_id, None)
        if answer.error is not None:
            self._stand(State.REFUSED, refusal(answer.error, answer.sentence))
        return answer.ok

    def _dispatch(self, message: Message) -> None:
        self._dispatcher.dispatch(message, self._clock.now())

    def _stand(self, state: State, why: str = "") -> None:
        now = self._clock.now().wall
        self._standing = replace(self._standing, state=state, since=now, why=why)
        self.on_change()

    # -- what Central says

    def take_admission(self, answer: AuthResponse, now: Moment) -> list[Message]:
        del now
        return self._settle(answer.message_id, Answer(answer.succeeded, answer.message, error=answer.error))

    def take_page(self, answer: ManualCommandResponse, now: Moment) -> list[Message]:
        at = now.wall if answer.timestamp is None else answer.timestamp
        found = Answer(answer.succeeded, answer.message, answer.data or {}, answer.error, at)
        return self._settle(answer.message_id, found)

    def take_error(self, error: ErrorResponse, now: Moment) -> list[Message]:
        del now
        if error.message_id not in self._waiting:
            self._stand(State.REFUSED, refusal(error.error, error.message))
        return self._settle(error.message_id, Answer(ok=False, sentence=error.message, error=error.error))

    def take_loss(self, event: ConnectionLost | ConnectionFailed, now: Moment) -> list[Message]:
        before, self._lost_at = self._standing, now.mono
        # Lost since when, not since the last attempt; and a refusal says more than that the link ended then.
        since = before.since if before.state in (State.LOST, State.REFUSED) else now.wall
        refused = before.state is State.REFUSED and isinstance(event, ConnectionLost)
        self._standing = Standing(
            State.REFUSED if refused else State.LOST,
            before.address,
            since,
            before.why if refused else event.description,
        )
        self.on_change()
        return []

    def _settle(self, message_id: str, answer: Answer) -> list[Message]:
        waiting = self._waiting.get(message_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)
        return []
