"""The live board of ev-up: what the points do, asked of Central once a second over one link. Only Rich's place here."""

import asyncio
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from common.clock import SystemClock
from common.errors import TransportLost
from common.ids import random_id
from common.messages import ManualCommand, ManualCommandResponse, PointStatus
from common.net.address import Address
from common.net.dialer import connect
from common.net.link import Link
from common.registry import over_tcp
from common.routes import Role
from common.words import up as words
from common.words.points import STATUS
from deploy.voice import Voice

_EVERY_S = 1.0
_MOST_ROWS = 40
_COLOURS = {"ACTIVE": "green", "CHARGING": "cyan", "FAULTY": "red", "STOPPED": "yellow", "DISCONNECTED": "dim"}
_FIGURES = (("energy_consumed_kwh", ".3f"), ("total_cost", ".2f"), ("charging_rate", ".1f"))

Point = Mapping[str, object]


async def show_board(central: Address, limit: int, stop: asyncio.Event, tell: Voice) -> None:
    """Show the points until told to stop; while Central is away, say so and try on."""
    console = Console()
    stopping = asyncio.ensure_future(stop.wait())
    with Live(Text("..."), console=console, auto_refresh=False) as live:
        tell.elsewhere = lambda line: console.print(line, highlight=False, markup=False)
        link: Link | None = None
        try:
            while not stop.is_set():
                try:
                    link = link or await connect(
                        central, over_tcp(Role.CENTRAL, Role.ADMIN), clock=SystemClock(), ids=random_id, limit=limit
                    )
                    live.update(board(await _ask(link)), refresh=True)
                except (OSError, TransportLost) as wrong:
                    live.update(Text(words.CENTRAL_AWAY(address=central, why=wrong)), refresh=True)
                    if link:
                        await link.close()
                    link = None
                await asyncio.wait({stopping}, timeout=_EVERY_S)
        finally:
            tell.elsewhere = None
            stopping.cancel()
            if link:
                await link.close()


async def _ask(link: Link) -> list[Point]:
    """One page of points; raises TransportLost when Central goes away or does not answer."""
    asked = ManualCommand(message_id=random_id(), timestamp=SystemClock().now().wall, command="list_cps")
    link.send(asked)
    async with asyncio.timeout(10):
        async for answer in link:
            if isinstance(answer, ManualCommandResponse) and answer.message_id == asked.message_id:
                found = (answer.data or {}).get("charging_points")
                return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    raise TransportLost(words.LINK_ENDED())


def board(points: Sequence[Point]) -> Table:
    """The table of what Central said of its points."""
    table = Table(title=words.BOARD(), title_justify="left")
    for name in (words.BOARD_POINT, words.BOARD_STATE, words.BOARD_DRIVER):
        table.add_column(name())
    for head in ("kWh", words.BOARD_COST(), "kW"):
        table.add_column(head, justify="right")
    for point in points[:_MOST_ROWS]:
        state = str(point.get("status", ""))
        figures = [_figure(point.get(name), form) for name, form in _FIGURES]
        driver = str(point.get("driver_id") or "")
        shown = STATUS[PointStatus(state)]() if state in tuple(PointStatus) else state
        table.add_row(str(point.get("cp_id", "")), Text(shown, _COLOURS.get(state, "")), driver, *figures)
    return table


def _figure(value: object, form: str) -> str:
    return format(value, form) if isinstance(value, int | float) else ""
