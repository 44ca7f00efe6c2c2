"""A driver D1 at a still clock, what Central might say to it, and a rig that plays the runtime for an errand."""

from collections import deque
from decimal import Decimal

import pytest

from common.clock import ManualClock, Moment
from common.errors import ErrorCode
from common.ids import counted_ids
from common.messages import (
    ChargeCompletion,
    ChargeRequest,
    ChargeRequestResponse,
    ChargingData,
    ChargingHistoryRequest,
    ChargingHistoryResponse,
    PastSession,
    Reason,
    StopChargingRequest,
    StopChargingResponse,
)
from driver.errands import Errand
from driver.events import Output, Send, Ticket
from driver.trip import Trip

WALL = 1_800_000_000.0


def granted(message_id: str = "m1", session_id: str = "S1", cp_id: str = "CP1") -> ChargeRequestResponse:
    return ChargeRequestResponse(
        message_id=message_id, status="success", session_id=session_id, cp_id=cp_id, price_per_kwh=Decimal("0.3")
    )


def refused(message_id: str = "m1") -> ChargeRequestResponse:
    return ChargeRequestResponse(
        message_id=message_id, status="failure", message="CP1 is taken.", error=ErrorCode.CP_BUSY
    )


def reading(energy: str, session_id: str = "S1", message_id: str = "r") -> ChargingData:
    return ChargingData(
        message_id=f"{message_id}{energy}",
        cp_id="CP1",
        session_id=session_id,
        energy_consumed_kwh=Decimal(energy),
        total_cost=Decimal("0.1"),
        charging_rate=22,
    )


def completion(energy: str = "2", session_id: str = "S1", message_id: str = "c1") -> ChargeCompletion:
    return ChargeCompletion(
        message_id=message_id,
        cp_id="CP1",
        session_id=session_id,
        energy_consumed_kwh=Decimal(energy),
        total_cost=Decimal("0.6"),
        reason=Reason.ENERGY_LIMIT,
    )


def past(energy: str = "2", session_id: str = "S1", *, ended: bool = True) -> PastSession:
    return PastSession(
        session_id=session_id,
        cp_id="CP1",
        status="FINISHED" if ended else "CHARGING",
        started_at=WALL,
        ended_at=WALL + 60 if ended else None,
        energy_consumed_kwh=Decimal(energy),
        total_cost=Decimal("0.6"),
        price_per_kwh=Decimal("0.3"),
        reason=Reason.ENERGY_LIMIT if ended else None,
    )


def books(message_id: str, *sessions: PastSession) -> ChargingHistoryResponse:
    return ChargingHistoryResponse(message_id=message_id, status="success", sessions=sessions)


def stopping(message_id: str = "m1") -> StopChargingResponse:
    return StopChargingResponse(message_id=message_id, status="success", session_id="S1")


def ask_charge(message_id: str = "m1", at: float = 0, cp_id: str = "CP1") -> Send:
    return Send(
        ChargeRequest(
            message_id=message_id,
            timestamp=WALL + at,
            cp_id=cp_id,
            driver_id="D1",
            energy_limit_kwh=Decimal(2),
        )
    )


def ask_books(message_id: str, at: float = 0) -> Send:
    return Send(ChargingHistoryRequest(message_id=message_id, timestamp=WALL + at, driver_id="D1", limit=100))


def ask_stop(message_id: str, at: float = 0, session_id: str = "S1", cp_id: str = "CP1") -> Send:
    return Send(
        StopChargingRequest(
            message_id=message_id, timestamp=WALL + at, cp_id=cp_id, session_id=session_id, driver_id="D1"
        )
    )


def ticket(*, booked: bool = True, energy: str = "2", session_id: str = "S1") -> Ticket:
    return Ticket(
        session_id=session_id,
        cp_id="CP1",
        driver_id="D1",
        energy_consumed_kwh=Decimal(energy),
        price_per_kwh=Decimal("0.3"),
        total_cost=Decimal("0.6"),
        started_at=WALL if booked else None,
        ended_at=WALL + 60 if booked else None,
        reason=Reason.ENERGY_LIMIT,
    )


class Rig:
    """Does for one errand what the runtime does, without sockets; `said` is everything that came out, in order."""

    def __init__(self, trip: Trip, errand: Errand, clock: ManualClock) -> None:
        self.trip = trip
        self.errand = errand
        self.clock = clock
        self.said: list[Output] = []

    @property
    def now(self) -> Moment:
        return self.clock.now()

    def do(self, outputs: list[Output]) -> list[Output]:
        """Everything that comes of these outputs, the errand's reactions included."""
        start, todo = len(self.said), deque(outputs)
        while todo:
            output = todo.popleft()
            self.said.append(output)
            if not isinstance(output, Send):
                todo.extend(self.errand.heard(output, self.now))
        return self.said[start:]

    def begin(self) -> list[Output]:
        return self.do(self.errand.begin(self.now))

    def wait(self, seconds: float) -> list[Output]:
        self.clock.advance(seconds)
        told = self.do(self.trip.tick(self.now))
        return told if self.errand.verdict is not None else told + self.do(self.errand.tick(self.now))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(WALL)


@pytest.fixture
def trip() -> Trip:
    return Trip("D1", ids=counted_ids(), quiet_s=5.0)
