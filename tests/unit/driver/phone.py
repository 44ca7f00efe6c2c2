"""The app in a driver's hand, without a screen: what is pressed, what Central answers, how time passes."""

from decimal import Decimal

from common.clock import ManualClock
from common.ids import counted_ids
from common.messages import AvailableCpsResponse, Message, OfferedPoint, PointStatus
from common.ui.keys import Key
from driver.app import App
from driver.controls import press
from driver.events import Output, Send
from driver.gauge import Gauge
from driver.handlers import Door, wire
from driver.trip import Trip
from tests.unit.driver.conftest import Rig, books, granted


def point(cp_id: str, status: PointStatus = PointStatus.ACTIVE, name: str | None = None) -> OfferedPoint:
    return OfferedPoint(cp_id=cp_id, status=status, price_per_kwh=Decimal("0.3"), max_charging_rate_kw=22, name=name)


POINTS = (point("CP1", name="Gate"), point("CP2", PointStatus.CHARGING), point("CP10", name="Yard"))


class Phone:
    """The app in a driver's hand: what is pressed, what Central answers, how time passes."""

    def __init__(self) -> None:
        self.trip = Trip("D1", ids=counted_ids(), quiet_s=5.0)
        self.app = App(self.trip)
        self.dispatcher = wire(self.trip, Door(self.trip, lambda: None, patient=True))
        self.rig = Rig(self.trip, self.app, ManualClock(1_800_000_000.0))

    def begin(self, *running: Message) -> "Phone":
        """Asks for points (m1) and whether a session runs (m2)."""
        self.rig.begin()
        self.hear(listed("m1"))
        self.hear(*(running or (books("m2"),)))
        return self

    def press(self, *names: str) -> list[Message]:
        """What was sent because of these keys."""
        outputs: list[Output] = []
        for name in names:
            key = Key(name, name) if len(name) == 1 else Key(name)
            outputs += self.rig.do(press(self.app, key, self.rig.now))
        return sent(outputs)

    def type(self, text: str) -> list[Message]:
        return self.press(*text)

    def hear(self, *messages: Message) -> list[Message]:
        outputs: list[Output] = []
        for message in messages:
            outputs += self.rig.do(self._take(message))
        return sent(outputs)

    def wait(self, seconds: float) -> list[Message]:
        return sent(self.rig.wait(seconds))

    def charge(self) -> "Phone":
        """At CP1, up to 2 kWh, as m3."""
        self.press("enter")
        self.type("2")
        self.press("enter")
        self.hear(granted("m3"))
        return self

    @property
    def said(self) -> str:
        return "" if self.app.said is None else self.app.said.sentence

    @property
    def gauge(self) -> Gauge:
        assert self.app.gauge is not None
        return self.app.gauge

    @property
    def shown(self) -> list[str]:
        return [offer.point.cp_id for offer in self.app.offers.shown]

    def _take(self, message: Message) -> list[Output]:
        return self.dispatcher.dispatch(message, self.rig.now)


def sent(outputs: list[Output]) -> list[Message]:
    return [output.request for output in outputs if isinstance(output, Send)]


def kinds(messages: list[Message]) -> list[str]:
    return [message.type for message in messages]


def listed(message_id: str, *points: OfferedPoint) -> AvailableCpsResponse:
    return AvailableCpsResponse(message_id=message_id, status="success", charging_points=points or POINTS)
