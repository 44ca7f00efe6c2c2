"""`ev-up --once`: one charge from request to ticket, told on the way. It reads what `ev-driver --json` writes."""

import asyncio
import json
from collections.abc import Callable

from common.errors import CannotStart, ErrorCode
from common.messages import Reason
from common.words import Language, spoken
from common.words import up as words
from common.words.errors import refusal
from common.words.points import REASON
from deploy import children, commands
from deploy.network import Network
from deploy.settings import UpSettings

ENERGY_KWH = 1
#: What the ticket on standard output consists of.
TICKET = (
    "session_id",
    "cp_id",
    "driver_id",
    "energy_consumed_kwh",
    "price_per_kwh",
    "total_cost",
    "started_at",
    "ended_at",
    "reason",
)
#: Twice the time that the charge itself should take, and this much for everything around it.
_AROUND_IT_S = 60.0

Fields = dict[str, object]


async def charge_once(settings: UpSettings, network: Network, tell: Callable[[str], None]) -> Fields:
    """The ticket of one charge at the first point; raises CannotStart where there is none."""
    assert network.central_at is not None
    assert network.kafka_at is not None
    story = Story(tell)
    arguments = ["--json", "charge", settings.cp_ids[0], "--energy", str(ENERGY_KWH), "--follow"]
    command = commands.driver(settings, network.central_at, network.kafka_at, *arguments)
    driver = await children.start("once", command, network.logs, on_line=story.hear, env=commands.kafka_env(settings))
    try:
        async with asyncio.timeout(_AROUND_IT_S + 2 * 3600 * ENERGY_KWH / settings.max_rate_kw / settings.speed):
            status = await asyncio.shield(driver.ended)
    except TimeoutError:
        raise CannotStart(words.NO_TICKET_IN_TIME(log=driver.log)) from None
    finally:
        driver.kill()
    if story.ticket is None:
        why = story.refusal or driver.last_words()
        raise CannotStart(words.NO_TICKET(status=status, why=why, log=driver.log))
    return story.ticket


class Story:
    """Hears the driver's events; keeps the ticket, or why there is none."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.ticket: Fields | None = None
        self.refusal: str | None = None

    def hear(self, line: str) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            return
        if not isinstance(event, dict):
            return
        if event.get("type") == "ticket" and all(event.get(name) is not None for name in TICKET):
            self.ticket = {name: event[name] for name in TICKET}
        if event.get("status") == "failure":
            self.refusal = _refusal(event)
        told = _in_words(event)
        if told:
            self._tell(told)


def _in_words(event: Fields) -> str | None:
    where, energy, cost = (event.get(name) for name in ("cp_id", "energy_consumed_kwh", "total_cost"))
    match event.get("type"):
        case "charge_request_response" if event.get("status") == "success":
            return words.CHARGES(point=where, session=event.get("session_id"), price=event.get("price_per_kwh"))
        case "charging_data":
            return words.READING(point=where, energy=energy, cost=cost, rate=event.get("charging_rate"))
        case "charge_completion":
            return words.DONE(point=where, energy=energy, reason=_reason(event))
        case "ticket":
            return words.TICKET(energy=energy, cost=cost)
    return None


def _refusal(event: Fields) -> str:
    """Central's own words; who reads Chinese is told first what their code means."""
    error, message = str(event.get("error")), str(event.get("message") or "")
    if spoken() is Language.ENGLISH or error not in tuple(ErrorCode):
        return message or error
    return refusal(ErrorCode(error), message)


def _reason(event: Fields) -> str:
    """As the protocol names it; who reads Chinese is told what that means."""
    reason = str(event.get("reason"))
    return reason if spoken() is Language.ENGLISH or reason not in tuple(Reason) else REASON[Reason(reason)]()
