"""How links prove who they are, and how points join: one link a point, among all Centrals, and which one takes over."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from central.context import Context, Source
from central.domain import contest
from central.domain.points import Event, Point
from central.domain.sessions import Session
from central.handlers import claiming
from central.handlers.losing import Losing
from central.links import Attached
from central.store.unit_of_work import UnitOfWork
from common.errors import ErrorCode
from common.messages import AuthRequest, AuthResponse, PointStatus, RegisterRequest, RegisterResponse
from common.metrics import catalogue as figures
from common.net.link import Link
from common.net.tls import why_not_for
from common.telemetry import about
from common.words.access import NOT_ENROLLED, NOT_PROVEN

log = logging.getLogger("ev.central.enrolment")

#: What a registration may bring; a field it leaves out stays as it was.
_DETAILS = (
    "max_charging_rate_kw",
    "name",
    "station_id",
    "charge_point_id",
    "connector_id",
    "connector_type",
    "address",
    "latitude",
    "longitude",
    "vendor",
    "model",
    "firmware_version",
)
#: A point may move between Centrals while we ask about its holder; after so many turns its Monitor may ask again.
_TURNS = 3
_TWO_DEVICES = "perhaps two devices have its secret; give it a new one"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The point is ours. `pending`: a claim whose start is to be sent to it, perhaps again."""

    point: Point
    pending: Session | None


@dataclass(frozen=True, slots=True)
class HeldBy:
    """Another Central that is on the roll has the point's link."""

    name: str


@dataclass(frozen=True, slots=True)
class Contested:
    """The point has changed hands too often lately: the next link has to wait."""

    wait_s: int


class Enrolment:
    def __init__(
        self, context: Context, losing: Losing, on_enrolled: Callable[[Point, Session | None], Awaitable[None]]
    ) -> None:
        self._c = context
        self._losing = losing
        #: Sends what may have been lost on the way to a point that is linked here now.
        self._on_enrolled = on_enrolled
        #: Points that are just being registered, and by which link.
        self._joining: dict[str, Link] = {}

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
        point = enrolled.point
        older = self._c.links.find(request.cp_id)
        if older is not None and older.link is not source.link:
            self._losing.let_go(older, "it proved the point's secret")
        self._c.links.attach(
            request.cp_id, source.link, point.generation, point.status, is_out_of_service=point.out_of_service
        )
        log.info("%s registered from %s.", request.cp_id, source.link.peer, extra=about(request))
        source.link.send(
            RegisterResponse(
                message_id=request.message_id,
                timestamp=self._c.wall(),
                status="success",
                message=f"{request.cp_id} is registered.",
                heartbeat_interval_s=self._c.settings.heartbeat_interval,
                price_per_kwh=point.price_per_kwh,
                out_of_service=point.out_of_service,
            )
        )
        await self._on_enrolled(point, enrolled.pending)

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
            now, older = self._c.wall(), self._older(request, link)
            found = await self._c.store.write(lambda unit: self._enrol(unit, request, link, older, now))  # noqa: B023 - it runs at once
            if not isinstance(found, HeldBy):
                return found
            if lives:
                return None
            # Asked once more when it lives: the point's older link may have ended meanwhile.
            lives = await self._c.peers.outlives(found.name)
        return None

    def _enrol(
        self, unit: UnitOfWork, request: RegisterRequest, link: Link, older: Attached | None, now: float
    ) -> Enrolled | HeldBy | Contested:
        point = unit.point(request.cp_id) or self._new(unit, request)
        displaced = _displaced(unit, point, older)
        if displaced is not None:
            if not self._c.proofs.required:
                return HeldBy(displaced)
            contested = _take_over(unit, request, link, older, displaced, now)
            if contested is not None:
                return contested
        if point.status is not PointStatus.DISCONNECTED:
            # Its old link is gone, or was another Central's that died: the loss was only not told yet.
            point = point.after(Event.LINK_LOST)
        point = replace(
            point.after(Event.REGISTERED),
            **{name: value for name in _DETAILS if (value := getattr(request, name)) is not None},
            detail=None,
            holder=unit.instance,
            generation=point.generation + 1,
            registered_at=now,
            last_seen_at=now,
            moving_until=None,
        )
        unit.save_point(point)
        unit.record(now, "registered", f"{request.cp_id} registered at {unit.instance}.", request)
        return Enrolled(point, claiming.pending(unit, request.cp_id, now))

    def _new(self, unit: UnitOfWork, request: RegisterRequest) -> Point:
        """A point nobody knew; of two Centrals that meet it at once, one brings its price."""
        price = request.price_per_kwh if request.price_per_kwh is not None else self._c.settings.default_price
        unit.add_point(
            Point(cp_id=request.cp_id, price_per_kwh=price, max_charging_rate_kw=request.max_charging_rate_kw)
        )
        point = unit.point(request.cp_id)
        assert point is not None
        return point


def _displaced(unit: UnitOfWork, point: Point, older: Attached | None) -> str | None:
    """The Central whose link of the point is alive as far as one knows; None where nothing is in the way."""
    if point.holder == unit.instance:
        # What this Central held without a live link is a loss that was only not told yet.
        return unit.instance if older is not None and older.generation == point.generation else None
    return point.holder if point.holder is not None and unit.roll.is_there(point.holder) else None


def _take_over(
    unit: UnitOfWork, request: RegisterRequest, link: Link, older: Attached | None, displaced: str, now: float
) -> Contested | None:
    """A link that proved the secret takes the point from another, and is recorded; unless that happens all the time."""
    before = unit.takeovers(request.cp_id, contest.MOST)
    wait_s = contest.wait_s(before, now)
    if wait_s:
        return Contested(wait_s)
    if displaced != unit.instance:
        unit.roll.note_taken(displaced)
    was = f"{older.link.peer} at {displaced}" if older is not None and displaced == unit.instance else displaced
    unit.record(
        now, "taken_over", f"A link from {link.peer} at {unit.instance} took {request.cp_id} over from {was}.", request
    )
    if contest.row([*before, now], now) == contest.FREE:
        unit.record(now, "contested", f"{request.cp_id} changes hands again and again: {_TWO_DEVICES}.", request)
        log.warning("%s changes hands again and again: %s.", request.cp_id, _TWO_DEVICES, extra=about(request))
    return None


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
