"""Central's end of every TCP link: fixes its role, holds it to what it may send, hands on what it says."""

import logging
from collections.abc import Hashable, Mapping
from functools import cache, partial

from central.admission import Admission
from central.context import Context, Source
from central.handlers import Handlers
from central.handlers.logbook import Logbook
from central.rationing import Rationing
from central.strands import Crowd, Strands
from central.wariness import Wariness
from common import tracing
from common.clock import stopwatch
from common.errors import BadMessage, ErrorCode, StoreUnavailable, TransportLost
from common.ids import counted_ids
from common.messages import (
    AuthRequest,
    ChargeCompletion,
    ChargeRequest,
    ChargingData,
    CommandResponse,
    ConnectionLost,
    ErrorResponse,
    FaultNotification,
    HeartbeatRequest,
    ManualCommand,
    Message,
    RecoveryNotification,
    StatusUpdate,
    StopChargingRequest,
)
from common.metrics import catalogue as figures
from common.net.limits import Why
from common.net.link import Link
from common.registry import over_tcp, senders_to
from common.routes import Role
from common.telemetry import about
from common.tracing import Kind
from common.words.access import PROVE_FIRST

log = logging.getLogger("ev.central.gateway")
#: The role of a link that has not said anything yet.
_UNKNOWN = "unknown"
_ROLES = (Role.MONITOR, Role.DRIVER, Role.ADMIN)
#: What is not answered at once: nobody can count on its answer before that of the next frame.
SIDE_BY_SIDE = (
    *(ChargeRequest, StopChargingRequest, CommandResponse, ChargeCompletion, ChargingData),
    *(StatusUpdate, FaultNotification, RecoveryNotification),
)
#: Messages of one link that are taken side by side, where they are about different points or drivers; and of all links.
_MOST_AT_ONCE = 64
_MOST_OF_ALL = 2_000


def anything() -> Mapping[str, type[Message]]:
    """What a link may open with: what any role may send."""
    return {tag: message for role in _ROLES for tag, message in over_tcp(role, Role.CENTRAL).items()}


@cache
def _accepted_of(role: Role) -> Mapping[str, type[Message]]:
    """An order that is not this role's to give is read all the same: who tried it is recorded. One table for all links."""
    return {**over_tcp(role, Role.CENTRAL), ManualCommand.tag(): ManualCommand}


def _prove_first(message: Message) -> str:
    """What who speaks without a proof is to do; nothing is said of whether there is such a one."""
    senders = senders_to(Role.CENTRAL, message.type)
    for sender, role, field in ((Role.MONITOR, "point", "cp_id"), (Role.DRIVER, "driver", "driver_id")):
        if sender in senders:
            return PROVE_FIRST.en.format(role=role, id=getattr(message, field, "ID"))
    return PROVE_FIRST.en.format(role="admin", id="ID")


