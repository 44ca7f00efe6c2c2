"""What an operator tells Monitor in lines of text: a line in, one line of answer and effects out. Pure."""

from pydantic import TypeAdapter, ValidationError

from charging_point.monitor.condition import Fault, Source
from charging_point.monitor.effects import Effects
from charging_point.monitor.watch import Watch
from common.clock import Moment
from common.messages.fields import Name, Sentence

_FAULT_TYPE: TypeAdapter[str] = TypeAdapter(Name)
_DESCRIPTION: TypeAdapter[str] = TypeAdapter(Sentence)
_KNOWN = "fault TYPE [description], recover, status"


def obey(line: str, watch: Watch, now: Moment) -> tuple[str, Effects]:
    """The answer, and what is to be done."""
    name, *words = line.split(maxsplit=2) or [""]
    match name, words:
        case "fault", [fault_type, *description]:
            return _fault(fault_type, description[0].strip() if description else None, watch, now)
        case "fault", []:
            return "error: say it so: fault TYPE [description]", []
        case "recover", []:
            return _recover(watch, now)
        case "status", []:
            return f"ok: {_told(watch)}", []
        case (("recover" | "status"), _):
            return f"error: {name} takes no further words", []
        case _:
            return f"error: there is no such order; know: {_KNOWN}", []


def _fault(fault_type: str, description: str | None, watch: Watch, now: Moment) -> tuple[str, Effects]:
    try:
        _FAULT_TYPE.validate_python(fault_type)
        _DESCRIPTION.validate_python(description or "")
    except ValidationError:
        return "error: TYPE may have 200 and the description 1000 printable characters", []
    effects = watch.simulate_fault(Fault(fault_type, description), now)
    return f"ok: {watch.cp_id} has the fault {fault_type}", effects


def _recover(watch: Watch, now: Moment) -> tuple[str, Effects]:
    if watch.standing.fault_of(Source.OPERATOR) is None:
        return "error: no fault was made here that could end", []
    effects = watch.end_simulated_fault(now)
    left = ", ".join(fault.fault_type for fault in watch.standing.condition.facts.faults.values())
    return f"ok: the fault is gone{f'; {left} remains' if left else ''}", effects


def _told(watch: Watch) -> str:
    standing = watch.standing
    words = [f"{watch.cp_id} is {standing.status}"]
    if standing.condition.detail:
        words.append(f"({standing.condition.detail})")
    if standing.session_id:
        words.append(f"in session {standing.session_id}")
    links = [f"Engine {'linked' if watch.engine.linked else 'away'}"]
    links.append(f"Central {'linked' if watch.enrolment.registered else 'away'}")
    return f"{' '.join(words)}; {', '.join(links)}"
