"""What an operator tells Monitor in lines of text: a line in, one line of answer and effects out. Pure."""

from pydantic import TypeAdapter, ValidationError

from charging_point.monitor.condition import Fault, Source
from charging_point.monitor.effects import Effects
from charging_point.monitor.watch import Watch
from common.clock import Moment
from common.messages.fields import Name, Sentence
from common.words import monitor as words
from common.words.points import STATUS

_FAULT_TYPE: TypeAdapter[str] = TypeAdapter(Name)
_DESCRIPTION: TypeAdapter[str] = TypeAdapter(Sentence)
_KNOWN = "fault TYPE [description], recover, status"


def obey(line: str, watch: Watch, now: Moment) -> tuple[str, Effects]:
    """The answer, and what is to be done."""
    name, *rest = line.split(maxsplit=2) or [""]
    match name, rest:
        case "fault", [fault_type, *description]:
            return _fault(fault_type, description[0].strip() if description else None, watch, now)
        case "fault", []:
            return f"error: {words.SAY_IT_SO()}", []
        case "recover", []:
            return _recover(watch, now)
        case "status", []:
            return f"ok: {_told(watch)}", []
        case (("recover" | "status"), _):
            return f"error: {words.NO_FURTHER_WORDS(name=name)}", []
        case _:
            return f"error: {words.NO_SUCH_ORDER(known=_KNOWN)}", []


def _fault(fault_type: str, description: str | None, watch: Watch, now: Moment) -> tuple[str, Effects]:
    try:
        _FAULT_TYPE.validate_python(fault_type)
        _DESCRIPTION.validate_python(description or "")
    except ValidationError:
        return f"error: {words.BAD_FAULT()}", []
    effects = watch.simulate_fault(Fault(fault_type, description), now)
    return f"ok: {words.FAULT_BEGAN(point=watch.cp_id, fault=fault_type)}", effects


def _recover(watch: Watch, now: Moment) -> tuple[str, Effects]:
    if watch.standing.fault_of(Source.OPERATOR) is None:
        return f"error: {words.NO_FAULT()}", []
    effects = watch.end_simulated_fault(now)
    left = ", ".join(fault.fault_type for fault in watch.standing.condition.facts.faults.values())
    return f"ok: {words.OTHERS_REMAIN(left=left) if left else words.FAULT_GONE()}", effects


def _told(watch: Watch) -> str:
    standing = watch.standing
    state = STATUS[standing.status]()
    told = words.POINT_IS_SO(point=watch.cp_id, state=state)
    if standing.condition.detail:
        told = words.POINT_IS_SO_BECAUSE(point=watch.cp_id, state=state, detail=standing.condition.detail)
    if standing.session_id:
        told = words.IN_SESSION(told=told, session=standing.session_id)
    engine, central = (words.LINKED if up else words.AWAY for up in (watch.engine.linked, watch.enrolment.registered))
    return words.LINKS_ARE_SO(told=told, engine=engine(), central=central())
