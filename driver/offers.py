"""The points that a driver may choose from: filtered, in an order, one of them chosen. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

from common.messages import AvailableCpsResponse, OfferedPoint, PointStatus
from driver.cursor import Cursor
from driver.position import Position

_DIGITS = re.compile(r"(\d+)")


class Order(StrEnum):
    ID = "id"
    DISTANCE = "distance"
    PRICE = "price"
    POWER = "power"


@dataclass(frozen=True, slots=True)
class Offer:
    point: OfferedPoint
    #: From where the driver is, where both places are known.
    distance_km: float | None = None

    @property
    def is_free(self) -> bool:
        return self.point.status is PointStatus.ACTIVE


class Offers:
    """What Central answered last, as its driver wants to see it. The chosen point stays chosen through answers."""

    def __init__(self, position: Position | None = None) -> None:
        self._position = position
        self._all: list[Offer] = []
        #: As many as there are, of which Central may have told a part.
        self.total = 0
        #: When they were told, on the monotonic clock.
        self.told_at: float | None = None
        self.order = Order.ID if position is None else Order.DISTANCE
        self.words = ""
        self.only_free = False
        self.cursor = Cursor()
        self.shown: list[Offer] = []

    @property
    def told(self) -> int:
        return len(self._all)

    @property
    def chosen(self) -> Offer | None:
        return self.shown[self.cursor.index] if self.shown else None

    @property
    def orders(self) -> list[Order]:
        return [order for order in Order if order is not Order.DISTANCE or self._position is not None]

    def point(self, cp_id: str) -> OfferedPoint | None:
        return next((offer.point for offer in self._all if offer.point.cp_id == cp_id), None)

    def take(self, answer: AvailableCpsResponse, mono: float) -> None:
        before = self.chosen
        self._all = [Offer(point, self._distance(point)) for point in answer.charging_points]
        total = (answer.data or {}).get("total")
        self.total = total if isinstance(total, int) and total > len(self._all) else len(self._all)
        self.told_at = mono
        self._arrange()
        if before is not None:
            ids = [offer.point.cp_id for offer in self.shown]
            self.cursor.go(ids.index(before.point.cp_id) if before.point.cp_id in ids else self.cursor.index)

    def filter(self, words: str) -> None:
        if words != self.words:
            self.words = words
            self._begin_anew()

    def toggle_free(self) -> None:
        self.only_free = not self.only_free
        self._begin_anew()

    def next_order(self) -> None:
        orders = self.orders
        self.order = orders[(orders.index(self.order) + 1) % len(orders)]
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._arrange()
        self.cursor.go(0)

    def _arrange(self) -> None:
        words = self.words.casefold().split()
        fitting = [offer for offer in self._all if (offer.is_free or not self.only_free) and _has(offer.point, words)]
        self.shown = sorted(fitting, key=lambda offer: (_rank(offer, self.order), natural(offer.point.cp_id)))
        self.cursor.fit(len(self.shown))

    def _distance(self, point: OfferedPoint) -> float | None:
        if self._position is None or point.latitude is None or point.longitude is None:
            return None
        return self._position.km_to(Position(point.latitude, point.longitude))


def natural(cp_id: str) -> list[tuple[int, str]]:
    """So that CP2 stands before CP10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(cp_id)]


def _has(point: OfferedPoint, words: list[str]) -> bool:
    text = f"{point.cp_id} {point.name or ''} {point.address or ''}".casefold()
    return all(word in text for word in words)


def _rank(offer: Offer, order: Order) -> float:
    """Nearest, cheapest, strongest first; what is not known last."""
    match order:
        case Order.DISTANCE:
            return float("inf") if offer.distance_km is None else offer.distance_km
        case Order.PRICE:
            return float(offer.point.price_per_kwh)
        case Order.POWER:
            return -offer.point.max_charging_rate_kw
        case Order.ID:
            return 0.0
