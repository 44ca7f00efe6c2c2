"""How links prove who they are, and how points join: one link a point, among all Centrals, and which one takes over."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from central.context import Context, Source
from central.domain.points import Point
from central.handlers import joining
from central.handlers.joining import Contested, Enrolled, HeldBy, Wish
from central.handlers.losing import MOST_TOLD, Losing
from central.links import Attached
from central.together import Together
from common.errors import ErrorCode, TransportLost
from common.messages import AuthRequest, AuthResponse, RegisterRequest, RegisterResponse
from common.metrics import catalogue as figures
from common.net.link import Link
from common.net.tls import why_not_for
from common.telemetry import about, some_of
from common.words.access import NOT_ENROLLED, NOT_PROVEN

log = logging.getLogger("ev.central.enrolment")

#: A point may move between Centrals while we ask about its holder; after so many turns its Monitor may ask again.
_TURNS = 3


class Enrolment:
    def __init__(self, context: Context, losing: Losing, on_enrolled: Callable[[Enrolled], Awaitable[None]]) -> None:
        self._c = context
        self._losing = losing
        #: Sends what may have been lost on the way to a point that is linked here now.
        self._on_enrolled = on_enrolled
        #: Points that are just being registered, and by which link.
        self._joining: dict[str, Link] = {}
        #: A Central that begins, or whose network was away, is asked by all of its points at once.
        self._enrolling = Together(context.store, joining.enrol, self._attach)

    async def authenticate(self, request: AuthRequest, source: Source) -> None:
        assert source.link is not None  # the catalogue has no other route
        refusal = await self._c.proofs.check(request, source.link)
        if refusal is not None:
            self._c.measures.add(figures.AUTH_REFUSED)
            log.warning("%s %s was not believed: %s.", request.role, request.claimed_id, refusal, extra=about(request))
        source.link.send(
            AuthResponse(
                message_id=request.message_id,
                timestamp=self._c.wall(),
                status="success" if refusal is None else "failure",
                error=refusal,
                message="Welcome." if refusal is None else _why_not(request, refusal),
            )
        )

    async def register(self, request: RegisterRequest, source: Source) -> None:
        assert source.link is not None  # the catalogue has no other route
        stranger = why_not_for(source.link.certified_for, request.cp_id)
        if stranger is not None:
            self._c.measures.add(figures.AUTH_REFUSED)
            log.warning("%s was not believed: %s", request.cp_id, stranger, extra=about(request))
            source.link.send(_refused(request, self._c.wall(), ErrorCode.AUTH_FAILED, stranger))
            return
        enrolled: Enrolled | Contested | None = None
        if self._may_ask(request, source.link):
            self._joining[request.cp_id] = source.link
            try:
                enrolled = await self._enrol_patiently(request, source.link)
            finally:
                del self._joining[request.cp_id]
        if not isinstance(enrolled, Enrolled):
            self._c.measures.add(figures.REGISTRATIONS_REFUSED)
            source.link.send(self._not_now(request, enrolled))
            return
        if enrolled.pending is not None or enrolled.stops:
            await self._on_enrolled(enrolled)

    def _attach(self, wishes: Sequence[Wish], outcomes: Sequence[joining.Outcome]) -> None:
        """The points are these links' from now on: whatever is stored after this goes over them."""
        joined = [(wish, one.point) for wish, one in zip(wishes, outcomes, strict=True) if isinstance(one, Enrolled)]
        for wish, point in joined:
            older = self._c.links.find(point.cp_id)
            if older is not None and older.link is not wish.link:
                self._losing.let_go(older, "it proved the point's secret")
            self._c.links.attach(
                point.cp_id, wish.link, point.generation, point.status, is_out_of_service=point.out_of_service
            )
            with suppress(TransportLost):  # its loss follows
                # Before anything else can be sent there: a claim of the same moment brings a start.
                wish.link.send(self._welcome(wish.request, point))
        _tell(joined)

    def _welcome(self, request: RegisterRequest, point: Point) -> RegisterResponse:
        return RegisterResponse(
            message_id=request.message_id,
            timestamp=self._c.wall(),
            status="success",
            message=f"{request.cp_id} is registered.",
            heartbeat_interval_s=self._c.settings.heartbeat_interval,
            price_per_kwh=point.price_per_kwh,
            out_of_service=point.out_of_service,
        )

    def _not_now(self, request: RegisterRequest, contested: Contested | None) -> RegisterResponse:
        if contested is None:
            sentence = f"{request.cp_id} is already connected over another link; stop that one first."
            return _refused(request, self._c.wall(), ErrorCode.ALREADY_CONNECTED, sentence)
        wait_s = contested.wait_s
        sentence = f"{request.cp_id} has changed hands too often; try again in {wait_s} s. Perhaps two devices have its secret."
        refused = _refused(request, self._c.wall(), ErrorCode.RATE_LIMITED, sentence)
        return refused.model_copy(update={"data": {"retry_after_s": wait_s}})

    def _may_ask(self, request: RegisterRequest, link: Link) -> bool:
        """Protocol, section 3: who proves the secret wins; without secrets the older link stays."""
        if request.cp_id in self._joining:
            return False
        return self._c.proofs.required or self._older(request, link) is None

    def _older(self, request: RegisterRequest, link: Link) -> Attached | None:
        """Another live link of the point here."""
        older = self._c.links.find(request.cp_id)
        return None if older is None or older.link is link else older

    async def _enrol_patiently(self, request: RegisterRequest, link: Link) -> Enrolled | Contested | None:
        """Enrol; where another Central has the point, only once that one turns out to be gone. None: it lives."""
        lives = False
        for _ in range(_TURNS):
            found = await self._enrolling.ask(self._wish(request, link))
            if not isinstance(found, HeldBy):
                return found
            if lives:
                return None
            # Asked once more when it lives: the point's older link may have ended meanwhile.
            lives = await self._c.peers.outlives(found.name)
        return None

    def _wish(self, request: RegisterRequest, link: Link) -> Wish:
        return Wish(
            request,
            link,
            self._older(request, link),
            self._c.wall(),
            is_proven=self._c.proofs.required,
            default_price=self._c.settings.default_price,
        )


def _tell(joined: Sequence[tuple[Wish, Point]]) -> None:
    """A line each while they are few; the story of each is in the database in any case."""
    if len(joined) > MOST_TOLD and not log.isEnabledFor(logging.DEBUG):
        log.info("%d points registered: %s.", len(joined), some_of([point.cp_id for _, point in joined]))
        return
    for wish, point in joined:
        log.info("%s registered from %s.", point.cp_id, wish.link.peer, extra=about(wish.request))


def _why_not(request: AuthRequest, refusal: ErrorCode) -> str:
    if refusal is ErrorCode.AUTH_FAILED:
        return NOT_PROVEN.en
    return NOT_ENROLLED.en.format(id=request.claimed_id)


def _refused(request: RegisterRequest, now: float, code: ErrorCode, sentence: str) -> RegisterResponse:
    return RegisterResponse(
        message_id=request.message_id,
        timestamp=now,
        status="failure",
        error=code,
        message=sentence,
        reason=sentence,
    )
