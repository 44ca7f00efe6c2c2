"""
What a point is doing, as its Monitor sees it (protocol, section 8). Pure.

The table says which steps exist and where each may lead; the facts decide between several ends. Monitor's side differs
from Central's in one thing: a fault shows while Central is out of reach too.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from common.errors import IllegalTransition
from common.messages import PointStatus


class Event(StrEnum):
    REGISTERED = "registered"
    START_ACCEPTED = "start accepted"
    COMPLETED = "completed"
    FAULT = "fault"
    RECOVERED = "recovered"
    LINK_LOST = "link lost"
    STOP_CP = "stop_cp"
    RESUME_CP = "resume_cp"


_A, _C, _F = PointStatus.ACTIVE, PointStatus.CHARGING, PointStatus.FAULTY
_S, _D = PointStatus.STOPPED, PointStatus.DISCONNECTED

TRANSITIONS: dict[tuple[PointStatus, Event], tuple[PointStatus, ...]] = {
    (_D, Event.REGISTERED): (_A, _C, _S),
    # Engine goes on by itself while Central is out of reach: what it does is remembered and told later.
    (_D, Event.START_ACCEPTED): (_D,),
    (_D, Event.COMPLETED): (_D,),
    (_D, Event.FAULT): (_F,),
    (_D, Event.STOP_CP): (_D,),
    (_D, Event.RESUME_CP): (_D,),
    (_A, Event.START_ACCEPTED): (_C,),
    (_A, Event.FAULT): (_F,),
    (_A, Event.LINK_LOST): (_D,),
    (_A, Event.STOP_CP): (_S,),
    (_C, Event.COMPLETED): (_A, _S),
    (_C, Event.FAULT): (_F,),
    (_C, Event.LINK_LOST): (_D,),
    (_C, Event.STOP_CP): (_C,),
    (_C, Event.RESUME_CP): (_C,),
    (_F, Event.REGISTERED): (_F,),
    (_F, Event.START_ACCEPTED): (_F,),
    (_F, Event.COMPLETED): (_F,),
    (_F, Event.FAULT): (_F,),
    # A point may have several faults at once; the last recovery ends the state.
    (_F, Event.RECOVERED): (_F, _A, _C, _S, _D),
    (_F, Event.LINK_LOST): (_F,),
    (_F, Event.STOP_CP): (_F,),
    (_F, Event.RESUME_CP): (_F,),
    (_S, Event.FAULT): (_F,),
    (_S, Event.LINK_LOST): (_D,),
    (_S, Event.RESUME_CP): (_A,),
}


class Source(StrEnum):
    """Who found a fault; each source has at most one at a time and recovers for itself."""

    ENGINE_LINK = "engine link"
    ENGINE = "engine"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Fault:
    fault_type: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    registered: bool = False
    charging: bool = False
    out_of_service: bool = False
    faults: dict[Source, Fault] = field(default_factory=dict)

    def status(self) -> PointStatus:
        if self.faults:
            return PointStatus.FAULTY
        if not self.registered:
            return PointStatus.DISCONNECTED
        if self.charging:
            return PointStatus.CHARGING
        return PointStatus.STOPPED if self.out_of_service else PointStatus.ACTIVE


class Condition:
    """Each method is one event; one that the table does not have raises IllegalTransition and changes nothing."""

    def __init__(self) -> None:
        self.facts = Facts()
        self.status = self.facts.status()

    @property
    def detail(self) -> str | None:
        """A finer word beside the status, where there is one."""
        if self.status is PointStatus.FAULTY:
            return list(self.facts.faults.values())[-1].fault_type
        return "Finishing" if self.status is PointStatus.CHARGING and self.facts.out_of_service else None

    def register(self, out_of_service: bool | None = None) -> None:
        """Central accepted the point; what it says of its service wins over what was known."""
        known = self.facts.out_of_service if out_of_service is None else out_of_service
        self._step(Event.REGISTERED, replace(self.facts, registered=True, out_of_service=known))

    def lose_link(self) -> None:
        self._step(Event.LINK_LOST, replace(self.facts, registered=False))

    def start(self) -> None:
        self._step(Event.START_ACCEPTED, replace(self.facts, charging=True))

    def complete(self) -> None:
        self._step(Event.COMPLETED, replace(self.facts, charging=False))

    def fault(self, source: Source, fault: Fault) -> None:
        others = {s: f for s, f in self.facts.faults.items() if s is not source}
        self._step(Event.FAULT, replace(self.facts, faults={**others, source: fault}))

    def recover(self, source: Source) -> None:
        others = {s: f for s, f in self.facts.faults.items() if s is not source}
        self._step(Event.RECOVERED, replace(self.facts, faults=others))

    def stop(self) -> None:
        self._step(Event.STOP_CP, replace(self.facts, out_of_service=True))

    def resume(self) -> None:
        self._step(Event.RESUME_CP, replace(self.facts, out_of_service=False))

    def _step(self, event: Event, facts: Facts) -> None:
        reached = facts.status()
        if reached not in TRANSITIONS.get((self.status, event), ()):
            raise IllegalTransition(f"A point that is {self.status} has no step for {event!s}; nothing was changed.")
        self.facts = facts
        self.status = reached
