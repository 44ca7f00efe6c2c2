"""What the driver's core gives back: messages to send, and what the person or the program at the screen is told."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from common.messages import (
    AvailableCpsRequest,
    ChargeRequest,
    ChargeRequestResponse,
    ChargingHistoryRequest,
    Message,
    Reason,
    Response,
    StopChargingRequest,
)
from common.messages.fields import CpId, DriverId, Kwh, Money, Price, SessionId, Timestamp

Request = AvailableCpsRequest | ChargeRequest | ChargingHistoryRequest | StopChargingRequest


@dataclass(frozen=True, slots=True)
class Send:
    """Bring this to Central; the same message may be given again, and Central answers it once."""

    request: Request


@dataclass(frozen=True, slots=True)
class Show:
    """The driver was told this."""

    message: Message


@dataclass(frozen=True, slots=True)
class Hear:
    """An answer that the errand asked for in passing; nobody wants to see it."""

    response: Response


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Central did not answer in time; the request is given up."""

    request: Request
    #: It went over Kafka without a signature: where secrets are demanded, such a one gets no answer.
    is_unsigned: bool = False


@dataclass(frozen=True, slots=True)
class LateStart:
    """A charge that had been given up started after all; it is being stopped."""

    response: ChargeRequestResponse


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for a person; a program has seen the message that it stems from."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing of what was wanted can be done; the sentence says why."""

    sentence: str


class Progress(BaseModel):
    """How a followed session stands, where it was looked up because no reading came."""

    model_config = ConfigDict(frozen=True)

    type: Literal["progress"] = "progress"
    session_id: SessionId
    cp_id: CpId
    energy_consumed_kwh: Kwh
    total_cost: Money


class Ticket(BaseModel):
    """The final account of a followed session."""

    model_config = ConfigDict(frozen=True)

    type: Literal["ticket"] = "ticket"
    session_id: SessionId
    cp_id: CpId
    driver_id: DriverId
    energy_consumed_kwh: Kwh
    price_per_kwh: Price | None
    total_cost: Money
    started_at: Timestamp | None
    ended_at: Timestamp | None
    reason: Reason | None


#: What a screen may be given to show.
Shown = Show | Unanswered | LateStart | Note | Progress | Ticket
Output = Send | Hear | Failed | Shown
