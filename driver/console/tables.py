"""Answers as a person at the command line reads them: tables of points and sessions, tickets, single words."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from common.messages import AvailableCpsResponse, ChargingHistoryResponse, PointStatus, Reason
from common.ui.shapes import kwh, money, printable, when
from common.words import Language, spoken
from common.words import driver as words
from common.words.points import REASON, STATUS
from driver.events import Ticket


def points(response: AvailableCpsResponse) -> Table:
    rows = [
        (
            point.cp_id,
            status_word(point.status),
            f"{point.price_per_kwh:f}",
            f"{point.max_charging_rate_kw:g}",
            point.name or "",
            point.address or "",
        )
        for point in response.charging_points
    ]
    caption = None if response.data is None else response.message
    heads = (
        words.HEAD_POINT,
        words.HEAD_STATUS,
        words.HEAD_PRICE,
        words.HEAD_POWER,
        words.HEAD_NAME,
        words.HEAD_ADDRESS,
    )
    return _table([head() for head in heads], rows, caption, numbers={2, 3})


def sessions(response: ChargingHistoryResponse) -> Table:
    rows = [
        (
            past.session_id,
            past.cp_id,
            _state_word(past.status),
            when(past.started_at),
            when(past.ended_at),
            kwh(past.energy_consumed_kwh),
            money(past.total_cost),
            "" if past.reason is None else reason_word(past.reason),
        )
        for past in response.sessions
    ]
    heads = (
        words.HEAD_SESSION,
        words.HEAD_POINT,
        words.HEAD_STATUS,
        words.HEAD_STARTED,
        words.HEAD_ENDED,
        words.HEAD_KWH,
        words.HEAD_COST,
        words.HEAD_REASON,
    )
    return _table([head() for head in heads], rows, None, numbers={5, 6})


def ticket(ticket: Ticket) -> str:
    price = "" if ticket.price_per_kwh is None else words.TICKET_PRICE(price=f"{ticket.price_per_kwh:f}")
    lines = [
        words.TICKET_HEAD(session=ticket.session_id),
        words.TICKET_POINT(cp=ticket.cp_id),
        words.TICKET_ENERGY(energy=kwh(ticket.energy_consumed_kwh), price=price),
        words.TICKET_COST(cost=money(ticket.total_cost)),
    ]
    if ticket.started_at is not None:
        lines.append(words.TICKET_FROM(began=when(ticket.started_at), ended=when(ticket.ended_at)))
    if ticket.reason is not None:
        lines.append(words.TICKET_ENDED(reason=reason_word(ticket.reason)))
    return "\n".join(lines)


# In English these lines keep the words of the wire: scripts search for them.


def reason_word(reason: Reason) -> str:
    return reason.value if spoken() is Language.ENGLISH else REASON[reason]()


def status_word(status: PointStatus) -> str:
    return status.value if spoken() is Language.ENGLISH else STATUS[status]()


def _state_word(state: str) -> str:
    return words.SESSION_STATES[state]() if state in words.SESSION_STATES else state


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], caption: str | None, *, numbers: set[int]) -> Table:
    table = Table(box=None, pad_edge=False, caption=None if caption is None else Text(printable(caption)))
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table
