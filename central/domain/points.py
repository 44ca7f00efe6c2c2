"""A charging point as Central knows it, and the only place where its state changes (protocol, section 8)."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from common.errors import IllegalTransition
from common.messages import PointStatus as Status


class Event(StrEnum):
    REGISTERED = "registered"
    START_ACCEPTED = "start_accepted"
    COMPLETED = "completed"
    FAULT = "fault"
    RECOVERED = "recovered"
    LINK_LOST = "link_lost"
    STOP_CP = "stop_cp"
    RESUME_CP = "resume_cp"


#: (state, event) -> next state. Where the point is out of service, ACTIVE on the right becomes STOPPED.
TRANSITIONS: dict[tuple[Status, Event], Status] = {
    (Status.DISCONNECTED, Event.REGISTERED): Status.ACTIVE,
    (Status.DISCONNECTED, Event.STOP_CP): Status.DISCONNECTED,
    (Status.DISCONNECTED, Event.RESUME_CP): Status.DISCONNECTED,
    (Status.ACTIVE, Event.START_ACCEPTED): Status.CHARGING,
    (Status.ACTIVE, Event.FAULT): Status.FAULTY,
    (Status.ACTIVE, Event.LINK_LOST): Status.DISCONNECTED,
    (Status.ACTIVE, Event.STOP_CP): Status.STOPPED,
    (Status.CHARGING, Event.COMPLETED): Status.ACTIVE,
    (Status.CHARGING, Event.FAULT): Status.FAULTY,
    (Status.CHARGING, Event.LINK_LOST): Status.DISCONNECTED,
    # The flag is set at once; the state follows when the session has ended.
    (Status.CHARGING, Event.STOP_CP): Status.CHARGING,
    (Status.FAULTY, Event.COMPLETED): Status.FAULTY,
    (Status.FAULTY, Event.RECOVERED): Status.ACTIVE,
    (Status.FAULTY, Event.LINK_LOST): Status.DISCONNECTED,
    (Status.FAULTY, Event.STOP_CP): Status.FAULTY,
    (Status.FAULTY, Event.RESUME_CP): Status.FAULTY,
    (Status.STOPPED, Event.FAULT): Status.FAULTY,
    (Status.STOPPED, Event.LINK_LOST): Status.DISCONNECTED,
    (Status.STOPPED, Event.RESUME_CP): Status.ACTIVE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """
    One charging point. `holder` is the Central that has its link, `generation` counts its registrations.

    `moving_until`: its Central went away, not the point, which is expected at another one until then.
    """

    cp_id: str
    status: Status = Status.DISCONNECTED
    detail: str | None = None
    out_of_service: bool = False
    fault_type: str | None = None
    price_per_kwh: Decimal
    max_charging_rate_kw: float
    holder: str | None = None
    generation: int = 0
    registered_at: float | None = None
    last_seen_at: float | None = None
    moving_until: float | None = None
    name: str | None = None
    station_id: str | None = None
    charge_point_id: str | None = None
    connector_id: int | None = None
    connector_type: str | None = None
    address: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    vendor: str | None = None
    model: str | None = None
    firmware_version: str | None = None

    def after(self, event: Event, **changes: Any) -> "Point":
        """The point after an event, and what else it changes; raises IllegalTransition when the table has no such step."""
        status = TRANSITIONS.get((self.status, event))
        if status is None:
            raise IllegalTransition(f"{self.cp_id} is {self.status}: {event} has no place there.")
        out_of_service = {Event.STOP_CP: True, Event.RESUME_CP: False}.get(event, self.out_of_service)
        if status is Status.ACTIVE and out_of_service:
            status = Status.STOPPED
        fault_type = self.fault_type if status is Status.FAULTY else None
        return replace(self, status=status, out_of_service=out_of_service, fault_type=fault_type, **changes)


def told_by(current: Status, reported: Status) -> Event | None:
    """The event that a Monitor's report of its point's state amounts to; None when it brings nothing new."""
    if reported is current:
        return None
    match reported:
        case Status.CHARGING:
            return Event.START_ACCEPTED
        case Status.FAULTY:
            return Event.FAULT
        case Status.ACTIVE:
            return {Status.FAULTY: Event.RECOVERED, Status.CHARGING: Event.COMPLETED}.get(current)
        case Status.STOPPED:
            # Whether it is out of service is Central's to know; but who says that has no fault any more.
            return Event.RECOVERED if current is Status.FAULTY else None
        case _:
            return None
