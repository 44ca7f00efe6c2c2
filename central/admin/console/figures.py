"""Central's figures, and the two lines at the top that sum them up."""

from collections.abc import Sequence

from central.admin.asking import Standing, State
from central.admin.console.canvas import Line, beside, filled, fit, rule, spread
from central.admin.desk import Desk
from central.admin.layout import Area
from central.admin.rows import Row, count, inner, number, word
from common.clock import Moment
from common.messages import PointStatus
from common.ui import shapes
from common.ui.shapes import cut
from common.ui.theme import STATUS_STYLE
from common.words import admin as words
from common.words.points import STATUS

_LABEL_WIDTH = 22
_TWO_COLUMNS_FROM = 76
_SLOW_LAG = 1000
#: Where the clock has room beside the sums.
_CLOCK_FROM = 90


# -- the top


def top(desk: Desk, now: Moment, width: int) -> list[Line]:
    is_well = desk.link.state in (State.UP, State.CONNECTING) and not desk.trouble
    return [_title(desk, now, width), _totals(desk.known.stats, width) if is_well else _trouble(desk, width)]


def _trouble(desk: Desk, width: int) -> Line:
    """Why there are no new figures, and how old those on the screen are."""
    why = desk.trouble if desk.link.state is State.UP else desk.link.why
    heard = desk.known.heard_at
    age: list[Line] = [] if heard is None else [[(words.AS_OF(clock=shapes.clock(heard)), "quiet")]]
    return spread([[(cut(why, width), "bad")]], age, width)


def _title(desk: Desk, now: Moment, width: int) -> Line:
    stats, link = desk.known.stats, desk.link
    name: Line = [(shapes.printable(word(stats, "instance") or link.address), "title"), ("  ", "")]
    clock: Line = [(shapes.clock(now.wall), "quiet")]
    if link.state is not State.UP:
        return spread([[*name, *_waiting(link, now)], [(link.address, "quiet")]], [clock], width)
    right: list[Line] = []
    if stats:
        today = inner(stats, "today")
        energy, cost = number(today, "energy_consumed_kwh") or 0.0, number(today, "total_cost") or 0.0
        right = [
            [(words.POWER_NOW(kw=_power(stats)), "figure")],
            [(words.TODAY(kwh=shapes.kwh(energy), money=shapes.money(cost)), "figure")],
        ]
    left: list[Line] = [[*name, (words.CONNECTED(), "good")], [(link.address, "quiet")]]
    return spread(left, [*right, clock] if width >= _CLOCK_FROM else right, width)


def _waiting(link: Standing, now: Moment) -> Line:
    if link.state is State.CONNECTING:
        return [(words.CONNECTING(), "warning")]
    lost = words.LINK_REFUSED() if link.state is State.REFUSED else words.LINK_LOST(clock=shapes.clock(link.since))
    trying = words.TRYING()
    if link.next_try is not None:
        trying = words.NEXT_TRY(seconds=max(1, round(link.next_try - now.mono)))
    return [(lost, "bad"), ("  ", ""), (trying, "warning")]


def _totals(stats: Row, width: int) -> Line:
    if not stats:
        return [(" " * width, "")]
    points = inner(stats, "points")
    total = sum(count(points, status.value) for status in PointStatus)
    left: list[Line] = [[(words.ALL_POINTS(total=f"{total:,}"), "figure")]]
    for status in PointStatus:
        n = count(points, status.value)
        if n or status is PointStatus.ACTIVE:
            left.append([(f"{n:,} ", "figure"), (STATUS[status](), STATUS_STYLE[status])])
    kafka = inner(stats, "kafka")
    is_up = word(kafka, "state") == "up"
    right: list[Line] = [
        [((words.KAFKA_UP if is_up else words.KAFKA_DOWN)(), "good" if is_up else "bad")],
        [(f"{words.F_LAG()} ", "label"), (f"{count(kafka, 'lag'):,}", "figure")],
        [(words.MESSAGES(n=_rate(stats)), "label")],
    ]
    # The states are worth more than Kafka's: on a narrow screen only what is wrong there is told.
    while right and sum(len(one) + 2 for group in (*left, *right) for one, _ in group) > width:
        right.pop()
    return spread(left, right, width)


