"""What an Engine must not forget: the entries of its journal, and what they add up to. Pure."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from common.errors import IllegalTransition
from common.messages import ChargeCompletion
from common.messages.fields import CpId, DriverId, Price, SessionId, Timestamp

#: So many ended sessions are known by name, so that a late repeat of a start does not run one twice.
MOST_ENDED = 32


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PointNamed(_Entry):
    """Monitor said which point this Engine is."""

    entry: Literal["point"] = "point"
    cp_id: CpId


class ServiceSet(_Entry):
    """Central took the point out of service, or put it back."""

    entry: Literal["service"] = "service"
    out_of_service: bool


class SessionStarted(_Entry):
    """A session was accepted; whatever happens, it must end in a completion."""

    entry: Literal["started"] = "started"
    cp_id: CpId
    session_id: SessionId
    driver_id: DriverId
    price_per_kwh: Price
    started_at: Timestamp


class SessionMetered(_Entry):
    """The energy of the open session; written before a reading tells it to anybody."""

    entry: Literal["metered"] = "metered"
    session_id: SessionId
    energy_wh: int


class SessionFinished(_Entry):
    """The final account, owed to Central until it is acknowledged."""

    entry: Literal["finished"] = "finished"
    completion: ChargeCompletion


class SessionAcked(_Entry):
    """Central has the final account."""

    entry: Literal["acked"] = "acked"
    session_id: SessionId


Entry = PointNamed | ServiceSet | SessionStarted | SessionMetered | SessionFinished | SessionAcked
ENTRY: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, Field(discriminator="entry")])


class ContradictoryEntry(IllegalTransition):
    """An entry that cannot follow those before it."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The sum of all entries so far."""

    cp_id: str | None = None
    out_of_service: bool = False
    open: SessionStarted | None = None
    energy_wh: int = 0
    owed: dict[str, ChargeCompletion] = field(default_factory=dict)
    #: Names of ended and acknowledged sessions, oldest first.
    ended: tuple[str, ...] = ()

    def plus(self, entry: Entry) -> "Ledger":
        """The sum with one more; raises ContradictoryEntry."""
        match entry:
            case PointNamed():
                return replace(self, cp_id=entry.cp_id)
            case ServiceSet():
                return replace(self, out_of_service=entry.out_of_service)
            case SessionStarted():
                return self._started(entry)
            case SessionMetered():
                return self._metered(entry)
            case SessionFinished():
                return self._finished(entry.completion)
            case SessionAcked():
                owed = {name: one for name, one in self.owed.items() if name != entry.session_id}
                return replace(self, owed=owed, ended=(*self.ended, entry.session_id)[-MOST_ENDED:])

    def _started(self, entry: SessionStarted) -> "Ledger":
        if self.open is not None:
            raise ContradictoryEntry(f"session {entry.session_id} starts while {self.open.session_id} is open")
        return replace(self, open=entry, energy_wh=0)

    def _metered(self, entry: SessionMetered) -> "Ledger":
        if self.open is None or self.open.session_id != entry.session_id:
            raise ContradictoryEntry(f"session {entry.session_id} is metered but not open")
        if entry.energy_wh < self.energy_wh:
            raise ContradictoryEntry(f"the energy of session {entry.session_id} falls")
        return replace(self, energy_wh=entry.energy_wh)

    def _finished(self, completion: ChargeCompletion) -> "Ledger":
        # A session that ended before it began (a start at the point that came too late) has no entry of its start.
        owed = {**self.owed, completion.session_id: completion}
        if self.open is not None and self.open.session_id == completion.session_id:
            return replace(self, owed=owed, open=None, energy_wh=0)
        return replace(self, owed=owed)

    def entries(self) -> list[Entry]:
        """The shortest journal that adds up to this."""
        found: list[Entry] = [] if self.cp_id is None else [PointNamed(cp_id=self.cp_id)]
        found.append(ServiceSet(out_of_service=self.out_of_service))
        found += [SessionAcked(session_id=session_id) for session_id in self.ended]
        found += [SessionFinished(completion=completion) for completion in self.owed.values()]
        if self.open is not None:
            found += [self.open, SessionMetered(session_id=self.open.session_id, energy_wh=self.energy_wh)]
        return found
