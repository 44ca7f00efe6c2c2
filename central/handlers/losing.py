"""How points leave: their link ends, they fall silent, their Central dies, or another Central takes them over."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from central.context import Context
from central.domain.points import Event, Point
from central.links import Attached
from central.notices import status_notice
from central.store.unit_of_work import UnitOfWork
from common.errors import BadMessage, ErrorCode
from common.messages import PointStatus
from common.metrics import catalogue as figures
from common.net.link import Link
from common.routes import Topic
from common.telemetry import about

log = logging.getLogger("ev.central.losing")

#: A point whose Central went away has so long to come back at another before drivers hear that it is not connected.
MOVES_WITHIN_S = 10.0
#: Where a point was in one of these, a driver may want something of it before it is back.
_MOVING = (PointStatus.ACTIVE, PointStatus.CHARGING)
#: Points of a Central that is gone, taken in one transaction.
_CHUNK = 200


class Losing:
    def __init__(self, context: Context) -> None:
        self._c = context
        #: This Central is about to end: the points it loses now did not go away themselves.
        self.is_leaving = False
        #: Points of ours that no link here carried at the last look, and the number of their registration.
        self._unlinked: dict[str, int] = {}

    # -- one point, one link

    async def lose_link(self, link: Link) -> None:
        """A link ended: its points are DISCONNECTED, their sessions go on."""
        self._c.proofs.forget(link)
        for attached in self._c.links.on(link):
            await self.lose_point(attached, "its link closed")

    async def lose_point(self, attached: Attached, why: str) -> None:
        """Mark a point lost, unless it has registered anew meanwhile, here or elsewhere."""
        if not self._c.links.is_current(attached):
            return
        # Only what is stored is let go: should the database be away, the point is found silent later and tried again.
        await self._store_loss(attached.cp_id, attached.generation, why)
        if self._c.links.is_current(attached):
            self._c.links.detach(attached.cp_id)

    async def _store_loss(self, cp_id: str, generation: int, why: str) -> None:
        now = self._c.wall()

        def work(unit: UnitOfWork) -> bool:
            point = unit.point(cp_id)
            if point is None or (point.holder, point.generation) != (unit.instance, generation):
                return False
            unit.save_point(self._lost(unit, point, now, why, moves=self.is_leaving))
            return True

        if await self._c.store.write(work):
            log.info("%s is disconnected: %s.", cp_id, why, extra=about(cp_id=cp_id))

    def _lost(self, unit: UnitOfWork, point: Point, now: float, why: str, *, moves: bool) -> Point:
        moved = replace(
            point if point.status is PointStatus.DISCONNECTED else point.after(Event.LINK_LOST),
            holder=None,
            detail=None,
            moving_until=now + MOVES_WITHIN_S if moves and point.status in _MOVING else None,
        )
        unit.record(now, "link_lost", f"{point.cp_id} is disconnected: {why}.", cp_id=point.cp_id)
        tell_driver(unit, moved, self._c.ids(), now)
        return moved

    async def drop_silent(self) -> None:
        """Points without a heartbeat for too long are lost, though their link may still look alive."""
        since = self._c.clock.now().mono - self._c.settings.heartbeat_timeout
        for attached in self._c.links.silent_since(since):
            if attached.heard_mono >= since:  # it was heard while another was being written
                continue
            await self.lose_point(attached, f"no heartbeat for {self._c.settings.heartbeat_timeout:.0f} s")
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
        for cp_id, generation in self._unlinked.items():
            if before.get(cp_id) == generation:  # else it may just be registering
                await self._store_loss(cp_id, generation, "no link carries it")
        await self._let_go_but(held)

    # -- whole Centrals

    async def recover_held(self) -> None:
        """At start: what this instance held when it last ran has lost its link with it."""
        now = self._c.wall()

        def work(unit: UnitOfWork) -> None:
            for point in unit.points_held():
                unit.save_point(self._lost(unit, point, now, "Central was restarted", moves=True))

        await self._c.store.write(work)

    async def drop_left(self) -> None:
        """Points of Centrals that are gone: nobody else would tell that they are not connected."""
        now = self._c.wall()

        def work(unit: UnitOfWork) -> int:
            left = unit.roll.left_points(_CHUNK)
            for cp_id in left:
                point = unit.point(cp_id)
                if point is not None:
                    unit.save_point(self._lost(unit, point, now, f"Central {point.holder} is gone", moves=True))
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


def tell_driver(unit: UnitOfWork, point: Point, message_id: str, now: float) -> None:
    """Whoever charges at a point hears that it is out of order or out of reach."""
    if point.status not in (PointStatus.FAULTY, PointStatus.DISCONNECTED):
        return
    session = unit.open_session_at(point.cp_id)
    if session is not None:
        notice = status_notice(session, point.status, message_id, now)
        unit.send(Topic.DRIVER_RESPONSES, session.driver_id, notice, now)