# -- the panel


def figures(desk: Desk, area: Area) -> list[Line]:
    entries = _entries(desk.known.stats)
    if not entries:
        body: Sequence[Line] = [[(words.WAITING(), "quiet")]]
    elif area.width < _TWO_COLUMNS_FROM or len(entries) + 1 <= area.height:
        body = _column(entries, area.width)
    else:
        half, width = (len(entries) + 1) // 2, (area.width - 2) // 2
        rest = _column(entries[half:], width)
        body = beside(_column(entries[:half], width), filled(rest, width, half))
    return filled([rule(words.FIGURES(), [], area.width), *body], area.width, area.height)


def _column(entries: Sequence[tuple[str, str, str]], width: int) -> list[Line]:
    room = max(0, min(width - _LABEL_WIDTH, 26))
    return filled(
        [
            [(fit(label, _LABEL_WIDTH), "label"), (fit(value, room, right=True), style)]
            for label, value, style in entries
        ],
        width,
        len(entries),
    )


def _entries(stats: Row) -> list[tuple[str, str, str]]:
    """Label, value and style, the dearest first."""
    if not stats:
        return []
    points, sessions, today = inner(stats, "points"), inner(stats, "sessions"), inner(stats, "today")
    kafka, requests = inner(stats, "kafka"), inner(stats, "requests")
    is_up, lag = word(kafka, "state") == "up", count(kafka, "lag")
    others = stats.get("others")
    names = ", ".join(map(str, others)) if isinstance(others, list) and others else "0"
    dead, apart = count(kafka, "dead_letters"), count(stats, "quarantined")
    found = [(STATUS[status](), _n(points, status.value), STATUS_STYLE[status]) for status in PointStatus]
    return [
        *found,
        (words.F_POWER(), f"{_power(stats)} kW", "figure"),
        (words.F_ENERGY(), f"{shapes.kwh(number(today, 'energy_consumed_kwh') or 0.0)} kWh", "figure"),
        (words.F_MONEY(), shapes.money(number(today, "total_cost") or 0.0), "money"),
        (words.F_REQUESTS(), _n(requests, "claimed"), ""),
        (words.F_COMMANDS(), _n(requests, "commands_waiting"), ""),
        (words.F_RUNNING(), _n(sessions, "CHARGING"), ""),
        (words.F_MESSAGES(), _rate(stats), "figure"),
        (words.F_KAFKA(), (words.UP if is_up else words.DOWN)(), "good" if is_up else "bad"),
        (words.F_KAFKA_LAG(), f"{lag:,}", "warning" if lag > _SLOW_LAG else ""),
        (words.F_P50(), _latency(stats, "p50"), ""),
        (words.F_P99(), _latency(stats, "p99"), ""),
        (words.F_OTHERS(), names, ""),
        (words.F_OUTBOX(), _n(stats, "outbox"), ""),
        (words.F_DEAD(), f"{dead:,}", "warning" if dead else ""),
        (words.F_QUARANTINED(), f"{apart:,}", "warning" if apart else ""),
        (words.F_LINKED(), _n(stats, "points_linked"), ""),
        (words.F_FINISHED(), _n(sessions, "FINISHED"), ""),
        (words.F_REFUSED(), _n(sessions, "REFUSED"), ""),
        (words.F_READINGS(), _n(stats, "readings"), ""),
        (words.F_UPTIME(), shapes.span(number(stats, "uptime_s") or 0.0), ""),
    ]


def _n(row: Row, name: str) -> str:
    return f"{count(row, name):,}"


def _rate(stats: Row) -> str:
    return f"{number(stats, 'messages_per_second') or 0.0:,.1f}"


def _power(stats: Row) -> str:
    return f"{number(stats, 'charging_rate') or 0.0:,.1f}"


def _latency(stats: Row, name: str) -> str:
    """From a request to charge to the point's acceptance."""
    found = number(inner(stats, "charge_latency_ms"), name)
    return words.F_LATENCY_NONE() if found is None else f"{found:,.0f} ms"
