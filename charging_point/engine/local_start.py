"""A start at the point: a driver swipes a card, Central is asked, and only its yes begins a charge. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from charging_point.engine.effects import Effects, Tell, ToMonitor
from charging_point.engine.point import Point
from charging_point.engine.session import Order
from common.clock import Moment
from common.ids import Ids
from common.messages import LocalStartRequest, LocalStartResponse, PointStatus, Reason
from common.money import watt_hours
from common.words import engine as words

ANSWER_WITHIN_S = 10.0
_MOST_REMEMBERED = 16


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to Central."""

    driver_id: str
    limit_wh: int | None
    deadline: float


class LocalStarts:
    """Asks one question at a time; remembers late ones, because Central may still say yes to them."""

    def __init__(self, point: Point, ids: Ids) -> None:
        self._point = point
        self._ids = ids
        self._asked: dict[str, Asked] = {}

    def swipe(self, driver_id: str, limit_kwh: Decimal | None, now: Moment) -> Effects:
        why_not = self._why_not(now)
        if why_not is not None or self._point.cp_id is None:
            return [Tell(ok=False, text=why_not or "")]
        request = LocalStartRequest(
            message_id=self._ids(),
            timestamp=now.wall,
            cp_id=self._point.cp_id,
            driver_id=driver_id,
            energy_limit_kwh=limit_kwh,
        )
        limit_wh = None if limit_kwh is None else watt_hours(limit_kwh)
        self._asked[request.message_id] = Asked(driver_id, limit_wh, now.mono + ANSWER_WITHIN_S)
        while len(self._asked) > _MOST_REMEMBERED:
            self._asked.pop(next(iter(self._asked)))
        return [ToMonitor(request), Tell(ok=True, text=words.ASKED(driver=driver_id))]

    def is_asking(self, now: Moment) -> bool:
        """Whether Central may still say yes in time."""
        return any(now.mono < asked.deadline for asked in self._asked.values())

    def _why_not(self, now: Moment) -> str | None:
        if not self._point.is_linked:
            return words.NOBODY_TO_ASK()
        if self.is_asking(now):
            return words.ASKING_ALREADY()
        refusal = self._point.refusal()
        return None if refusal is None else str(refusal)

    def answer(self, response: LocalStartResponse, now: Moment) -> Effects:
        """Central's word. A yes that cannot be used any more still opened a session: it is closed, empty."""
        asked = self._asked.pop(response.message_id, None)
        session_id, price, cp_id = response.session_id, response.price_per_kwh, self._point.cp_id
        if not response.succeeded or session_id is None or price is None or cp_id is None:
            return []
        if session_id == self._point.session_id or self._point.has_ended(session_id):
            return []
        order = Order(
            cp_id=cp_id,
            session_id=session_id,
            driver_id=asked.driver_id if asked else "",
            price_per_kwh=price,
            max_kw=self._point.max_rate_kw,
            limit_wh=asked.limit_wh if asked else None,
            at_point=True,
        )
        if asked is not None and now.mono < asked.deadline and self._point.refusal() is None:
            return self._point.start(order, now)
        return self._point.close_unstarted(order, self._closing_reason(asked), now)

    def forget(self, message_id: str) -> bool:
        """Monitor could not pass the question on."""
        return self._asked.pop(message_id, None) is not None

    def _closing_reason(self, asked: Asked | None) -> Reason:
        if asked is None:
            return Reason.ENGINE_RESTART  # the question was put before it
        if self._point.is_switched_off:
            return Reason.POWER_LOSS
        by_status = {PointStatus.FAULTY: Reason.FAULT, PointStatus.STOPPED: Reason.ADMIN_STOP}
        return by_status.get(self._point.status, Reason.DRIVER_STOP)
