"""A rig that plays the runtime for a watch: hands it what happens, gives back what it asks for."""

from decimal import Decimal

import pytest

from charging_point.monitor.effects import Effect, Effects, Note, ToCentral, ToEngine
from charging_point.monitor.handlers import Arrival, Side, wire
from charging_point.monitor.timings import Timings
from charging_point.monitor.watch import Watch
from common.clock import ManualClock
from common.ids import counted_ids
from common.messages import (
    ChargeCompletion,
    ChargingData,
    CommandResponse,
    ConnectionFailed,
    ConnectionLost,
    HealthCheckResponse,
    Message,
    PointStatus,
    Reason,
    RegisterRequest,
    RegisterResponse,
    StartChargingCommand,
)

_OWN = "own-"
#: What stands for an id that Monitor made itself.
ANY = "*"
ANNOUNCEMENT = RegisterRequest(message_id=ANY, cp_id="CP1", max_charging_rate_kw=22, price_per_kwh=Decimal("0.3"))


class Rig:
    """Messages it gives back have no timestamp, and "*" for an id that Monitor made; relayed ids stay as they are."""

    def __init__(self, secret: str | None = None, timings: Timings | None = None) -> None:
        self.clock = ManualClock()
        self.watch = Watch(ANNOUNCEMENT, ids=counted_ids(_OWN), secret=secret, timings=timings)
        self.dispatcher = wire()
        self.watch.start(self.clock.now())

    def engine(self, message: Message) -> Effects:
        return self._hear(message, Side.ENGINE)

    def central(self, message: Message) -> Effects:
        return self._hear(message, Side.CENTRAL)

    def _hear(self, message: Message, side: Side) -> Effects:
        self.last = self.dispatcher.dispatch(message, Arrival(self.watch, side, self.clock.now()))
        return _plain(self.last)

    def engine_up(self) -> Effects:
        self.last = self.watch.engine_up(self.clock.now())
        return _plain(self.last)

    def central_up(self) -> Effects:
        self.last = self.watch.central_up(self.clock.now())
        return _plain(self.last)

    def engine_lost(self) -> Effects:
        return self.engine(ConnectionLost(message_id="e", peer="e:1", description="The link to e:1 ended."))

    def central_lost(self) -> Effects:
        return self.central(ConnectionLost(message_id="e", peer="c:1", description="The link to c:1 ended."))

    def engine_fails(self) -> Effects:
        return self.engine(ConnectionFailed(message_id="e", peer="e:1", description="Cannot connect to e:1: no."))

    def central_fails(self) -> Effects:
        return self.central(ConnectionFailed(message_id="e", peer="c:1", description="Cannot connect to c:1: no."))

    def after(self, seconds: float) -> Effects:
        """Let time pass; the watch is ticked exactly when it asks for it."""
        found: Effects = []
        end = self.clock.now().mono + seconds
        while (due := self.watch.due()) is not None and due <= end:
            self.clock.advance(max(0.0, due - self.clock.now().mono))
            found += self.watch.tick(self.clock.now())
            assert (following := self.watch.due()) is None or following > self.clock.now().mono
        self.clock.advance(end - self.clock.now().mono)
        return _plain(found)

    # -- shortcuts to where a history begins

    def link_engine(self, status: PointStatus = PointStatus.ACTIVE, *, charging: bool = False) -> Effects:
        self.engine_up()
        greeted = self.engine(CommandResponse(message_id=self.sent_id(), status="success"))
        return greeted + self.engine(health(status, charging=charging))

    def register(self, **fields: object) -> Effects:
        self.central_up()
        return self.central(registered(self.sent_id(), **fields))

    def join(self) -> "Rig":
        self.link_engine()
        self.register()
        return self

    def sent_id(self) -> str:
        """The id of the last message that Monitor sent."""
        return [e.message.message_id for e in self.last if isinstance(e, ToEngine | ToCentral)][-1]


def _plain(effects: Effects) -> Effects:
    return [_without_own(effect) for effect in effects]


def _without_own(effect: Effect) -> Effect:
    match effect:
        case ToEngine(message):
            return ToEngine(plain(message))
        case ToCentral(message):
            return ToCentral(plain(message))
        case Note(words, grave):
            return Note(words, grave)
        case _:
            return effect


def plain(message: Message) -> Message:
    own = message.message_id.startswith(_OWN)
    return message.model_copy(update={"timestamp": None, "message_id": ANY if own else message.message_id})


def to_central(effects: Effects) -> list[Message]:
    return [effect.message for effect in effects if isinstance(effect, ToCentral)]


def to_engine(effects: Effects) -> list[Message]:
    return [effect.message for effect in effects if isinstance(effect, ToEngine)]


def notes(effects: Effects) -> list[str]:
    return [effect.words for effect in effects if isinstance(effect, Note)]


def health(status: PointStatus = PointStatus.ACTIVE, *, charging: bool = False) -> HealthCheckResponse:
    return HealthCheckResponse(message_id="h", status="success", engine_status=status, is_charging=charging)


def registered(message_id: str, **fields: object) -> RegisterResponse:
    return RegisterResponse.model_validate({"message_id": message_id, "status": "success"} | fields)


def start_command(message_id: str = "c1", session_id: str = "S1", cp_id: str = "CP1") -> StartChargingCommand:
    return StartChargingCommand(
        message_id=message_id,
        cp_id=cp_id,
        session_id=session_id,
        driver_id="D1",
        price_per_kwh=Decimal("0.3"),
        max_charging_rate_kw=22,
    )


def answer(message_id: str = "c1", session_id: str | None = "S1") -> CommandResponse:
    return CommandResponse(message_id=message_id, status="success", session_id=session_id)


def reading(session_id: str = "S1", *, relay: bool | None = None, cp_id: str = "CP1") -> ChargingData:
    return ChargingData(
        message_id="r1",
        cp_id=cp_id,
        session_id=session_id,
        energy_consumed_kwh=Decimal("1.5"),
        total_cost=Decimal("0.45"),
        charging_rate=22,
        relay=relay,
    )


def completion(session_id: str = "S1", cp_id: str = "CP1") -> ChargeCompletion:
    return ChargeCompletion(
        message_id=f"done-{session_id}",
        cp_id=cp_id,
        session_id=session_id,
        energy_consumed_kwh=Decimal("2.5"),
        total_cost=Decimal("0.75"),
        reason=Reason.DRIVER_STOP,
    )


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def joined() -> Rig:
    """Engine linked and well, the point registered and ACTIVE."""
    return Rig().join()
