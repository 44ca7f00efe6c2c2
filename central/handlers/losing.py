"""How points leave: their link ends, they fall silent, their Central dies, or another Central takes them over."""

import logging
from collections.abc import Mapping, Sequence

from central.context import Context
from central.domain.points import Point
from central.handlers import leaving
from central.handlers.leaving import Loss
from central.links import Attached
from central.store.unit_of_work import UnitOfWork
from central.together import Together
from common.errors import BadMessage, ErrorCode
from common.metrics import catalogue as figures
from common.net.link import Link
from common.telemetry import about, some_of

log = logging.getLogger("ev.central.losing")

#: Points of a Central that is gone, taken in one transaction.
_CHUNK = 200
#: Points of which each has a line of its own when they come or go together.
MOST_TOLD = 3


class Losing:
    def __init__(self, context: Context) -> None:
        self._c = context
        #: This Central is about to end: the points it loses now did not go away themselves.
        self.is_leaving = False
        #: Points of ours that no link here carried at the last look, and the number of their registration.
        self._unlinked: dict[str, int] = {}
        #: A network that is cut costs thousands of links in one moment.
        self._losses = Together(
            context.store, lambda unit, losses: leaving.lose(unit, losses, context.ids), self._detach
        )

    # -- one point, one link

    async def lose_link(self, link: Link) -> None:
        """A link ended: its points are DISCONNECTED, their sessions go on."""
        self._c.proofs.forget(link)
        await self._lose(self._c.links.on(link), "its link closed")

    async def lose_point(self, attached: Attached, why: str) -> None:
        await self._lose([attached], why)

    async def _lose(self, every: Sequence[Attached], why: str) -> None:
        """Mark points lost, but those that have registered anew meanwhile, here or elsewhere."""
        current = [attached for attached in every if self._c.links.is_current(attached)]
        # Only what is stored is let go: should the database be away, the point is found silent later and tried again.
        await self._losses.ask_all([self._loss(one.cp_id, one.generation, why) for one in current])

    def _loss(self, cp_id: str, generation: int, why: str) -> Loss:
        return Loss(cp_id, generation, why, self._c.wall(), moves=self.is_leaving)

    def _detach(self, losses: Sequence[Loss], outcomes: Sequence[bool]) -> None:
        for loss in losses:
            self._c.links.drop(loss.cp_id, loss.generation)
        _tell([loss for loss, is_lost in zip(losses, outcomes, strict=True) if is_lost])

    async def drop_silent(self) -> None:
        """Points without a heartbeat for too long are lost, though their link may still look alive."""
        silent = self._c.links.silent_since(self._c.clock.now().mono - self._c.settings.heartbeat_timeout)
        await self._lose(silent, f"no heartbeat for {self._c.settings.heartbeat_timeout:.0f} s")
        for attached in silent:
            if not self._c.links.on(attached.link):
                attached.link.abort()

    async def drop_unlinked(self) -> None:
        """
        Points that are ours in the database but on no link here: the database took a registration and could not say so,
        or a link was let go and its Monitor did not come back. And the other way round: links here whose points are others'.
        """
        held = await self._c.store.write(lambda unit: unit.roll.generations())
        linked = {attached.cp_id: attached.generation for attached in self._c.links.every()}
        before, self._unlinked = self._unlinked, {c: g for c, g in held.items() if linked.get(c) != g}
        # Who was not there the last time may just be registering.
        lost = [(cp_id, number) for cp_id, number in self._unlinked.items() if before.get(cp_id) == number]
        await self._losses.ask_all([self._loss(cp_id, number, "no link carries it") for cp_id, number in lost])
        await self._let_go_but(held)

    # -- whole Centrals

    async def recover_held(self) -> None:
        """At start: what this instance held when it last ran has lost its link with it."""
        now = self._c.wall()

        def work(unit: UnitOfWork) -> None:
            held = [(point, _of_central(point, "Central was restarted", now)) for point in unit.points_held()]
            leaving.part_with(unit, held, self._c.ids)

        await self._c.store.write(work)

    async def drop_left(self) -> None:
        """Points of Centrals that are gone: nobody else would tell that they are not connected."""
        now = self._c.wall()

        def work(unit: UnitOfWork) -> int:
            left = unit.points_at(unit.roll.left_points(_CHUNK)).values()
            leaving.part_with(
                unit,
                [(point, _of_central(point, f"Central {point.holder} is gone", now)) for point in left],
                self._c.ids,
            )
            return len(left)

        while await self._c.store.write(work) == _CHUNK:
            pass

    def let_go(self, attached: Attached, why: str) -> None:
        """Another Central has the point now: our link no longer speaks for it, and is told so."""
        if not self._c.links.is_current(attached):
            return
        self._c.links.detach(attached.cp_id)
        self._c.measures.add(figures.LINKS_SUPERSEDED)
        log.warning("%s moved to a newer link: %s.", attached.cp_id, why, extra=about(cp_id=attached.cp_id))
        sentence = f"A newer link speaks for {attached.cp_id} now; this one no longer does."
        attached.link.refuse(BadMessage(ErrorCode.SUPERSEDED, sentence, cp_id=attached.cp_id))
        if not self._c.links.on(attached.link):
            attached.link.close_soon()

    def let_go_stale(self, attached: Attached | None) -> None:
        """What came over this link was not stored: the database says that a newer one speaks for its point."""
        if attached is not None:
            self.let_go(attached, "it registered over a newer one")

    async def let_go_taken(self) -> None:
        """Another Central says that it took points from us: find out which."""
        await self._let_go_but(await self._c.store.write(lambda unit: unit.roll.generations()))

    async def _let_go_but(self, ours: Mapping[str, int]) -> None:
        """Links of ours whose points the database gives to others."""
        for attached in self._c.links.every():
            # One that registered after the look is newer than what was seen.
            if ours.get(attached.cp_id) != attached.generation and not await self.holds(attached):
                self.let_go_stale(attached)

    async def holds(self, attached: Attached) -> bool:
        """Whether this link still speaks for its point."""
        return await self._c.store.write(lambda unit: unit.point_of(attached)) is not None

    def let_all_go(self) -> None:
        """The others took us for dead: whatever is linked here must register anew."""
        for attached in self._c.links.every():
            self.let_go(attached, "the other Centrals took this one for dead")

    async def note_heartbeats(self) -> None:
        """Write the newest heartbeats into the database, many at once."""
        fresh = [a for a in self._c.links.every() if a.heard_wall != a.noted_wall]
        if not fresh:
            return
        seen = [(a.cp_id, a.generation, a.heard_wall) for a in fresh]
        await self._c.store.write(lambda unit: unit.saw_points(seen))
        for attached, (_, _, at) in zip(fresh, seen, strict=True):
            attached.noted_wall = at


def _of_central(point: Point, why: str, now: float) -> Loss:
    """What a Central held that is gone."""
    return Loss(point.cp_id, point.generation, why, now, moves=True)


def _tell(lost: Sequence[Loss]) -> None:
    """A line each while they are few; the story of each is in the database in any case."""
    if len(lost) > MOST_TOLD and not log.isEnabledFor(logging.DEBUG):
        whys = ", ".join(sorted({loss.why for loss in lost}))
        log.info("%d points are disconnected (%s): %s.", len(lost), whys, some_of([loss.cp_id for loss in lost]))
        return
    for loss in lost:
        log.info("%s is disconnected: %s.", loss.cp_id, loss.why, extra=about(cp_id=loss.cp_id))
