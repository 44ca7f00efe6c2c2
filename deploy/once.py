"""`ev-up --once`: one charge from request to ticket, told on the way. It reads what `ev-driver --json` writes."""

import asyncio
import json
from collections.abc import Callable

from common.errors import CannotStart
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
    words = ["--json", "charge", settings.cp_ids[0], "--energy", str(ENERGY_KWH), "--follow"]
    command = commands.driver(settings, network.central_at, network.kafka_at, *words)
    driver = await children.start("once", command, network.logs, on_line=story.hear, env=commands.kafka_env(settings))
    try:
        async with asyncio.timeout(_AROUND_IT_S + 2 * 3600 * ENERGY_KWH / settings.max_rate_kw / settings.speed):
            status = await asyncio.shield(driver.ended)
    except TimeoutError:
        raise CannotStart(f"The charge did not come to its ticket in time; the driver's log: {driver.log}") from None
    finally:
        driver.kill()
    if story.ticket is None:
        why = story.refusal or driver.last_words()
        raise CannotStart(
            f"There is no ticket; the driver ended with exit status {status}: {why} (Its log: {driver.log})"
        )
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
            self.refusal = str(event.get("message") or event.get("error"))
        told = _in_words(event)
        if told:
            self._tell(told)


def _in_words(event: Fields) -> str | None:
    where = event.get("cp_id")
    match event.get("type"):
        case "charge_request_response" if event.get("status") == "success":
            price = event.get("price_per_kwh")
            return f"{where} charges, session {event.get('session_id')}, {price} a kWh."
        case "charging_data":
            return (
                f"{where}: {event.get('energy_consumed_kwh')} kWh, {event.get('total_cost')}, "
                f"at {event.get('charging_rate')} kW."
            )
        case "charge_completion":
            return f"{where} is done ({event.get('reason')}): {event.get('energy_consumed_kwh')} kWh."
        case "ticket":
            return f"The ticket: {event.get('energy_consumed_kwh')} kWh cost {event.get('total_cost')}."
    return None