class Gateway:
    def __init__(
        self, context: Context, handlers: Handlers, admission: Admission, rationing: Rationing, logbook: Logbook
    ) -> None:
        self._c = context
        self._logbook = logbook
        self._rationing = rationing
        self._wariness = Wariness(context.clock)
        self._admission = admission
        self._handlers = handlers
        #: Events never leave this process, so they need no id that is nobody else's.
        self._event_ids = counted_ids("event")
        self._crowd = Crowd(_MOST_OF_ALL)

    @property
    def in_hand(self) -> int:
        """Messages that are being taken side by side."""
        return self._crowd.count

    def count_bad(self, bad: BadMessage) -> None:
        self._c.measures.add(figures.BAD_FRAMES, str(bad.code))

    def count_cut(self, why: Why) -> None:
        self._c.measures.add(figures.LINKS_CUT, str(why))

    async def serve(self, link: Link) -> None:
        """Take messages from one link until it ends: those about one point or driver one after the other."""
        role: Role | None = None
        self._c.measures.add(figures.LINKS_OPENED)
        self._c.measures.move(figures.LINKS, _UNKNOWN, by=1)
        try:
            async with Strands(_MOST_AT_ONCE, self._crowd) as strands:
                async for message in link:
                    if role is None:
                        role = self._fix_role(link, message)
                        self._c.measures.move(figures.LINKS, _UNKNOWN, by=-1)
                        self._c.measures.move(figures.LINKS, role or _UNKNOWN, by=1)
                    await self._begin(strands, link, role, message)
        finally:
            self._c.measures.move(figures.LINKS, role or _UNKNOWN, by=-1)
            await self._lost(link, role)

    async def _begin(self, strands: Strands, link: Link, role: Role | None, message: Message) -> None:
        strand = self._strand(role, message)
        work = partial(self._take_timed, link, role, message, link.heard_at, link.traceparent)
        if isinstance(message, SIDE_BY_SIDE):
            await strands.start(strand, work)
            return
        # Of heartbeats there are most, and hardly one has anything to wait for.
        if not (isinstance(message, HeartbeatRequest) and strands.is_idle(strand)):
            await strands.finished()
        await work()

    def _strand(self, role: Role | None, message: Message) -> Hashable:
        """Whom it is about."""
        if isinstance(message, CommandResponse):
            return self._c.commands.asked_of(message.message_id) or message.message_id
        return getattr(message, "driver_id" if role is Role.DRIVER else "cp_id", None)

    def _fix_role(self, link: Link, message: Message) -> Role | None:
        if isinstance(message, AuthRequest):
            role = Role(message.role)
        else:
            senders = senders_to(Role.CENTRAL, message.type)
            if len(senders) != 1 or self._c.proofs.required:
                return None
            (role,) = senders
        link.accepts = _accepted_of(role)
        return role

    async def _take_timed(
        self, link: Link, role: Role | None, message: Message, heard_at: float | None, traceparent: str | None
    ) -> None:
        began = stopwatch()
        outcome = await self._take(link, role, message, heard_at, traceparent)
        self._c.measures.observe(figures.HANDLING, stopwatch() - began, message.type)
        self._c.measures.add(figures.MESSAGES, message.type, "tcp", outcome)

    async def _take(
        self, link: Link, role: Role | None, message: Message, heard_at: float | None, traceparent: str | None
    ) -> str:
        """How it went, in a word for the figures."""
        try:
            self._check_order(role, message)
            self._check_proof(link, role, message)
            self._rationing.check(message)
            self._admission.check(message, self._waited_s(heard_at))
            with tracing.inside(tracing.take(message, traceparent, Kind.SERVER)):
                await self._handlers.dispatch(message, Source(role, link))
            if isinstance(message, AuthRequest):
                self._note_proof(link, role, message)
        except BadMessage as bad:
            link.refuse(bad)
            if isinstance(message, ManualCommand):
                await self._logbook.refused(message, Source(role, link), bad.code, bad.sentence)
            return bad.code
        except TransportLost:
            log.debug("%s left before it was answered.", link.peer, extra=about(message))
            return "left"
        except StoreUnavailable as wrong:
            log.debug("A %s was not stored: %s", message.type, wrong, extra=about(message))
            link.refuse(
                BadMessage(ErrorCode.OVERLOADED, "Central cannot store this now; try again.", message.message_id)
            )
            return ErrorCode.OVERLOADED
        except Exception:
            # A defect of ours costs this message, not the link and not those behind it.
            log.exception("A %s could not be handled.", message.type, extra=about(message))
            sentence = "Central failed to handle this; its log says why."
            link.refuse(BadMessage(ErrorCode.INTERNAL_ERROR, sentence, message.message_id))
            return ErrorCode.INTERNAL_ERROR
        return "done"

    def _check_order(self, role: Role | None, message: Message) -> None:
        if isinstance(message, ManualCommand) and role not in (Role.ADMIN, None):
            sentence = f"{message.type} may not be sent here by this sender."
            raise BadMessage(ErrorCode.NOT_ALLOWED, sentence, message.message_id)

    def _waited_s(self, heard_at: float | None) -> float:
        """How long ago a message came that stood behind others in its link."""
        return 0.0 if heard_at is None else self._c.clock.now().mono - heard_at

    def _note_proof(self, link: Link, role: Role | None, request: AuthRequest) -> None:
        """Who has proven something may stay; who has not is slowed down."""
        if role is not None and self._c.proofs.is_proven(link, role, request.claimed_id):
            link.welcome()
        else:
            self._wariness.note_wrong(request, link.source)

    def _check_proof(self, link: Link, role: Role | None, message: Message) -> None:
        """With authentication on, a link speaks only for whom it has proven to be."""
        if not self._c.proofs.required or isinstance(message, ErrorResponse):
            return
        if isinstance(message, AuthRequest):
            self._wariness.check(message, link.source)
            return
        claimed = {Role.MONITOR: "cp_id", Role.DRIVER: "driver_id"}.get(role or Role.CENTRAL, "")
        claimed_id = getattr(message, claimed, None) if claimed else None
        if role is None or not self._c.proofs.is_proven(link, role, claimed_id):
            raise BadMessage(ErrorCode.NOT_AUTHENTICATED, _prove_first(message), message.message_id)

    async def _lost(self, link: Link, role: Role | None) -> None:
        event = ConnectionLost(
            message_id=self._event_ids(),
            timestamp=self._c.wall(),
            peer=link.peer,
            description=f"The link from {link.peer} ended.",
        )
        try:
            await self._handlers.dispatch(event, Source(role, link))
        except StoreUnavailable as wrong:
            log.error("The loss of the link from %s was not stored: %s", link.peer, wrong)  # noqa: TRY400 - one sentence is enough
